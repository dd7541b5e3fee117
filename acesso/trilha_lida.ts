/**
 * A trilha como se mostra a quem a lê: as duas tabelas numa só ordem, o que se procura nelas, e uma página de cada vez. Leem-na o
 * comando `servidor.ts trilha` e a página `/painel/trilha`; como se confere está no comando.
 *
 * @module
 */

import { lerMudancas, sobreQue } from "../clinica/diario.ts";
import type { LinhaDoLivro } from "../clinica/livro.ts";
import {
  type Entre,
  type LivroDaTrilha,
  type TabelaDaTrilha,
  TABELAS_DA_TRILHA,
  temNumero,
} from "../clinica/trilha.ts";

/** Uma linha como se mostra: uma mudança, ou um acesso. */
export interface Mostrada {
  /** O instante, como está no livro. */
  readonly quando: string;
  /** O papel de quem foi. */
  readonly papel: string;
  /** Quem foi, como o livro o diz. */
  readonly quem: string;
  /** O ato, ou a espécie do acesso. */
  readonly o_que: string;
  /** Os números: dos agendamentos, das entradas da lista de espera (`espera …`) ou das exceções (`exceção …`). */
  readonly numeros: string;
  /** Como estava. */
  readonly de: string;
  /** Como ficou. */
  readonly para: string;
  /** Quantas vezes, no mesmo segundo. */
  readonly vezes: number;
  /** O CPF que se procurou, sob a chave da trilha. */
  readonly cpf: string;
  /** Onde está: a tabela, a linha e a cadeia. */
  readonly onde: string;
}

/** As colunas, na ordem do CSV. */
export const COLUNAS: readonly (keyof Mostrada)[] = [
  ...(["quando", "papel", "quem", "o_que", "numeros", "de", "para", "vezes", "cpf", "onde"] as const),
];

/** As células de uma linha, na ordem delas. */
export function linhaDaTrilha(linha: Mostrada): string[] {
  return COLUNAS.map((coluna) => String(linha[coluna]));
}

/** Um instante na hora da clínica, `"2026-11-23 10:00:05"`; o que não é um fica como está. */
export function naHoraDaClinica(quando: string, fuso: string): string {
  if (Number.isNaN(Date.parse(quando))) return quando;
  return Temporal.Instant.from(quando).toZonedDateTimeISO(fuso).toPlainDateTime().round("second").toString()
    .replace("T", " ");
}

/** Do começo de um dia ao fim de outro (`"aaaa-mm-dd"`), na clínica. */
export function entreDias({ de, ate }: { readonly de?: string; readonly ate?: string }, fuso: string): Entre {
  const comeco = (data: string | undefined, dias: number): string | undefined =>
    data &&
    Temporal.PlainDate.from(data).add({ days: dias }).toZonedDateTime(fuso).toInstant().toString().replace("Z", "");
  return { de: comeco(de, 0), ate: comeco(ate, 1) };
}

/** Uma linha de uma das tabelas; a do diário pode ter várias mudanças. */
export interface LinhaLida {
  /** De que tabela. */
  readonly tabela: TabelaDaTrilha;
  /** O número dela. */
  readonly id: number;
  /** O que se mostra. */
  readonly mostradas: readonly Mostrada[];
}

/** Até onde já se leu cada tabela: as linhas destes números já se viram. */
export type Cursor = { readonly [T in TabelaDaTrilha]: number };

/** O princípio: ainda nada se viu. */
const DO_FIM: Cursor = { diario: Number.MAX_SAFE_INTEGER, acesso: Number.MAX_SAFE_INTEGER };

/** Uma linha e o instante dela, em ms. */
type ComInstante = LinhaLida & { readonly em: number };

/** As duas tabelas numa só ordem, a do instante; cada uma vem já pela sua. Com um cursor, da mais nova à mais antiga. */
export async function* porOrdem(
  livro: Pick<LivroDaTrilha, "pedacos">,
  entre: Entre,
  desde?: Cursor,
): AsyncGenerator<readonly LinhaLida[]> {
  const fontes = TABELAS_DA_TRILHA.map((tabela) => ({
    tabela,
    pedacos: livro.pedacos(tabela, desde === undefined ? entre : { ...entre, antesDe: desde[tabela] })
      [Symbol.asyncIterator](),
    linhas: [] as readonly ComInstante[],
    acabou: false,
  }));
  const vemAntes = (a: ComInstante, b: ComInstante): boolean => desde === undefined ? a.em <= b.em : a.em > b.em;
  for (;;) {
    for (const fonte of fontes) {
      if (fonte.linhas.length > 0 || fonte.acabou) continue;
      const { value, done } = await fonte.pedacos.next();
      fonte.acabou = done === true;
      if (done !== true) fonte.linhas = value.map((linha) => lida(fonte.tabela, linha));
    }
    const [diario, acesso] = fontes;
    if (diario.linhas.length + acesso.linhas.length === 0) return;
    const prontas: LinhaLida[] = [];
    let [i, j] = [0, 0];
    // Até que uma se esgote: o que nela vem a seguir ainda não se leu.
    while ((i < diario.linhas.length || diario.acabou) && (j < acesso.linhas.length || acesso.acabou)) {
      const [a, b] = [diario.linhas[i], acesso.linhas[j]];
      if (a === undefined && b === undefined) break;
      if (b === undefined || a !== undefined && vemAntes(a, b)) prontas.push(diario.linhas[i++]);
      else prontas.push(acesso.linhas[j++]);
    }
    [diario.linhas, acesso.linhas] = [diario.linhas.slice(i), acesso.linhas.slice(j)];
    yield prontas;
  }
}

function lida(tabela: TabelaDaTrilha, linha: LinhaDoLivro): ComInstante {
  const mostradas = tabela === "diario" ? asMudancas(linha) : oAcesso(linha);
  return { tabela, id: Number(linha[0]), mostradas, em: mostradas.length === 0 ? 0 : Date.parse(mostradas[0].quando) };
}

function asMudancas([id, , quando, mudancas, servidor]: LinhaDoLivro): Mostrada[] {
  const comum = { quando: String(quando), vezes: 1, cpf: "", onde: `diario ${id} ${servidor}` };
  const lidas = lerMudancas(String(mudancas));
  if (lidas === undefined) {
    return [{ ...comum, papel: "", quem: "", o_que: "ILEGÍVEL", numeros: "", de: "", para: "" }];
  }
  return lidas.flatMap(([papel, quem, feitas]) =>
    feitas.map((feita): Mostrada => {
      const [ato, numero, , de, para] = feita;
      // O que se fez por um titular é de uma pessoa, e não de um número.
      const numeros = numero === 0 ? "" : `${SOBRE[sobreQue(feita)]}${numero}`;
      return { ...comum, papel, quem, o_que: ato, numeros, de, para };
    })
  );
}

const SOBRE = { agendamento: "", espera: "espera ", excecao: "exceção " } as const;

function oAcesso([id, quando, papel, quem, especie, cpf, numeros, vezes, servidor]: LinhaDoLivro): Mostrada[] {
  const o_que = String(especie);
  return [{
    ...{ quando: String(quando), papel: String(papel), quem: String(quem), o_que, de: "", para: "" },
    numeros: `${o_que === "FILA" && numeros !== "" ? SOBRE.espera : ""}${numeros}`,
    ...{ vezes: Number(vezes), cpf: String(cpf), onde: `acesso ${id} ${servidor}` },
  }];
}

/** O que se quer ver; o que não se diz, qualquer. */
export interface Procurado {
  /** Como o livro diz quem foi. */
  readonly quem?: string;
  /** De quem: 11 dígitos. */
  readonly cpf?: string;
}

/** Onde se procura. */
export interface OndeSeProcura {
  /** A trilha. */
  readonly livro: Pick<LivroDaTrilha, "numerosDe">;
  /** Um CPF sob cada chave da trilha. */
  readonly disfarces: (cpf: string) => readonly string[];
}

/** Se uma linha é de alguém, ou sobre um CPF, pelo que hoje tem no livro e pelo CPF sob cada chave. */
export async function filtro(
  { quem, cpf }: Procurado,
  { livro, disfarces }: OndeSeProcura,
): Promise<(linha: Mostrada) => boolean> {
  if (cpf === undefined) return (linha) => quem === undefined || linha.quem === quem;
  const { agendamentos, esperas } = await livro.numerosDe(cpf);
  const [deAgendamentos, deEsperas] = [new Set(agendamentos), new Set(esperas)];
  const disfarcados = new Set(disfarces(cpf));
  return (linha) => {
    if (quem !== undefined && linha.quem !== quem) return false;
    const { numeros } = linha;
    if (disfarcados.has(linha.cpf)) return true;
    // O número de uma exceção, de uma chave ou de uma pessoa não é o de um agendamento.
    if (numeros.startsWith(SOBRE.excecao) || /^(CHAVE|PESSOA) /.test(linha.o_que)) return false;
    return numeros.startsWith(SOBRE.espera) ? temNumero(numeros, deEsperas) : temNumero(numeros, deAgendamentos);
  };
}

/** Linhas que se leem para uma página, no máximo: o que se procura pode estar longe, e quem espera também. */
export const LIDAS_POR_PAGINA = 20_000;

/** O que se quer numa página. */
export interface OpcoesDaPagina {
  /** Entre que instantes. */
  readonly entre: Entre;
  /** As que se querem. */
  readonly serve: (linha: Mostrada) => boolean;
  /** Desde onde; do fim, se não se diz. */
  readonly desde?: Cursor;
  /** Quantas, mais as que sobram da última linha do diário. */
  readonly quantas: number;
}

/** Uma linha de uma página. */
export interface LinhaDaPagina extends Mostrada {
  /** A mais antiga das que nela se juntaram, se foi mais de uma. */
  readonly desde?: string;
}

/** Uma página. */
export interface PaginaDaTrilha {
  /** As linhas, da mais nova à mais antiga. */
  readonly linhas: readonly LinhaDaPagina[];
  /** Por onde se continua; nada, se não há mais. */
  readonly seguinte: Cursor | undefined;
}

/**
 * Lê uma página, da mais nova à mais antiga; pode vir com menos, se se procurou muito, e ainda haver mais. O que a mesma pessoa
 * viu igual na mesma hora vai numa linha só: um terminal com o dia aberto pergunta-o de dois em dois segundos.
 */
export async function lePagina(
  livro: Pick<LivroDaTrilha, "pedacos">,
  { entre, serve, desde = DO_FIM, quantas }: OpcoesDaPagina,
): Promise<PaginaDaTrilha> {
  const linhas: LinhaDaPagina[] = [];
  const vistas = new Map<string, number>();
  let cursor = desde;
  let lidas = 0;
  for await (const pedaco of porOrdem(livro, entre, desde)) {
    for (const { tabela, id, mostradas } of pedaco) {
      if (linhas.length >= quantas || lidas++ >= LIDAS_POR_PAGINA) return { linhas, seguinte: cursor };
      for (const uma of mostradas.filter(serve)) {
        const chave = tabela === "acesso" ? chaveDaVista(uma) : "";
        const onde = vistas.get(chave);
        if (onde !== undefined) {
          linhas[onde] = { ...linhas[onde], vezes: linhas[onde].vezes + uma.vezes, desde: uma.quando };
          continue;
        }
        if (chave !== "") vistas.set(chave, linhas.length);
        linhas.push(uma);
      }
      cursor = { ...cursor, [tabela]: id };
    }
  }
  return { linhas, seguinte: undefined };
}

/** O que têm em comum as que se juntam: quem, o quê, de quem, e a hora. */
function chaveDaVista({ quando, papel, quem, o_que, numeros, cpf }: Mostrada): string {
  return [quando.slice(0, "2026-11-30T10".length), papel, quem, o_que, numeros, cpf].join("|");
}

/**
 * `servidor.ts trilha`: quem viu e quem mudou o quê, das duas tabelas da trilha, por ordem, ao lado de um servidor ou sem nenhum;
 * e `--confere`, que acha linhas mudadas, tiradas ou postas. Lê-se aos pedaços: um livro de muitos anos não enche a memória.
 *
 * A própria leitura fica na trilha.
 *
 * @module
 */

import { Clinica } from "../clinica/clinica.ts";
import { ehData } from "../clinica/calendario.ts";
import { lerMudancas, sobreQue } from "../clinica/diario.ts";
import { ErroDoArmazem, type LinhaDoLivro } from "../clinica/livro.ts";
import { inofensivo, lerCpf } from "../clinica/texto.ts";
import {
  type Cabeca,
  Conferencia,
  type Defeito,
  type Entre,
  escreveCabeca,
  lerCabeca,
  type LivroDaTrilha,
  TABELAS_DA_TRILHA,
  temNumero,
} from "../clinica/trilha.ts";
import { abreChaveDaTrilha, seloDe } from "../armazem/arquivo_do_selo.ts";
import type { Selo } from "../armazem/selo.ts";
import { lerData } from "../protocolo.ts";
import { aceitaSo, type Argumentos, DO_LIVRO, ErroDeUso } from "./argumentos.ts";
import { EXCEL, type FormaDeCsv, linhaDeCsv } from "./lista.ts";
import { lerBanco } from "./opcoes.ts";
import { abreTrilha, acessoDe, arquivosDasChaves } from "./registra.ts";
import { arquivoDaSemana, lerSemana, olha } from "./semana.ts";

/** Mostra a trilha, ou confere-a. */
export async function mostrarTrilha(argumentos: Argumentos, palavras: readonly string[]): Promise<void> {
  if (palavras.length > 0) throw new ErroDeUso(`trilha não espera mais nada; veio "${palavras[0]}"`);
  const confere = argumentos.tem("confere");
  if (confere) aceitaSo(argumentos, [...DO_LIVRO, "confere", "cabeca"], "trilha --confere");
  else aceitaSo(argumentos, [...DO_LIVRO, "cpf", "quem", "de", "ate", "csv", "json"], "trilha sem --confere");
  if (argumentos.tem("csv") && argumentos.tem("json")) throw new ErroDeUso("--csv e --json não vão juntos");
  const cabecas = argumentos.textos("cabeca").map(exigeCabeca);
  const cpf = exigeCpf(argumentos.texto("cpf"));
  const clinica = await lerClinica(argumentos);
  const banco = lerBanco(argumentos);
  const chaves = arquivosDasChaves(argumentos, banco).map(abreChaveDaTrilha);
  const inexistente = chaves.find(({ nova }, i) => nova && i > 0);
  if (inexistente !== undefined) throw new ErroDeUso(`${inexistente.arquivo}: não há chave da trilha aqui`);
  const selos = chaves.map((chave) => seloDe(chave));
  await using livro = await abreTrilha(chaves[0], banco);
  await livro.acrescenta([acessoDe({ especie: "TRILHA", cpf }, livro.selo)]);
  if (confere) return await conferir(livro, selos, cabecas);
  const serve = await filtro(argumentos.texto("quem"), cpf, { livro, selos });
  const { fuso } = clinica.oferta;
  const escreve = escritaDe(argumentos, fuso);
  escreve.comeca();
  for await (const linhas of porOrdem(livro, lerEntre(argumentos, fuso))) {
    escreve.linhas(linhas.filter(serve));
  }
  escreve.acaba();
}

async function lerClinica(argumentos: Argumentos): Promise<Clinica> {
  const arquivo = arquivoDaSemana(argumentos);
  return new Clinica(lerSemana(arquivo, await olha(arquivo)));
}

function exigeCabeca(escrita: string): Cabeca {
  const cabeca = lerCabeca(escrita);
  if (cabeca === undefined) throw new ErroDeUso(`--cabeca espera uma das que o console diz; veio "${escrita}"`);
  return cabeca;
}

function exigeCpf(escrito: string | undefined): string | undefined {
  if (escrito === undefined) return undefined;
  const cpf = lerCpf(escrito);
  if (cpf === undefined) throw new ErroDeUso("--cpf espera um CPF, com ou sem pontos");
  return cpf;
}

/** Do começo de um dia ao fim de outro, na clínica. */
function lerEntre(argumentos: Argumentos, fuso: string): Entre {
  const comeco = (opcao: string, dias: number): string | undefined => {
    const escrita = argumentos.texto(opcao);
    if (escrita === undefined) return undefined;
    const data = lerData(escrita);
    if (!ehData(data)) throw new ErroDeUso(`--${opcao} espera uma data, dd/mm/aaaa; veio "${escrita}"`);
    const dia = Temporal.PlainDate.from(data).add({ days: dias });
    return dia.toZonedDateTime(fuso).toInstant().toString().replace("Z", "");
  };
  return { de: comeco("de", 0), ate: comeco("ate", 1) };
}

// ------------------------------------------------------------------------------------------------------ o que se mostra

/** Uma linha como se mostra: uma mudança, ou um acesso. */
interface Mostrada {
  readonly quando: string;
  readonly papel: string;
  readonly quem: string;
  readonly o_que: string;
  /** Os números: dos agendamentos, das entradas da lista de espera (`espera …`) ou das exceções (`exceção …`). */
  readonly numeros: string;
  readonly de: string;
  readonly para: string;
  readonly vezes: number;
  /** O CPF que se procurou, sob a chave da trilha. */
  readonly cpf: string;
  /** Onde está: a tabela, a linha e a cadeia. */
  readonly onde: string;
}

/** As colunas, na ordem do CSV. */
const COLUNAS: readonly (keyof Mostrada)[] = [
  ...(["quando", "papel", "quem", "o_que", "numeros", "de", "para", "vezes", "cpf", "onde"] as const),
];

/** As duas tabelas numa só ordem, a do instante; cada uma vem já pela sua. */
async function* porOrdem(livro: LivroDaTrilha, entre: Entre): AsyncGenerator<readonly Mostrada[]> {
  const fontes = TABELAS_DA_TRILHA.map((tabela) => {
    const pedacos = livro.pedacos(tabela, entre)[Symbol.asyncIterator]();
    return {
      pedacos,
      linhas: [] as readonly Mostrada[][],
      mostra: tabela === "diario" ? asMudancas : oAcesso,
      acabou: false,
    };
  });
  for (;;) {
    for (const fonte of fontes) {
      if (fonte.linhas.length > 0 || fonte.acabou) continue;
      const { value, done } = await fonte.pedacos.next();
      fonte.acabou = done === true;
      if (done !== true) fonte.linhas = value.map(fonte.mostra);
    }
    const [diario, acesso] = fontes;
    if (diario.linhas.length + acesso.linhas.length === 0) return;
    const prontas: Mostrada[] = [];
    let [i, j] = [0, 0];
    // Até que uma se esgote: o que nela vem a seguir ainda não se leu.
    while ((i < diario.linhas.length || diario.acabou) && (j < acesso.linhas.length || acesso.acabou)) {
      const [a, b] = [diario.linhas[i], acesso.linhas[j]];
      if (a === undefined && b === undefined) break;
      if (b === undefined || a !== undefined && instante(a) <= instante(b)) prontas.push(...diario.linhas[i++]);
      else prontas.push(...acesso.linhas[j++]);
    }
    [diario.linhas, acesso.linhas] = [diario.linhas.slice(i), acesso.linhas.slice(j)];
    yield prontas;
  }
}

function instante([primeira]: readonly Mostrada[]): number {
  return primeira === undefined ? 0 : Date.parse(primeira.quando);
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

/** O que se quer ver: de alguém, ou sobre um CPF, pelo que hoje tem no livro e pelo CPF sob cada chave. */
async function filtro(
  quem: string | undefined,
  cpf: string | undefined,
  { livro, selos }: { livro: LivroDaTrilha; selos: readonly Selo[] },
): Promise<(linha: Mostrada) => boolean> {
  if (cpf === undefined) return (linha) => quem === undefined || linha.quem === quem;
  const { agendamentos, esperas } = await livro.numerosDe(cpf);
  const [deAgendamentos, deEsperas] = [new Set(agendamentos), new Set(esperas)];
  const disfarcados = new Set(selos.map((selo) => selo.cpf(cpf)));
  return (linha) => {
    if (quem !== undefined && linha.quem !== quem) return false;
    const { numeros } = linha;
    if (disfarcados.has(linha.cpf)) return true;
    // O número de uma exceção, de uma chave ou de uma pessoa não é o de um agendamento.
    if (numeros.startsWith(SOBRE.excecao) || /^(CHAVE|PESSOA) /.test(linha.o_que)) return false;
    return numeros.startsWith(SOBRE.espera) ? temNumero(numeros, deEsperas) : temNumero(numeros, deAgendamentos);
  };
}

/** Como as linhas saem. */
interface Escrita {
  comeca(): void;
  linhas(linhas: readonly Mostrada[]): void;
  acaba(): void;
}

function escritaDe(argumentos: Argumentos, fuso: string): Escrita {
  if (argumentos.tem("json")) return emJson();
  if (argumentos.tem("csv")) return emCsv(argumentos.forma("csv") === "excel" ? EXCEL : undefined);
  let houve = false;
  return {
    comeca: () => {},
    linhas(linhas): void {
      houve ||= linhas.length > 0;
      if (linhas.length > 0) console.log(linhas.map((linha) => emTexto(linha, fuso)).join("\n"));
    },
    acaba: () => houve || console.log("Nada na trilha."),
  };
}

function emTexto({ quando, papel, quem, o_que, numeros, de, para, vezes }: Mostrada, fuso: string): string {
  const aqui = Number.isNaN(Date.parse(quando))
    ? quando
    : Temporal.Instant.from(quando).toZonedDateTimeISO(fuso).toPlainDateTime().round("second").toString().replace(
      "T",
      " ",
    );
  const partes = [
    ...[aqui, papel, quem, o_que, numeros === "" ? "" : `nº ${numeros}`],
    ...[de === "" && para === "" ? "" : `${de === "" ? "" : `${de} `}→ ${para}`, vezes > 1 ? `${vezes} vezes` : ""],
  ];
  return inofensivo(partes.filter((parte) => parte !== "").join("  "));
}

function emCsv(forma?: FormaDeCsv): Escrita {
  // Cada linha acaba em CRLF, a última incluída.
  const escreve = (linhas: readonly (readonly string[])[]): void =>
    console.log(`${linhas.map((celulas) => linhaDeCsv(celulas, forma)).join("\r\n")}\r`);
  return {
    comeca: () => console.log(`${forma?.marca ?? ""}${linhaDeCsv(COLUNAS, forma)}\r`),
    linhas(linhas): void {
      if (linhas.length > 0) escreve(linhas.map((linha) => COLUNAS.map((coluna) => String(linha[coluna]))));
    },
    acaba: () => {},
  };
}

function emJson(): Escrita {
  let separador = "";
  return {
    comeca: () => console.log("["),
    linhas(linhas): void {
      if (linhas.length === 0) return;
      console.log(separador + linhas.map((linha) => JSON.stringify(linha)).join("\n,"));
      separador = ",";
    },
    acaba: () => console.log("]"),
  };
}

// ------------------------------------------------------------------------------------------------------ como se confere

/** Diz o que não confere, e as cadeias que há. */
async function conferir(
  livro: LivroDaTrilha,
  selos: readonly Selo[],
  cabecas: readonly Cabeca[],
): Promise<void> {
  const seladorDe = (servidor: string): ReturnType<Selo["seladorDe"]> =>
    selos.map((selo) => selo.seladorDe(servidor)).find((um) => um !== undefined);
  let [defeitos, linhas, semChave] = [0, 0, 0];
  const diz = (achados: readonly Defeito[]): void => {
    defeitos += achados.length;
    for (const { tabela, id, servidor, quando, o_que } of achados) {
      const onde = id === 0 ? tabela : `${tabela} ${id}`;
      console.log(inofensivo(`NÃO CONFERE  ${onde}, de ${servidor || "ninguém"}, ${quando}: ${o_que}`));
    }
  };
  for (const tabela of TABELAS_DA_TRILHA) {
    const conferencia = new Conferencia(tabela, seladorDe, cabecas);
    for await (const pedaco of livro.pedacos(tabela)) {
      linhas += pedaco.length;
      for (const linha of pedaco) diz(conferencia.recebe(linha));
    }
    diz(conferencia.fim());
    if (conferencia.foraDaCadeia > 0) {
      console.log(`${tabela}: ${conferencia.foraDaCadeia} linhas de antes de haver selos, que nada confere`);
    }
    for (const cadeia of conferencia.cadeias()) {
      if (!cadeia.conferida) semChave += cadeia.ordem;
      const falta = cadeia.conferida ? "" : "  (é de outra chave: indique-a com --chave-da-trilha)";
      console.log(inofensivo(`${escreveCabeca(cadeia)}${falta}`));
    }
  }
  if (defeitos > 0) throw new ErroDoArmazem(`a trilha não confere: ${defeitos} de ${linhas} linhas, ditas acima`);
  if (semChave > 0) throw new ErroDoArmazem(`não se conferiu tudo: ${semChave} linhas são de outra chave`);
  console.log(`A trilha confere (${linhas} linhas); o fim de uma cadeia, só com --cabeca.`);
}

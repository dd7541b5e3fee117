/**
 * A trilha: quem viu ou mudou o quê. São duas tabelas só de acrescentar: o diário (`diario.ts`), do que mudou, e a dos
 * acessos, do que se viu, do que se recusou e do que se fez ao lado do servidor. As linhas que um servidor escreve em cada
 * uma são uma cadeia: o selo de cada linha é um HMAC dela e do selo da anterior.
 *
 * Aqui está o que se sela e como se confere, sem a chave, que está fora do livro (`armazem/selo.ts`). Escrevem-na os
 * armazéns; `acesso/leituras.ts` junta o que se viu; `comandos/trilha.ts` lê-a e confere-a.
 *
 * @module
 */

import type { Papel } from "./agendamento.ts";
import type { LinhaDoLivro, Quem, TabelaDoLivro } from "./livro.ts";
import type { Comando } from "./pedido.ts";

/** As tabelas da trilha. */
export type TabelaDaTrilha = Extract<TabelaDoLivro, "diario" | "acesso">;

/** As tabelas da trilha, a do que mudou primeiro. */
export const TABELAS_DA_TRILHA: readonly TabelaDaTrilha[] = ["diario", "acesso"];

/** O que se faz ao lado do servidor, ou na página dos acessos, e fica na trilha. Um comando novo que toque em dados pessoais acrescenta aqui o seu. */
export type AtoDeComando =
  | ("LISTA" | "COPIA" | "IMPORTA" | "TRILHA")
  | ("CHAVE CRIA" | "CHAVE REVOGA")
  | ("PESSOA CRIA" | "PESSOA SENHA" | "PESSOA TOTP" | "PESSOA RECUPERACAO" | "PESSOA RETIRA")
  | ("TITULAR EXPORTA" | "TITULAR RETIFICA" | "TITULAR ANONIMIZA" | "TITULAR GUARDA" | "TITULAR SOLTA")
  | "TITULAR COMPACTA";

/** O que se faz à porta das páginas: os números são os da pessoa, também de quem errou a dizer que é ela. */
export type AtoDePessoa = "PESSOA ENTRA" | "PESSOA ERRA" | "PESSOA SAI";

/**
 * A espécie de um acesso: o comando cuja resposta mostrou agendamentos; `NEGADO`, um `ERRO-120`; `CHAVE ERRADA`; um ato à porta
 * das páginas; um ato de administração; e, do próprio registro, `EXCESSO`, o que passou do que cabe num segundo, e `PERDIDOS`, o que o livro não
 * aceitou a tempo.
 */
export type Especie = Comando | AtoDeComando | AtoDePessoa | "NEGADO" | "CHAVE ERRADA" | "EXCESSO" | "PERDIDOS";

/** Um acesso, ou vários iguais no mesmo segundo. Nunca tem um nome, nem um CPF às claras. */
export interface Acesso {
  /** `"2026-11-23T10:00:00Z"`. */
  readonly quando: string;
  /** O papel; `"comando"`, de quem o fez na máquina do servidor. */
  readonly papel: Papel | "comando";
  /** Como no diário, `"k:12"`, `"p:12"` ou `"h:"` e 16 dígitos; de um comando, `"u:"` e o número do usuário no sistema. */
  readonly quem: string;
  /** O que se fez. */
  readonly especie: Especie;
  /** O CPF que se procurou, sob a chave da trilha (`Selo.cpf`), se dele nada se viu; senão `""`, e dizem-no os números. */
  readonly cpf: string;
  /** Os números do que se viu (`escreveNumeros`): agendamentos; numa `FILA`, entradas da lista de espera. */
  readonly numeros: string;
  /** Quantas vezes. */
  readonly vezes: number;
}

/** A última linha de uma cadeia: quantas ela tem, e o selo dela. */
export interface Elo {
  /** O lugar da linha na cadeia, a partir de 1; 0 se a cadeia está por começar. */
  readonly ordem: number;
  /** O selo da linha; `""` se a cadeia está por começar. */
  readonly selo: string;
}

/** Uma cadeia que ainda não tem nenhuma linha. */
export const POR_COMECAR: Elo = { ordem: 0, selo: "" };

/** A ponta de uma cadeia, como o console a diz. */
export interface Cabeca extends Elo {
  /** De que tabela. */
  readonly tabela: TabelaDaTrilha;
  /** O nome da cadeia. */
  readonly servidor: string;
}

/** `"diario:recepcao.9f3a12bc:1234:…"`. */
export function escreveCabeca({ tabela, servidor, ordem, selo }: Cabeca): string {
  return [tabela, servidor, ordem, selo].join(":");
}

/** O contrário; nada, se não é uma. */
export function lerCabeca(escrita: string): Cabeca | undefined {
  const [, nome, servidor, ordem, selo] = /^(\w+):([\w.-]+):(\d{1,15}):([0-9a-f]{32})$/.exec(escrita) ?? [];
  const tabela = TABELAS_DA_TRILHA.find((uma) => uma === nome);
  return tabela === undefined ? undefined : { tabela, servidor, ordem: Number(ordem), selo };
}

/** Quem escreve na trilha o que se viu. */
export interface EscritaDaTrilha {
  /** Como o diário diz quem. */
  disfarca(quem: Quem): string;
  /**
   * Acrescenta acessos, num lote. Se rejeita, não se sabe se ficaram: repete-se com os mesmos à frente, e os que ficaram
   * não se escrevem outra vez.
   */
  acrescenta(acessos: readonly Acesso[]): Promise<void>;
}

/** A trilha de um livro, vista de fora de um servidor; ao lado dele, se o há. */
export interface LivroDaTrilha extends Omit<EscritaDaTrilha, "disfarca">, AsyncDisposable {
  /**
   * As linhas de uma tabela, por `id`, aos pedaços: as de `quando` entre `de` (incluído) e `ate` (excluído), se se dizem; com
   * `antesDe`, da mais nova à mais antiga, as de `id` menor.
   */
  pedacos(tabela: TabelaDaTrilha, entre?: Entre): AsyncIterable<readonly LinhaDoLivro[]>;
  /** Os números dos agendamentos e das entradas da lista de espera de um CPF. */
  numerosDe(cpf: string): Promise<NumerosDe>;
}

/** De um instante, incluído, a outro, excluído, como o livro os escreve e sem o `Z`: assim comparam-se como textos. */
export interface Entre {
  /** Desde. */
  readonly de?: string;
  /** Até. */
  readonly ate?: string;
  /** Da mais nova à mais antiga, a partir deste `id`, excluído. */
  readonly antesDe?: number;
}

/** O que um CPF tem no livro, por número. */
export interface NumerosDe {
  /** Os agendamentos. */
  readonly agendamentos: readonly number[];
  /** As entradas da lista de espera. */
  readonly esperas: readonly number[];
}

/** O segundo de um instante (ms desde 1970), como um acesso o diz: o que foi nele, nunca o seguinte. */
export function segundoDe(agora: number): string {
  return Temporal.Instant.fromEpochMilliseconds(Math.floor(agora / 1000) * 1000).toString();
}

/** Números como a coluna os guarda, em ordem e por intervalos: `"3 7 10-14"`; `"+5"` no fim, mais cinco que não se dizem. */
export function escreveNumeros(numeros: Iterable<number>, aMais: number = 0): string {
  const emOrdem = [...numeros].sort((a, b) => a - b);
  const partes: string[] = [];
  for (let i = 0; i < emOrdem.length;) {
    const primeiro = emOrdem[i];
    while (emOrdem[i + 1] === emOrdem[i] + 1) i++;
    const ultimo = emOrdem[i++];
    partes.push(primeiro === ultimo ? `${primeiro}` : `${primeiro}-${ultimo}`);
  }
  if (aMais > 0) partes.push(`+${aMais}`);
  return partes.join(" ");
}

/** Verdadeiro se entre os que a coluna diz há um destes. */
export function temNumero(escritos: string, procurados: ReadonlySet<number>): boolean {
  for (const [, de, ate] of escritos.matchAll(/(?<=^| )(\d+)(?:-(\d+))?/g)) {
    if (ate === undefined ? procurados.has(Number(de)) : temEntre(procurados, Number(de), Number(ate))) return true;
  }
  return false;
}

function temEntre(procurados: ReadonlySet<number>, de: number, ate: number): boolean {
  for (const um of procurados) if (um >= de && um <= ate) return true;
  return false;
}

// ------------------------------------------------------------------------------------------------------ o que se sela

/** O que se sela de uma linha: a tabela, o selo da anterior, e todas as colunas menos a do selo, que é a última. */
export function textoSelado(tabela: TabelaDaTrilha, semSelo: LinhaDoLivro, anterior: string): string {
  return JSON.stringify([tabela, anterior, semSelo]);
}

// ------------------------------------------------------------------------------------------------------ como se confere

/** Dá o selo que um texto devia ter. */
export type Selador = (texto: string) => string;

/** O que não confere. */
export interface Defeito {
  /** De que tabela. */
  readonly tabela: TabelaDaTrilha;
  /** A linha em que se vê; 0, se já não há nenhuma. */
  readonly id: number;
  /** A cadeia dela. */
  readonly servidor: string;
  /** O instante dela. */
  readonly quando: string;
  /** O que lhe aconteceu. */
  readonly o_que: string;
}

/** O que se soube de uma cadeia. */
export interface CadeiaConferida extends Cabeca {
  /** Falso se nenhuma das chaves que se deram é a dela: nada se sabe. */
  readonly conferida: boolean;
}

/** Uma linha que não se segue ao que se tem por certo. */
interface Solta {
  readonly id: number;
  readonly quando: string;
  readonly elo: Elo;
  /** O selo que teria, se o resto dela está como se escreveu. */
  readonly seria: string;
}

/** O que se sabe de uma cadeia enquanto se lê. */
interface Cadeia {
  /** A última linha que confere. */
  firme: Elo;
  /** As que vieram depois dela, e não conferem. */
  soltas: Solta[];
  ultima: Elo;
  quando: string;
  readonly selador: Selador | undefined;
}

/** Linhas soltas seguidas que se guardam à espera de uma que confira, no máximo. */
const SOLTAS_MAXIMAS = 64;

/**
 * Confere uma tabela da trilha, linha a linha, por `id`. Uma linha confere se o seu selo é o dela a seguir ao da anterior da
 * mesma cadeia. Quando uma não confere espera-se pelas seguintes: se uma delas se segue à última que conferia, as do meio foram
 * postas; se se segue a uma das do meio, pela ordem que ela diz sabe-se se falta alguma ou se alguma se mudou.
 */
export class Conferencia {
  #tabela: TabelaDaTrilha;
  #seladorDe: (servidor: string) => Selador | undefined;
  #cabecas: Cabeca[];
  #cadeias = new Map<string, Cadeia>();
  #foraDaCadeia = 0;

  /** `seladorDe` dá como se sela numa cadeia, se se tem a chave dela; `cabecas` são as que um console disse um dia. */
  constructor(
    tabela: TabelaDaTrilha,
    seladorDe: (servidor: string) => Selador | undefined,
    cabecas: readonly Cabeca[] = [],
  ) {
    this.#tabela = tabela;
    this.#seladorDe = seladorDe;
    this.#cabecas = cabecas.filter((uma) => uma.tabela === tabela);
  }

  /** Linhas de antes de haver cadeias. */
  get foraDaCadeia(): number {
    return this.#foraDaCadeia;
  }

  /** As cadeias que se viram. */
  cadeias(): CadeiaConferida[] {
    return [...this.#cadeias].map(([servidor, { ultima, selador }]) => ({
      ...{ tabela: this.#tabela, servidor, ...ultima, conferida: selador !== undefined },
    }));
  }

  /** Recebe a linha seguinte; devolve o que com ela se soube que não confere. */
  recebe(linha: LinhaDoLivro): Defeito[] {
    const [servidor, ordem, selo] = linha.slice(-3);
    const [id, quando] = [Number(linha[0]), String(linha[this.#tabela === "diario" ? 2 : 1])];
    if (servidor === "") {
      this.#foraDaCadeia++;
      // O que veio antes das cadeias veio antes de todas.
      return this.#cadeias.size === 0 ? [] : [this.#defeito("", { id, quando }, "sem cadeia: foi posta por fora")];
    }
    const nome = String(servidor);
    const cadeia = this.#cadeia(nome);
    const elo = { ordem: Number(ordem), selo: String(selo) };
    [cadeia.ultima, cadeia.quando] = [elo, quando];
    const { selador } = cadeia;
    if (selador === undefined) return [];
    const confere = (anterior: string): boolean =>
      selador(textoSelado(this.#tabela, linha.slice(0, -1), anterior)) === elo.selo;
    const defeitos = this.#dasCabecas(nome, { id, quando, elo });
    if (confere(cadeia.firme.selo)) {
      defeitos.push(...cadeia.soltas.map((solta) => this.#defeito(nome, solta, "foi posta por fora")));
    } else if (cadeia.soltas.some((solta) => confere(solta.elo.selo) || confere(solta.seria))) {
      defeitos.push(...this.#doMeio(nome, cadeia, elo.ordem - 1));
    } else {
      const seria = selador(textoSelado(this.#tabela, linha.slice(0, -1), cadeia.firme.selo));
      cadeia.soltas.push({ id, quando, elo, seria });
      if (cadeia.soltas.length < SOLTAS_MAXIMAS) return defeitos;
      // Já nada se segue ao que era certo: recomeça-se do que está.
      defeitos.push(...this.#doMeio(nome, cadeia, elo.ordem));
    }
    cadeia.soltas = [];
    cadeia.firme = elo;
    return defeitos;
  }

  /** Acabou: devolve o que ainda estava por saber. */
  fim(): Defeito[] {
    const cortadas = this.#cabecas.map(({ servidor, ordem }) => {
      const quando = this.#cadeias.get(servidor)?.quando ?? "";
      const ha = this.#cadeias.get(servidor)?.ultima.ordem ?? 0;
      return this.#defeito(servidor, { id: 0, quando }, `a cabeça diz ${ordem} linhas, e há ${ha}: falta o fim`);
    });
    this.#cabecas = [];
    return [...this.#cadeias].flatMap(([nome, cadeia]) => this.#doMeio(nome, cadeia, cadeia.ultima.ordem))
      .concat(cortadas);
  }

  #cadeia(nome: string): Cadeia {
    let cadeia = this.#cadeias.get(nome);
    if (cadeia === undefined) {
      const comeca = { firme: POR_COMECAR, soltas: [], ultima: POR_COMECAR, quando: "" };
      this.#cadeias.set(nome, cadeia = { ...comeca, selador: this.#seladorDe(nome) });
    }
    return cadeia;
  }

  /** As soltas, sabido que a última delas devia ser a linha desta ordem. */
  #doMeio(nome: string, { firme, soltas }: Cadeia, ordem: number): Defeito[] {
    const faltam = ordem - firme.ordem - soltas.length;
    return soltas.map((solta, i) =>
      this.#defeito(nome, solta, i === 0 && faltam > 0 ? `faltam ${faltam} antes dela` : "foi mudada")
    );
  }

  #dasCabecas(nome: string, { id, quando, elo }: Omit<Solta, "seria">): Defeito[] {
    const vista = this.#cabecas.find(({ servidor, ordem }) => servidor === nome && ordem === elo.ordem);
    if (vista === undefined) return [];
    this.#cabecas = this.#cabecas.filter((uma) => uma !== vista);
    return vista.selo === elo.selo ? [] : [this.#defeito(nome, { id, quando }, "não é a que a cabeça diz")];
  }

  #defeito(servidor: string, { id, quando }: { id: number; quando: string }, o_que: string): Defeito {
    return { tabela: this.#tabela, id, servidor, quando, o_que };
  }
}

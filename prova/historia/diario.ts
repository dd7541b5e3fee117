/**
 * O diário de um livro, lido outra vez: que mudanças houve, em que ordem, e quais na mesma transação. É a única testemunha do que
 * se fez à lista de espera entre duas respostas.
 *
 * @module
 */

/** Uma linha da tabela `diario`. */
export interface LinhaDoDiario {
  /** O instante do lote, como o livro o guarda. */
  readonly quando: string;
  /** A coluna `mudancas`. */
  readonly mudancas: string;
}

/** Uma mudança. */
export interface Registrada {
  /** O papel de quem a fez. */
  readonly papel: string;
  /** O que se quis. */
  readonly ato: string;
  /** Sobre que tabela. */
  readonly sobre: "agendamento" | "excecao" | "espera";
  /** De que linha dela. */
  readonly numero: number;
  /** Em que versão fica. */
  readonly versao: number;
  /** De onde. */
  readonly de: string;
  /** Para onde. */
  readonly para: string;
  /** Em que linha do diário está, a partir de 0. */
  readonly lote: number;
}

/** As mudanças que as linhas contam, na ordem delas. @throws {TypeError} se uma não tem a forma que se espera. */
export function leDiario(diario: readonly LinhaDoDiario[]): Registrada[] {
  return diario.flatMap(({ mudancas }, lote) => {
    const errada = new TypeError(`o diário não tem a forma que se espera: ${mudancas}`);
    const autores: unknown = JSON.parse(mudancas);
    if (!Array.isArray(autores)) throw errada;
    return autores.flatMap((autor: unknown) => {
      if (!Array.isArray(autor)) throw errada;
      const [papel, , feitas]: unknown[] = autor;
      if (typeof papel !== "string" || !Array.isArray(feitas)) throw errada;
      return feitas.map((feita: unknown): Registrada => {
        if (!Array.isArray(feita)) throw errada;
        const [ato, numero, versao, de, para]: unknown[] = feita;
        if (
          typeof ato !== "string" || typeof numero !== "number" || typeof versao !== "number" ||
          typeof de !== "string" || typeof para !== "string"
        ) throw errada;
        return { papel, ato, sobre: sobreQue(versao, para), numero, versao, de, para, lote };
      });
    });
  });
}

/** Só as exceções não têm versões; uma entrada está à espera ou acabou, e um agendamento tem uma situação. */
function sobreQue(versao: number, para: string): Registrada["sobre"] {
  if (versao === 0) return "excecao";
  return para === "ESPERA" || para === "FIM" || para.startsWith("ESPERA CONVITE ") ? "espera" : "agendamento";
}

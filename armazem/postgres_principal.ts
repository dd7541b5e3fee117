/**
 * O principal de um PostgreSQL: a procura dele entre as máquinas do endereço, com as conexões preparadas como o livro as
 * precisa (`Principal`), e uma conexão que se refaz ao fundo quando cai (`Canal`). Usam-no `postgres.ts` e
 * `postgres_copia.ts`.
 *
 * @module
 */

import { BancoForaDoAlcance, ErroDoArmazem } from "../clinica/livro.ts";
import { mensagem } from "../clinica/texto.ts";
import {
  type EnderecoDoBanco,
  formasDeTls,
  type Maquina,
  mostraMaquina,
  type OpcoesDeTls,
} from "./postgres_endereco.ts";
import { codigoDe, daquiA, Ligacao, noPrazo, PrazoVencido } from "./postgres_ligacao.ts";

/** Achado um principal, quanto se espera, em ms, que outro endereço se diga principal de uma linha do tempo mais nova. */
const ESPERA_PELOS_OUTROS = 200;

/** Com o banco fora do alcance, de quanto em quanto se procura por ele, em ms: a promessa é voltar em 2 s. */
export const ENTRE_SONDAGENS = 250;

// ------------------------------------------------------------------------------------------------------ o principal

/** O que uma sessão pede ao banco, em ms. */
export interface PrazosNoBanco {
  /** De cada instrução (`statement_timeout`): menor que o de quem espera, para que um banco vivo responda antes. */
  readonly instrucao: number;
  /**
   * De uma transação à espera de nós, que o banco então desfaz, soltando as travas: o servidor dela caiu, ou a rede.
   * Menor que o de quem espera por essas travas. Entre as duas idas de um lote passam poucos ms.
   */
  readonly parada: number;
}

/** BuscaDeFaltas o principal entre as máquinas do endereço e abre conexões a ele. */
export class Principal {
  /** Onde se procura. */
  readonly endereco: EnderecoDoBanco;
  /** A linha do tempo mais nova que já se viu: um principal antigo que volta sozinho é recusado. */
  #linhaDoTempo = 0;

  /** Não se liga a nada até que se peça. */
  constructor(endereco: EnderecoDoBanco) {
    this.endereco = endereco;
  }

  /**
   * Uma conexão ao principal, qualquer que seja o esquema, até `ate` (`performance.now()`) ou o prazo do endereço.
   *
   * @throws {ErroDoArmazem} se nenhuma máquina serve; a mensagem diz por quê, uma por uma.
   */
  async acha(noBanco: PrazosNoBanco, ate: number): Promise<Ligacao> {
    const achadas: Ligacao[] = [];
    const falhas: { readonly maquina: Maquina; readonly causa: unknown }[] = [];
    let decidido = false;
    const primeira = Promise.withResolvers<void>();
    const todas = Promise.all(this.endereco.maquinas.map(async (maquina) => {
      try {
        const ligacao = await this.#tenta(maquina, noBanco, ate);
        if (decidido) ligacao.corta();
        else achadas.push(ligacao);
        primeira.resolve();
      } catch (causa) {
        falhas.push({ maquina, causa });
      }
    }));
    await Promise.race([todas, primeira.promise]);
    await noPrazo(todas, daquiA(ESPERA_PELOS_OUTROS)).catch(() => {});
    decidido = true;
    achadas.sort((a, b) => b.linhaDoTempo - a.linhaDoTempo);
    const [escolhida, ...outras] = achadas;
    for (const outra of outras) outra.corta();
    if (escolhida === undefined) {
      throw new ErroDoArmazem(
        falhas.map(({ maquina, causa }) => `${mostraMaquina(maquina)}: ${mensagem(causa)}`).join("; "),
        falhas.every(({ causa }) => causa instanceof ErroDoArmazem) ? falhas[0].causa : undefined,
      );
    }
    if (escolhida.linhaDoTempo < this.#linhaDoTempo) {
      escolhida.corta();
      throw new ErroDoArmazem(
        `só responde um principal da linha do tempo ${escolhida.linhaDoTempo}, e já houve um da ${this.#linhaDoTempo}: ` +
          "é um principal antigo, a que falta o que se gravou depois; desligue-o, ou reinicie o servidor se for este mesmo",
      );
    }
    this.#linhaDoTempo = escolhida.linhaDoTempo;
    return escolhida;
  }

  async #tenta(maquina: Maquina, noBanco: PrazosNoBanco, ate: number): Promise<Ligacao> {
    const prazo = (): number => Math.min(ate, daquiA(this.endereco.prazoDeConexao));
    const { ligacao, ssl } = await this.#entra(maquina, prazo());
    try {
      const processo = await prepara(ligacao, this.endereco, { noBanco, ate: prazo() });
      if (processo !== ligacao.processo) {
        await this.#confereSessao(ligacao, { maquina, ssl, processo, ate: prazo() });
      }
      return ligacao;
    } catch (causa) {
      await ligacao.fecha();
      throw causa;
    }
  }

  /**
   * Entra, cifrado como o endereço pede. Com `prefer`, o que falha cifrado é tentado sem cifra, como faz a libpq: seja o
   * servidor que não fala TLS, o aperto de mãos que se quebra, ou a conexão cifrada que o banco recusa.
   */
  async #entra(maquina: Maquina, ate: number): Promise<{ ligacao: Ligacao; ssl: OpcoesDeTls | false }> {
    const [ssl, outra] = formasDeTls(this.endereco, maquina);
    try {
      return { ligacao: await Ligacao.abre(this.endereco, { maquina, ssl, ate }), ssl };
    } catch (causa) {
      if (outra === undefined || performance.now() >= ate) throw causa;
      try {
        return { ligacao: await Ligacao.abre(this.endereco, { maquina, ssl: outra, ate }), ssl: outra };
      } catch (semTls) {
        const [cifrada, aberta] = [mensagem(causa), mensagem(semTls)];
        if (cifrada === aberta || cifrada.includes("does not support SSL")) throw semTls;
        throw new Error(`${cifrada}; sem TLS: ${aberta}`, { cause: semTls });
      }
    }
  }

  /**
   * O processo que atende não é o que se apresentou: há um intermediário. Um que reparte o banco por transação dá a outra
   * conexão o processo que atendia esta, e leva consigo o que esta preparou.
   */
  async #confereSessao(
    ligacao: Ligacao,
    { maquina, ssl, processo, ate }: { maquina: Maquina; ssl: OpcoesDeTls | false; processo: string; ate: number },
  ): Promise<void> {
    const outra = await Ligacao.abre(this.endereco, { maquina, ssl, ate });
    try {
      const [, { rows: [[dela]] }] = await outra.consulta("BEGIN; SELECT pg_backend_pid()", ate);
      if (dela !== processo) {
        const [{ rows: [[desta]] }] = await ligacao.consulta("SELECT pg_backend_pid()", ate);
        if (desta === processo) return;
      }
    } catch (causa) {
      // Um que reparte por instrução nem deixa começar uma transação, e di-lo com este código.
      if (codigoDe(causa) !== "08P01") throw causa;
    } finally {
      outra.corta();
    }
    throw new ErroDoArmazem(
      "há um intermediário (PgBouncer?) que reparte as conexões por transação ou por instrução, e o livro precisa de uma sessão só sua; " +
        "use pool_mode = session para este banco, ou o endereço do próprio PostgreSQL",
    );
  }
}

/** Põe a sessão como se precisa, confere que é de um principal, num banco que serve, e devolve o processo que a atende. */
async function prepara(
  ligacao: Ligacao,
  { usuario, banco }: EnderecoDoBanco,
  { noBanco, ate }: { noBanco: PrazosNoBanco; ate: number },
): Promise<string> {
  const resultados = await ligacao.consulta(
    `
    SET statement_timeout = ${Math.round(noBanco.instrucao)};
    SET idle_in_transaction_session_timeout = ${Math.round(noBanco.parada)};
    SET default_transaction_isolation = 'read committed';
    SET standard_conforming_strings = on;
    SET client_encoding = 'UTF8';
    -- As instruções são poucas e há um índice para cada: planos feitos uma vez, que não mudam com o tamanho do livro.
    SET plan_cache_mode = force_generic_plan;
    SET enable_seqscan = off;
    -- Um laço por um índice, seja qual for o tamanho do livro quando o plano se faz; e o que se muda, muda pela ordem pedida.
    SET enable_hashjoin = off;
    SET enable_mergejoin = off;
    SET jit = off;
    -- Um OK sai depois do fsync, mesmo que o banco tenha outro costume.
    SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off';
    -- Um servidor que sumiu enquanto esperava por uma trava deixa de esperar (PostgreSQL 14 em diante).
    SELECT set_config(name, '1000', false) FROM pg_settings WHERE name = 'client_connection_check_interval';
    SELECT pg_backend_pid(), current_setting('server_encoding'), pg_is_in_recovery(),
      (SELECT source FROM pg_settings WHERE name = 'default_transaction_read_only' AND setting = 'on'),
      CASE WHEN pg_is_in_recovery() THEN NULL ELSE left(pg_walfile_name(pg_current_wal_lsn()), 8) END`,
    ate,
  );
  const [[processo, codificacao, reserva, soLeitura, linhaDoTempo]] = resultados[resultados.length - 1].rows;
  if (reserva === "t") throw new ErroDoArmazem("só aceita leituras (é um reserva)");
  if (soLeitura !== null) {
    const nomes = { usuario: `"${usuario}"`, banco: `"${banco}"` };
    throw new ErroDoArmazem(
      "só aceita leituras, porque default_transaction_read_only está ligado; desligue-o com " +
        `${(DESLIGA_SO_LEITURA[soLeitura] ?? DESLIGA_SO_LEITURA.default)(nomes)}`,
    );
  }
  if (codificacao !== "UTF8") throw new ErroDoArmazem(`a codificação do banco é ${codificacao}; crie-o em UTF8`);
  ligacao.linhaDoTempo = parseInt(linhaDoTempo ?? "0", 16);
  return processo ?? "";
}

/** Como se desliga `default_transaction_read_only`, conforme de onde vem (a coluna `source` de `pg_settings`). */
const DESLIGA_SO_LEITURA: Readonly<Record<string, (nomes: { usuario: string; banco: string }) => string>> = {
  "user": ({ usuario }) => `ALTER ROLE ${usuario} RESET default_transaction_read_only`,
  "database": ({ banco }) => `ALTER DATABASE ${banco} RESET default_transaction_read_only`,
  "database user": ({ usuario, banco }) =>
    `ALTER ROLE ${usuario} IN DATABASE ${banco} RESET default_transaction_read_only`,
  "default": () => "ALTER SYSTEM RESET default_transaction_read_only, ou no postgresql.conf",
};

// ------------------------------------------------------------------------------------------------------ que se refaz

/** Uma conexão que se refaz. Com o banco fora do alcance falha na hora e procura por ele ao fundo. */
export class Canal {
  #conecta: () => Promise<Ligacao>;
  #aoMudar: (fora: BancoForaDoAlcance | undefined) => void;
  #ligacao: Ligacao | undefined;
  #abrindo: Promise<Ligacao> | undefined;
  #fora: BancoForaDoAlcance | undefined;
  #sondagem: ReturnType<typeof setTimeout> | undefined;
  #fechado = false;

  /** `aoMudar` é chamada a cada tentativa: com o erro, ou sem ele quando a conexão está pronta. */
  constructor(conecta: () => Promise<Ligacao>, aoMudar: (fora: BancoForaDoAlcance | undefined) => void) {
    this.#conecta = conecta;
    this.#aoMudar = aoMudar;
  }

  /** A conexão; espera por uma nova, até `ate`, só enquanto não se sabe que o banco está fora do alcance. */
  async toma(ate: number): Promise<Ligacao> {
    if (this.#ligacao?.viva) return this.#ligacao;
    if (this.#fora !== undefined) throw this.#fora;
    try {
      return await noPrazo(this.#abre(), ate);
    } catch (causa) {
      throw causa instanceof PrazoVencido ? this.#saiu(causa) : causa;
    }
  }

  /** Fecha, e deixa de procurar. */
  async fecha(): Promise<void> {
    this.#fechado = true;
    clearTimeout(this.#sondagem);
    await this.#abrindo?.catch(() => {});
    await this.#ligacao?.fecha();
  }

  #abre(): Promise<Ligacao> {
    clearTimeout(this.#sondagem);
    this.#abrindo ??= this.#tenta().finally(() => this.#abrindo = undefined);
    return this.#abrindo;
  }

  async #tenta(): Promise<Ligacao> {
    try {
      const ligacao = await this.#conecta();
      if (this.#fechado) {
        ligacao.corta();
        throw new ErroDoArmazem("o livro está fechado");
      }
      ligacao.aoCair = (vencido) => this.#caiu(vencido);
      this.#ligacao = ligacao;
      this.#fora = undefined;
      this.#aoMudar(undefined);
      return ligacao;
    } catch (causa) {
      const fora = this.#saiu(causa);
      if (!this.#fechado) this.#sondagem = setTimeout(() => this.#abre().catch(() => {}), ENTRE_SONDAGENS);
      throw fora;
    }
  }

  #saiu(causa: unknown): BancoForaDoAlcance {
    const fora = new BancoForaDoAlcance(`o banco está fora do alcance (${mensagem(causa)})`, causa);
    if (!this.#fechado) {
      this.#fora = fora;
      this.#aoMudar(fora);
    }
    return fora;
  }

  /** Já se refaz. Se caiu por se calar, quem vem depois não espera: sabe na hora que o banco se foi. */
  #caiu(vencido: PrazoVencido | undefined): void {
    this.#ligacao = undefined;
    if (this.#fechado) return;
    if (vencido !== undefined) this.#saiu(vencido);
    this.#abre().catch(() => {});
  }
}

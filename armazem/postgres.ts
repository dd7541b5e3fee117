/**
 * O armazém em PostgreSQL: o mesmo livro para vários servidores.
 *
 * Um lote é uma transação que trava o que ele pode tocar, carrega só isso, mostra-o à função que a agenda lhe deu e grava
 * o que ela pediu. São duas idas ao banco por lote, haja nele um pedido ou mil. Consultas leem do banco,
 * nunca da memória, e as que chegam juntas vão juntas.
 *
 * O banco pode sumir, voltar noutra máquina ou calar-se no meio de um commit. Com ele fora do alcance tudo falha na hora
 * e procura-se por ele ao fundo; depois de um commit sem resposta descobre-se o que houve antes de responder. Cada lote e
 * cada leitura tem um prazo só, que vale por tudo o que faz.
 *
 * `servidor.ts` o abre quando `--banco` é `postgres://…`. O endereço lê-se em `postgres_endereco.ts`, a conexão está em
 * `postgres_ligacao.ts`, a procura do banco em `postgres_principal.ts`, as tabelas em `postgres_esquema.ts`, o que se manda
 * em `postgres_instrucoes.ts`, a diferença dos relógios em `postgres_relogio.ts`.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import { delay } from "@std/async";
import {
  type Agendamento,
  type Alcance,
  type Armazem,
  type BancoForaDoAlcance,
  type Desfecho,
  type Dia,
  ErroDoArmazem,
  type Fim,
  type Liquido,
  type Lote,
  resume,
  type Vista,
} from "../clinica/livro.ts";
import { lerEndereco } from "./postgres_endereco.ts";
import {
  confere,
  explica,
  lerAgendamento,
  migra,
  PRAZO_LONGO,
  restricoesDe,
  selecaoDoDia,
} from "./postgres_esquema.ts";
import {
  carrega,
  Carregada,
  chavesDe,
  doisTextos,
  escreve,
  instrucao,
  preparadas,
  provaDe,
  semRepetir,
  type Sinal,
} from "./postgres_instrucoes.ts";
import {
  codigoDe,
  daquiA,
  ehDespedida,
  type Instrucao,
  type Ligacao,
  numeros,
  PrazoVencido,
  type Retorno,
  textos,
} from "./postgres_ligacao.ts";
import { Canal, ENTRE_SONDAGENS, Principal } from "./postgres_principal.ts";
import { DiferencaDosRelogios } from "./postgres_relogio.ts";

// ------------------------------------------------------------------------------------------------------ os prazos

/** Quanto se espera pelo banco, em ms. */
export interface Prazos {
  /** Um lote, das travas ao commit: um banco vivo leva dezenas de ms. */
  readonly lote: number;
  /** Uma ida de leituras; as que esperavam por ela falham com ela. */
  readonly leitura: number;
  /** Desde o começo do lote, para saber o que houve com um commit sem resposta. */
  readonly desfecho: number;
  /** Uma transação à espera do servidor dela, até que o banco a desfaça; menor que o de um lote, que espera por ela. */
  readonly parada: number;
  /** De quanto em quanto se comparam os relógios. */
  readonly entreRelogios: number;
}

/**
 * Um pedido que não pôde ser feito pode ter esperado pelo lote que ia à frente, pelo seu e por uma leitura: ao todo, menos
 * de 6 s.
 */
export const PRAZOS: Prazos = { lote: 2200, leitura: 1300, desfecho: 3700, parada: 1200, entreRelogios: 60_000 };

/** O banco desiste de uma instrução antes de quem espera por ela: um banco vivo responde, e a conexão não se perde. */
const NO_BANCO = 0.8;

/** Quanto pode levar uma conexão nova a ficar pronta, depois de ligada, em ms. */
const PRAZO_DE_PREPARO = 3000;

/** Com que códigos o banco recusa um lote: uma instrução que não fez tudo o que se pediu, ou uma vaga já tomada. */
const RECUSAS: readonly (string | undefined)[] = ["22012", "23505"];

// ------------------------------------------------------------------------------------------------------ o armazém

/** Uma consulta à espera da próxima ida ao banco. */
interface Leitura {
  readonly alcance: Alcance;
  readonly responde: (vista: Vista) => void;
  readonly falha: (causa: unknown) => void;
}

/** Consultas que vão juntas, no máximo: poucos milissegundos de trabalho para o banco. */
const LEITURAS_JUNTAS = 1024;

/** Como um `ArmazemPostgres` funciona. */
export interface OpcoesDoPostgres {
  /** Chamada quando o banco sai do alcance, com o erro, e quando volta; uma vez por mudança. */
  aoMudar?: (fora: BancoForaDoAlcance | undefined) => void;
  /** Chamada com uma frase quando o relógio daqui e o do banco passam a discordar, mudam muito ou voltam a concordar. */
  aoAvisar?: (aviso: string) => void;
  /** O relógio deste servidor, em ms desde 1970; o do sistema, se não se diz outro. */
  relogio?: () => number;
  /** Os prazos que não são os de `PRAZOS`. */
  prazos?: Partial<Prazos>;
}

/** O armazém num banco PostgreSQL, partilhado por vários servidores. */
export class ArmazemPostgres implements Armazem {
  #principal: Principal;
  #prazos: Prazos;
  /** Enquanto se abre, um erro é de quem abre. */
  #aoMudar: (fora: BancoForaDoAlcance | undefined) => void = () => {};
  #escritor: Canal;
  #leitor: Canal;
  /** As listas do dia não são de quem espera uma resposta, e não a fazem esperar. Só se liga quando se pede uma. */
  #listas: Canal;
  /** Os canais que não chegam ao banco. */
  #fora = new Set<"escritor" | "leitor">();
  #leituras: Leitura[] = [];
  #lendo = false;
  #relogio: () => number;
  #diferenca: DiferencaDosRelogios;
  #alarme: ReturnType<typeof setInterval> | undefined;
  #comparacao: Promise<void> | undefined;
  #fechado = false;

  private constructor(principal: Principal, { prazos, relogio = Date.now, aoAvisar = () => {} }: OpcoesDoPostgres) {
    this.#principal = principal;
    this.#prazos = { ...PRAZOS, ...prazos };
    this.#relogio = relogio;
    this.#diferenca = new DiferencaDosRelogios(aoAvisar);
    const { lote, leitura } = this.#prazos;
    this.#escritor = new Canal(() => this.#conecta(lote), (fora) => this.#mudou("escritor", fora));
    this.#leitor = new Canal(() => this.#conecta(leitura), (fora) => this.#mudou("leitor", fora));
    this.#listas = new Canal(() => this.#conecta(leitura), () => {});
  }

  /**
   * Abre o livro no endereço `postgres://usuario:senha@maquina:5432/banco`, criando o esquema se falta e trazendo-o à
   * versão de hoje.
   *
   * @throws {ErroDoArmazem} se o banco não está ao alcance, não é um livro inteiro, ou é de uma versão mais nova.
   */
  static async abre(url: string, opcoes: OpcoesDoPostgres = {}): Promise<ArmazemPostgres> {
    const endereco = lerEndereco(url);
    const armazem = new ArmazemPostgres(new Principal(endereco), opcoes);
    try {
      await armazem.#escritor.toma(Infinity);
      await armazem.#leitor.toma(Infinity);
      await armazem.#comparaOsRelogios();
      armazem.#alarme = setInterval(() => {
        armazem.#comparacao = armazem.#comparaOsRelogios().catch(() => {});
      }, armazem.#prazos.entreRelogios);
      armazem.#aoMudar = opcoes.aoMudar ?? (() => {});
      return armazem;
    } catch (causa) {
      await armazem[Symbol.asyncDispose]();
      throw explica(endereco, causa);
    }
  }

  /** Uma conexão pronta para o livro, com o esquema em dia, para quem espera no máximo `prazo` por uma ida. */
  async #conecta(prazo: number, ate: number = Infinity): Promise<Ligacao> {
    const { mostrado } = this.#principal.endereco;
    const ligacao = await this.#principal.acha({ instrucao: prazo * NO_BANCO, parada: this.#prazos.parada }, ate);
    const pronta = Math.min(ate, daquiA(PRAZO_DE_PREPARO));
    try {
      await migra(ligacao, mostrado, pronta);
      await confere(ligacao, mostrado, pronta);
      await ligacao.prepara(preparadas(await restricoesDe(ligacao, pronta)), pronta);
      return ligacao;
    } catch (causa) {
      await ligacao.fecha();
      throw causa;
    }
  }

  #mudou(canal: "escritor" | "leitor", fora: BancoForaDoAlcance | undefined): void {
    const antes = this.#fora.size;
    if (fora === undefined) this.#fora.delete(canal);
    else this.#fora.add(canal);
    if ((antes === 0) !== (this.#fora.size === 0)) this.#aoMudar(fora);
  }

  /** Uma pergunta barata; a ida conta pela metade. */
  async #comparaOsRelogios(): Promise<void> {
    const { ida, agora, noBanco } = await this.#lendoDe(this.#leitor, async (ligacao, ate) => {
      const saida = performance.now();
      const [{ rows: [[noBanco]] }] = await ligacao.executa(
        [{ texto: "SELECT round(extract(epoch FROM clock_timestamp()) * 1000)" }],
        ate,
      );
      return { ida: performance.now() - saida, agora: this.#relogio(), noBanco: Number(noBanco) };
    });
    this.#diferenca.recebe(agora - ida / 2 - noBanco, ida / 2);
  }

  /** Grava o lote numa transação: uma ida para travar e carregar, outra para gravar e confirmar. */
  async lote<R>(alcance: () => Alcance, quando: number, decide: (vista: Vista) => Lote<R>): Promise<Desfecho<R>> {
    const desde = performance.now();
    const ate = desde + this.#prazos.lote;
    let chaves: readonly number[];
    let comecada: Comecada;
    let lote: Lote<R>;
    let liquido: Liquido;
    let escrita: readonly Instrucao[];
    try {
      if (this.#diferenca.recusa !== undefined) throw this.#diferenca.recusa;
      const escopo = alcance();
      chaves = chavesDe(escopo);
      comecada = await this.#comeca(escopo, chaves, ate);
      try {
        lote = decide(comecada.vista);
        liquido = resume(lote.mudancas, quando);
        escrita = [...escreve(liquido, comecada.sinal), instrucao("confirma")];
      } catch (causa) {
        await comecada.ligacao.desfaz(ate);
        throw causa;
      }
    } catch (causa) {
      return { tipo: "nada", causa };
    }
    const { ligacao, sinal } = comecada;
    if (lote.mudancas.length === 0) {
      // As respostas valem do que se leu sob as travas; soltá-las não as muda, e o lote seguinte vai atrás.
      ligacao.desfaz(daquiA(this.#prazos.lote));
      return { tipo: "gravado", resultado: lote.resultado };
    }
    const confirmacao = { chaves, sinal, liquido, resultado: lote.resultado, ate: desde + this.#prazos.desfecho };
    return await this.#confirma(confirmacao, { ligacao, escrita, ate });
  }

  /**
   * Começa a transação, toma as travas e carrega. Cada instrução tem o seu instantâneo (READ COMMITTED), tirado quando
   * ela começa; por isso a leitura é outra instrução: a que toma as travas já tem o instantâneo de antes da espera.
   *
   * Primeiro os CPFs, de que depende saber em que dias estão os agendamentos que se podem desmarcar; depois os dias.
   * `unnest` devolve as chaves na ordem do array, a subconsulta na do `ORDER BY`, e o agregado as toma uma a uma à medida
   * que vêm: nenhum lote espera por uma trava anterior a uma que já tem, e sem ciclo não há impasse. Depois das travas
   * nada mais espera por outro servidor: toda linha que um lote muda e toda chave única que ele insere é de um CPF e de
   * um dia que ele travou.
   */
  async #comeca(escopo: Alcance, chaves: readonly number[], ate: number): Promise<Comecada> {
    for (let repetida = false;; repetida = true) {
      const ligacao = await this.#escritor.toma(ate);
      try {
        const { vista, resultados } = await carrega(ligacao, {
          antes: [
            instrucao("comeca"),
            instrucao("trava", numeros(chaves)),
            instrucao("trava_dias", ...doisTextos(escopo.dias), textos(escopo.desmarcam)),
            instrucao("sinal"),
          ],
          cpfs: escopo.cpfs,
          dias: escopo.dias,
          ate,
        });
        const [numero, transacao] = resultados[3].rows[0];
        return { ligacao, vista, sinal: { id: Number(numero), transacao: BigInt(transacao ?? 0) } };
      } catch (causa) {
        const viva = await ligacao.desfaz(ate);
        // Uma conexão que caiu não mudou nada: tenta-se uma vez com outra.
        if (viva || repetida || causa instanceof PrazoVencido) throw causa;
      }
    }
  }

  async #confirma<R>(
    confirmacao: Confirmacao<R>,
    { ligacao, escrita, ate }: { ligacao: Ligacao; escrita: readonly Instrucao[]; ate: number },
  ): Promise<Desfecho<R>> {
    ligacao.avisos.length = 0;
    let causa: unknown;
    try {
      const resultados = await ligacao.executa(escrita, ate);
      const aviso = ligacao.avisos[0];
      if (resultados[resultados.length - 1].command === "COMMIT" && aviso === undefined) {
        return { tipo: "gravado", resultado: confirmacao.resultado };
      }
      // Um aviso num commit é o de que ele não esperou pelo reserva: está gravado aqui, e talvez só aqui.
      causa = new ErroDoArmazem(`o commit não foi confirmado por inteiro (${aviso ?? "transação desfeita"})`);
    } catch (erro) {
      causa = erro;
      // O banco recusou uma instrução e continua lá: o commit não chegou a ser feito.
      const codigo = codigoDe(erro);
      if (codigo !== undefined && await ligacao.desfaz(ate)) {
        if (!RECUSAS.includes(codigo)) return { tipo: "nada", causa };
        return {
          tipo: "recusado",
          causa: new ErroDoArmazem("o livro recusou o lote: uma vaga já tomada, ou uma linha que não cabe nele", erro),
        };
      }
    }
    ligacao.corta();
    return { tipo: "pendente", fim: this.#descobre(confirmacao, causa) };
  }

  /**
   * O que houve com um commit sem resposta. Toma as mesmas travas numa conexão nova: com elas, a transação de antes já
   * acabou, de um modo ou de outro, e o que ela gravou está à vista (o PostgreSQL solta as travas depois de publicar o
   * commit). Então procura-se uma linha dela.
   *
   * Não se pergunta por `pg_xact_status`: diria "em curso" enquanto a transação espera, sem dizer até quando, e depois de
   * uma promoção o número pode ser o de outra no novo principal. As linhas dizem a verdade nos dois casos; se o commit
   * não chegou ao reserva, não estão lá nem estarão.
   *
   * Achada a linha, escreve-se uma mensagem no WAL e confirma-se: com um reserva síncrono, esse commit só volta quando
   * tudo o que veio antes também está lá.
   */
  async #descobre<R>(confirmacao: Confirmacao<R>, causa: unknown): Promise<Fim<R>> {
    do {
      try {
        const gravado = await this.#procura(confirmacao);
        return gravado ? { tipo: "gravado", resultado: confirmacao.resultado } : { tipo: "nada", causa };
      } catch {
        await delay(ENTRE_SONDAGENS);
      }
    } while (performance.now() < confirmacao.ate && !this.#fechado);
    return { tipo: "incerto", causa };
  }

  async #procura({ chaves, sinal, liquido, ate }: Confirmacao<unknown>): Promise<boolean> {
    const ligacao = await this.#conecta(this.#prazos.lote, ate);
    try {
      ligacao.avisos.length = 0;
      const [, , { rows: [[achada]] }, , fim] = await ligacao.executa([
        instrucao("comeca"),
        instrucao("trava", numeros(chaves)),
        provaDe(liquido, sinal),
        { texto: "SELECT pg_logical_emit_message(true, 'clinica', 'desfecho')" },
        instrucao("confirma"),
      ], ate);
      if (fim.command !== "COMMIT" || ligacao.avisos.length > 0) throw new ErroDoArmazem("ainda não se sabe");
      return achada === "t";
    } finally {
      if (performance.now() < ate) await ligacao.fecha();
      else ligacao.corta();
    }
  }

  /**
   * Lê o que está gravado, do banco. As consultas que chegam na mesma volta do laço, ou enquanto outras são lidas, vão
   * juntas; a leitura começa depois de todas elas chegarem, e vê tudo o que já foi confirmado por qualquer servidor.
   */
  le<R>(alcance: () => Alcance, consulta: (vista: Vista) => R): R | Promise<R> {
    const escopo = alcance();
    if (escopo.cpfs.length + escopo.dias.length === 0) return consulta(new Carregada([]));
    return new Promise((resolve, falha) => {
      this.#leituras.push({
        alcance: escopo,
        responde: (vista) => {
          try {
            resolve(consulta(vista));
          } catch (causa) {
            falha(causa);
          }
        },
        falha,
      });
      if (this.#lendo) return;
      this.#lendo = true;
      setImmediate(() => this.#leTudo());
    });
  }

  async #leTudo(): Promise<void> {
    while (this.#leituras.length > 0) {
      const juntas = this.#leituras.splice(0, LEITURAS_JUNTAS);
      try {
        const vista = await this.#carregaPara(juntas);
        for (const { responde } of juntas) responde(vista);
      } catch (causa) {
        // As que esperavam por esta ida já esperaram o que se espera por uma.
        for (const { falha } of [...juntas, ...this.#leituras.splice(0)]) falha(causa);
      }
    }
    this.#lendo = false;
  }

  async #carregaPara(leituras: readonly Leitura[]): Promise<Vista> {
    const cpfs = new Set(leituras.flatMap(({ alcance }) => alcance.cpfs));
    // Muitas perguntam pelos mesmos dias, com a mesma lista: cada lista uma vez.
    const listas = new Set(leituras.map(({ alcance }) => alcance.dias));
    const dias = semRepetir([...listas].flat());
    const { vista } = await this.#lendoDe(
      this.#leitor,
      (ligacao, ate) => carrega(ligacao, { antes: [], cpfs: [...cpfs], dias, ate }),
    );
    return vista;
  }

  /** Lê por um canal; se a conexão acabou, uma vez mais por outra, no mesmo prazo. */
  async #lendoDe<T>(canal: Canal, le: (ligacao: Ligacao, ate: number) => Promise<T>): Promise<T> {
    const ate = daquiA(this.#prazos.leitura);
    for (let repetida = false;; repetida = true) {
      const ligacao = await canal.toma(ate);
      try {
        return await le(ligacao, ate);
      } catch (causa) {
        if (causa instanceof PrazoVencido || ligacao.viva && !ehDespedida(causa)) throw causa;
        ligacao.corta();
        if (repetida) throw causa;
      }
    }
  }

  /** Os agendamentos não cancelados de uma data, ou só os de uma especialidade. */
  async lista(data: string, especialidade?: string): Promise<Agendamento[]> {
    const selecao = [selecaoDoDia(data, especialidade)];
    const [{ rows }] = especialidade === undefined
      ? await this.#aParte(selecao)
      : await this.#lendoDe(this.#listas, (ligacao, ate) => ligacao.executa(selecao, ate));
    return rows.map(lerAgendamento);
  }

  /** Os dias com agendamentos não cancelados a partir de uma data. */
  async diasMarcados(desde: string): Promise<Dia[]> {
    const [{ rows }] = await this.#aParte([{
      texto: "SELECT DISTINCT especialidade, data FROM agendamento WHERE cancelado_em IS NULL AND data >= $1",
      valores: [desde],
    }]);
    return rows.map(([especialidade, data]) => [especialidade ?? "", data ?? ""]);
  }

  /** O que percorre o livro inteiro tem uma conexão e um prazo à parte: as consultas não esperam por ele. */
  async #aParte(instrucoes: readonly Instrucao[]): Promise<readonly Retorno[]> {
    const ligacao = await this.#conecta(PRAZO_LONGO);
    try {
      return await ligacao.executa(instrucoes, daquiA(PRAZO_LONGO));
    } finally {
      await ligacao.fecha();
    }
  }

  /** Fecha as conexões; um desfecho que ainda se procura fica incerto. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#fechado = true;
    clearInterval(this.#alarme);
    await Promise.all([this.#escritor.fecha(), this.#leitor.fecha(), this.#listas.fecha(), this.#comparacao]);
  }
}

/** Um lote com as travas tomadas e o que ele pode tocar carregado. */
interface Comecada {
  readonly ligacao: Ligacao;
  readonly vista: Vista;
  readonly sinal: Sinal;
}

/** O que é preciso para gravar um lote e, se a resposta se perde, para saber se ficou gravado. */
interface Confirmacao<R> {
  readonly chaves: readonly number[];
  readonly sinal: Sinal;
  readonly liquido: Liquido;
  readonly resultado: R;
  /** Até quando se procura sabê-lo. */
  readonly ate: number;
}

/**
 * O armazém em SQLite: o livro num arquivo (`node:sqlite`), com os agendamentos ativos e a lista de espera também
 * na memória.
 *
 * É o único que escreve no seu arquivo (`sqlite_trava.ts`), e deixa `sqlite3`, uma cópia e uma listagem trabalharem ao mesmo
 * tempo. Cada lote é uma transação e um fsync (WAL, `synchronous=FULL`); a memória (`memoria.ts`) só muda depois do commit,
 * e as consultas leem só dela: um disco cheio não as para.
 *
 * `servidor.ts` abre o armazém e o entrega à `Agenda`.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import type { Agendamento } from "../clinica/agendamento.ts";
import {
  type Alcance,
  type Armazem,
  type Desfecho,
  type Dia,
  ErroDoArmazem,
  type Fim,
  type Lote,
  type Quem,
  resume,
  type Vencidos,
  type Vista,
} from "../clinica/livro.ts";
import type { LivroDasChaves } from "../clinica/chave.ts";
import type { LivroDasPessoas } from "../clinica/pessoa.ts";
import type { LivroDasSessoes } from "../clinica/sessao.ts";
import type { Acesso, Cabeca } from "../clinica/trilha.ts";
import { Ocupacao } from "../clinica/ocupacao.ts";
import { disfarceDe } from "./disfarce.ts";
import { Memoria } from "./memoria.ts";
import { Acessos, Selo } from "./selo.ts";
import { codigoPrimario, explica, passaALimpo, reconhece, SQLITE } from "./sqlite_arquivo.ts";
import { chavesDoSqlite } from "./sqlite_chaves.ts";
import { type Banco, desfaz, escreve, escreveNoDiario, parouAntes, prepara } from "./sqlite_escrita.ts";
import {
  diasMarcados,
  emLinhas,
  lerAgendamento,
  lerGuardaLegal,
  lerOcupante,
  linhasDe,
  numero,
  SEGREDO,
  selecionaDoDia,
  texto,
} from "./sqlite_leituras.ts";
import { lerEspera } from "./sqlite_espera.ts";
import { abreParaEscrever, type ComoAbrir } from "./sqlite_migracao.ts";
import { type Acesso as AcessoAoBanco, pessoasDoSqlite } from "./sqlite_pessoas.ts";
import { sessoesDoSqlite } from "./sqlite_sessoes.ts";
import {
  type DeFora,
  esqueceDeFora,
  pedidosDeFora,
  respondeDeFora,
  tomaDeFora,
  varreu,
  varridoEm,
  vencidos,
} from "./sqlite_titular.ts";
import { Trava } from "./sqlite_trava.ts";
import { TrilhaDoArquivo } from "./sqlite_trilha.ts";
import { lerTentativa } from "./tabelas.ts";

/** Páginas no WAL a partir das quais um commit faz o checkpoint ele mesmo: 16 MiB, se nunca houver um intervalo. */
const PAGINAS_ATE_CHECKPOINT = 4096;

const TAMANHO_DA_PAGINA = 4096;

/** O tamanho de um WAL com essas páginas, em bytes. */
const RESERVA_DO_WAL = PAGINAS_ATE_CHECKPOINT * TAMANHO_DA_PAGINA;

/** Cache de páginas, em KiB: os índices de um livro grande cabem, e um pequeno não o usa. */
const CACHE = 64 * 1024;

/** Entre uma tentativa de reabrir um livro que falhou e a seguinte, em ms. */
const ESPERA_PARA_REABRIR = 250;

/** Sem gravações por este tempo, em ms, o WAL passa para o arquivo principal. */
const INTERVALO_PARA_CHECKPOINT = 500;

/** O que `ArmazemSqlite.abre` aceita. */
export interface OpcoesDoSqlite {
  /** Começa um livro vazio, num arquivo que existe vazio ou por criar; recusa um que já tem um livro. */
  novo?: boolean;
  /** Recebe, mais ou menos a cada segundo, uma frase sobre o que já se fez de uma migração demorada. */
  aoAndar?: (frase: string) => void;
  /** Com que se sela a trilha; sem ele, com um que acaba com este processo. */
  selo?: Selo;
}

/** O armazém num arquivo SQLite, ou em `:memory:` para experimentar. */
export class ArmazemSqlite implements Armazem {
  #caminho: string;
  #trava: Trava | undefined;
  #selo: Selo;
  #acessos: Acessos;
  #banco: Banco | undefined;
  #memoria = new Memoria({
    ocupacao: (agenda, data) => {
      const ocupacao = Ocupacao.vazia();
      for (const linha of linhasDe(this.#aberto().ocupantes, data, agenda)) ocupacao.poe(lerOcupante(linha));
      return ocupacao;
    },
    historiaDe: (cpf) => this.#aberto().procura.historiaDe(cpf),
    periodo: ([de, ate]) => linhasDe(this.#aberto().periodo, de, ate).map(lerAgendamento),
    cancelados: (data) => this.#aberto().procura.cancelados(data),
    ultimaSenha: (data, letra) => {
      const [linha] = linhasDe(this.#aberto().ultimaSenha, data, letra);
      return linha === undefined ? 0 : numero(linha[0]);
    },
    tentativa: (cpf, rede) => linhasDe(this.#aberto().tentativa, cpf, rede).map(lerTentativa)[0],
    haVelhas: (ate) => linhasDe(this.#aberto().haVelhas, ate)[0][0] === 1,
    fichaDe: (cpf) => ({
      guarda: lerGuardaLegal(linhasDe(this.#aberto().guardas, cpf)[0]),
      acabadas: linhasDe(this.#aberto().acabadas, cpf).map((linha) => lerEspera(linha)),
    }),
    faltas: ([de, ate], hoje) => linhasDe(this.#aberto().faltas, de, ate, hoje).map(lerAgendamento),
  });
  /** Como o diário diz um endereço. */
  #disfarca: (quem: Quem) => string = () => "";
  /** A memória é o que está gravado. Falso enquanto não se sabe o que houve com um commit, ou o arquivo não se relê. */
  #emDia = false;
  #checkpoint: ReturnType<typeof setTimeout> | undefined;
  #ultimoLote = 0;
  /** Do que se apagou ainda há algo no WAL. */
  #porLimpar = false;
  #reserva: ReturnType<typeof setTimeout> | undefined;
  #reservada: Promise<void> | undefined;
  /** Antes disto não se tenta reabrir um livro que falhou: cada tentativa relê tudo, e todos esperam. */
  #tentaEm = 0;
  /** O que a última tentativa deu. */
  #falha: ErroDoArmazem | undefined;
  #fechado = false;

  private constructor(caminho: string, trava: Trava | undefined, selo: Selo = Selo.aoAcaso()) {
    this.#caminho = caminho;
    this.#trava = trava;
    this.#selo = selo;
    this.#acessos = new Acessos(selo);
  }

  /**
   * Abre o livro, criando-o com modo 0600 se não existe e trazendo-o à versão de hoje. Um arquivo que existe e está vazio
   * só se torna um livro com `novo`.
   *
   * @throws {ErroDoArmazem} se outro servidor o usa, se não é um livro, se é de uma versão mais nova, se tem outro nome.
   */
  static abre(caminho: string, { novo = false, aoAndar, selo }: OpcoesDoSqlite = {}): ArmazemSqlite {
    if (caminho === ":memory:") {
      const armazem = new ArmazemSqlite(caminho, undefined, selo);
      armazem.#abre({ vazio: true });
      return armazem;
    }
    const trava = Trava.toma(caminho, { paraEscrever: true });
    const armazem = new ArmazemSqlite(trava.caminho, trava, selo);
    try {
      armazem.#abreTravado(trava, { vazio: novo || trava.criado, livro: !novo, aoAndar });
      return armazem;
    } catch (causa) {
      trava.desfaz();
      trava.close();
      throw explica(caminho, causa);
    }
  }

  /** Onde a trava do arquivo barra o próprio SQLite (certas pastas de rede), abre sem ela; fica a do lado. */
  #abreTravado(trava: Trava, como: ComoAbrir): void {
    try {
      this.#abre(como);
    } catch (causa) {
      const codigo = codigoPrimario(causa);
      if (codigo !== SQLITE.BUSY && codigo !== SQLITE.IOERR) throw causa;
      trava.soltaArquivo();
      const { db } = this.#abre(como);
      // Se quem barrava era alguém que já acabou, a trava volta a valer.
      trava.retomaArquivo();
      if (!escreveSe(db)) trava.soltaArquivo();
    }
  }

  #abre(como: ComoAbrir, { exigeLimpo = false } = {}): Banco {
    const db = abreParaEscrever(this.#caminho, como);
    try {
      db.exec(`PRAGMA wal_autocheckpoint = ${PAGINAS_ATE_CHECKPOINT}`);
      db.exec(`PRAGMA cache_size = -${CACHE}`);
      if (passaALimpo(db)) this.#agendaReserva();
      else if (exigeLimpo) throw new ErroDoArmazem(`${this.#caminho}: o WAL não pôde ser passado a limpo`);
      this.#carrega(db);
      this.#disfarca = disfarceDe(this.#segredo(db));
      return this.#banco = prepara(db, new TrilhaDoArquivo(db, this.#selo, this.#acessos));
    } catch (causa) {
      db.close();
      throw causa;
    }
  }

  #segredo(db: DatabaseSync): string {
    const [linha] = linhasDe(emLinhas(db, SEGREDO));
    if (linha !== undefined) return texto(linha[0]);
    throw new ErroDoArmazem(`${this.#caminho}: falta-lhe o segredo; alguém o mudou por fora: restaure uma cópia`);
  }

  #carrega(db: DatabaseSync): void {
    this.#emDia = false;
    this.#memoria.carrega(db);
    this.#emDia = true;
  }

  /** Grava o lote; síncrono por dentro, nenhuma leitura vê um lote pela metade. */
  // deno-lint-ignore require-await
  async lote<R>(
    _alcance: () => Alcance,
    quando: number,
    decide: (vista: Vista) => Lote<R>,
  ): Promise<Desfecho<R>> {
    let banco: Banco;
    let lote: Lote<R>;
    try {
      banco = this.#aberto();
      this.#memoria.comeca();
      lote = decide(this.#memoria);
    } catch (causa) {
      return { tipo: "nada", causa };
    }
    if (lote.mudancas.length === 0) return { tipo: "gravado", resultado: lote.resultado };
    const liquido = resume(lote.mudancas, quando);
    const fim = this.#transacao(banco, () => {
      escreve(banco, liquido);
      escreveNoDiario(banco, lote.mudancas, liquido.quando, this.#disfarca);
    });
    if (fim.tipo !== "gravado") return fim;
    this.#memoria.grava(liquido);
    banco.procura.grava(liquido);
    passaAlguns(banco, { descansa: false });
    this.#agendaCheckpoint();
    return { tipo: "gravado", resultado: lote.resultado };
  }

  #transacao<T>(banco: Banco, faz: () => T): Fim<T> {
    let confirmando = false;
    try {
      banco.begin.run();
      const resultado = faz();
      confirmando = true;
      banco.commit.run();
      return { tipo: "gravado", resultado };
    } catch (causa) {
      const emDuvida = confirmando && !parouAntes(causa);
      if (!desfaz(banco, emDuvida)) {
        this.#fecha();
        this.#emDia = !emDuvida;
        return { tipo: emDuvida ? "incerto" : "nada", causa };
      }
      if (codigoPrimario(causa) !== SQLITE.CONSTRAINT) return { tipo: "nada", causa };
      // A memória e o arquivo discordam: alguém escreveu nele por fora. Vale o arquivo.
      return { tipo: this.#rele(banco) ? "recusado" : "nada", causa };
    }
  }

  /** Falso se o arquivo já não se lê como um livro: a próxima vez tenta reabri-lo. */
  #rele({ db, procura }: Banco): boolean {
    this.#emDia = false;
    try {
      reconhece(db, this.#caminho);
      procura.carrega();
      this.#carrega(db);
      return true;
    } catch {
      this.#fecha();
      return false;
    }
  }

  /** Um banco que falhou pode não fechar direito; o arquivo se recupera quando for aberto. */
  #fecha(): void {
    try {
      this.#banco?.db.close();
    } catch {
      // nada a fazer
    }
    this.#banco = undefined;
  }

  /** O banco; se falhou, abre-o de novo, passa o WAL a limpo e relê tudo. */
  #aberto(): Banco {
    if (this.#banco !== undefined) return this.#banco;
    if (this.#fechado) throw new ErroDoArmazem(`${this.#caminho}: o livro está fechado`);
    if (performance.now() < this.#tentaEm) throw this.#falha;
    try {
      this.#trava?.confere();
      // Depois de um fsync que falhou, as páginas do WAL podem estar só no cache do sistema. Só vale o que o checkpoint
      // conseguir passar, com outro fsync, para o arquivo principal.
      return this.#abre({}, { exigeLimpo: true });
    } catch (causa) {
      this.#tentaEm = performance.now() + ESPERA_PARA_REABRIR;
      throw this.#falha = explica(this.#caminho, causa);
    }
  }

  /** Consulta a memória, que é sempre o que está gravado. */
  le<R>(_alcance: () => Alcance, consulta: (vista: Vista) => R): R {
    if (!this.#emDia) this.#aberto();
    return consulta(this.#memoria);
  }

  /** Os agendamentos que contam de uma data, ou só os de uma agenda. */
  // deno-lint-ignore require-await
  async lista(data: string, agenda?: string): Promise<Agendamento[]> {
    return selecionaDoDia(this.#aberto().db, data, agenda);
  }

  /** Os dias com agendamentos que contam a partir de uma data. */
  // deno-lint-ignore require-await
  async diasMarcados(desde: string): Promise<Dia[]> {
    return diasMarcados(this.#aberto().db, desde);
  }

  /** O que não é de um lote grava-se como ele, sem nada do que ele muda. */
  readonly #fora: AcessoAoBanco = {
    le: (faz) => faz(this.#aberto().db),
    grava: (faz) => {
      const banco = this.#aberto();
      const fim = this.#transacao(banco, () => faz(banco.db));
      if (fim.tipo !== "gravado") throw explica(this.#caminho, fim.causa);
      this.#agendaCheckpoint();
      return fim.resultado;
    },
  };

  /** As chaves de acesso, que `servidor.ts chave` também muda. */
  readonly chaves: LivroDasChaves = chavesDoSqlite(this.#fora);

  /** As pessoas que entram pelas páginas, e as tentativas de entrar. */
  readonly pessoas: LivroDasPessoas = pessoasDoSqlite(this.#fora);

  /** As sessões de quem entrou. */
  readonly sessoes: LivroDasSessoes = sessoesDoSqlite(this.#fora);

  /** Como o diário diz quem. */
  disfarca(quem: Quem): string {
    return this.#disfarca(quem);
  }

  /** Acrescenta acessos à trilha, num lote só deles. */
  // deno-lint-ignore require-await
  async acrescenta(acessos: readonly Acesso[]): Promise<void> {
    const banco = this.#aberto();
    const fim = this.#transacao(banco, () => banco.trilha.acrescenta(acessos));
    if (fim.tipo !== "gravado") throw fim.causa;
    this.#acessos.ficou();
    this.#agendaCheckpoint();
  }

  /** As pontas das cadeias com um destes nomes. */
  // deno-lint-ignore require-await
  async cabecas(...servidores: readonly string[]): Promise<Cabeca[]> {
    const { trilha } = this.#aberto();
    return servidores.flatMap((servidor) => trilha.cabecas(servidor));
  }

  // ------------------------------------------------------------------------------------------------ os titulares

  /** Os CPFs com algo de antes de uma data. */
  // deno-lint-ignore require-await
  async vencidos(antesDe: string, depoisDe: number): Promise<Vencidos> {
    return vencidos(this.#aberto().db, antesDe, depoisDe);
  }

  /** Só este servidor tem o livro: basta saber se já se fez. */
  async varre(faz: (escrito: string) => Promise<string | undefined>): Promise<boolean> {
    const depois = await faz(varridoEm(this.#aberto().db));
    if (depois !== undefined) varreu(this.#aberto().db, depois);
    return depois !== undefined;
  }

  /** Esvazia o WAL, em que está ainda o que se apagou; falso se alguém o lê. */
  limpa(): boolean {
    try {
      this.#porLimpar = !passaALimpo(this.#aberto().db);
    } catch {
      this.#porLimpar = true;
    }
    // Há quem leia o WAL, ou o disco está cheio: tenta-se outra vez no intervalo seguinte.
    if (this.#porLimpar) this.#agendaCheckpoint();
    else this.#agendaReserva();
    return !this.#porLimpar;
  }

  /** Refaz o arquivo, sem nada do que se apagou antes de `secure_delete`. Ninguém é atendido enquanto dura. */
  // deno-lint-ignore require-await
  async compacta(): Promise<void> {
    const { db } = this.#aberto();
    db.exec("VACUUM");
    this.limpa();
  }

  /** O que `servidor.ts titular` deixou pedido. */
  readonly deFora: PedidosDeFora = {
    pendentes: () => pedidosDeFora(this.#aberto().db),
    toma: (qual) => tomaDeFora(this.#aberto().db, qual),
    responde: (qual, resposta) => respondeDeFora(this.#aberto().db, qual, resposta),
    esquece: () => esqueceDeFora(this.#aberto().db),
  };

  /** Fecha o livro e solta a trava. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#fechado = true;
    this.#emDia = false;
    clearTimeout(this.#checkpoint);
    clearTimeout(this.#reserva);
    await this.#reservada;
    this.#fecha();
    this.#trava?.close();
    this.#trava = undefined;
  }

  /** A reserva do WAL leva tempo, e quem inicia o servidor não tem de esperar por ela. */
  #agendaReserva(): void {
    if (this.#caminho === ":memory:") return;
    clearTimeout(this.#reserva);
    this.#reserva = setTimeout(() => {
      // Sem ela, o WAL cresce como sempre.
      this.#reservada = reservaWal(`${this.#caminho}-wal`).catch(() => {});
    }, 0);
  }

  #agendaCheckpoint(): void {
    this.#ultimoLote = performance.now();
    this.#checkpoint ??= setTimeout(() => this.#descansa(), INTERVALO_PARA_CHECKPOINT);
  }

  /** Se ninguém grava há um intervalo, passa o WAL para o arquivo principal; senão espera mais. */
  #descansa(): void {
    const falta = this.#ultimoLote + INTERVALO_PARA_CHECKPOINT - performance.now();
    if (falta > 0) {
      this.#checkpoint = setTimeout(() => this.#descansa(), falta);
      return;
    }
    this.#checkpoint = undefined;
    if (this.#banco !== undefined && passaAlguns(this.#banco, { descansa: true })) {
      this.#checkpoint = setTimeout(() => this.#descansa());
      return;
    }
    if (this.#porLimpar) return void this.limpa();
    try {
      this.#banco?.db.exec("PRAGMA wal_checkpoint(PASSIVE)");
    } catch {
      // Disco cheio, por exemplo: o WAL continua valendo e o próximo intervalo tenta de novo.
    }
  }
}

/** Os pedidos deixados ao servidor que tem o livro. */
export interface PedidosDeFora {
  /** Os que ainda ninguém tomou. */
  readonly pendentes: () => readonly DeFora[];
  /** Toma um. */
  readonly toma: (qual: number) => void;
  /** Responde a um que se tomou. */
  readonly responde: (qual: number, resposta: string) => void;
  /** Esquece os que ficaram de antes. */
  readonly esquece: () => void;
}

/** Como `Procura.passaAlguns`; o que não se pôde passar agora fica na memória. */
function passaAlguns({ procura }: Banco, quando: { descansa: boolean }): boolean {
  try {
    return procura.passaAlguns(quando);
  } catch {
    return false;
  }
}

/** Verdadeiro se a trava do arquivo deixa o SQLite escrever. */
function escreveSe(db: DatabaseSync): boolean {
  try {
    db.prepare("BEGIN IMMEDIATE").run();
    db.prepare("ROLLBACK").run();
    return true;
  } catch {
    return false;
  }
}

/**
 * Dá ao WAL o tamanho que ele terá, em zeros, que o SQLite lê como "sem commits" (sqlite.org/walformat.html): num arquivo
 * que cresce, o fsync de cada commit tem de gravar também onde estão os blocos novos. Escreve de uma vez, sem deixar que
 * um lote corra no meio, e só o que vem depois do que já lá está; o fsync não atrapalha ninguém.
 */
async function reservaWal(caminho: string): Promise<void> {
  using wal = Deno.openSync(caminho, { write: true });
  const inicio = wal.seekSync(0, Deno.SeekMode.End);
  try {
    const zeros = new Uint8Array(64 * TAMANHO_DA_PAGINA);
    for (let escritos = inicio; escritos < RESERVA_DO_WAL;) {
      escritos += wal.writeSync(zeros.subarray(0, RESERVA_DO_WAL - escritos));
    }
  } catch (causa) {
    wal.truncateSync(inicio);
    throw causa;
  }
  await wal.syncData();
}

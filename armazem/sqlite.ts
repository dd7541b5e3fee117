/**
 * O armazém embutido: o livro num arquivo SQLite (`node:sqlite`), com os agendamentos ativos também na memória.
 *
 * É o único que escreve no seu arquivo; uma trava ao lado (`clinica.db.trava`), que morre com o processo, recusa um
 * segundo servidor e deixa `sqlite3`, uma cópia e uma listagem trabalharem ao mesmo tempo. Cada lote é uma transação e
 * um fsync (WAL, `synchronous=FULL`); a memória só muda depois do commit, e as consultas leem só dela.
 *
 * `servidor.ts` abre o armazém e o entrega à `Agenda`; `copiaLivro` e `listaDoLivro` trabalham ao lado de um servidor
 * em funcionamento, sem esperar por ele nem o fazer esperar.
 *
 * @module
 */

import { DatabaseSync, type StatementSync } from "node:sqlite";
import {
  type Agendamento,
  type Alcance,
  type Armazem,
  type Desfecho,
  type Dia,
  ErroDoArmazem,
  type Fonte,
  type LinhaDoLivro,
  type Liquido,
  type LivroNovo,
  type Lote,
  type Novo,
  resume,
  type Vista,
} from "../clinica/livro.ts";
import { Ocupacao, PorDia } from "../clinica/ocupacao.ts";
import { minutoDoDia } from "../clinica/oferta.ts";

/** Marca no cabeçalho do SQLite que diz que o arquivo é um livro da clínica ("CLIN"). */
const ID_DA_APLICACAO = 0x434c494e;

/** O que leva o esquema de cada versão à seguinte; a versão de um livro é quantas já recebeu. */
const MIGRACOES: readonly string[] = [
  `CREATE TABLE agendamento (
     id INTEGER PRIMARY KEY,
     cpf TEXT NOT NULL CHECK (length(cpf) = 11),
     nome TEXT NOT NULL CHECK (nome <> ''),
     especialidade TEXT NOT NULL CHECK (especialidade <> ''),
     profissional TEXT NOT NULL,
     data TEXT NOT NULL CHECK (data GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'),
     hora TEXT NOT NULL CHECK (hora GLOB '[0-9][0-9]:[0-9][0-9]'),
     minutos INTEGER NOT NULL CHECK (minutos > 0),
     criado_em TEXT NOT NULL,
     cancelado_em TEXT,
     origem TEXT NOT NULL,
     ativo INTEGER NOT NULL CHECK (ativo = 0 OR (ativo = 1 AND cancelado_em IS NULL))
   ) STRICT;
   CREATE UNIQUE INDEX uma_vaga_um_agendamento
     ON agendamento (especialidade, data, hora, profissional) WHERE cancelado_em IS NULL;
   CREATE UNIQUE INDEX um_ativo_por_cpf_e_especialidade
     ON agendamento (cpf, especialidade) WHERE ativo = 1;`,
];

/** Códigos primários do SQLite (os oito bits de baixo do código estendido): sqlite.org/rescode.html. */
const SQLITE = { BUSY: 5, FULL: 13, CANTOPEN: 14, CONSTRAINT: 19, NOTADB: 26 } as const;

/** O código estendido de uma escrita que falhou: o commit parou antes de escrever a linha do WAL que o faria valer. */
const ESCRITA_FALHOU = 778;

/**
 * Quanto se espera por outro processo que esteja escrevendo no arquivo (um `sqlite3` aberto à mão), em ms. A espera
 * para o laço de eventos: curta.
 */
const ESPERA_POR_OUTRO = 200;

/** Páginas no WAL a partir das quais um commit faz o checkpoint ele mesmo: 16 MiB, se nunca houver um intervalo. */
const PAGINAS_ATE_CHECKPOINT = 4096;

const TAMANHO_DA_PAGINA = 4096;

/** Entre uma tentativa de reabrir um livro que falhou e a seguinte, em ms. */
const ESPERA_PARA_REABRIR = 250;

/** Sem gravações por este tempo, em ms, o WAL passa para o arquivo principal. */
const INTERVALO_PARA_CHECKPOINT = 500;

/** Cache de páginas, em KiB: os índices de um livro grande cabem, e um pequeno não o usa. */
const CACHE = 64 * 1024;

/** Linhas por pedaço ao carregar: um texto por pedaço custa um terço de um objeto por linha. */
const LINHAS_POR_PEDACO = 5000;

/** Separadores do texto de um pedaço; um nome não pode tê-los (`lerNome` recusa caracteres de controle). */
const FIM_DE_CAMPO = "\x1f";
const FIM_DE_LINHA = "\x1e";

/** Os agendamentos ativos e as horas tomadas, como estão gravados. */
class Memoria implements Vista {
  /** Por CPF: o texto das linhas como vieram do arquivo, ou os agendamentos, se mudaram desde então. */
  #ativos = new Map<string, string | readonly Agendamento[]>();
  #ocupacoes = new PorDia<Ocupacao>();
  #carregaDia: (especialidade: string, data: string) => Ocupacao;
  #ultimoId = 0;
  #proximoId = 0;

  constructor(carregaDia: (especialidade: string, data: string) => Ocupacao) {
    this.#carregaDia = carregaDia;
  }

  ativosDe(cpf: string): readonly Agendamento[] {
    const ativos = this.#ativos.get(cpf);
    if (ativos === undefined) return NENHUM;
    return typeof ativos === "string" ? lerLinhas(cpf, ativos) : ativos;
  }

  /** Os dias são carregados quando alguém pergunta por eles, e ficam. */
  ocupacao(especialidade: string, data: string): Ocupacao {
    let ocupacao = this.#ocupacoes.get(especialidade, data);
    if (ocupacao === undefined) {
      ocupacao = this.#carregaDia(especialidade, data);
      this.#ocupacoes.set(especialidade, data, ocupacao);
    }
    return ocupacao;
  }

  novoId(): number {
    return ++this.#proximoId;
  }

  /** Um lote começa: os números dados a um que não foi gravado voltam a ser usados. */
  comeca(): void {
    this.#proximoId = this.#ultimoId;
  }

  /** O lote foi gravado. O que nasceu e morreu nele não deixa nada. */
  grava({ novos, desmarcados, arquivados }: Liquido): void {
    this.#ultimoId = this.#proximoId;
    for (const agendamento of desmarcados) {
      this.#tira(agendamento);
      const { especialidade, data, hora, minutos } = agendamento;
      this.ocupacao(especialidade, data).libera(minutoDoDia(hora), minutos);
    }
    for (const agendamento of arquivados) this.#tira(agendamento);
    for (const { agendamento } of novos) {
      const { cpf, especialidade, data, hora, minutos } = agendamento;
      this.#ativos.set(cpf, [...this.ativosDe(cpf), agendamento]);
      this.ocupacao(especialidade, data).toma(minutoDoDia(hora), minutos);
    }
  }

  #tira({ cpf, id }: Agendamento): void {
    const restantes = this.ativosDe(cpf).filter((ativo) => ativo.id !== id);
    if (restantes.length === 0) this.#ativos.delete(cpf);
    else this.#ativos.set(cpf, restantes);
  }

  /** Esquece tudo e lê o arquivo de novo. */
  carrega(db: DatabaseSync): void {
    this.#ativos.clear();
    this.#ocupacoes.clear();
    this.#ultimoId = numero(db.prepare("SELECT coalesce(max(id), 0) AS n FROM agendamento").get(), "n");
    const pedacos = db.prepare(
      `SELECT count(*) AS linhas, max(id) AS ultimo, group_concat(
         cpf || id || char(31) || nome || char(31) || especialidade || char(31) || profissional || char(31) ||
         data || hora || minutos, char(30)) AS texto
       FROM (SELECT * FROM agendamento WHERE id > ? AND ativo = 1 ORDER BY id LIMIT ${LINHAS_POR_PEDACO})`,
    );
    for (let ultimo = 0;;) {
      const pedaco = pedacos.get(ultimo);
      if (numero(pedaco, "linhas") === 0) return;
      this.#recebe(texto(pedaco, "texto"));
      ultimo = numero(pedaco, "ultimo");
    }
  }

  #recebe(pedaco: string): void {
    for (let inicio = 0; inicio < pedaco.length;) {
      let fim = pedaco.indexOf(FIM_DE_LINHA, inicio);
      if (fim < 0) fim = pedaco.length;
      const cpf = pedaco.slice(inicio, inicio + 11);
      const linha = pedaco.slice(inicio + 11, fim);
      const outras = this.#ativos.get(cpf);
      this.#ativos.set(cpf, outras === undefined ? linha : `${outras}${FIM_DE_LINHA}${linha}`);
      inicio = fim + 1;
    }
  }
}

const NENHUM: readonly Agendamento[] = [];

/** O inverso do texto de `Memoria.carrega`: `id␟nome␟especialidade␟profissional␟data hora minutos`, sem espaços. */
function lerLinhas(cpf: string, linhas: string): Agendamento[] {
  return linhas.split(FIM_DE_LINHA).map((linha) => {
    const [id, nome, especialidade, profissional, quando] = linha.split(FIM_DE_CAMPO);
    return {
      id: Number(id),
      cpf,
      nome,
      especialidade,
      profissional,
      data: quando.slice(0, 10),
      hora: quando.slice(10, 15),
      minutos: Number(quando.slice(15)),
    };
  });
}

/** As instruções preparadas de um banco aberto: as de um lote e as de leitura. */
interface Banco {
  db: DatabaseSync;
  begin: StatementSync;
  commit: StatementSync;
  marca: EmLinhas<Novo>;
  marcaCancelado: EmLinhas<Novo>;
  desmarca: EmLinhas<Agendamento>;
  encerra: EmLinhas<Agendamento>;
  dia: StatementSync;
}

/** O armazém num arquivo SQLite, ou em `:memory:` para experimentar. */
export class ArmazemSqlite implements Armazem {
  #caminho: string;
  #trava: Deno.FsFile | undefined;
  #banco: Banco | undefined;
  #memoria = new Memoria((especialidade, data) => this.#carregaDia(especialidade, data));
  #checkpoint: ReturnType<typeof setTimeout> | undefined;
  #ultimoLote = 0;
  /** Antes disto não se tenta reabrir um livro que falhou: cada tentativa relê tudo, e todos esperam. */
  #tentaEm = 0;

  private constructor(caminho: string, trava: Deno.FsFile | undefined) {
    this.#caminho = caminho;
    this.#trava = trava;
  }

  /**
   * Abre o livro, criando-o com modo 0600 se não existe e trazendo-o à versão de hoje.
   *
   * @throws {ErroDoArmazem} se outro servidor o usa, se não é um livro, se é de uma versão mais nova.
   */
  static abre(caminho: string): ArmazemSqlite {
    const armazem = caminho === ":memory:" ? new ArmazemSqlite(caminho, undefined) : abreTravado(caminho);
    try {
      armazem.#abre();
    } catch (causa) {
      armazem.#trava?.close();
      throw explica(caminho, causa);
    }
    return armazem;

    function abreTravado(caminho: string): ArmazemSqlite {
      const real = criaArquivo(caminho);
      return new ArmazemSqlite(real, trava(real));
    }
  }

  #abre({ exigeLimpo = false } = {}): Banco {
    const db = abreBanco(this.#caminho);
    try {
      db.exec(`PRAGMA busy_timeout = ${ESPERA_POR_OUTRO}`);
      recusaEstranho(db, this.#caminho);
      db.exec("PRAGMA journal_mode = WAL");
      db.exec("PRAGMA synchronous = FULL");
      // No macOS, fsync não esvazia o cache do disco; isto sim. Nos outros sistemas não muda nada.
      db.exec("PRAGMA fullfsync = ON");
      db.exec("PRAGMA checkpoint_fullfsync = ON");
      db.exec(`PRAGMA wal_autocheckpoint = ${PAGINAS_ATE_CHECKPOINT}`);
      db.exec(`PRAGMA cache_size = -${CACHE}`);
      migra(db);
      if (passaALimpo(db)) reservaWal(this.#caminho);
      else if (exigeLimpo) throw new ErroDoArmazem(`${this.#caminho}: o WAL não pôde ser passado a limpo`);
      this.#memoria.carrega(db);
      return this.#banco = prepara(db);
    } catch (causa) {
      db.close();
      throw causa;
    }
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
    const desfecho = this.#transacao(banco, liquido);
    if (desfecho.tipo !== "gravado") return desfecho;
    try {
      if (!desfecho.recarregado) this.#memoria.grava(liquido);
    } catch {
      // O lote está no disco; o que não pôde ser lido dele foi um dia que faltava na memória. Relê tudo.
      this.#reabre();
    }
    this.#agendaCheckpoint();
    return { tipo: "gravado", resultado: lote.resultado };
  }

  #transacao(
    banco: Banco,
    liquido: Liquido,
  ): { tipo: "gravado"; recarregado: boolean } | { tipo: "nada" | "recusado" | "incerto"; causa: unknown } {
    let confirmando = false;
    try {
      banco.begin.run();
      escreve(banco, liquido);
      confirmando = true;
      banco.commit.run();
      return { tipo: "gravado", recarregado: false };
    } catch (causa) {
      const codigo = codigoPrimario(causa);
      const sabido = !confirmando || codigo === SQLITE.FULL || codigo === SQLITE.BUSY ||
        codigoEstendido(causa) === ESCRITA_FALHOU;
      if (sabido && this.#desfaz(banco)) {
        if (codigo !== SQLITE.CONSTRAINT) return { tipo: "nada", causa };
        // A memória e o arquivo discordam: alguém escreveu nele por fora. Vale o arquivo.
        return { tipo: this.#reabre() ? "recusado" : "nada", causa };
      }
      return this.#descobre(liquido, causa, confirmando);
    }
  }

  #desfaz({ db }: Banco): boolean {
    try {
      if (db.isTransaction) db.exec("ROLLBACK");
      return true;
    } catch {
      return false;
    }
  }

  /**
   * Um erro no fsync do commit pode deixar as linhas lá. Reabre o livro, o que o torna durável como estiver, e responde
   * conforme o que há nele.
   */
  #descobre(
    liquido: Liquido,
    causa: unknown,
    confirmando: boolean,
  ): { tipo: "gravado"; recarregado: true } | { tipo: "nada" | "incerto"; causa: unknown } {
    try {
      const reaberto = this.#reabre();
      if (reaberto === undefined) return { tipo: confirmando ? "incerto" : "nada", causa };
      return estaGravado(reaberto.db, liquido) ? { tipo: "gravado", recarregado: true } : { tipo: "nada", causa };
    } catch {
      return { tipo: "incerto", causa };
    }
  }

  /** Fecha e abre o banco, passa o WAL a limpo e relê tudo; `undefined` se não deu: a próxima vez tenta de novo. */
  #reabre(): Banco | undefined {
    if (this.#caminho === ":memory:") return this.#banco;
    this.#fecha();
    try {
      // Depois de um fsync que falhou, as páginas do WAL podem estar só no cache do sistema. Só vale o que o checkpoint
      // conseguir passar, com outro fsync, para o arquivo principal.
      return this.#abre({ exigeLimpo: true });
    } catch {
      this.#tentaEm = performance.now() + ESPERA_PARA_REABRIR;
      return undefined;
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

  #aberto(): Banco {
    const banco = this.#banco ?? (performance.now() < this.#tentaEm ? undefined : this.#reabre());
    if (banco === undefined) throw new ErroDoArmazem(`${this.#caminho}: o livro não está ao alcance`);
    return banco;
  }

  /** Consulta a memória, que é sempre o que está gravado. */
  le<R>(_alcance: () => Alcance, consulta: (vista: Vista) => R): R {
    // Sem banco, a memória pode já não ser o que está gravado.
    this.#aberto();
    return consulta(this.#memoria);
  }

  /** Os agendamentos não cancelados de uma data, ou só os de uma especialidade. */
  // deno-lint-ignore require-await
  async lista(data: string, especialidade?: string): Promise<Agendamento[]> {
    return selecionaDoDia(this.#aberto().db, data, especialidade);
  }

  /** Os dias com agendamentos não cancelados a partir de uma data. */
  // deno-lint-ignore require-await
  async diasMarcados(desde: string): Promise<Dia[]> {
    return this.#aberto().db
      .prepare("SELECT DISTINCT especialidade, data FROM agendamento WHERE cancelado_em IS NULL AND data >= ?")
      .all(desde)
      .map((dia) => [texto(dia, "especialidade"), texto(dia, "data")]);
  }

  /** Fecha o livro e solta a trava. */
  // deno-lint-ignore require-await
  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#checkpoint);
    this.#fecha();
    this.#trava?.close();
    this.#trava = undefined;
  }

  #carregaDia(especialidade: string, data: string): Ocupacao {
    const ocupacao = Ocupacao.vazia();
    for (const horario of this.#aberto().dia.all(especialidade, data)) {
      ocupacao.toma(minutoDoDia(texto(horario, "hora")), numero(horario, "minutos"));
    }
    return ocupacao;
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
    try {
      this.#banco?.db.exec("PRAGMA wal_checkpoint(PASSIVE)");
    } catch {
      // Disco cheio, por exemplo: o WAL continua valendo e o próximo intervalo tenta de novo.
    }
  }
}

/** Primeiro o que libera, depois o que toma: as restrições valem a cada instrução. */
function escreve(banco: Banco, { quando, novos, passageiros, desmarcados, arquivados }: Liquido): void {
  exige(banco.desmarca.executa([quando], desmarcados), desmarcados);
  exige(banco.encerra.executa([], arquivados), arquivados);
  banco.marca.executa([quando], novos);
  banco.marcaCancelado.executa([quando], passageiros);
}

type Valor = string | number;

/** Linhas por instrução, no máximo. Executá-la custa mais que a linha: juntas, cada uma custa a metade. */
const LINHAS_POR_INSTRUCAO = 32;

/** Uma instrução que vale para muitas linhas, preparada uma vez para cada quantidade delas. */
class EmLinhas<T> {
  #db: DatabaseSync;
  #sql: (linhas: number) => string;
  #valores: (linha: T) => Valor[];
  /** A instrução para tantas linhas quanto o índice. */
  #instrucoes: StatementSync[] = [];

  /** Os parâmetros de `sql` são os comuns a todas as linhas (`?1`, …), depois os `valores` de cada uma. */
  constructor(db: DatabaseSync, sql: (linhas: number) => string, valores: (linha: T) => Valor[]) {
    this.#db = db;
    this.#sql = sql;
    this.#valores = valores;
  }

  /** Quantas linhas do banco mudaram. */
  executa(comuns: readonly Valor[], linhas: readonly T[]): number {
    let mudadas = 0;
    for (let feitas = 0; feitas < linhas.length;) {
      const parte = linhas.slice(feitas, feitas += LINHAS_POR_INSTRUCAO);
      const valores = [...comuns];
      for (const linha of parte) valores.push(...this.#valores(linha));
      const instrucao = this.#instrucoes[parte.length] ??= this.#db.prepare(this.#sql(parte.length));
      mudadas += Number(instrucao.run(...valores).changes);
    }
    return mudadas;
  }
}

function repete(linhas: number, texto: string): string {
  return Array<string>(linhas).fill(texto).join(", ");
}

/** Insere agendamentos; `estado` são os valores de `cancelado_em` e `ativo`, `?1` o instante do lote. */
function insercao(db: DatabaseSync, estado: string): EmLinhas<Novo> {
  return new EmLinhas(
    db,
    (linhas) =>
      `INSERT OR ROLLBACK INTO agendamento (criado_em, cancelado_em, ativo,
         id, cpf, nome, especialidade, profissional, data, hora, minutos, origem)
       VALUES ${repete(linhas, `(?1, ${estado}, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)}`,
    ({ agendamento: { id, cpf, nome, especialidade, profissional, data, hora, minutos }, origem }) => [
      id,
      cpf,
      nome,
      especialidade,
      profissional,
      data,
      hora,
      minutos,
      origem,
    ],
  );
}

/** Uma linha que a memória tem e o arquivo não: alguém mexeu nele por fora. */
class Divergencia extends Error {
  override name = "Divergencia";
  errcode = SQLITE.CONSTRAINT;
}

function exige(mudadas: number, esperadas: readonly Agendamento[]): void {
  if (mudadas !== esperadas.length) throw new Divergencia("o agendamento já não está como a memória o tem");
}

/** A transação é tudo ou nada: basta procurar uma de suas mudanças. */
function estaGravado(db: DatabaseSync, { quando, novos, passageiros, desmarcados }: Liquido): boolean {
  const [nascido] = [...novos, ...passageiros];
  if (nascido !== undefined) {
    const { id, cpf } = nascido.agendamento;
    const achado = db.prepare("SELECT 1 FROM agendamento WHERE id = ? AND cpf = ? AND criado_em = ?");
    return achado.get(id, cpf, quando) !== undefined;
  }
  const achado = db.prepare("SELECT 1 FROM agendamento WHERE id = ? AND cancelado_em = ?");
  return achado.get(desmarcados[0].id, quando) !== undefined;
}

function prepara(db: DatabaseSync): Banco {
  return {
    db,
    begin: db.prepare("BEGIN IMMEDIATE"),
    commit: db.prepare("COMMIT"),
    // `OR ROLLBACK`: um lote é tudo ou nada, e assim o SQLite não copia, antes de cada instrução, as páginas que ela
    // muda, para poder desfazer só a ela; nos lotes grandes a cópia ia para um arquivo temporário.
    marca: insercao(db, "NULL, 1"),
    marcaCancelado: insercao(db, "?1, 0"),
    desmarca: new EmLinhas(
      db,
      (linhas) =>
        `UPDATE OR ROLLBACK agendamento SET cancelado_em = ?1, ativo = 0
         WHERE id IN (${repete(linhas, "?")}) AND cancelado_em IS NULL`,
      ({ id }) => [id],
    ),
    encerra: new EmLinhas(
      db,
      (linhas) => `UPDATE OR ROLLBACK agendamento SET ativo = 0 WHERE id IN (${repete(linhas, "?")}) AND ativo = 1`,
      ({ id }) => [id],
    ),
    dia: db.prepare(
      "SELECT hora, minutos FROM agendamento WHERE especialidade = ? AND data = ? AND cancelado_em IS NULL",
    ),
  };
}

/** Cria o arquivo com modo 0600, se falta, e devolve o caminho real dele: por um atalho ou outro, a trava é a mesma. */
function criaArquivo(caminho: string): string {
  try {
    Deno.openSync(caminho, { write: true, create: true, mode: 0o600 }).close();
    return Deno.realPathSync(caminho);
  } catch (causa) {
    throw new ErroDoArmazem(
      `${caminho}: não pôde ser aberto para escrita (${razao(causa)}); confira a pasta e as permissões, ou use --banco`,
      causa,
    );
  }
}

function trava(caminho: string): Deno.FsFile {
  const arquivo = abreTrava(`${caminho}.trava`);
  if (arquivo.tryLockSync(true)) return arquivo;
  arquivo.close();
  throw new ErroDoArmazem(
    `${caminho}: outro servidor já usa este livro; encerre-o, ou escolha outro arquivo com --banco`,
  );
}

function abreTrava(caminho: string): Deno.FsFile {
  try {
    return Deno.openSync(caminho, { write: true, create: true, mode: 0o600 });
  } catch (causa) {
    throw new ErroDoArmazem(
      `${caminho}: a trava do livro não pôde ser criada (${razao(causa)}); confira a pasta e as permissões`,
      causa,
    );
  }
}

function abreBanco(caminho: string, readOnly = false): DatabaseSync {
  return new DatabaseSync(caminho, { readOnly });
}

/** Passa tudo o que está no WAL para o arquivo principal e o esvazia; falso se alguém ainda lê dele. */
function passaALimpo(db: DatabaseSync): boolean {
  return linha(db.prepare("PRAGMA wal_checkpoint(TRUNCATE)").get()).busy === 0;
}

/**
 * Dá ao WAL vazio o tamanho que ele terá, em zeros, que o SQLite lê como "sem commits" (sqlite.org/walformat.html). Num
 * arquivo que cresce, o fsync tem de gravar também onde estão os blocos novos: 225 µs por commit em vez de 100 (medido).
 */
function reservaWal(caminho: string): void {
  if (caminho === ":memory:") return;
  using wal = Deno.openSync(`${caminho}-wal`, { write: true });
  try {
    const zeros = new Uint8Array(64 * TAMANHO_DA_PAGINA);
    for (let paginas = 0; paginas < PAGINAS_ATE_CHECKPOINT;) paginas += wal.writeSync(zeros) / TAMANHO_DA_PAGINA;
    wal.syncDataSync();
  } catch {
    // Sem espaço para a reserva, o WAL cresce como sempre.
    wal.truncateSync(0);
  }
}

/** Recusa um banco que não é um livro desta clínica, ou que é de uma versão que este programa não conhece. */
function recusaEstranho(db: DatabaseSync, caminho: string): void {
  const id = pragma(db, "application_id");
  const versao = pragma(db, "user_version");
  const tabelas = numero(db.prepare("SELECT count(*) AS n FROM sqlite_schema").get(), "n");
  if (id !== ID_DA_APLICACAO && tabelas > 0) {
    throw new ErroDoArmazem(`${caminho}: é um banco SQLite de outro programa; escolha outro arquivo com --banco`);
  }
  if (versao > MIGRACOES.length) {
    throw new ErroDoArmazem(
      `${caminho}: o livro é da versão ${versao} e este programa conhece até a ${MIGRACOES.length}; atualize o programa`,
    );
  }
}

/** Leva o livro à última versão, uma transação por passo. */
export function migra(db: DatabaseSync, migracoes: readonly string[] = MIGRACOES): void {
  for (let versao = pragma(db, "user_version"); versao < migracoes.length; versao++) {
    db.exec("BEGIN IMMEDIATE");
    try {
      db.exec(migracoes[versao]);
      db.exec(`PRAGMA application_id = ${ID_DA_APLICACAO}`);
      db.exec(`PRAGMA user_version = ${versao + 1}`);
      db.exec("COMMIT");
    } catch (causa) {
      if (db.isTransaction) db.exec("ROLLBACK");
      throw causa;
    }
  }
}

/** Abre um livro que existe só para ler, sem trava: ao lado de um servidor, ou sem nenhum. */
function abreParaLer(caminho: string): DatabaseSync {
  try {
    Deno.statSync(caminho);
  } catch (causa) {
    throw new ErroDoArmazem(`${caminho}: não há livro aqui; indique o arquivo com --banco`, causa);
  }
  const db = abreBanco(caminho, true);
  try {
    db.exec(`PRAGMA busy_timeout = ${ESPERA_POR_OUTRO}`);
    recusaEstranho(db, caminho);
    if (pragma(db, "user_version") < MIGRACOES.length) {
      throw new ErroDoArmazem(
        `${caminho}: o livro é de uma versão anterior; inicie o servidor uma vez para atualizá-lo`,
      );
    }
    return db;
  } catch (causa) {
    db.close();
    throw explica(caminho, causa);
  }
}

/**
 * Copia o livro, consistente, para um arquivo novo de modo 0600, ao lado de um servidor em funcionamento.
 *
 * @throws {ErroDoArmazem} se o destino existe, ou se não pôde ser escrito; nada fica pela metade.
 */
export function copiaLivro(caminho: string, destino: string): void {
  using db = abreParaLer(caminho);
  const parcial = `${destino}.${Deno.pid}.parcial`;
  try {
    if (existe(destino)) throw new Deno.errors.AlreadyExists();
    // A cópia só recebe o nome quando está inteira e no disco.
    Deno.openSync(parcial, { write: true, createNew: true, mode: 0o600 }).close();
    db.prepare("VACUUM INTO ?").run(parcial);
    {
      using arquivo = Deno.openSync(parcial, { write: true });
      arquivo.syncSync();
    }
    nomeia(parcial, destino);
  } catch (causa) {
    for (const sobra of [parcial, `${parcial}-journal`]) {
      try {
        Deno.removeSync(sobra);
      } catch {
        // não chegou a existir
      }
    }
    if (causa instanceof Deno.errors.AlreadyExists) {
      throw new ErroDoArmazem(`${destino}: já existe; a cópia não escreve por cima, escolha outro nome`, causa);
    }
    throw new ErroDoArmazem(`${destino}: a cópia não pôde ser escrita (${razao(causa)})`, causa);
  }
}

/** Dá a um arquivo pronto o seu nome, sem tomar o de outro. */
function nomeia(parcial: string, destino: string): void {
  try {
    Deno.linkSync(parcial, destino);
  } catch (causa) {
    if (causa instanceof Deno.errors.AlreadyExists) throw causa;
    // Sem links (FAT, algumas redes) resta mudar o nome; entre olhar e mudar, outro pode tomá-lo.
    return Deno.renameSync(parcial, destino);
  }
  Deno.removeSync(parcial);
}

function existe(caminho: string): boolean {
  try {
    Deno.lstatSync(caminho);
    return true;
  } catch {
    return false;
  }
}

/**
 * Os agendamentos não cancelados de uma data (`"aaaa-mm-dd"`), por especialidade e hora.
 *
 * @throws {ErroDoArmazem} se não há livro, ou não pôde ser lido.
 */
export function listaDoLivro(caminho: string, data: string): Agendamento[] {
  using db = abreParaLer(caminho);
  try {
    return selecionaDoDia(db, data);
  } catch (causa) {
    throw explica(caminho, causa);
  }
}

function selecionaDoDia(db: DatabaseSync, data: string, especialidade?: string): Agendamento[] {
  const filtro = especialidade === undefined ? "" : "AND especialidade = ?";
  return db.prepare(
    `SELECT id, cpf, nome, especialidade, profissional, data, hora, minutos FROM agendamento
     WHERE cancelado_em IS NULL AND data = ? ${filtro} ORDER BY especialidade, hora`,
  ).all(data, ...(especialidade === undefined ? [] : [especialidade])).map((achado) => ({
    id: numero(achado, "id"),
    cpf: texto(achado, "cpf"),
    nome: texto(achado, "nome"),
    especialidade: texto(achado, "especialidade"),
    profissional: texto(achado, "profissional"),
    data: texto(achado, "data"),
    hora: texto(achado, "hora"),
    minutos: numero(achado, "minutos"),
  }));
}

/** Linhas por pedaço ao copiar um livro inteiro. */
const LINHAS_POR_COPIA = 5000;

async function* pedacosDe(db: DatabaseSync): AsyncGenerator<LinhaDoLivro[]> {
  const pedaco = db.prepare(`SELECT * FROM agendamento WHERE id > ? ORDER BY id LIMIT ${LINHAS_POR_COPIA}`);
  for (let ultimo = Number.MIN_SAFE_INTEGER;;) {
    const linhas = pedaco.all(ultimo).map((achada): LinhaDoLivro => [
      numero(achada, "id"),
      texto(achada, "cpf"),
      texto(achada, "nome"),
      texto(achada, "especialidade"),
      texto(achada, "profissional"),
      texto(achada, "data"),
      texto(achada, "hora"),
      numero(achada, "minutos"),
      texto(achada, "criado_em"),
      achada.cancelado_em === null ? null : texto(achada, "cancelado_em"),
      texto(achada, "origem"),
      numero(achada, "ativo") === 1,
    ]);
    if (linhas.length === 0) return;
    yield linhas;
    ultimo = linhas[linhas.length - 1][0];
  }
}

/**
 * Um livro SQLite de que se copia; a trava dele fica conosco, para que nenhum servidor o mude.
 *
 * @throws {ErroDoArmazem} se não há livro, ou um servidor o usa.
 */
export function fonteSqlite(caminho: string): Fonte {
  const db = abreParaLer(caminho);
  try {
    const travada = trava(Deno.realPathSync(caminho));
    db.exec("BEGIN");
    return {
      total: numero(db.prepare("SELECT count(*) AS n FROM agendamento").get(), "n"),
      pedacos: () => pedacosDe(db),
      [Symbol.asyncDispose](): Promise<void> {
        db.close();
        travada.close();
        return Promise.resolve();
      },
    };
  } catch (causa) {
    db.close();
    throw explica(caminho, causa);
  }
}

/**
 * Um livro SQLite, criado se falta, que recebe uma cópia.
 *
 * @throws {ErroDoArmazem} se já tem alguma linha, ou um servidor o usa.
 */
export function livroNovoSqlite(caminho: string): LivroNovo {
  const real = criaArquivo(caminho);
  const travada = trava(real);
  const db = abreBanco(real);
  const fecha = (): void => {
    db.close();
    travada.close();
  };
  try {
    db.exec(`PRAGMA busy_timeout = ${ESPERA_POR_OUTRO}`);
    recusaEstranho(db, real);
    db.exec("PRAGMA journal_mode = WAL");
    db.exec("PRAGMA synchronous = FULL");
    migra(db);
    db.exec("BEGIN IMMEDIATE");
    if (numero(db.prepare("SELECT EXISTS (SELECT 1 FROM agendamento) AS n").get(), "n") === 1) {
      throw new ErroDoArmazem(`${caminho}: o livro não está vazio; importar só enche um livro novo`);
    }
    const insere = db.prepare(`INSERT INTO agendamento (id, cpf, nome, especialidade, profissional, data, hora, minutos,
      criado_em, cancelado_em, origem, ativo) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
    return {
      recebe(linhas): Promise<void> {
        for (const linha of linhas) {
          const [id, cpf, nome, especialidade, profissional, data, hora, minutos, criado, cancelado, origem, ativo] =
            linha;
          const colunas = [id, cpf, nome, especialidade, profissional, data, hora, minutos, criado, cancelado, origem];
          insere.run(...colunas, ativo ? 1 : 0);
        }
        return Promise.resolve();
      },
      pedacos: () => pedacosDe(db),
      confirma(): Promise<void> {
        db.exec("COMMIT");
        passaALimpo(db);
        return Promise.resolve();
      },
      [Symbol.asyncDispose](): Promise<void> {
        // Sem `confirma`, fechar desfaz a transação.
        fecha();
        return Promise.resolve();
      },
    };
  } catch (causa) {
    fecha();
    throw explica(caminho, causa);
  }
}

type Linha = Record<string, unknown>;

function linha(valor: Linha | undefined): Linha {
  if (valor === undefined) throw new TypeError("o banco devolveu menos linhas do que se esperava");
  return valor;
}

function numero(valor: Linha | undefined, coluna: string): number {
  const n = linha(valor)[coluna] ?? 0;
  if (typeof n !== "number") throw new TypeError(`a coluna ${coluna} não é um número`);
  return n;
}

function texto(valor: Linha | undefined, coluna: string): string {
  const t = linha(valor)[coluna];
  if (typeof t !== "string") throw new TypeError(`a coluna ${coluna} não é um texto`);
  return t;
}

function pragma(db: DatabaseSync, nome: string): number {
  return numero(db.prepare(`PRAGMA ${nome}`).get(), nome);
}

/** O código do SQLite, com a parte estendida, ou `undefined` se o erro não é dele. */
function codigoEstendido(erro: unknown): number | undefined {
  return erro instanceof Error && "errcode" in erro && typeof erro.errcode === "number" ? erro.errcode : undefined;
}

/** O código do SQLite sem a parte estendida, ou `undefined` se o erro não é dele. */
function codigoPrimario(erro: unknown): number | undefined {
  const codigo = codigoEstendido(erro);
  return codigo === undefined ? undefined : codigo & 0xff;
}

function razao(causa: unknown): string {
  return causa instanceof Error ? causa.message : String(causa);
}

/** Põe um erro do SQLite ao abrir em palavras que dizem o que fazer. */
function explica(caminho: string, causa: unknown): ErroDoArmazem {
  if (causa instanceof ErroDoArmazem) return causa;
  switch (codigoPrimario(causa)) {
    case SQLITE.NOTADB:
      return new ErroDoArmazem(`${caminho}: não é um banco de dados; escolha outro arquivo com --banco`, causa);
    case SQLITE.BUSY:
      return new ErroDoArmazem(`${caminho}: outro programa está escrevendo no livro; feche-o e tente de novo`, causa);
    case SQLITE.FULL:
      return new ErroDoArmazem(`${caminho}: o disco está cheio; libere espaço e tente de novo`, causa);
    default:
      return new ErroDoArmazem(`${caminho}: não pôde ser aberto (${razao(causa)})`, causa);
  }
}

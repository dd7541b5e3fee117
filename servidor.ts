/**
 * O servidor: guarda o livro e atende os terminais.
 *
 *     deno run -A servidor.ts                    porta 9000, todas as interfaces, livro em ./clinica.db
 *     deno run -A servidor.ts copia DESTINO      uma cópia do livro, com o servidor em funcionamento
 *     deno run -A servidor.ts lista [DATA]       a lista de um dia, para o balcão
 *     deno run -A servidor.ts importar --de clinica.db --para postgres://…     muda o livro de armazém
 *     deno run -A servidor.ts --help             todas as opções
 *
 * Este arquivo é o script: opções, `Deno.listen`, uma `Sessao` por conexão aceita, limites de conexões, o que vai ao
 * console e o fim em ordem. O fio está em `protocolo.ts`, as regras e a fila em `agenda.ts`, o disco em `armazem/sqlite.ts` e
 * `armazem/postgres.ts`, uma conexão por dentro em `rede/sessao.ts`.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { delay } from "@std/async";
import configuracaoDoDeno from "./deno.json" with { type: "json" };
import { Agenda } from "./agenda.ts";
import { type Armazem, ErroDoArmazem } from "./clinica/livro.ts";
import { ArmazemSqlite, copiaLivro, listaDoLivro } from "./armazem/sqlite.ts";
import { ArmazemPostgres } from "./armazem/postgres.ts";
import { listaDoPostgres } from "./armazem/postgres_copia.ts";
import { ehPostgres, semSenha } from "./armazem/postgres_endereco.ts";
import { BancoForaDoAlcance } from "./armazem/postgres_principal.ts";
import { dataNoFio, ErroDeConfiguracao, horariosDe, lerOferta, nomeDoDia, type Oferta } from "./clinica/oferta.ts";
import { formatarCpf } from "./clinica/texto.ts";
import { type Pedido, PORTA_PADRAO, type Resposta } from "./protocolo.ts";
import { type Formato, Registro, type Volume } from "./rede/registro.ts";
import { LIMITES, type Limites, Sessao } from "./rede/sessao.ts";

const VERSAO = configuracaoDoDeno.version;

const AJUDA = `Clínica de Saúde ${VERSAO}: o servidor do livro de agendamentos.

USO
  servidor.ts [opções]                      atende até Ctrl-C
  servidor.ts copia DESTINO [--banco F]     copia o livro para um arquivo novo, sem parar o servidor
  servidor.ts lista [DATA] [--csv|--json]   a lista do dia (hoje, ou dd/mm/aaaa)
  servidor.ts importar --de A --para B      copia um livro inteiro, com a história, para outro vazio;
                                            cada um é um arquivo ou postgres://…

OPÇÕES
  --porta N                    porta TCP (${PORTA_PADRAO}; 0 escolhe uma livre e a mostra)
  --endereco IP                endereço em que atende (0.0.0.0, todas as interfaces)
  --banco ARQUIVO              o livro (clinica.db; ":memory:" para experimentar, nada fica)
  --banco postgres://…         o livro num PostgreSQL, partilhado por vários servidores:
                               postgres://usuario:senha@maquina:5432/banco; sem --banco vale a
                               variável CLINICA_BANCO, em que a senha não aparece em "ps"
  --config ARQUIVO             a semana da clínica (clinica.json, se existe; senão a semana embutida)
  --conexoes N                 conexões ao mesmo tempo (1000)
  --conexoes-por-endereco N    conexões de um mesmo endereço (100; a própria máquina não tem este limite)
  --log texto|json             como o console conta o que acontece (texto)
  --detalhado                  conta também as consultas
  --quieto                     conta só o começo, o fim e o que vai mal
  --help                       esta ajuda
  --versao                     a versão

Em outro terminal: deno run -A cliente.ts          Em outra máquina: deno run -A cliente.ts <ip>
`;

/** O comando está errado; a mensagem diz em quê. */
class ErroDeUso extends Error {
  override name = "ErroDeUso";
}

const TEXTOS = ["de", "para", "porta", "endereco", "banco", "config", "conexoes", "conexoes-por-endereco", "log"];
const CHAVES = ["detalhado", "quieto", "help", "versao", "csv", "json"];
const SO_DO_SERVIDOR = ["porta", "endereco", "conexoes", "conexoes-por-endereco", "log", "detalhado", "quieto"];
const SO_DA_LISTA = ["csv", "json"];
const SO_DE_IMPORTAR = ["de", "para"];

/** As opções como foram escritas, conferidas só no nome. */
interface Argumentos {
  palavras: string[];
  texto(nome: string): string | undefined;
  tem(nome: string): boolean;
}

function lerArgumentos(args: readonly string[]): Argumentos {
  const lidos: Record<string, unknown> = parseArgs([...args], {
    string: [...TEXTOS, "_"],
    boolean: CHAVES,
    alias: { help: ["h", "ajuda"], versao: ["version"] },
    unknown: (arg: string, nome?: string) => {
      if (nome !== undefined) throw new ErroDeUso(`opção desconhecida: ${arg}`);
      return true;
    },
  });
  return {
    palavras: Array.isArray(lidos._) ? lidos._.map(String) : [],
    texto(nome): string | undefined {
      const valor = lidos[nome];
      if (valor === undefined) return undefined;
      if (typeof valor !== "string" || valor === "") throw new ErroDeUso(`--${nome} precisa de um valor`);
      return valor;
    },
    tem: (nome) => lidos[nome] === true || (typeof lidos[nome] === "string"),
  };
}

function recusaOpcoes(argumentos: Argumentos, nomes: readonly string[], comando: string): void {
  const sobra = nomes.find((nome) => argumentos.tem(nome));
  if (sobra !== undefined) throw new ErroDeUso(`--${sobra} não serve com ${comando}`);
}

function lerInteiro(
  argumentos: Argumentos,
  nome: string,
  { padrao, de, ate }: { padrao: number; de: number; ate: number },
): number {
  const escrito = argumentos.texto(nome);
  if (escrito === undefined) return padrao;
  const valor = /^\d+$/.test(escrito) ? Number(escrito) : NaN;
  if (!(valor >= de && valor <= ate)) {
    throw new ErroDeUso(`--${nome} espera um número de ${de} a ${ate}; veio "${escrito}"`);
  }
  return valor;
}

/** O livro pedido: a opção, a variável de ambiente, o de costume, nesta ordem. */
function lerBanco(argumentos: Argumentos): string {
  const banco = argumentos.texto("banco") ?? (Deno.env.get("CLINICA_BANCO") || "clinica.db");
  confereBanco("banco", banco);
  return banco;
}

/** Um "postgre://" não é um arquivo; e a mensagem não o repete, pois pode ter uma senha. */
function confereBanco(opcao: string, banco: string): void {
  if (/^[a-z]+:\/\//i.test(banco) && !ehPostgres(banco)) {
    throw new ErroDeUso(`--${opcao} espera um arquivo, ou um endereço que comece por postgres://`);
  }
}

function abreArmazem(banco: string, registro: Registro): Armazem | Promise<Armazem> {
  if (!ehPostgres(banco)) return ArmazemSqlite.abre(banco);
  return ArmazemPostgres.abre(banco, {
    aoMudar: (fora) => registro.conta("banco", { no_alcance: fora === undefined, causa: fora?.message }),
  });
}

/** Lê a configuração: o arquivo pedido, ou `clinica.json` se existe, ou a semana embutida. */
function carregaOferta(pedido: string | undefined): Oferta {
  const arquivo = pedido ?? "clinica.json";
  let conteudo: string;
  try {
    // Sem a marca de ordem de bytes do Bloco de Notas, e sem pôr "�" no lugar do que não é UTF-8.
    conteudo = new TextDecoder("utf-8", { fatal: true }).decode(Deno.readFileSync(arquivo));
  } catch (causa) {
    if (pedido === undefined && causa instanceof Deno.errors.NotFound) return lerOferta();
    if (causa instanceof TypeError) throw new ErroDeConfiguracao(arquivo, "não é UTF-8; salve-o como UTF-8");
    throw new ErroDeConfiguracao(arquivo, `não pôde ser lido (${mensagem(causa)})`);
  }
  try {
    return lerOferta(JSON.parse(conteudo));
  } catch (causa) {
    if (causa instanceof ErroDeConfiguracao) throw new ErroDeConfiguracao(arquivo, causa.message);
    throw new ErroDeConfiguracao(arquivo, `não é JSON (${mensagem(causa)})`);
  }
}

function mensagem(causa: unknown): string {
  return causa instanceof Error ? causa.message : String(causa);
}

/** O que um `Servidor` precisa. */
interface OpcoesDoServidor {
  agenda: Agenda;
  armazem: Armazem;
  registro: Registro;
  conexoes: number;
  conexoesPorEndereco: number;
  limites?: Limites;
}

/** Conexões recusadas que ainda esperam que o outro lado leia o motivo; além disto fecham-se sem adeus. */
const RECUSAS_MAXIMAS = 100;

/** Entre uma conferência dos prazos e a seguinte, em ms: um só relógio para todas as sessões. */
const CONFERENCIA = 1000;

/** Espera depois de um `accept` que falhou (arquivos abertos demais, por exemplo), em ms. */
const ESPERA_DE_ACCEPT = 100;

/** Ao encerrar, por quanto tempo ainda se lê o que já tinha chegado pela rede, em ms. */
const ESPERA_DO_QUE_CHEGOU = 250;

/** Quanto se espera, ao encerrar, que as sessões acabem de responder, em ms. */
const ESPERA_DO_FIM = 4000;

/** Listas de dias contadas no console por segundo: o bastante para acompanhar, pouco para um dia de muito movimento. */
const DIAS_POR_SEGUNDO = 5;

/** Conexões que podem esperar por `accept`; com as 511 de costume, uma rajada de 10 000 leva cinco vezes mais. */
const FILA_DE_ACCEPT = 4096;

/** Aceita conexões, mantém uma sessão para cada uma e conta o que acontece. */
class Servidor {
  #opcoes: OpcoesDoServidor;
  #sessoes = new Set<Sessao>();
  #recusas = new Set<Sessao>();
  #porEndereco = new Map<string, number>();
  /** As datas que mudaram, por especialista. */
  #diasMudados = new Map<string, Set<string>>();
  #relogio = performance.now() + CONFERENCIA;
  #relogioComum = (): number => this.#relogio;
  #encerrando = false;

  constructor(opcoes: OpcoesDoServidor) {
    this.#opcoes = opcoes;
  }

  /** Aceita até que o ouvinte feche e a última sessão acabe. */
  async atende(ouvinte: Deno.TcpListener): Promise<void> {
    const conferencia = setInterval(() => this.#confere(), CONFERENCIA);
    try {
      await this.#aceita(ouvinte);
      const prazo = performance.now() + ESPERA_DO_FIM;
      if (this.#sessoes.size > 0) await delay(ESPERA_DO_QUE_CHEGOU);
      for (const sessao of this.#sessoes) sessao.encerra();
      for (const sessao of this.#recusas) sessao.corta();
      while (this.#sessoes.size > 0 && performance.now() < prazo) await delay(10);
      for (const sessao of this.#sessoes) sessao.corta();
      await this.#opcoes.agenda.esvazia();
    } finally {
      clearInterval(conferencia);
    }
  }

  /** Para de aceitar; `atende` acaba quando o que foi recebido tiver resposta. */
  encerra(ouvinte: Deno.TcpListener, sinal: string): void {
    this.#encerrando = true;
    this.#opcoes.registro.conta("encerrando", { sinal, conexoes: this.#sessoes.size });
    ouvinte.close();
  }

  async #aceita(ouvinte: Deno.TcpListener): Promise<void> {
    while (!this.#encerrando) {
      try {
        this.#recebe(await ouvinte.accept());
      } catch (erro) {
        if (this.#encerrando) return;
        this.#opcoes.registro.conta("falha", { o_que: "uma conexão não pôde ser aceita", causa: mensagem(erro) });
        await delay(ESPERA_DE_ACCEPT);
      }
    }
  }

  #recebe(conexao: Deno.TcpConn): void {
    const { conexoes, conexoesPorEndereco, registro } = this.#opcoes;
    const { hostname, port } = conexao.remoteAddr;
    const cliente = hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`;
    const doEndereco = this.#porEndereco.get(hostname) ?? 0;
    let motivo: string | undefined;
    if (this.#sessoes.size >= conexoes) motivo = `já há ${conexoes} conexões (--conexoes)`;
    else if (doEndereco >= conexoesPorEndereco && !ehLocal(hostname)) {
      motivo = `já há ${conexoesPorEndereco} conexões deste endereço (--conexoes-por-endereco)`;
    }
    if (motivo !== undefined) {
      registro.conta("recusou", { cliente, motivo });
      if (this.#recusas.size >= RECUSAS_MAXIMAS) return conexao.close();
      const sessao = this.#sessao(conexao, cliente, hostname);
      this.#recusas.add(sessao);
      sessao.recusa().catch((erro) => this.#contaErro(erro)).finally(() => this.#recusas.delete(sessao));
      return;
    }
    // Sem isto o sistema junta respostas pequenas à espera da confirmação da anterior: 40 ms por resposta.
    try {
      conexao.setNoDelay(true);
    } catch {
      // O outro lado já se foi.
      return conexao.close();
    }
    registro.conta("conectou", { cliente });
    this.#porEndereco.set(hostname, doEndereco + 1);
    const sessao = this.#sessao(conexao, cliente, hostname);
    this.#sessoes.add(sessao);
    const saiu = (erro?: unknown): void => {
      if (erro !== undefined) this.#contaErro(erro);
      this.#sessoes.delete(sessao);
      const restam = (this.#porEndereco.get(hostname) ?? 1) - 1;
      if (restam === 0) this.#porEndereco.delete(hostname);
      else this.#porEndereco.set(hostname, restam);
      registro.conta("saiu", { cliente, pedidos: sessao.pedidos, motivo: sessao.motivo });
    };
    sessao.atende().then(saiu, saiu);
  }

  #sessao(conexao: Deno.TcpConn, cliente: string, origem: string): Sessao {
    const { agenda, limites = LIMITES } = this.#opcoes;
    return new Sessao({
      conexao,
      agenda,
      origem,
      limites,
      relogio: this.#relogioComum,
      aoResponder: (pedido, resposta) => this.#conta(cliente, pedido, resposta),
    });
  }

  #contaErro(erro: unknown): void {
    this.#opcoes.registro.conta("falha", { o_que: "uma sessão acabou por um erro do programa", causa: mensagem(erro) });
  }

  #confere(): void {
    this.#relogio = performance.now();
    for (const sessao of this.#sessoes) sessao.confere();
    for (const sessao of this.#recusas) sessao.confere();
    // Até a próxima conferência, adiantado: um prazo pode vencer um segundo depois, e nunca antes.
    this.#relogio += CONFERENCIA;
    this.#contaDias();
  }

  #conta(cliente: string, pedido: Pedido | undefined, resposta: Resposta): void {
    const { registro } = this.#opcoes;
    const mudanca = pedido?.comando === "AGEND" || pedido?.comando === "CANCEL";
    if (registro.volume === "quieto" || (!mudanca && registro.volume !== "detalhado")) return;
    const { codigo } = resposta;
    if (codigo === "OK-300" || codigo === "OK-301") {
      const [[, cpf, nome, especialista, data, , horario]] = resposta.agendamentos;
      registro.conta("pedido", {
        cliente,
        comando: pedido?.comando ?? "",
        codigo,
        cpf,
        nome,
        especialista,
        data,
        horario,
      });
      const datas = this.#diasMudados.get(especialista);
      if (datas === undefined) this.#diasMudados.set(especialista, new Set([data]));
      else datas.add(data);
      return;
    }
    const { comando, ...campos } = pedido ?? { comando: "?" };
    registro.conta("pedido", { cliente, comando, codigo, ...campos });
  }

  /** A lista de cada dia que mudou, uma vez por segundo no máximo. */
  async #contaDias(): Promise<void> {
    const { agenda: { clinica }, armazem, registro } = this.#opcoes;
    for (let i = 0; i < DIAS_POR_SEGUNDO; i++) {
      const [primeiro] = this.#diasMudados;
      if (primeiro === undefined) return;
      const [especialista, datas] = primeiro;
      const [data] = datas;
      datas.delete(data);
      // A que já foi vai para o fim: nenhuma toma a vez das outras.
      this.#diasMudados.delete(especialista);
      if (datas.size > 0) this.#diasMudados.set(especialista, datas);
      const iso = `${data.slice(6)}-${data.slice(3, 5)}-${data.slice(0, 2)}`;
      try {
        const lista = await armazem.lista(iso, clinica.especialidade(especialista)?.chave ?? especialista);
        const agendados = lista.map(({ hora, cpf, nome }) => ({ horario: hora, cpf, nome }));
        registro.conta("dia", { data, dia: nomeDoDia(clinica.oferta, iso), especialista, agendados });
      } catch (causa) {
        registro.conta("falha", { o_que: "a lista do dia não pôde ser lida", causa: mensagem(causa) });
      }
    }
  }
}

function ehLocal(hostname: string): boolean {
  return hostname.startsWith("127.") || hostname === "::1" || hostname.startsWith("::ffff:127.");
}

/** Atende até ser mandado parar. */
async function servir(argumentos: Argumentos): Promise<void> {
  recusaOpcoes(argumentos, [...SO_DA_LISTA, ...SO_DE_IMPORTAR], "o servidor");
  const porta = lerInteiro(argumentos, "porta", { padrao: PORTA_PADRAO, de: 0, ate: 65535 });
  const endereco = argumentos.texto("endereco") ?? "0.0.0.0";
  const banco = lerBanco(argumentos);
  const formato = lerFormato(argumentos.texto("log") ?? "texto");
  const conexoes = lerInteiro(argumentos, "conexoes", { padrao: 1000, de: 1, ate: 1_000_000 });
  const conexoesPorEndereco = lerInteiro(argumentos, "conexoes-por-endereco", { padrao: 100, de: 1, ate: 1_000_000 });
  const volume = lerVolume(argumentos);
  recusaConexoesDemais(conexoes);
  const oferta = carregaOferta(argumentos.texto("config"));

  const registro = new Registro({ formato, volume, fuso: oferta.fuso, destino: Deno.stdout });
  await using armazem = await abreArmazem(banco, registro);
  using ouvinte = ouvir(endereco, porta);
  let leituraContada = -Infinity;
  const agenda = new Agenda({
    armazem,
    oferta,
    relogio: Date.now,
    aoFalhar: (tipo, causa) => {
      // De um banco fora do alcance já se contou, uma vez.
      if (causa instanceof BancoForaDoAlcance) return;
      if (tipo === "leitura") {
        // Com o livro fora do alcance toda consulta falha: conta-se uma por segundo.
        if (performance.now() - leituraContada < 1000) return;
        leituraContada = performance.now();
      }
      registro.conta("falha", { o_que: FALHAS[tipo], causa: mensagem(causa) });
    },
  });
  const servidor = new Servidor({ agenda, armazem, registro, conexoes, conexoesPorEndereco });
  obedeceASinais((sinal) => servidor.encerra(ouvinte, sinal));
  const atendendo = servidor.atende(ouvinte);
  registro.conta("pronto", {
    clinica: oferta.nome,
    versao: VERSAO,
    banco: semSenha(banco),
    endereco,
    porta: ouvinte.addr.port,
    alcance: comoAlcancar(endereco, ouvinte.addr.port),
  });
  const fim = new AbortController();
  const contando = contaOrfaos(agenda, { armazem, registro, fim: fim.signal }).catch((causa) => {
    registro.conta("falha", { o_que: "os agendamentos fora da semana não puderam ser lidos", causa: mensagem(causa) });
  });
  await atendendo;
  fim.abort();
  await contando;
  await armazem[Symbol.asyncDispose]();
  registro.conta("encerrado", {});
  await registro.fecha();
}

const FALHAS = {
  nada: "um lote não pôde ser gravado; nada foi alterado",
  recusado: "o banco recusou uma mudança; nada foi alterado",
  leitura: "o livro não pôde ser lido",
  incerto: "não se sabe se um lote foi gravado; as conexões dele foram fechadas sem resposta",
} as const;

function lerFormato(escrito: string): Formato {
  if (escrito !== "texto" && escrito !== "json") throw new ErroDeUso(`--log espera texto ou json; veio "${escrito}"`);
  return escrito;
}

function lerVolume(argumentos: Argumentos): Volume {
  const [detalhado, quieto] = [argumentos.tem("detalhado"), argumentos.tem("quieto")];
  if (detalhado && quieto) throw new ErroDeUso("--detalhado e --quieto não vão juntos");
  return detalhado ? "detalhado" : quieto ? "quieto" : "normal";
}

/** Arquivos que não são de conexões: o livro, o WAL, a trava, o console, os do ambiente e as recusas em andamento. */
const ARQUIVOS_DO_SERVIDOR = 64 + RECUSAS_MAXIMAS;

/** Cada conexão é um arquivo aberto; aceitar mais do que o sistema deixa abrir seria prometer o que não se tem. */
function recusaConexoesDemais(conexoes: number): void {
  const limite = limiteDeArquivos();
  if (limite !== undefined && conexoes + ARQUIVOS_DO_SERVIDOR > limite) {
    throw new ErroDeUso(
      `--conexoes ${conexoes} não cabe no limite de ${limite} arquivos abertos deste processo ` +
        `(${ARQUIVOS_DO_SERVIDOR} ficam para o servidor); use no máximo ${limite - ARQUIVOS_DO_SERVIDOR}, ` +
        `ou aumente o limite (ulimit -n)`,
    );
  }
}

/** O limite de arquivos abertos deste processo; `undefined` onde o sistema não o tem ou não o mostra. */
function limiteDeArquivos(): number | undefined {
  try {
    if (Deno.build.os === "windows") return undefined;
    if (Deno.build.os === "linux") {
      const achado = /^Max open files\s+(\d+)/m.exec(Deno.readTextFileSync("/proc/self/limits"));
      return achado === null ? undefined : Number(achado[1]);
    }
    // Um filho herda o limite.
    const { stdout } = new Deno.Command("sh", { args: ["-c", "ulimit -n"] }).outputSync();
    const limite = Number(new TextDecoder().decode(stdout));
    return Number.isNaN(limite) ? undefined : limite;
  } catch {
    return undefined;
  }
}

function ouvir(hostname: string, port: number): Deno.TcpListener {
  try {
    return Deno.listen({ hostname, port, tcpBacklog: FILA_DE_ACCEPT });
  } catch (causa) {
    if (causa instanceof Deno.errors.AddrInUse) {
      throw new ErroDeUso(`a porta ${port} já está em uso; outro servidor está no ar? Escolha outra com --porta`);
    }
    if (causa instanceof Deno.errors.PermissionDenied) {
      throw new ErroDeUso(`a porta ${port} não é permitida a este usuário; escolha outra com --porta`);
    }
    throw new ErroDeUso(
      `não foi possível atender em ${hostname}, porta ${port} (${mensagem(causa)}); confira --endereco`,
    );
  }
}

/** O que digitar, aqui e em outra máquina, para alcançar este servidor. */
function comoAlcancar(endereco: string, porta: number): string[] {
  const sufixo = porta === PORTA_PADRAO ? "" : ` ${porta}`;
  const comando = (ip: string): string => `deno run -A cliente.ts ${ip}${sufixo}`;
  const aqui = `nesta máquina:    ${sufixo === "" ? "deno run -A cliente.ts" : comando("localhost")}`;
  if (endereco !== "0.0.0.0" && endereco !== "::") {
    return [ehLocal(endereco) || endereco === "localhost" ? aqui : `nesta rede:       ${comando(endereco)}`];
  }
  const outras = Deno.networkInterfaces()
    .filter(({ family, address }) => family === "IPv4" && !ehLocal(address))
    .map(({ address }) => `em outra máquina: ${comando(address)}`);
  return [aqui, ...outras];
}

function obedeceASinais(encerra: (sinal: string) => void): void {
  const sinais: Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT", "SIGBREAK"] : ["SIGINT", "SIGTERM", "SIGHUP"];
  let pedidos = 0;
  for (const sinal of sinais) {
    Deno.addSignalListener(sinal, () => {
      // O segundo pedido não espera por nada: o que foi respondido já está gravado.
      if (++pedidos > 1) Deno.exit(1);
      encerra(sinal);
    });
  }
}

/** Diz que agendamentos de hoje em diante ficaram fora da semana, ou numa data que fechou. */
async function contaOrfaos(
  { clinica }: Agenda,
  { armazem, registro, fim }: { armazem: Armazem; registro: Registro; fim: AbortSignal },
): Promise<void> {
  const { oferta, calendario } = clinica;
  const agora = Date.now();
  for (const [especialidade, data] of await armazem.diasMarcados(calendario.janela(agora).hoje)) {
    if (fim.aborted) return;
    const horarios = horariosDe(oferta, data).get(especialidade) ?? [];
    const cabem = new Map(horarios.map(({ hora, minutos }) => [hora, minutos]));
    const marcados = await armazem.lista(data, especialidade);
    for (const marcado of marcados) {
      if (cabem.get(marcado.hora) === marcado.minutos) continue;
      const [, cpf, nome, especialista, noFio, , horario] = clinica.tupla(marcado, agora);
      registro.conta("orfao", { data: noFio, horario, especialista, cpf, nome });
    }
    // Num livro grande isto leva tempo: descansa vinte vezes o que trabalha, e as conexões não o notam.
    await delay(marcados.length / MARCADOS_POR_MS, { signal: fim }).catch(() => {});
  }
}

/** Quantos agendamentos se conferem por ms de descanso. */
const MARCADOS_POR_MS = 10;

/** Copia o livro. */
function copiar(argumentos: Argumentos, palavras: readonly string[]): void {
  recusaOpcoes(argumentos, [...SO_DO_SERVIDOR, ...SO_DA_LISTA, ...SO_DE_IMPORTAR, "config"], "copia");
  if (palavras.length !== 1) throw new ErroDeUso("copia espera um destino: servidor.ts copia DESTINO");
  const banco = lerBanco(argumentos);
  if (ehPostgres(banco)) {
    throw new ErroDeUso("copia é de um arquivo; a cópia de um banco PostgreSQL faz-se com pg_dump, ou com importar");
  }
  copiaLivro(banco, palavras[0]);
  console.log(`${banco} copiado para ${palavras[0]} (${Deno.statSync(palavras[0]).size} bytes)`);
}

/** Entre uma notícia do andamento de uma importação e a seguinte, em ms. */
const ENTRE_NOTICIAS = 2000;

/** Copia um livro inteiro para outro. */
async function importar(argumentos: Argumentos, palavras: readonly string[]): Promise<void> {
  recusaOpcoes(argumentos, [...SO_DO_SERVIDOR, ...SO_DA_LISTA, "config", "banco"], "importar");
  const [de, para] = [argumentos.texto("de"), argumentos.texto("para")];
  if (de === undefined || para === undefined || palavras.length > 0) {
    throw new ErroDeUso(
      "importar espera a origem e o destino: servidor.ts importar --de clinica.db --para postgres://…",
    );
  }
  confereBanco("de", de);
  confereBanco("para", para);
  // Só aqui: um servidor que começa não espera pelo que não usa.
  const { importa } = await import("./armazem/importacao.ts");
  let noticia = performance.now() + ENTRE_NOTICIAS;
  const linhas = await importa({
    de,
    para,
    aoAndar(feitas, total): void {
      if (performance.now() < noticia) return;
      noticia = performance.now() + ENTRE_NOTICIAS;
      console.error(`${feitas} de ${total} linhas`);
    },
  });
  console.log(`${semSenha(de)} copiado para ${semSenha(para)} (${linhas} linhas, conferidas)`);
}

/** Escreve a lista de um dia. */
async function listar(argumentos: Argumentos, palavras: readonly string[]): Promise<void> {
  recusaOpcoes(argumentos, [...SO_DO_SERVIDOR, ...SO_DE_IMPORTAR], "lista");
  if (palavras.length > 1) throw new ErroDeUso("lista espera uma data só: servidor.ts lista dd/mm/aaaa");
  if (argumentos.tem("csv") && argumentos.tem("json")) throw new ErroDeUso("--csv e --json não vão juntos");
  const oferta = carregaOferta(argumentos.texto("config"));
  const data = lerDataEscrita(palavras[0]) ?? Temporal.Now.plainDateISO(oferta.fuso).toString();
  const banco = lerBanco(argumentos);
  const lista = ehPostgres(banco) ? await listaDoPostgres(banco, data) : listaDoLivro(banco, data);
  const nomes = new Map(oferta.especialidades.map(({ chave, nome }) => [chave, nome]));
  const linhas = lista.map(({ especialidade, hora, cpf, nome }) => ({
    especialista: nomes.get(especialidade) ?? especialidade,
    horario: hora,
    nome,
    cpf,
  }));
  const titulo = `${nomeDoDia(oferta, data)} ${dataNoFio(data)}`;
  if (argumentos.tem("json")) console.log(JSON.stringify({ data: dataNoFio(data), agendamentos: linhas }, null, 2));
  else if (argumentos.tem("csv")) console.log(emCsv(dataNoFio(data), linhas));
  else console.log(emTabela(`${oferta.nome}: ${titulo}`, linhas));
}

interface LinhaDaLista {
  especialista: string;
  horario: string;
  nome: string;
  cpf: string;
}

/** RFC 4180, com CRLF. Uma célula que uma planilha tomaria por fórmula ganha um apóstrofo (OWASP, CSV Injection). */
function emCsv(data: string, linhas: readonly LinhaDaLista[]): string {
  const celula = (texto: string): string => `"${texto.replace(/^[=+\-@]/, "'$&").replaceAll('"', '""')}"`;
  return [
    ["data", "especialista", "horario", "nome", "cpf"],
    ...linhas.map(({ especialista, horario, nome, cpf }) => [data, especialista, horario, nome, formatarCpf(cpf)]),
  ].map((campos) => campos.map(celula).join(",")).join("\r\n");
}

function emTabela(titulo: string, linhas: readonly LinhaDaLista[]): string {
  if (linhas.length === 0) return `${titulo}\n\nNinguém agendado.`;
  const partes = [titulo];
  for (const [especialista, doEspecialista] of Map.groupBy(linhas, (linha) => linha.especialista)) {
    partes.push("", `${especialista} (${doEspecialista.length})`);
    for (const { horario, cpf, nome } of doEspecialista) partes.push(`  [ ] ${horario}  ${formatarCpf(cpf)}  ${nome}`);
  }
  return partes.join("\n");
}

/** `"dd/mm/aaaa"` ou `"aaaa-mm-dd"` → `"aaaa-mm-dd"`. */
function lerDataEscrita(escrita: string | undefined): string | undefined {
  if (escrita === undefined) return undefined;
  const iso = escrita.replace(/^(\d{2})\/(\d{2})\/(\d{4})$/, "$3-$2-$1");
  try {
    if (/^\d{4}-\d{2}-\d{2}$/.test(iso)) return Temporal.PlainDate.from(iso).toString();
  } catch {
    // cai na recusa abaixo
  }
  throw new ErroDeUso(`"${escrita}" não é uma data; escreva dd/mm/aaaa`);
}

/**
 * Num disco com limite de tamanho de arquivo (`ulimit -f`), o sistema mata quem o passa com SIGXFSZ. Com um ouvinte, a
 * escrita falha e o armazém responde por ela.
 */
function sobreviveAoLimiteDeTamanho(): void {
  if (Deno.build.os !== "windows") Deno.addSignalListener("SIGXFSZ", () => {});
}

async function main(args: readonly string[]): Promise<void> {
  const argumentos = lerArgumentos(args);
  if (argumentos.tem("help")) return console.log(AJUDA);
  if (argumentos.tem("versao")) return console.log(VERSAO);
  sobreviveAoLimiteDeTamanho();
  const [comando, ...palavras] = argumentos.palavras;
  switch (comando) {
    case undefined:
      return await servir(argumentos);
    case "copia":
      return copiar(argumentos, palavras);
    case "lista":
      return await listar(argumentos, palavras);
    case "importar":
      return await importar(argumentos, palavras);
    default:
      throw new ErroDeUso(`comando desconhecido: ${comando}; conhece importar, copia e lista`);
  }
}

if (import.meta.main) {
  try {
    await main(Deno.args);
    Deno.exit(0);
  } catch (erro) {
    const conhecido = erro instanceof ErroDeUso || erro instanceof ErroDeConfiguracao || erro instanceof ErroDoArmazem;
    console.error(`servidor: ${conhecido ? "" : "erro inesperado: "}${mensagem(erro)}`);
    if (erro instanceof ErroDeUso) console.error("servidor.ts --help mostra as opções");
    Deno.exit(erro instanceof ErroDeUso ? 2 : 1);
  }
}

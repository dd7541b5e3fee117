/**
 * O servidor: guarda o livro e atende os terminais.
 *
 *     deno run -A servidor.ts                    porta 9000, todas as interfaces, livro em ./clinica.db
 *     deno run -A servidor.ts copia DESTINO      uma cópia do livro, com o servidor em funcionamento
 *     deno run -A servidor.ts lista [DATA]       a lista de um dia, para o balcão
 *     deno run -A servidor.ts importar --de clinica.db --para postgres://…     muda o livro de armazém
 *     deno run -A servidor.ts --help             todas as opções
 *
 * Este arquivo é o script: as opções, a porta, o fim em ordem, e quem liga uma sala à outra. As regras estão em
 * `clinica/regras.ts`, a fila em `agenda.ts`, o livro em `armazem/`, o fio em `protocolo.ts`, as conexões e o console em
 * `rede/`, os outros comandos em `comandos/`.
 *
 * @module
 */

import { delay } from "@std/async";
import configuracaoDoDeno from "./deno.json" with { type: "json" };
import { Agenda } from "./agenda.ts";
import { ehPostgres, semSenha } from "./armazem/postgres_endereco.ts";
import type { ArmazemPostgres } from "./armazem/postgres.ts";
import { ArmazemSqlite } from "./armazem/sqlite.ts";
import { impressao } from "./clinica/impressao.ts";
import { type Armazem, BancoForaDoAlcance, ErroDoArmazem } from "./clinica/livro.ts";
import { ErroDeConfiguracao } from "./clinica/conferencia.ts";
import type { Oferta } from "./clinica/oferta.ts";
import { mensagem } from "./clinica/texto.ts";
import {
  type Argumentos,
  ErroDeUso,
  lerArgumentos,
  lerInteiro,
  recusaOpcoes,
  SO_DA_LISTA,
  SO_DE_IMPORTAR,
} from "./comandos/argumentos.ts";
import { lerBanco } from "./comandos/opcoes.ts";
import { arquivoDaSemana, lerSemana, olha, Vigia } from "./comandos/semana.ts";
import { PORTA_PADRAO } from "./protocolo.ts";
import { Console } from "./rede/console.ts";
import { Metronomo } from "./rede/metronomo.ts";
import { ehLocal, limiteDeArquivos, Ouvinte, RECUSAS_MAXIMAS } from "./rede/ouvinte.ts";
import { type Formato, Registro, type Volume } from "./rede/registro.ts";

const VERSAO = configuracaoDoDeno.version;

const AJUDA = `Clínica de Saúde ${VERSAO}: o servidor do livro de agendamentos.

USO
  servidor.ts [opções]                      atende até Ctrl-C
  servidor.ts copia DESTINO [--banco F]     copia o livro para um arquivo novo, sem parar o servidor
  servidor.ts lista [DATA] [--csv|--json]   a lista do dia (hoje, ou dd/mm/aaaa); --csv=excel para o Excel
  servidor.ts importar --de A --para B      copia um livro inteiro, com a história, para outro vazio;
                                            cada um é um arquivo ou postgres://…

OPÇÕES
  --porta N                    porta TCP (${PORTA_PADRAO}; 0 escolhe uma livre e a mostra)
  --endereco IP                endereço em que atende (0.0.0.0, todas as interfaces)
  --banco ARQUIVO              o livro (clinica.db; ":memory:" para experimentar, nada fica)
  --banco postgres://…         o livro num PostgreSQL, partilhado por vários servidores:
                               postgres://usuario:senha@maquina:5432/banco; sem --banco vale a
                               variável CLINICA_BANCO, em que a senha não aparece em "ps"
  --banco-novo                 começa um livro vazio num arquivo que existe e está vazio
  --config ARQUIVO             a semana da clínica (clinica.json, se existe; senão a semana embutida);
                               uma mudança nele vale em cinco segundos, sem reiniciar
  --adota-semana               num livro partilhado, os outros servidores passam a ter de seguir a deste
  --conexoes N                 conexões ao mesmo tempo (1000)
  --conexoes-por-endereco N    conexões de um mesmo endereço (100; a própria máquina não tem este limite)
  --log texto|json             como o console conta o que acontece (texto)
  --detalhado                  conta também as consultas
  --quieto                     conta só o começo, o fim e o que vai mal
  --help                       esta ajuda
  --versao                     a versão

Em outro terminal: deno run -A cliente.ts          Em outra máquina: deno run -A cliente.ts <ip>
`;

/** Um armazém e, se ele serve a vários servidores, como se diz aos outros que a semana é outra. */
type ArmazemDoServidor = Armazem & Partial<Pick<ArmazemPostgres, "adotaSemana">>;

async function abreArmazem(
  banco: string,
  { novo, adota, oferta, registro }: { novo: boolean; adota: boolean; oferta: Oferta; registro: Registro },
): Promise<ArmazemDoServidor> {
  if (!ehPostgres(banco)) {
    if (adota) throw new ErroDeUso("--adota-semana é de um livro num PostgreSQL; num arquivo a semana é a do servidor");
    return ArmazemSqlite.abre(banco, { novo, aoAndar: (o_que) => registro.contaAndamento(o_que) });
  }
  if (novo) throw new ErroDeUso("--banco-novo é de um livro em arquivo; num PostgreSQL o livro é criado se falta");
  // Só aqui: um servidor de um arquivo não espera pelo que não usa.
  const { ArmazemPostgres } = await import("./armazem/postgres.ts");
  const semana = impressao(oferta);
  const armazem = await ArmazemPostgres.abre(banco, {
    semana: adota ? undefined : semana,
    aoMudar: (fora) => registro.conta("banco", { no_alcance: fora === undefined, causa: fora?.message }),
    aoAvisar: (o_que) => registro.conta("aviso", { o_que }),
  });
  if (adota) await armazem.adotaSemana(semana);
  return armazem;
}

/** Ao encerrar, quanto se espera pela leitura dos que ficaram fora da semana, em ms. */
const ESPERA_PELOS_ORFAOS = 500;

/** O que se diz quando a hora da máquina salta, e quando se volta a acreditar nela. */
const HORA_SALTOU =
  "a hora da máquina saltou para a frente; prazos e faltas esperam até que esteja firme por dez minutos";
const HORA_FIRME = "a hora da máquina está firme; prazos e faltas voltam a contar";

/** Conexões que podem esperar por `accept`; com as 511 de costume, uma rajada de 10 000 leva cinco vezes mais. */
const FILA_DE_ACCEPT = 4096;

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
  const arquivo = arquivoDaSemana(argumentos);
  const achado = await olha(arquivo);
  const oferta = lerSemana(arquivo, achado);

  const registro = new Registro({ formato, volume, fuso: oferta.fuso, destino: Deno.stdout });
  const [novo, adota] = [argumentos.tem("banco-novo"), argumentos.tem("adota-semana")];
  await using armazem = await abreArmazem(banco, { novo, adota, oferta, registro });
  using aberta = ouvir(endereco, porta);
  const agenda = new Agenda({
    armazem,
    oferta,
    relogio: Date.now,
    aoFalhar(tipo, causa): void {
      // De um banco fora do alcance já se contou, uma vez.
      if (!(causa instanceof BancoForaDoAlcance)) noConsole.falhou(tipo, causa);
    },
    aoGravar: (mudancas) => mudancas.forEach((mudanca) => noConsole.mudou(mudanca)),
  });
  const noConsole = new Console({ registro, armazem, agenda });
  const ouvinte = new Ouvinte({ agenda, console: noConsole, registro, conexoes, conexoesPorEndereco });
  obedeceASinais((sinal) => ouvinte.encerra(aberta, sinal));
  const atendendo = ouvinte.atende(aberta);
  registro.conta("pronto", {
    clinica: oferta.nome,
    versao: VERSAO,
    banco: semSenha(banco),
    endereco,
    porta: aberta.addr.port,
    alcance: comoAlcancar(endereco, aberta.addr.port),
  });
  noConsole.contaSemana(agenda.clinica.calendario.janela(Date.now()));
  using _vigia = new Vigia({
    arquivo,
    achado,
    aoRecusar: (o_que) => registro.conta("aviso", { o_que }),
    async aoAdotar(nova): Promise<void> {
      const antes = agenda.clinica.oferta;
      await adotaSemana(nova, { agenda, armazem, registro });
      noConsole.adotou(arquivo.caminho, antes, Date.now());
    },
  }).comeca();
  {
    // O que um servidor que caiu deixou a meio não espera pelo relógio.
    agenda.prossegue();
    await using _metronomo = new Metronomo({
      bate: () => agenda.bate(),
      aoDesconfiar: (desconfia) => registro.conta("aviso", { o_que: desconfia ? HORA_SALTOU : HORA_FIRME }),
    });
    await atendendo;
  }
  await agenda.esvazia();
  // Com o banco travado por outro, uma leitura pode demorar mais que o fim.
  await Promise.race([noConsole.encerra(), delay(ESPERA_PELOS_ORFAOS)]);
  await armazem[Symbol.asyncDispose]();
  registro.acerta();
  registro.conta("encerrado", {});
  await registro.fecha();
}

/** Passa a valer outra semana, aqui e, num livro de vários, para os outros; um retoque que nada decide não lhes diz respeito. */
async function adotaSemana(
  nova: Oferta,
  { agenda, armazem, registro }: { agenda: Agenda; armazem: ArmazemDoServidor; registro: Registro },
): Promise<void> {
  const semana = impressao(nova);
  const vale = (): void => agenda.adota(nova);
  try {
    if (armazem.adotaSemana === undefined || semana === impressao(agenda.clinica.oferta)) vale();
    else await armazem.adotaSemana(semana, vale);
  } catch (causa) {
    registro.contaFalha("a semana nova não pôde ser posta no livro; tenta-se de novo", mensagem(causa));
    throw causa;
  }
}

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
  const sinais: Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT", "SIGBREAK"] : ["SIGINT", "SIGTERM"];
  if (Deno.build.os !== "windows" && !SIGHUP_IGNORADO) sinais.push("SIGHUP");
  let pedidos = 0;
  for (const sinal of sinais) {
    Deno.addSignalListener(sinal, () => {
      // O segundo pedido não espera por nada: o que foi respondido já está gravado.
      if (++pedidos > 1) Deno.exit(1);
      encerra(sinal);
    });
  }
}

/**
 * Se quem iniciou este processo o mandou ignorar SIGHUP, como faz `nohup`. Fora do Linux não se sabe, e vale que não. Lê-se
 * antes de qualquer ouvinte: com o primeiro, de qualquer sinal, o Deno deixa de o ignorar.
 */
const SIGHUP_IGNORADO = ignoraSighup();

function ignoraSighup(): boolean {
  try {
    const ignorados = /^SigIgn:\s*[0-9a-f]*([0-9a-f])$/m.exec(Deno.readTextFileSync("/proc/self/status"))?.[1];
    // SIGHUP é o sinal 1: o bit mais baixo.
    return ignorados !== undefined && (parseInt(ignorados, 16) & 1) === 1;
  } catch {
    return false;
  }
}

/**
 * Num disco com limite de tamanho de arquivo (`ulimit -f`), o sistema mata quem o passa com SIGXFSZ. Com um ouvinte, a
 * escrita falha e o armazém responde por ela. SIGHUP continua ignorado se já o era.
 */
function sobreviveASinais(): void {
  if (Deno.build.os !== "windows") Deno.addSignalListener("SIGXFSZ", () => {});
  if (SIGHUP_IGNORADO) Deno.addSignalListener("SIGHUP", () => {});
}

async function main(args: readonly string[]): Promise<void> {
  const argumentos = lerArgumentos(args);
  if (argumentos.tem("help")) return console.log(AJUDA);
  if (argumentos.tem("versao")) return console.log(VERSAO);
  sobreviveASinais();
  const [comando, ...palavras] = argumentos.palavras;
  switch (comando) {
    case undefined:
      return await servir(argumentos);
    // Só na hora: um servidor que começa não espera pelo que não usa.
    case "copia":
      return (await import("./comandos/copia.ts")).copiar(argumentos, palavras);
    case "lista":
      return await (await import("./comandos/lista.ts")).listar(argumentos, palavras);
    case "importar":
      return await (await import("./comandos/importar.ts")).importar(argumentos, palavras);
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

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
 * `rede/`, quem entra e o que viu em `acesso/`, os outros comandos em `comandos/`.
 *
 * @module
 */

import { delay } from "@std/async";
import { resolve } from "node:path";
import { type Anonimo, ANONIMOS, Chaveiro } from "./acesso/chaveiro.ts";
import { Leituras } from "./acesso/leituras.ts";
import { LimitesDePedidos } from "./acesso/limites.ts";
import { quemEntra } from "./acesso/quem_entra.ts";
import { segueSaidas } from "./acesso/saidas.ts";
import { AtendeDeFora, type LivroDosTitulares } from "./acesso/titular.ts";
import { Varredura } from "./acesso/varredura.ts";
import { Agenda } from "./agenda.ts";
import { ehPostgres, semSenha } from "./armazem/postgres_endereco.ts";
import type { ArmazemPostgres } from "./armazem/postgres.ts";
import type { Selo } from "./armazem/selo.ts";
import { ArmazemSqlite } from "./armazem/sqlite.ts";
import { impressao } from "./clinica/impressao.ts";
import { type Armazem, BancoForaDoAlcance, ErroDoArmazem, type LivroDaVarredura } from "./clinica/livro.ts";
import { ErroDeConfiguracao } from "./clinica/conferencia.ts";
import type { Oferta } from "./clinica/oferta.ts";
import { linhasInofensivas, mensagem } from "./clinica/texto.ts";
import { AJUDA, VERSAO } from "./comandos/ajuda.ts";
import { aceitaSo, type Argumentos, DO_LIVRO, ErroDeUso, lerArgumentos, lerInteiro } from "./comandos/argumentos.ts";
import { lerBanco, lerConfiados, lerTls, lerWeb, type PedidoDeTls, type PedidoDeWeb } from "./comandos/opcoes.ts";
import { TrilhaDoServidor } from "./comandos/selo_do_servidor.ts";
import { arquivoDaSemana, lerSemana, olha, Vigia } from "./comandos/semana.ts";
import { PORTA_PADRAO, PORTA_TLS_PADRAO } from "./protocolo.ts";
import { Console } from "./rede/console.ts";
import { Metronomo } from "./rede/metronomo.ts";
import { ehLocal, limiteDeArquivos, Ouvinte, type Porta, RECUSAS_MAXIMAS } from "./rede/ouvinte.ts";
import type { ParDeChaves, PortaTls } from "./rede/porta_tls.ts";
import { type Formato, Registro, type Volume } from "./rede/registro.ts";
import type { OpcoesDasPaginas, PaginasNoAr } from "./web/abre.ts";

/** Um armazém e, se ele serve a vários servidores, como se diz aos outros que a semana é outra. */
type ArmazemDoServidor =
  & Armazem
  & LivroDaVarredura
  & LivroDosTitulares
  & Pick<ArmazemPostgres, "chaves" | "pessoas" | "sessoes" | "disfarca" | "acrescenta" | "cabecas">
  & Partial<Pick<ArmazemPostgres, "adotaSemana" | "segue">>
  & Partial<Pick<ArmazemSqlite, "deFora">>;

interface ComoAbrirArmazem {
  readonly novo: boolean;
  readonly adota: boolean;
  readonly oferta: Oferta;
  readonly registro: Registro;
  readonly selo: Selo;
}

async function abreArmazem(
  banco: string,
  { novo, adota, oferta, registro, selo }: ComoAbrirArmazem,
): Promise<ArmazemDoServidor> {
  if (!ehPostgres(banco)) {
    if (adota) throw new ErroDeUso("--adota-semana é de um livro num PostgreSQL; num arquivo a semana é a do servidor");
    return ArmazemSqlite.abre(banco, { novo, selo, aoAndar: (o_que) => registro.contaAndamento(o_que) });
  }
  if (novo) throw new ErroDeUso("--banco-novo é de um livro em arquivo; num PostgreSQL o livro é criado se falta");
  // Só aqui: um servidor de um arquivo não espera pelo que não usa.
  const { ArmazemPostgres } = await import("./armazem/postgres.ts");
  const semana = impressao(oferta);
  const armazem = await ArmazemPostgres.abre(banco, {
    semana: adota ? undefined : semana,
    selo,
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

const OPCOES_DO_SERVIDOR = [
  ...DO_LIVRO,
  "banco-novo",
  "adota-semana",
  "porta",
  "endereco",
  "anonimo",
  "confia-no-proxy",
]
  .concat(["certificado", "chave-privada", "tls-porta", "so-tls", "conexoes", "conexoes-por-endereco"])
  .concat(["web", "sem-web", "painel-sem-tls"])
  .concat(["log", "detalhado", "quieto"]);

/** Atende até ser mandado parar. */
async function servir(argumentos: Argumentos): Promise<void> {
  aceitaSo(argumentos, OPCOES_DO_SERVIDOR, "o servidor");
  const pedidoDeTls = lerTls(argumentos);
  const confiados = lerConfiados(argumentos);
  const porta = lerInteiro(argumentos, "porta", { padrao: PORTA_PADRAO, de: 0, ate: 65535 });
  const web = lerWeb(argumentos, pedidoDeTls?.so ? pedidoDeTls.porta : porta);
  const endereco = argumentos.texto("endereco") ?? "0.0.0.0";
  const banco = lerBanco(argumentos);
  const formato = lerFormato(argumentos.texto("log") ?? "texto");
  const conexoes = lerInteiro(argumentos, "conexoes", { padrao: 1000, de: 1, ate: 1_000_000 });
  const conexoesPorEndereco = lerInteiro(argumentos, "conexoes-por-endereco", { padrao: 100, de: 1, ate: 1_000_000 });
  const volume = lerVolume(argumentos);
  const anonimo = lerAnonimo(argumentos.texto("anonimo"));
  const sobram = recusaConexoesDemais(conexoes, {
    comTls: pedidoDeTls !== undefined,
    comProxy: confiados !== undefined,
  });
  const arquivo = arquivoDaSemana(argumentos);
  const achado = await olha(arquivo);
  const oferta = lerSemana(arquivo, achado);

  const registro = new Registro({ formato, volume, fuso: oferta.fuso, destino: Deno.stdout });
  const [novo, adota] = [argumentos.tem("banco-novo"), argumentos.tem("adota-semana")];
  using trilha = new TrilhaDoServidor(argumentos, banco, porta);
  const { selo } = trilha;
  await using armazem = await abreArmazem(banco, { novo, adota, oferta, registro, selo });
  trilha.guarda(banco);
  using aberta = pedidoDeTls?.so ? undefined : ouvir(endereco, porta);
  using segura = pedidoDeTls && await abreTls(pedidoDeTls, { endereco, conexoes, registro, confiados });
  const agenda = new Agenda({
    armazem,
    oferta,
    relogio: Date.now,
    aoFalhar(tipo, causa): void {
      // De um banco fora do alcance já se contou, uma vez.
      if (!(causa instanceof BancoForaDoAlcance)) noConsole.falhou(tipo, causa);
      if (tipo === "incerto") noAr?.fluxo.mudouTudo();
    },
    aoGravar(mudancas): void {
      mudancas.forEach((mudanca) => noConsole.mudou(mudanca));
      noAr?.fluxo.gravou(mudancas);
    },
  });
  let noAr: PaginasNoAr | undefined;
  const noConsole = new Console({ registro, armazem, agenda });
  await using chaveiro = await Chaveiro.abre({
    le: () => armazem.chaves.todas(),
    hoje: () => agenda.clinica.calendario.janela(Date.now()).hoje,
    anonimo,
    aoMudar(): void {
      registro.conta("aviso", { o_que: quemEntra(chaveiro) });
      ouvinte.reve();
    },
    aoFalhar: (causa) => registro.contaFalha("as chaves não se puderam reler; valem as de antes", mensagem(causa)),
  });
  await using leituras = new Leituras({
    trilha: armazem,
    disfarcaCpf: selo.cpf,
    relogio: Date.now,
    aoFalhar(causa, perdidas): void {
      const quantas = perdidas === 0 ? "espera-se" : `${perdidas} leituras perderam-se`;
      registro.contaFalha(`o que se viu não pôde ser escrito na trilha; ${quantas}`, mensagem(causa));
    },
  });
  const contador = new LimitesDePedidos(() => performance.now());
  const ouvinte = new Ouvinte({
    ...{ agenda, console: noConsole, porteiro: chaveiro, registro, contador },
    aoVer: (quem, pedido, resultado) => leituras.viu(quem, pedido, resultado),
    ...{ conexoes, conexoesPorEndereco },
  });
  obedeceASinais((sinal) => {
    ouvinte.encerra(sinal);
    // Ao mesmo tempo que os terminais; o que falhe aqui diz-se quando se esperar por isto.
    noAr?.encerra().catch(() => {});
  });
  const portas = { clara: aberta?.addr.port, tls: segura?.porta.porta };
  const clara = aberta && confiados ? await comProxy(aberta, confiados, registro) : aberta;
  const atendendo = ouvinte.atende(...[clara, segura?.porta].filter((uma) => uma !== undefined));
  registro.conta("pronto", {
    clinica: oferta.nome,
    versao: VERSAO,
    banco: semSenha(banco),
    endereco,
    porta: portas.clara,
    tls: segura && { porta: segura.porta.porta, certificado: segura.certificado },
    alcance: comoAlcancar(endereco, portas),
    acesso: quemEntra(chaveiro),
  });
  {
    await trilha.comeca(armazem, registro);
    noConsole.contaSemana(agenda.clinica.calendario.janela(Date.now()));
    using _vigia = new Vigia({
      arquivo,
      achado,
      aoRecusar: (o_que) => registro.conta("aviso", { o_que }),
      async aoAdotar(nova): Promise<void> {
        const antes = agenda.clinica.oferta;
        await adotaSemana(nova, { agenda, armazem, registro });
        noConsole.adotou(arquivo.caminho, antes, Date.now());
        noAr?.fluxo.mudouTudo();
      },
    }).comeca();
    // O que um servidor que caiu deixou a meio não espera pelo relógio.
    agenda.prossegue();
    const falha = (o_que: string) => (causa: unknown) => registro.contaFalha(o_que, mensagem(causa));
    await using varredura = new Varredura({
      ...{ agenda, livro: armazem, relogio: Date.now },
      aoVarrer: (o_que) => registro.conta("aviso", { o_que }),
      aoFalhar: falha("a varredura de quem já não se guarda não pôde ser feita; tenta-se de novo"),
    });
    await using _deFora = armazem.deFora && new AtendeDeFora({
      ...{ caixa: armazem.deFora, agenda, livro: armazem },
      aoFalhar: falha("os pedidos de servidor.ts titular não puderam ser atendidos"),
    });
    await using _metronomo = new Metronomo({
      async bate(): Promise<void> {
        await agenda.bate();
        varredura.confere();
      },
      aoDesconfiar: (desconfia) => registro.conta("aviso", { o_que: desconfia ? HORA_SALTOU : HORA_FIRME }),
    });
    // Por fim: nem os terminais nem o que já está a andar esperam pelas páginas.
    await using paginas = noAr = web && await comPaginas(web, {
      ...{ agenda, registro, relogio: Date.now, pessoas: armazem.pessoas, sessoes: armazem.sessoes },
      segue: armazem.segue?.bind(armazem),
      conta: (quem, pedido) => contador.conta(quem, pedido),
      aoVer: (quem, pedido, resultado) => {
        leituras.viu(quem, pedido, resultado);
        noConsole.respondeu(quem.cliente, pedido, resultado.codigo);
      },
      aoFalhar: (o_que, causa) => registro.contaFalha(o_que, mensagem(causa)),
      anota: (quem, especie, numero, cpf) => leituras.anota(quem, especie, numero, cpf),
      gerencia: {
        arquivoDaSemana: resolve(arquivo.caminho),
        chaves: armazem.chaves,
        trilha: trilha.leitura(argumentos, banco),
      },
      abertaAoPublico: chaveiro.abertaAoPublico,
      painelSemTls: web.painelSemTls,
      porta: {
        ...{ endereco, porta: web.porta, confiados, par: segura?.par(), conexoesPorEndereco },
        conexoes: conexoesDasPaginas(sobram, segura !== undefined),
        aoCortar: (cliente, motivo) => registro.conta("recusou", { cliente, motivo }),
        aoFalhar: (o_que, causa) => registro.contaFalha(o_que, mensagem(causa)),
      },
    });
    await using _saidas = paginas && segueSaidas({
      le: () => armazem.pessoas.todas(),
      haQuemVeja: () => paginas.fluxo.contas.fluxos > 0,
      aoSair: () => void paginas.fluxo.reve(),
    });
    segura?.segue((par) => paginas?.troca(par));
    await atendendo;
  }
  await agenda.esvazia();
  await leituras[Symbol.asyncDispose]();
  await trilha.contaPontas(armazem, registro);
  // Com o banco travado por outro, uma leitura pode demorar mais que o fim.
  await Promise.race([noConsole.encerra(), delay(ESPERA_PELOS_ORFAOS)]);
  // Antes do livro: as chaves relêem-se dele.
  await chaveiro[Symbol.asyncDispose]();
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

function lerAnonimo(escrito: string | undefined): Anonimo | undefined {
  const anonimo = escrito === undefined ? undefined : ANONIMOS.find((um) => um === escrito);
  if (escrito !== undefined && anonimo === undefined) {
    throw new ErroDeUso(`--anonimo espera um destes: ${ANONIMOS.join(", ")}; veio "${escrito}"`);
  }
  return anonimo;
}

function lerVolume(argumentos: Argumentos): Volume {
  const [detalhado, quieto] = [argumentos.tem("detalhado"), argumentos.tem("quieto")];
  if (detalhado && quieto) throw new ErroDeUso("--detalhado e --quieto não vão juntos");
  return detalhado ? "detalhado" : quieto ? "quieto" : "normal";
}

/** Arquivos que não são de conexões: o livro, o WAL, a trava, o console, os do ambiente e as recusas em andamento. */
const ARQUIVOS_DO_SERVIDOR = 64 + RECUSAS_MAXIMAS;

/** Os que ainda apertam as mãos por TLS: `APERTOS_MAXIMOS` de `rede/porta_tls.ts`, que só se carrega com ele. */
const ARQUIVOS_DE_TLS = 256;

/** Os que ainda não disseram de quem são: `CABECALHOS_MAXIMOS` de `rede/porta_proxy.ts`, que só se carrega com ela. */
const ARQUIVOS_DE_PROXY = 256;

/** As ligações às páginas, no máximo, e os arquivos que cada uma gasta por TLS (`web/tunel.ts`): o dela e os que a levam para dentro. */
const CONEXOES_DAS_PAGINAS = 1000;
const ARQUIVOS_POR_PAGINA_COM_TLS = 3;

/** Quantas cabem nos arquivos que sobram dos terminais; uma, ao menos, que mais vale uma página de cada vez do que nenhuma. */
function conexoesDasPaginas(sobram: number, comTls: boolean): number {
  const cabem = comTls ? (sobram - ARQUIVOS_DE_TLS) / ARQUIVOS_POR_PAGINA_COM_TLS : sobram;
  return Math.max(1, Math.min(CONEXOES_DAS_PAGINAS, Math.floor(cabem)));
}

/**
 * Cada conexão é um arquivo aberto; aceitar mais do que o sistema deixa abrir seria prometer o que não se tem. Diz quantos
 * arquivos sobram, que são os das páginas.
 */
function recusaConexoesDemais(
  conexoes: number,
  { comTls, comProxy }: { readonly comTls: boolean; readonly comProxy: boolean },
): number {
  const limite = limiteDeArquivos();
  const outros = ARQUIVOS_DO_SERVIDOR + (comTls ? ARQUIVOS_DE_TLS : 0) + (comProxy ? ARQUIVOS_DE_PROXY : 0);
  if (limite !== undefined && conexoes + outros > limite) {
    throw new ErroDeUso(
      `--conexoes ${conexoes} não cabe no limite de ${limite} arquivos abertos deste processo ` +
        `(${outros} ficam para o servidor); use no máximo ${limite - outros}, ` +
        `ou aumente o limite (ulimit -n)`,
    );
  }
  return limite === undefined ? Infinity : limite - conexoes - outros;
}

function ouvir(hostname: string, port: number): Deno.TcpListener {
  try {
    return Deno.listen({ hostname, port, tcpBacklog: FILA_DE_ACCEPT });
  } catch (causa) {
    return recusaPorta(causa, { endereco: hostname, porta: port, opcao: "--porta" });
  }
}

/** A porta atrás de um intermediário em que se confia. */
async function comProxy(porta: Porta, confiados: ReadonlySet<string>, registro: Registro): Promise<Porta> {
  // Só aqui: quem não está atrás de nenhum não espera por ela.
  const { PortaComProxy } = await import("./rede/porta_proxy.ts");
  const aoFalhar = (cliente: string, motivo: string): void => registro.conta("recusou", { cliente, motivo });
  return new PortaComProxy({ porta, confiados, aoFalhar });
}

function recusaPorta(
  causa: unknown,
  { endereco, porta, opcao }: { endereco: string; porta: number; opcao: string },
): never {
  const codigo = causa instanceof Error && "code" in causa ? causa.code : undefined;
  if (causa instanceof Deno.errors.AddrInUse || codigo === "EADDRINUSE") {
    throw new ErroDeUso(`a porta ${porta} já está em uso; outro servidor está no ar? Escolha outra com ${opcao}`);
  }
  if (causa instanceof Deno.errors.PermissionDenied || codigo === "EACCES") {
    throw new ErroDeUso(`a porta ${porta} não é permitida a este usuário; escolha outra com ${opcao}`);
  }
  throw new ErroDeUso(
    `não foi possível atender em ${endereco}, porta ${porta} (${mensagem(causa)}); confira --endereco`,
  );
}

/** A porta por TLS, o certificado que mostra, e quem lhe segue os arquivos. */
interface Segura extends Disposable {
  readonly porta: PortaTls;
  readonly certificado: string;
  /** O par que vale agora. */
  readonly par: () => ParDeChaves;
  /** Diz o seguinte a mais uma porta. */
  readonly segue: (troca: (par: ParDeChaves) => void) => void;
}

async function abreTls(
  { arquivos, porta }: PedidoDeTls,
  { endereco, conexoes, registro, confiados }: {
    endereco: string;
    conexoes: number;
    registro: Registro;
    confiados: ReadonlySet<string> | undefined;
  },
): Promise<Segura> {
  // Só aqui: quem não atende por TLS não espera por ele.
  const [{ PortaTls }, { descreve, lePar, ressalvas, VigiaDoPar }] = await Promise.all([
    import("./rede/porta_tls.ts"),
    import("./comandos/tls.ts"),
  ]);
  const avisa = (o_que: string): void => registro.conta("aviso", { o_que });
  const par = await lePar(arquivos);
  let vale: ParDeChaves = par;
  const seguem: ((par: ParDeChaves) => void)[] = [];
  const opcoes = { endereco, porta, fila: FILA_DE_ACCEPT, conexoes, par, confiados };
  const aoFalhar = (cliente: string, motivo: string): void => registro.conta("recusou", { cliente, motivo });
  const aberta = await PortaTls.abre({ ...opcoes, aoFalhar })
    .catch((causa) => recusaPorta(causa, { endereco, porta, opcao: "--tls-porta" }));
  for (const uma of await ressalvas(par, arquivos)) avisa(uma);
  const vigia = new VigiaDoPar({
    ...{ arquivos, par, aoAvisar: avisa },
    aoTrocar(novo): void {
      vale = novo;
      aberta.troca(novo);
      for (const troca of seguem) troca(novo);
      avisa(
        `outro certificado passou a valer: ${
          descreve(novo)
        }; os terminais que confirmaram o de antes recusam-no até que se confirme este`,
      );
    },
  });
  return {
    porta: aberta,
    certificado: descreve(par),
    par: () => vale,
    segue: (troca) => void seguem.push(troca),
    [Symbol.dispose](): void {
      vigia[Symbol.dispose]();
      aberta.close();
    },
  };
}

/**
 * Quanto as páginas esperam, antes de se carregarem, por quem já ligou à outra porta, em ms. Não tem teste: que o sistema já não
 * tem ninguém por entregar, só o tempo o diz, e o carregar também deixa passar quem calhe; com um laço falso via-se que se espera,
 * e não que chega.
 */
const VEZ_DOS_TERMINAIS = 25;

/** As páginas, se a porta se pôde abrir; a de costume, já ocupada, não impede os terminais. */
async function comPaginas(
  { pedida }: PedidoDeWeb,
  { registro, ...opcoes }: Omit<OpcoesDasPaginas, "aoRenovar"> & { readonly registro: Registro },
): Promise<PaginasNoAr | undefined> {
  const { endereco, porta, par } = opcoes.porta;
  // Carregá-las ocupa a linha de execução: os terminais que já ligaram são atendidos antes.
  await delay(VEZ_DOS_TERMINAIS);
  // Por extenso, o Deno lia as páginas todas antes de começar, que são metade do tempo até aos terminais terem resposta.
  const { abrePaginas }: typeof import("./web/abre.ts") = await import(import.meta.resolve("./web/abre.ts"));
  const contaPrimeiro = (codigo: string): void => {
    if (noAr === undefined) return;
    const [{ maquina }] = maquinas(endereco);
    registro.conta("primeiro", { endereco: `${urlDasPaginas(maquina, noAr.porta, par)}painel/entrar`, codigo });
  };
  let noAr: PaginasNoAr | undefined;
  try {
    noAr = await abrePaginas({ ...opcoes, aoRenovar: contaPrimeiro });
    registro.conta("paginas", { porta: noAr.porta, enderecos: enderecosDasPaginas(endereco, noAr.porta, par) });
    if (noAr.primeiro !== undefined) contaPrimeiro(noAr.primeiro);
    return noAr;
  } catch (causa) {
    const daPorta = causa instanceof Error && "code" in causa;
    if (pedida && daPorta) recusaPorta(causa, { endereco, porta, opcao: "--web" });
    const porque = daPorta ? `: a porta ${porta} não pôde ser aberta; escolha outra com --web` : "";
    registro.contaFalha(`as páginas não estão no ar${porque}`, mensagem(causa));
  }
}

function enderecosDasPaginas(endereco: string, porta: number, par: ParDeChaves | undefined): string[] {
  return maquinas(endereco).map(({ onde, maquina }) => `${onde} ${urlDasPaginas(maquina, porta, par)}`);
}

function urlDasPaginas(maquina: string, porta: number, par: ParDeChaves | undefined): string {
  return `${par === undefined ? "http" : "https"}://${maquina.includes(":") ? `[${maquina}]` : maquina}:${porta}/`;
}

/** Onde este servidor se alcança: `"nesta máquina:   "` e o nome, e nas outras os endereços. */
function maquinas(endereco: string): { onde: string; maquina: string }[] {
  const aqui = { onde: "nesta máquina:   ", maquina: "localhost" };
  if (endereco !== "0.0.0.0" && endereco !== "::") {
    return [ehLocal(endereco) || endereco === "localhost" ? aqui : { onde: "nesta rede:      ", maquina: endereco }];
  }
  const outras = Deno.networkInterfaces()
    .filter(({ family, address }) => family === "IPv4" && !ehLocal(address))
    .map(({ address }) => ({ onde: "em outra máquina:", maquina: address }));
  return [aqui, ...outras];
}

/** O que digitar, aqui e em outra máquina, para alcançar este servidor. */
function comoAlcancar(endereco: string, { clara, tls }: { clara?: number; tls?: number }): string[] {
  return [
    ...clara === undefined ? [] : alcances(endereco, clara === PORTA_PADRAO ? "" : ` ${clara}`),
    ...tls === undefined ? [] : alcances(endereco, `${tls === PORTA_TLS_PADRAO ? "" : ` ${tls}`} --tls`),
  ];
}

function alcances(endereco: string, sufixo: string): string[] {
  const comando = (ip: string): string => `deno run -A cliente.ts${ip}${sufixo}`;
  return maquinas(endereco).map(({ onde, maquina }) =>
    `${onde} ${comando(maquina === "localhost" && !/\d/.test(sufixo) ? "" : ` ${maquina}`)}`
  );
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
      return await (await import("./comandos/copia.ts")).copiar(argumentos, palavras);
    case "lista":
      return await (await import("./comandos/lista.ts")).listar(argumentos, palavras);
    case "chave":
      return await (await import("./comandos/chave.ts")).tratarDeChaves(argumentos, palavras);
    case "pessoa":
      return await (await import("./comandos/pessoa.ts")).tratarDePessoas(argumentos, palavras);
    case "titular":
      return await (await import("./comandos/titular.ts")).tratarDeTitular(argumentos, palavras);
    case "certificado":
      return await (await import("./comandos/certificado.ts")).certificar(argumentos, palavras);
    case "trilha":
      return await (await import("./comandos/trilha.ts")).mostrarTrilha(argumentos, palavras);
    case "importar":
      return await (await import("./comandos/importar.ts")).importar(argumentos, palavras);
    default:
      throw new ErroDeUso(
        `comando desconhecido: ${comando}; conhece chave, titular, pessoa, certificado, importar, trilha, copia e lista`,
      );
  }
}

if (import.meta.main) {
  try {
    await main(Deno.args);
    Deno.exit(0);
  } catch (erro) {
    const conhecido = erro instanceof ErroDeUso || erro instanceof ErroDeConfiguracao || erro instanceof ErroDoArmazem;
    console.error(`servidor: ${conhecido ? "" : "erro inesperado: "}${linhasInofensivas(mensagem(erro))}`);
    if (erro instanceof ErroDeUso) console.error("servidor.ts --help mostra as opções");
    Deno.exit(erro instanceof ErroDeUso ? 2 : 1);
  }
}

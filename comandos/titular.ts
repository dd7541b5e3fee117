/**
 * `servidor.ts titular exporta|corrige|anonimiza|guarda|compacta`: os direitos de cada um sobre os seus dados (LGPD, art. 18),
 * ao lado de um servidor em funcionamento ou sem nenhum.
 *
 * Um livro em arquivo é de um só escritor: sem servidor, o comando toma-lhe a trava e faz tudo como ele o faria; com um no ar,
 * deixa-lhe o pedido (`armazem/sqlite_titular.ts`). Num PostgreSQL é mais um servidor, com as mesmas travas. Assim nada muda
 * no livro senão pela fila, e o que se confirma está gravado.
 *
 * @module
 */

import { fazDeFora, type LivroDosTitulares, type PedidoDeFora, type Resposta } from "../acesso/titular.ts";
import { Agenda } from "../agenda.ts";
import { abreOuFazChave } from "../armazem/arquivo_do_selo.ts";
import { ehPostgres } from "../armazem/postgres_endereco.ts";
import type { Selo } from "../armazem/selo.ts";
import { abreParaLer } from "../armazem/sqlite_arquivo.ts";
import { ArmazemSqlite } from "../armazem/sqlite.ts";
import { dadosDoArquivo, pedeAoServidor } from "../armazem/sqlite_titular.ts";
import { LivroEmUso } from "../armazem/sqlite_trava.ts";
import { type Armazem, ErroDoArmazem } from "../clinica/livro.ts";
import type { Oferta } from "../clinica/oferta.ts";
import type { FeitoPeloTitular } from "../clinica/pedido.ts";
import { inofensivo, jsonInofensivo, lerCpf, lerNome } from "../clinica/texto.ts";
import { instanteNoFio } from "../fio/clinica2.ts";
import { EMAIL, livre, MOTIVO_MAXIMO, TELEFONE } from "../fio/leitores.ts";
import { dataNoFio } from "../protocolo.ts";
import { aceitaSo, type Argumentos, DO_LIVRO, ErroDeUso } from "./argumentos.ts";
import { lerBanco } from "./opcoes.ts";
import { arquivosDasChaves, registra, seloDosComandos } from "./registra.ts";
import { arquivoDaSemana, lerSemana, olha } from "./semana.ts";
import { exportado } from "./titular_exporta.ts";

/** Quanto se espera pelo servidor, em ms; refazer um arquivo grande demora. */
const PRAZO = { pedido: 60_000, compacta: 30 * 60_000 };

/** As opções de cada um. */
const OPCOES: Readonly<Record<string, readonly string[]>> = {
  exporta: [],
  corrige: ["nome", "email", "telefone"],
  anonimiza: ["forca", "motivo", "compacta", "sim"],
  guarda: ["motivo", "solta"],
  compacta: ["sim"],
};

/** Faz um deles. */
export async function tratarDeTitular(argumentos: Argumentos, palavras: readonly string[]): Promise<void> {
  const [acao = "", ...resto] = palavras;
  const suas = Object.hasOwn(OPCOES, acao) ? OPCOES[acao] : undefined;
  if (suas === undefined) throw new ErroDeUso("titular espera exporta, corrige, anonimiza, guarda ou compacta");
  aceitaSo(argumentos, [...DO_LIVRO, ...suas], `titular ${acao}`);
  if (acao === "compacta") return await compactar(argumentos, resto);
  const cpf = lerCpf(resto[0] ?? "");
  if (cpf === undefined || resto.length > 1) throw new ErroDeUso(`titular ${acao} espera um CPF, e só ele`);
  switch (acao) {
    case "exporta":
      return await exportar(argumentos, cpf);
    case "corrige":
      return await corrigir(argumentos, cpf);
    case "anonimiza":
      return await anonimizar(argumentos, cpf);
    default:
      return await guardar(argumentos, cpf);
  }
}

// ------------------------------------------------------------------------------------------------------ os atos

async function exportar(argumentos: Argumentos, cpf: string): Promise<void> {
  const banco = lerBanco(argumentos);
  // Primeiro o rasto: o que se mostra já está escrito que se mostrou.
  const { oferta } = await faz(argumentos, { ato: "EXPORTA", cpf });
  const dados = ehPostgres(banco)
    ? await (await import("../armazem/postgres_titular.ts")).dadosDoPostgres(banco, cpf)
    : dadosDoArquivo(banco, cpf);
  await registra(argumentos, {
    especie: "TITULAR EXPORTA",
    numeros: dados.agendamento.map(({ numero }) => Number(numero)),
  });
  console.log(jsonInofensivo(exportado(cpf, dados, oferta), 2));
}

async function corrigir(argumentos: Argumentos, cpf: string): Promise<void> {
  const escrito = argumentos.texto("nome");
  const nome = escrito === undefined ? undefined : lerNome(escrito);
  if (escrito !== undefined && nome === undefined) throw new ErroDeUso(`--nome espera um nome; veio "${escrito}"`);
  const email = lerContato(argumentos, "email", EMAIL);
  const telefone = lerContato(argumentos, "telefone", TELEFONE);
  if (nome === undefined && email === undefined && telefone === undefined) {
    throw new ErroDeUso("titular corrige precisa de --nome, --email ou --telefone");
  }
  const { feito } = await faz(argumentos, { ato: "RETIFICA", cpf, nome, email, telefone });
  console.log(feito === 0 ? "já estava assim; nada mudou" : `corrigido em ${linhas(feito)}`);
}

/** `nenhum` apaga. */
function lerContato(
  argumentos: Argumentos,
  nome: "email" | "telefone",
  le: typeof EMAIL,
): string | undefined {
  const escrito = argumentos.texto(nome);
  if (escrito === undefined) return undefined;
  const lido = le(escrito === "nenhum" ? "" : escrito);
  if (typeof lido === "string") return lido;
  throw new ErroDeUso(
    `--${nome} espera um ${nome === "email" ? "e-mail" : "telefone"}, ou nenhum, que apaga o que há; veio "${escrito}"`,
  );
}

async function anonimizar(argumentos: Argumentos, cpf: string): Promise<void> {
  const [forca, motivo] = [argumentos.tem("forca"), lerMotivo(argumentos)];
  if (forca !== (motivo !== undefined)) {
    throw new ErroDeUso('--forca vai com --motivo "…", e só ele; o motivo fica escrito');
  }
  const banco = lerBanco(argumentos);
  if (argumentos.tem("compacta") && ehPostgres(banco)) throw new ErroDeUso(SO_UM_ARQUIVO);
  confirma(argumentos, "O nome e o CPF não se recuperam, nem por quem tem o livro. Anonimizar?");
  const { feito, resposta: { pseudonimo, limpo } } = await faz(argumentos, { ato: "ANONIMIZA", cpf, motivo });
  console.log(`anonimizado em ${linhas(feito)}; quem era passou a ${pseudonimo}`);
  if (argumentos.tem("compacta")) await faz(argumentos, { ato: "COMPACTA" });
  console.error(["", ...oQueFalta(banco, { limpo, compactado: argumentos.tem("compacta") })].join("\n"));
}

/** O que o livro não apaga por si. */
function oQueFalta(banco: string, { limpo, compactado }: { limpo?: boolean; compactado: boolean }): string[] {
  const copias =
    "As cópias feitas antes (servidor.ts copia, pg_dump, as que ficam de uma mudança de versão, o disco todo) " +
    "ainda o têm: apague-as, ou refaça isto depois de restaurar uma.";
  if (ehPostgres(banco)) {
    return [
      "No PostgreSQL as linhas de antes ficam no arquivo até um VACUUM (ou VACUUM FULL), e no WAL dele e nas réplicas até que se reciclem.",
      copias,
    ];
  }
  return [
    ...limpo ? [] : ["Alguém lia o livro: o que se apagou sai do -wal assim que o servidor descansar."],
    ...compactado
      ? []
      : ["Um livro de antes desta versão pode ter restos em páginas livres: servidor.ts titular compacta."],
    copias,
  ];
}

async function guardar(argumentos: Argumentos, cpf: string): Promise<void> {
  const motivo = lerMotivo(argumentos);
  const solta = argumentos.tem("solta");
  await faz(argumentos, { ato: solta ? "SOLTA" : "GUARDA", cpf, motivo });
  console.log(solta ? "a guarda legal acabou" : "sob guarda legal: nada dela se anonimiza até --solta");
}

const SO_UM_ARQUIVO = "só um livro em arquivo se compacta; num PostgreSQL é o VACUUM";

async function compactar(argumentos: Argumentos, resto: readonly string[]): Promise<void> {
  if (resto.length > 0) throw new ErroDeUso("titular compacta não espera mais nada");
  if (ehPostgres(lerBanco(argumentos))) throw new ErroDeUso(SO_UM_ARQUIVO);
  confirma(
    argumentos,
    "Ninguém é atendido enquanto o arquivo se refaz, uns segundos por cem mil agendamentos. Compactar?",
  );
  await faz(argumentos, { ato: "COMPACTA" });
  console.log("o arquivo está refeito, sem nada do que se apagou");
}

function confirma(argumentos: Argumentos, pergunta: string): void {
  if (argumentos.tem("sim")) return;
  if (!Deno.stdin.isTerminal()) throw new ErroDeUso("confirme com --sim, ou peça-o num terminal");
  if (!confirm(pergunta)) throw new ErroDeUso("nada mudou");
}

function lerMotivo(argumentos: Argumentos): string | undefined {
  const escrito = argumentos.texto("motivo");
  if (escrito === undefined) return undefined;
  const motivo = livre(MOTIVO_MAXIMO)(escrito);
  if (typeof motivo === "string" && motivo !== "") return motivo;
  throw new ErroDeUso(`--motivo espera um texto de até ${MOTIVO_MAXIMO} letras`);
}

function linhas(quantas: number): string {
  return quantas === 1 ? "1 linha do livro" : `${quantas} linhas do livro`;
}

// ------------------------------------------------------------------------------------------------------ quem o faz

/** O que se fez; uma recusa é um erro, com a razão. */
async function faz(
  argumentos: Argumentos,
  pedido: PedidoDeFora,
): Promise<{ feito: number; oferta: Oferta; resposta: Exclude<Resposta, { erro: string }> }> {
  const arquivo = arquivoDaSemana(argumentos);
  const oferta = lerSemana(arquivo, await olha(arquivo));
  const resposta = await pede(argumentos, pedido, oferta);
  if ("erro" in resposta) throw new ErroDoArmazem(resposta.erro);
  if ("recusa" in resposta.titular) throw new ErroDoArmazem(razao(pedido, resposta.titular, oferta));
  // O que se mostrou diz-se com os números dele, que só quem o lê sabe.
  if (pedido.ato !== "EXPORTA") await registra(argumentos, { especie: `TITULAR ${pedido.ato}` });
  return { feito: resposta.titular.feito, oferta, resposta };
}

async function pede(argumentos: Argumentos, pedido: PedidoDeFora, oferta: Oferta): Promise<Resposta> {
  const banco = lerBanco(argumentos);
  if (ehPostgres(banco)) {
    const [{ ArmazemPostgres }, { exigeLivroEm }] = await Promise.all([
      import("../armazem/postgres.ts"),
      import("../armazem/postgres_titular.ts"),
    ]);
    await exigeLivroEm(banco);
    await using armazem = await ArmazemPostgres.abre(banco, { selo: seloDaqui(argumentos, banco) });
    return await fazAqui(pedido, armazem, oferta);
  }
  // Um livro que existe e está na versão de hoje: abri-lo para escrever criava-o, ou mudava-o de versão.
  abreParaLer(banco).close();
  try {
    await using armazem = ArmazemSqlite.abre(banco, { selo: seloDaqui(argumentos, banco) });
    return await fazAqui(pedido, armazem, oferta);
  } catch (causa) {
    if (!(causa instanceof LivroEmUso)) throw causa;
  }
  const prazo = pedido.ato === "COMPACTA" ? PRAZO.compacta : PRAZO.pedido;
  const escrita = await pedeAoServidor(banco, JSON.stringify(pedido), prazo);
  if (escrita === undefined) {
    throw new ErroDoArmazem(`${banco}: o servidor que tem o livro não respondeu; peça outra vez, que não se faz duas`);
  }
  // Escreveu-o o servidor, no mesmo arquivo.
  return JSON.parse(escrita);
}

/** Com que se sela o que este comando muda; uma chave nova fica guardada, que o livro já se sabe que existe. */
function seloDaqui(argumentos: Argumentos, banco: string): Selo {
  return seloDosComandos(abreOuFazChave(arquivosDasChaves(argumentos, banco)[0]));
}

/** Faz o que um servidor faria; espera também pelo que deu a quem esperava. */
async function fazAqui(pedido: PedidoDeFora, livro: Armazem & LivroDosTitulares, oferta: Oferta): Promise<Resposta> {
  const agenda = new Agenda({ armazem: livro, oferta, relogio: Date.now });
  const resposta = await fazDeFora(pedido, { agenda, livro });
  await agenda.esvazia();
  return resposta;
}

/** Por que não se fez, e o que fazer. */
function razao(
  { ato }: PedidoDeFora,
  recusa: Extract<FeitoPeloTitular, { recusa: unknown }>,
  { fuso }: Oferta,
): string {
  switch (recusa.recusa) {
    case "nada":
      return ato === "SOLTA" ? "não há guarda legal deste CPF" : "o livro não tem nada deste CPF";
    case "de pé": {
      const marcados = recusa.marcados.map(({ especialidade, data, hora }) =>
        `${especialidade} ${dataNoFio(data)} ${hora}`
      );
      const esperas = recusa.esperas.map(({ especialidade }) => `espera por ${especialidade}`);
      return `tem algo por vir (${inofensivo([...marcados, ...esperas].join(", "))}); ` +
        'desmarque-o primeiro, ou use --forca --motivo "…", que o desmarca';
    }
    case "prazo":
      return `guarda-se até ${
        dataNoFio(recusa.ate)
      } ("guarda" em clinica.json); antes disso, só com --forca --motivo "…"`;
    case "guarda": {
      const { motivo, desde } = recusa.guarda;
      const porque = motivo === "" ? "" : `: ${inofensivo(motivo)}`;
      return `está sob guarda legal desde ${instanteNoFio(desde, fuso)}${porque}` +
        (ato === "GUARDA" ? "" : "; --forca não passa por cima dela: titular guarda CPF --solta");
    }
  }
}

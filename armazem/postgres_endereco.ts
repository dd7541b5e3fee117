/**
 * O endereço de um banco PostgreSQL, lido como a libpq o lê: `postgres://usuario:senha@maquina:5432/banco`, com várias
 * máquinas, o que vem depois de `?` e as variáveis `PG*`.
 *
 * Não conecta nem carrega o módulo `pg`: também o usa quem só quer saber se um banco é um PostgreSQL, ou mostrá-lo.
 *
 * @module
 */

import { ErroDoArmazem } from "../clinica/livro.ts";
import { mensagem } from "../clinica/texto.ts";

/** Quanto se espera por uma conexão pronta, em ms: com a máquina desligada ninguém responde. */
const PRAZO_DE_CONEXAO = 1500;

/** Como se cifra a conexão ao banco: os nomes e o sentido são os da libpq (postgresql.org/docs/current/libpq-ssl.html). */
export type ModoDeTls = "disable" | "prefer" | "require" | "verify-ca" | "verify-full";

const MODOS_DE_TLS: readonly ModoDeTls[] = ["disable", "prefer", "require", "verify-ca", "verify-full"];

/** Uma máquina em que o banco pode estar. */
export interface Maquina {
  /** Nome, IP ou a pasta de um soquete Unix. */
  readonly host: string;
  /** A porta TCP, ou o número no nome do soquete. */
  readonly porta: number;
}

/** Onde o banco está e como entrar nele. */
export interface EnderecoDoBanco {
  /** Uma delas é o principal. */
  readonly maquinas: readonly Maquina[];
  /** O papel com que se entra. */
  readonly usuario: string;
  /** A senha dele, talvez vazia. */
  readonly senha: string;
  /** O nome do banco. */
  readonly banco: string;
  /** Como se cifra. */
  readonly tls: ModoDeTls;
  /** Os certificados em que se confia, em PEM; `undefined`: os do sistema. */
  readonly certificados: string | undefined;
  /** Quanto se espera por uma conexão pronta, em ms. */
  readonly prazoDeConexao: number;
  /** O endereço sem a senha, para o console e as mensagens. */
  readonly mostrado: string;
}

/** O valor de uma variável de ambiente, se há. */
export type Ambiente = (nome: string) => string | undefined;

/** Verdadeiro quando o banco pedido é um PostgreSQL. */
export function ehPostgres(banco: string): boolean {
  return /^postgres(ql)?:\/\//i.test(banco);
}

/** O banco pedido, sem a senha se é um PostgreSQL, para o console e as mensagens. */
export function semSenha(banco: string): string {
  return ehPostgres(banco) ? lerEndereco(banco).mostrado : banco;
}

/** As mensagens não repetem o que foi escrito: pode haver uma senha no meio. */
function ruim(razao: string): ErroDoArmazem {
  return new ErroDoArmazem(
    `o endereço do banco: ${razao}; esperava postgres://usuario:senha@maquina:5432/banco, ` +
      "com os caracteres especiais da senha escritos como %XX",
  );
}

/**
 * Lê um endereço; o que falta nele vem do `ambiente`, as variáveis do processo se não se dizem outras.
 *
 * @throws {ErroDoArmazem} se não se lê; a mensagem não repete o que foi escrito.
 */
export function lerEndereco(url: string, ambiente: Ambiente = (nome) => Deno.env.get(nome)): EnderecoDoBanco {
  const partes = /^[a-z]+:\/\/(?:(.*)@)?([^/?#@]*)(?:\/([^/?#]*))?(?:\?([^#]*))?$/i.exec(url);
  if (partes === null) throw ruim("não se lê");
  const [, acesso = "", authority, caminho = "", consulta = ""] = partes;
  const doisPontos = acesso.indexOf(":");
  const usuario = decodifica(doisPontos < 0 ? acesso : acesso.slice(0, doisPontos)) || (ambiente("PGUSER") ?? "");
  const senha = (doisPontos < 0 ? "" : decodifica(acesso.slice(doisPontos + 1))) || (ambiente("PGPASSWORD") ?? "");
  if (usuario === "") throw ruim("falta o usuário");
  const banco = decodifica(caminho) || usuario;
  const opcoes = lerOpcoes(consulta);
  const maquinas = (authority === "" ? "localhost" : authority).split(",").map(lerMaquina);
  const tls = opcoes.sslmode === undefined ? "prefer" : MODOS_DE_TLS.find((modo) => modo === opcoes.sslmode);
  if (tls === undefined) throw ruim(`sslmode é um de ${MODOS_DE_TLS.join(", ")}`);
  return {
    maquinas,
    usuario,
    senha,
    banco,
    // Como na libpq: com certificados em que confiar, `require` os confere.
    tls: tls === "require" && opcoes.sslrootcert !== undefined ? "verify-ca" : tls,
    certificados: opcoes.sslrootcert === undefined ? undefined : lerCertificados(opcoes.sslrootcert),
    prazoDeConexao: lerPrazo(opcoes.connect_timeout),
    mostrado: `postgres://${usuario}@${maquinas.map(mostraMaquina).join(",")}/${banco}`,
  };
}

const OPCOES_DO_ENDERECO = ["sslmode", "sslrootcert", "connect_timeout", "target_session_attrs"] as const;

function lerOpcoes(consulta: string): Partial<Record<typeof OPCOES_DO_ENDERECO[number], string>> {
  const opcoes: Partial<Record<typeof OPCOES_DO_ENDERECO[number], string>> = {};
  for (const par of consulta.split("&").filter((par) => par !== "")) {
    const [escrito, valor = ""] = par.split("=", 2);
    const nome = OPCOES_DO_ENDERECO.find((conhecido) => conhecido === decodifica(escrito));
    if (nome === undefined) throw ruim(`depois de "?" conhece só ${OPCOES_DO_ENDERECO.join(", ")}`);
    opcoes[nome] = decodifica(valor);
  }
  // Um servidor que não escreve não serve: o principal é sempre procurado.
  if (!["read-write", "primary", undefined].includes(opcoes.target_session_attrs)) {
    throw ruim("target_session_attrs só pode ser read-write");
  }
  return opcoes;
}

function lerMaquina(escrita: string): Maquina {
  const partes = /^(?:\[([0-9a-f:.]+)\]|([^:[\]]*))(?::(\d{1,5}))?$/i.exec(escrita);
  const porta = Number(partes?.[3] ?? 5432);
  if (partes === null || porta < 1 || porta > 65535) throw ruim("a máquina ou a porta não se lê");
  return { host: partes[1] ?? (decodifica(partes[2]) || "localhost"), porta };
}

/** A máquina como se escreve num endereço: `"10.0.0.5:5432"`, `"[::1]:5432"`. */
export function mostraMaquina({ host, porta }: Maquina): string {
  return `${host.includes(":") ? `[${host}]` : host.includes("/") ? encodeURIComponent(host) : host}:${porta}`;
}

function lerPrazo(escrito: string | undefined): number {
  if (escrito === undefined) return PRAZO_DE_CONEXAO;
  if (!/^[1-9]\d?$/.test(escrito)) throw ruim("connect_timeout é de 1 a 99 segundos");
  return Number(escrito) * 1000;
}

function lerCertificados(arquivo: string): string {
  try {
    return Deno.readTextFileSync(arquivo);
  } catch (causa) {
    throw new ErroDoArmazem(`sslrootcert: ${arquivo} não pôde ser lido (${mensagem(causa)})`, causa);
  }
}

function decodifica(escrito: string): string {
  try {
    return decodeURIComponent(escrito);
  } catch {
    throw ruim('um "%" não está seguido de dois dígitos');
  }
}

/** O que se pede ao TLS de uma conexão. */
export interface OpcoesDeTls {
  /** Falso: qualquer certificado serve. */
  rejectUnauthorized: boolean;
  /** As autoridades em que se confia, em PEM. */
  ca?: string;
  /** Para não conferir o nome da máquina. */
  checkServerIdentity?: () => undefined;
}

/** As formas de cifrar a tentar, em ordem; `false` é sem cifra. */
export function formasDeTls({ tls, certificados }: EnderecoDoBanco, { host }: Maquina): (OpcoesDeTls | false)[] {
  if (host.includes("/")) return [false];
  switch (tls) {
    case "disable":
      return [false];
    case "prefer":
      return [{ rejectUnauthorized: false }, false];
    case "require":
      return [{ rejectUnauthorized: false }];
    case "verify-ca":
      return [{ rejectUnauthorized: true, ca: certificados, checkServerIdentity: () => undefined }];
    case "verify-full":
      return [{ rejectUnauthorized: true, ca: certificados }];
  }
}

/**
 * A conexão por TLS, e que certificado se aceita: o que está em `--certificado-raiz`, ou alguém que lá está assinou para este
 * servidor; sem ele, só aquele cuja impressão alguém viu e confirmou neste terminal (`conhecidos.ts`). As autoridades públicas
 * não contam: nenhuma responde pelos endereços de uma clínica.
 *
 * O que se confere é o certificado da própria conexão por que se vai falar, antes do primeiro byte: entre uma e outra nada se
 * troca. `conexao.ts` liga por aqui; `cliente.ts` pergunta, da primeira vez.
 *
 * @module
 */

import { X509Certificate } from "node:crypto";
import { connect, type DetailedPeerCertificate, type TLSSocket } from "node:tls";
import { SoqueteTls } from "../fio/soquete_tls.ts";
import { inofensivo } from "../clinica/texto.ts";
import { guardaImpressao, impressaoDe, ListaEstragada } from "./conhecidos.ts";
import { SemConexao } from "./tubo.ts";

/** A quem se liga. */
export interface Alvo {
  /** O nome ou endereço que se pediu, que o certificado tem de trazer. */
  readonly host: string;
  /** Onde se liga, quando não é ali. */
  readonly em?: string;
  /** A porta TCP. */
  readonly porta: number;
  /** O arquivo das autoridades em que se confia, em PEM, se se deu um. */
  readonly raiz?: string;
  /** O servidor como se escreve, `"10.0.0.30:9443"`. */
  readonly servidor: string;
}

/** O certificado do servidor não se aceita; nada foi pedido. */
export class CertificadoRecusado extends SemConexao {
  /** O nome da classe. */
  override name = "CertificadoRecusado";
}

/** O certificado que um servidor mostra a quem não o conhece. */
export interface Apresentado {
  /** SHA-256, em pares de dígitos separados por dois-pontos. */
  readonly impressao: string;
  /** Já se pode confiar nele: assinou-o alguém de confiança, ou foi confirmado aqui. */
  readonly conhecido: boolean;
}

/**
 * Liga, e só devolve a conexão se o certificado se aceita.
 *
 * @throws {CertificadoRecusado} se não se aceita, ou ninguém o confirmou ainda.
 */
export async function ligaTls(alvo: Alvo, sinal: AbortSignal): Promise<SoqueteTls> {
  const soquete = await aperta(alvo, sinal);
  try {
    const { impressao, conhecido } = await examina(soquete, alvo);
    if (!conhecido) {
      throw new CertificadoRecusado(
        `ninguém confirmou ainda, neste terminal, o certificado de ${alvo.servidor} (SHA-256 ${impressao}); ` +
          "rode o cliente uma vez à mão, num terminal, ou diga --certificado-raiz ARQUIVO",
      );
    }
    return new SoqueteTls(soquete);
  } catch (causa) {
    soquete.destroy();
    throw causa;
  }
}

/**
 * Se o certificado do servidor não é conhecido, mostra-o com `pergunta`, e guarda-o se ela responde que sim.
 *
 * @throws {CertificadoRecusado} se não se aceita, ou a resposta é não.
 */
export async function confia(
  alvo: Alvo,
  { sinal, pergunta }: { sinal: AbortSignal; pergunta: (impressao: string) => boolean },
): Promise<void> {
  const soquete = await aperta(alvo, sinal);
  let visto: Apresentado;
  try {
    visto = await examina(soquete, alvo);
  } finally {
    soquete.destroy();
  }
  if (visto.conhecido) return;
  if (!pergunta(visto.impressao)) {
    throw new CertificadoRecusado(`o certificado de ${alvo.servidor} não foi confirmado`);
  }
  daLista(() => guardaImpressao(alvo.servidor.toLowerCase(), visto.impressao));
}

/** Uma conexão com o aperto de mãos feito, e o certificado ainda por examinar: só depois se sabe dizer o que tem. */
async function aperta({ host, em = host, porta, raiz, servidor }: Alvo, sinal: AbortSignal): Promise<TLSSocket> {
  const ca = raiz === undefined ? undefined : await leRaiz(raiz);
  sinal.throwIfAborted();
  const soquete = connect({
    ...{ host: em, port: porta, ca, rejectUnauthorized: false },
    // O nome vai no aperto de mãos, e é o que se confere; um endereço não pode ir.
    servername: ehIp(host) ? "" : host,
    checkServerIdentity: (_, certificado) => identidade(host, certificado.subjectaltname ?? ""),
  });
  const desiste = (): void => void soquete.destroy(new Deno.errors.ConnectionAborted("desistiu-se"));
  sinal.addEventListener("abort", desiste, { once: true });
  try {
    await new Promise<void>((resolve, reject) => {
      soquete.once("secureConnect", resolve);
      soquete.once("error", reject);
      soquete.once("close", () => reject(new Deno.errors.ConnectionReset("o servidor desligou")));
    });
  } catch (causa) {
    soquete.destroy();
    throw traduz(causa, servidor);
  } finally {
    sinal.removeEventListener("abort", desiste);
  }
  soquete.on("error", () => {});
  return soquete;
}

/** Se o certificado está na raiz, ou foi mesmo assinado, de um em um, por quem lá está. */
function foiAssinado(mostrado: DetailedPeerCertificate, raiz: string): boolean {
  const raizes = (raiz.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [])
    .map((um) => new X509Certificate(um));
  let elo: DetailedPeerCertificate | undefined = mostrado;
  // Uma cadeia é curta, e a de um certificado que se assina a si mesmo volta a ele.
  for (let elos = 0; elo?.raw !== undefined && elos < 8; elos++) {
    const este = new X509Certificate(elo.raw);
    if (raizes.some((uma) => uma.raw.equals(este.raw) || assinou(uma, este))) return true;
    const acima: DetailedPeerCertificate | undefined = elo.issuerCertificate;
    if (acima?.raw === undefined) return false;
    const deAcima = new X509Certificate(acima.raw);
    if (!deAcima.ca || !assinou(deAcima, este)) return false;
    elo = acima;
  }
  return false;
}

function assinou(quem: X509Certificate, este: X509Certificate): boolean {
  return este.checkIssued(quem) && este.verify(quem.publicKey);
}

async function leRaiz(arquivo: string): Promise<string> {
  try {
    return await Deno.readTextFile(arquivo);
  } catch (causa) {
    throw new CertificadoRecusado(`não foi possível ler ${arquivo}, de --certificado-raiz`, { cause: causa });
  }
}

/** O que se pode dizer do certificado que veio. */
async function examina(soquete: TLSSocket, { servidor, raiz }: Alvo): Promise<Apresentado> {
  const mostrado = soquete.getPeerCertificate(true);
  const { raw, fingerprint256: impressao, valid_from, valid_to } = mostrado;
  if (raw === undefined || impressao === undefined) {
    throw new CertificadoRecusado(`${servidor} não mostrou certificado nenhum`);
  }
  // De um certificado da versão 1 não se confere que o outro lado tem a chave.
  if (!ehDaVersao3(raw)) throw new CertificadoRecusado(`o certificado de ${servidor} é de uma forma que já não se usa`);
  const agora = Date.now();
  if (agora > Date.parse(valid_to)) {
    throw new CertificadoRecusado(`o certificado de ${servidor} venceu em ${dia(valid_to)}`);
  }
  if (agora < Date.parse(valid_from)) {
    throw new CertificadoRecusado(
      `o certificado de ${servidor} só vale a partir de ${dia(valid_from)}; o relógio deste terminal está certo?`,
    );
  }
  if (raiz !== undefined) {
    // O nome é o que se pediu, e quem o assinou está na raiz. O Deno aceita sem olhar a assinatura o que não consegue ler.
    if (soquete.authorized && foiAssinado(mostrado, await leRaiz(raiz))) return { impressao, conhecido: true };
    throw new CertificadoRecusado(porque(soquete.authorizationError, servidor));
  }
  const confirmada = daLista(() => impressaoDe(servidor.toLowerCase()));
  if (confirmada !== undefined && confirmada !== impressao) {
    throw new CertificadoRecusado(
      `o certificado de ${servidor} não é o que se confirmou neste terminal: ou foi trocado, ou alguém se pôs no meio. ` +
        `Veio SHA-256 ${impressao}. Se é essa a impressão que o console do servidor mostra, esqueça a de antes com ` +
        `cliente.ts ${servidor} esquece --certificado, e conecte outra vez`,
    );
  }
  return { impressao, conhecido: confirmada !== undefined };
}

/** Sem a lista dos que se confirmaram não se aceita nenhum. */
function daLista<T>(faz: () => T): T {
  try {
    return faz();
  } catch (causa) {
    if (causa instanceof ListaEstragada) throw new CertificadoRecusado(causa.message, { cause: causa });
    throw causa;
  }
}

function dia(data: string): string {
  const [ano, mes, doMes] = new Date(data).toISOString().slice(0, 10).split("-");
  return `${doMes}/${mes}/${ano}`;
}

/** A versão 3 é o primeiro campo do certificado, `[0] INTEGER 2`, depois dos dois cabeçalhos. */
function ehDaVersao3(raw: Uint8Array): boolean {
  const conteudo = (inicio: number): number => inicio + 2 + (raw[inicio + 1] > 0x7f ? raw[inicio + 1] & 0x7f : 0);
  const campo = conteudo(conteudo(0));
  return [0xa0, 3, 2, 1, 2].every((byte, i) => raw[campo + i] === byte);
}

function ehIp(host: string): boolean {
  return host.includes(":") || /^\d{1,3}(\.\d{1,3}){3}$/.test(host);
}

/** Se o certificado traz este nome ou endereço; os nomes vêm como `"DNS:a, IP Address:10.0.0.1"`. */
function identidade(host: string, nomes: string): Error | undefined {
  const traz = nomes.split(", ").some((um) => {
    const [tipo, valor = ""] = um.split(/:(.*)/s);
    if (tipo === "IP Address") return ehIp(host) && canonico(valor) === canonico(host);
    if (tipo !== "DNS" || ehIp(host)) return false;
    const [nome, pedido] = [valor.toLowerCase(), host.toLowerCase()];
    return nome === pedido || (nome.startsWith("*.") && pedido.slice(pedido.indexOf(".")) === nome.slice(1));
  });
  if (traz) return undefined;
  return Object.assign(new Error("o nome não está no certificado"), { code: "ERR_TLS_CERT_ALTNAME_INVALID" });
}

function canonico(ip: string): string {
  return ip.includes(":") ? new URL(`http://[${ip}]`).hostname : ip;
}

/** O que houve, como `conexao.ts` o sabe dizer, ou já numa frase. */
function traduz(causa: unknown, servidor: string): unknown {
  if (!(causa instanceof Error)) return causa;
  const codigo = "code" in causa ? String(causa.code) : "";
  switch (codigo) {
    case "ECONNREFUSED":
      return new Deno.errors.ConnectionRefused(causa.message, { cause: causa });
    case "ECONNRESET":
      return new Deno.errors.ConnectionReset(causa.message, { cause: causa });
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return new Error(`lookup: ${causa.message}`, { cause: causa });
    case "ERR_SSL_WRONG_VERSION_NUMBER":
      return new CertificadoRecusado(`quem atende em ${servidor} não fala TLS; sem --tls talvez atenda`, {
        cause: causa,
      });
    default:
      return causa;
  }
}

/** Por que um certificado dentro do prazo não é dos de `--certificado-raiz`. */
function porque(erro: unknown, servidor: string): string {
  const codigo = erro instanceof Error && "code" in erro ? String(erro.code) : String(erro);
  return /ALTNAME|nome/.test(codigo)
    ? `o certificado é de outro servidor: não traz o nome ou endereço de ${servidor}`
    : `o certificado de ${servidor} não é dos que estão em --certificado-raiz (${inofensivo(codigo)})`;
}

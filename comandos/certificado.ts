/**
 * `servidor.ts certificado`: um certificado que esta máquina assina por si, para atender por TLS sem depender de ninguém. Os
 * terminais mostram a impressão dele a quem os usa, uma vez, e daí em diante não aceitam outro.
 *
 * @module
 */

import { hostname } from "node:os";
import { aceitaSo, type Argumentos, ErroDeUso } from "./argumentos.ts";
import type { ParDeChaves } from "../rede/porta_tls.ts";
import type { ArquivosDoPar } from "./opcoes.ts";
import { descreve, lePar } from "./tls.ts";

/** Onde ficam, se nada se diz. */
const DE_COSTUME: ArquivosDoPar = { certificado: "certificado.pem", chave: "certificado.chave.pem" };

/** Quantos anos vale: trocá-lo é confirmar outra vez em cada terminal, e a impressão guardada não enfraquece com o tempo. */
const ANOS = 10;

/** Faz o certificado e a chave, e diz a impressão. */
export async function certificar(argumentos: Argumentos, palavras: readonly string[]): Promise<void> {
  aceitaSo(argumentos, ["certificado", "chave-privada", "nome", "substitui"], "certificado");
  if (palavras.length > 0) throw new ErroDeUso(`certificado não espera mais nada; veio "${palavras[0]}"`);
  const arquivos = {
    certificado: argumentos.texto("certificado") ?? DE_COSTUME.certificado,
    chave: argumentos.texto("chave-privada") ?? DE_COSTUME.chave,
  };
  const nomes = nomesDestaMaquina(argumentos.textos("nome"));
  const substitui = argumentos.tem("substitui");
  for (const arquivo of Object.values(arquivos)) {
    if (!substitui && existe(arquivo)) {
      throw new ErroDeUso(
        `${arquivo} já existe; --substitui troca-o, e cada terminal tem de confirmar a impressão nova`,
      );
    }
  }
  const { certificado, chave } = await fazCertificado(nomes);
  // A chave primeiro: um servidor que segue os arquivos espera que os dois se entendam.
  escreve(arquivos.chave, chave, 0o600);
  escreve(arquivos.certificado, certificado, 0o644);
  console.log(descreve(await lePar(arquivos)));
  console.error([
    `em ${arquivos.certificado}, com a chave privada em ${arquivos.chave}, que não sai desta máquina`,
    `para ${nomes.join(", ")}`,
    `O servidor: deno run -A servidor.ts --certificado ${arquivos.certificado} --chave-privada ${arquivos.chave}`,
  ].join("\n"));
}

function existe(arquivo: string): boolean {
  try {
    Deno.lstatSync(arquivo);
    return true;
  } catch {
    return false;
  }
}

/** Por inteiro ou nada, e sem que em instante algum outros a possam ler. */
function escreve(arquivo: string, texto: string, mode: number): void {
  const parcial = `${arquivo}.parcial`;
  try {
    Deno.removeSync(parcial);
  } catch {
    // Não há nenhum de antes.
  }
  Deno.writeTextFileSync(parcial, texto, { createNew: true, mode });
  Deno.renameSync(parcial, arquivo);
}

/** Por onde se chega a esta máquina: `localhost`, o nome dela, os endereços das redes em que está, e os que se deram. */
function nomesDestaMaquina(dados: readonly string[]): string[] {
  const estranho = dados.find((nome) => !/^[0-9a-z.:_-]{1,253}$/i.test(nome));
  if (estranho !== undefined) {
    throw new ErroDeUso(`--nome espera um nome de máquina ou um endereço IP; veio "${estranho}"`);
  }
  const enderecos = Deno.networkInterfaces().map(({ address }) => address.split("%")[0]);
  return [...new Set(["localhost", hostname().toLowerCase(), ...dados, ...enderecos])];
}

/** Um certificado para estes nomes e endereços, assinado por si, e a chave privada dele, em PEM; vale desde e até tanto tempo de agora. */
export async function fazCertificado(
  nomes: readonly string[],
  { desde = { days: -1 }, ate = { years: ANOS } }: { desde?: Temporal.DurationLike; ate?: Temporal.DurationLike } = {},
): Promise<ParDeChaves> {
  // Só aqui: quem atende não espera por elas; a segunda não anda sem a primeira.
  await import("reflect-metadata");
  const x509 = await import("@peculiar/x509");
  const algoritmo = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const keys = await crypto.subtle.generateKey(algoritmo, true, ["sign", "verify"]);
  const agora = Temporal.Now.zonedDateTimeISO("UTC");
  const certificado = await x509.X509CertificateGenerator.createSelfSigned({
    keys,
    signingAlgorithm: algoritmo,
    name: [{ CN: [`Clínica de Saúde em ${hostname()}`.slice(0, 64)] }],
    // Um terminal com o relógio atrasado também o aceita.
    notBefore: new Date(agora.add(desde).epochMilliseconds),
    notAfter: new Date(agora.add(ate).epochMilliseconds),
    extensions: [
      // Não é de uma autoridade: com CA:TRUE o rustls recusa-o a quem confia nele diretamente.
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(
        nomes.map((nome) => new x509.GeneralName(ehIp(nome) ? "ip" : "dns", nome)),
      ),
    ],
  });
  const chave = await crypto.subtle.exportKey("pkcs8", keys.privateKey);
  return {
    certificado: certificado.toString("pem") + "\n",
    chave: x509.PemConverter.encode(chave, "PRIVATE KEY") + "\n",
  };
}

function ehIp(nome: string): boolean {
  return nome.includes(":") || /^\d{1,3}(\.\d{1,3}){3}$/.test(nome);
}

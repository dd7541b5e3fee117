/**
 * O segundo fator: os códigos que um aplicativo mostra a cada 30 s (TOTP, RFC 6238), e os de recuperação, para quem o perdeu.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { Secret, TOTP } from "otpauth";
import { BYTES_DO_CODIGO, escreveCodigo } from "../clinica/agendamento.ts";

/** Bytes de um segredo: os que a RFC 4226 recomenda. */
const BYTES_DO_SEGREDO = 20;

/** Segundos de um passo, algarismos de um código, e passos para cada lado em que ainda serve: o relógio do telefone erra. */
const PERIODO = 30;
const ALGARISMOS = 6;
const JANELA = 1;

/** Códigos de recuperação que se dão de uma vez. */
const DADOS = 10;

/** Cada um são dois de oito caracteres da base 32 de Crockford, 80 bits: um resumo sem sal não se desfaz. */
const PARTES = 2;

/** Um segredo novo, em base 32. */
export function novoSegredoDoTotp(): string {
  return new Secret({ size: BYTES_DO_SEGREDO }).base32;
}

/**
 * O que o QR diz ao aplicativo (Key Uri Format). Sem o que é de costume: assim cabe num QR que se vê inteiro num terminal de
 * 24 linhas.
 */
export function uriDoTotp(segredo: string, { clinica, quem }: { clinica: string; quem: string }): string {
  // Um nome longo também não cabia na tela do telefone.
  const emissor = encodeURIComponent(clinica.replaceAll(":", " ").slice(0, 24).trim());
  return `otpauth://totp/${emissor}:${encodeURIComponent(quem)}?secret=${segredo}`;
}

/** O passo de que é um código num instante, em ms; nada, se não é de nenhum dos que servem. A comparação não conta quanto acertou. */
export function passoDoCodigo(segredo: string, codigo: string, agora: number): number | undefined {
  const totp = new TOTP({ secret: Secret.fromBase32(segredo), period: PERIODO, digits: ALGARISMOS });
  const token = codigo.slice(0, 20).replace(/\s/g, "");
  const delta = totp.validate({ token, timestamp: agora, window: JANELA });
  return delta === null ? undefined : Math.floor(agora / (PERIODO * 1000)) + delta;
}

/** Um código de uma só vez, como se escreve (`"ABCD-EFGH-JKMN-PQRS"`). */
export function novoCodigo(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(PARTES * BYTES_DO_CODIGO));
  const partes = Array.from({ length: PARTES }, (_, i) => escreveCodigo(bytes, i * BYTES_DO_CODIGO));
  return partes.join("").match(/.{4}/g)?.join("-") ?? "";
}

/** Códigos de recuperação novos. */
export function novosCodigos(): string[] {
  return Array.from({ length: DADOS }, novoCodigo);
}

/** O resumo de um código de uma só vez, lido como os outros códigos: sem caixa nem hifens, O por 0, I e L por 1. */
export function resumoDoCodigo(escrito: string): string {
  const codigo = escrito.slice(0, 100).replace(/[\s-]/g, "").toUpperCase().replaceAll("O", "0").replace(/[IL]/g, "1");
  return createHash("sha256").update(codigo).digest("hex");
}

/** Os resumos que ficam depois de se usar um código; nada, se não é de nenhum. */
export function usaCodigo(escrito: string, resumos: readonly string[]): readonly string[] | undefined {
  const resumo = resumoDoCodigo(escrito);
  // Quanto demora comparar resumos nada diz dos códigos.
  return resumos.includes(resumo) ? resumos.filter((um) => um !== resumo) : undefined;
}

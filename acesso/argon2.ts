/**
 * O resumo de uma frase-senha, por Argon2id, como se guarda: com o sal e os parâmetros ao lado (formato PHC), para que se
 * confira um de antes e se refaça com os de hoje. O WebCrypto do Deno calcula-o noutra thread.
 *
 * @module
 */

import { timingSafeEqual } from "node:crypto";

declare global {
  /** O que o Deno tem e os tipos dele ainda não (medido no 2.9.6). */
  interface SubtleCrypto {
    /** A frase-senha, para `deriveBits`. */
    importKey(
      formato: "raw-secret",
      segredo: Uint8Array<ArrayBuffer>,
      algoritmo: "Argon2id",
      extrai: false,
      usos: ["deriveBits"],
    ): Promise<CryptoKey>;
    /** O resumo dela. */
    deriveBits(parametros: ParametrosDoDeno, frase: CryptoKey, bits: number): Promise<ArrayBuffer>;
  }
}

interface ParametrosDoDeno {
  readonly name: "Argon2id";
  readonly nonce: Uint8Array<ArrayBuffer>;
  readonly memory: number;
  readonly passes: number;
  readonly parallelism: number;
}

/** Quanto custa um resumo. */
export interface Parametros {
  /** Memória, em KiB. */
  readonly m: number;
  /** Passagens. */
  readonly t: number;
  /** Faixas. */
  readonly p: number;
}

/**
 * Os que a OWASP recomenda hoje em primeiro lugar (Password Storage Cheat Sheet): 19 MiB, duas passagens, uma faixa. São 66 ms
 * cada, medidos; o outro conjunto que ela dá por igual e pede mais memória, 46 MiB, pesava aqui com vários ao mesmo tempo.
 */
export const PARAMETROS: Parametros = { m: 19456, t: 2, p: 1 };

/** Bytes do sal e do resumo: os que a RFC 9106 recomenda. */
const SAL = 16;
const RESUMO = 32;

/** O que se aceita de um resumo guardado: um livro estragado não toma a memória da máquina. */
const TETO: Parametros = { m: 1 << 18, t: 16, p: 4 };

/** O resumo de uma frase-senha, com um sal novo, para guardar. */
export async function resume(frase: string, parametros: Parametros = PARAMETROS): Promise<string> {
  const sal = crypto.getRandomValues(new Uint8Array(SAL));
  return escreve(parametros, sal, await calcula(frase, sal, parametros));
}

/** O resumo de nenhuma frase-senha, do mesmo custo: confere-se com ele quem não existe. */
export function postico(parametros: Parametros = PARAMETROS): string {
  const acaso = (bytes: number): Uint8Array => crypto.getRandomValues(new Uint8Array(bytes));
  return escreve(parametros, acaso(SAL), acaso(RESUMO));
}

/**
 * Verdadeiro se é a frase-senha do resumo, em tempo que não depende de quanto dele coincide.
 *
 * @throws {TypeError} se o resumo guardado não é um.
 */
export async function confere(frase: string, guardado: string): Promise<boolean> {
  const { parametros, sal, resumo } = le(guardado);
  return timingSafeEqual(await calcula(frase, sal, parametros), resumo);
}

/** Verdadeiro se o resumo guardado se fez com outros parâmetros. */
export function mudou(guardado: string, { m, t, p }: Parametros = PARAMETROS): boolean {
  const { parametros } = le(guardado);
  return parametros.m !== m || parametros.t !== t || parametros.p !== p;
}

async function calcula(frase: string, nonce: Uint8Array<ArrayBuffer>, { m, t, p }: Parametros): Promise<Uint8Array> {
  const segredo = new TextEncoder().encode(frase);
  const chave = await crypto.subtle.importKey("raw-secret", segredo, "Argon2id", false, ["deriveBits"]);
  const como: ParametrosDoDeno = { name: "Argon2id", nonce, memory: m, passes: t, parallelism: p };
  return new Uint8Array(await crypto.subtle.deriveBits(como, chave, 8 * RESUMO));
}

const SEM_IGUAIS = { alphabet: "base64", omitPadding: true } as const;

function escreve({ m, t, p }: Parametros, sal: Uint8Array, resumo: Uint8Array): string {
  return `$argon2id$v=19$m=${m},t=${t},p=${p}$${sal.toBase64(SEM_IGUAIS)}$${resumo.toBase64(SEM_IGUAIS)}`;
}

const FORMA = /^\$argon2id\$v=19\$m=(\d{1,9}),t=(\d{1,9}),p=(\d{1,9})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

function le(
  guardado: string,
): { readonly parametros: Parametros; readonly sal: Uint8Array<ArrayBuffer>; readonly resumo: Uint8Array } {
  const [, m, t, p, sal, resumo] = FORMA.exec(guardado) ?? [];
  const parametros = { m: Number(m), t: Number(t), p: Number(p) };
  const cabe = parametros.m <= TETO.m && parametros.t <= TETO.t && parametros.p <= TETO.p;
  // O resumo guardado não vai na mensagem: quem o tivesse podia tentar adivinhar a frase-senha à vontade.
  if (!cabe) {
    throw new TypeError("o livro tem um resumo de frase-senha que não se lê; mude-a com servidor.ts pessoa senha");
  }
  return { parametros, sal: Uint8Array.fromBase64(sal), resumo: Uint8Array.fromBase64(resumo) };
}

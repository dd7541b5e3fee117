/**
 * Os arquivos das páginas (`web/navegador/`): o estilo como está, e os scripts em TypeScript sem os tipos, que o navegador não
 * entende. Servem-se por um nome que tem a impressão do que contêm, e assim guardam-se para sempre no navegador.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { stripTypeScriptTypes } from "node:module";
import { gzipSync } from "node:zlib";

/** Um arquivo pronto a servir. */
interface Arquivo {
  readonly tipo: string;
  readonly claro: Uint8Array<ArrayBuffer>;
  readonly comprimido: Uint8Array<ArrayBuffer>;
}

/** O nome de um arquivo das páginas, como está no repositório. */
export type NomeDeArquivo =
  | "estilo.css"
  | "paciente.css"
  | "painel.css"
  | "agendamento.ts"
  | "entrar.css"
  | "painel.ts"
  | "fluxo.ts"
  | "dia.css"
  | "dia_lado.ts"
  | "dia.ts"
  | "dia_vivo.ts"
  | "tv.css"
  | "tv.ts";

/** Pela ordem em que se leem: um script importa os de antes. */
const NOMES: readonly NomeDeArquivo[] = [
  "estilo.css",
  "paciente.css",
  "painel.css",
  "agendamento.ts",
  "entrar.css",
  "painel.ts",
  "dia.css",
  "fluxo.ts",
  "dia_lado.ts",
  "dia.ts",
  "dia_vivo.ts",
  "tv.css",
  "tv.ts",
];

/** Por quanto tempo o navegador o guarda: um ano, e nem pergunta se mudou. */
const PARA_SEMPRE = "public, max-age=31536000, immutable";

/** Os arquivos das páginas. */
export class Arquivos {
  #porEndereco = new Map<string, Arquivo>();
  #enderecos: ReadonlyMap<string, string>;

  private constructor(lidos: readonly (readonly [NomeDeArquivo, string])[]) {
    const feitos = new Map<string, string>();
    for (const [nome, texto] of lidos) {
      const script = nome.endsWith(".ts");
      const feito = script ? comEnderecos(stripTypeScriptTypes(texto), feitos) : texto;
      const impressao = createHash("sha256").update(feito).digest("base64url").slice(0, 12);
      const endereco = `/arquivos/${nome.replace(/\.(ts|css)$/, `.${impressao}.${script ? "js" : "css"}`)}`;
      const claro = new TextEncoder().encode(feito);
      this.#porEndereco.set(endereco, {
        tipo: script ? "text/javascript; charset=utf-8" : "text/css; charset=utf-8",
        claro,
        comprimido: new Uint8Array(gzipSync(claro, { level: 9 })),
      });
      feitos.set(nome, endereco);
    }
    this.#enderecos = feitos;
  }

  /** Lê-os. */
  static async le(): Promise<Arquivos> {
    return new Arquivos(
      await Promise.all(
        NOMES.map(async (nome) =>
          [nome, await Deno.readTextFile(new URL(`navegador/${nome}`, import.meta.url))] as const
        ),
      ),
    );
  }

  /** O endereço de um. */
  endereco(nome: NomeDeArquivo): string {
    return this.#enderecos.get(nome) ?? "";
  }

  /** O que se responde a quem pede um endereço; nada, se não é o de um deles. */
  responde(endereco: string, aceita: string | null): Response | undefined {
    const arquivo = this.#porEndereco.get(endereco);
    if (arquivo === undefined) return undefined;
    const comprime = aceitaGzip(aceita);
    return new Response(comprime ? arquivo.comprimido : arquivo.claro, {
      headers: {
        "content-type": arquivo.tipo,
        "cache-control": PARA_SEMPRE,
        "x-content-type-options": "nosniff",
        vary: "accept-encoding",
        ...comprime ? { "content-encoding": "gzip" } : {},
      },
    });
  }
}

/** O script com os endereços do que importa. */
function comEnderecos(codigo: string, feitos: ReadonlyMap<string, string>): string {
  return codigo.replace(/(\bfrom\s*)"\.\/([\w.]+)"/g, (_, de, nome) => `${de}"${feitos.get(nome)}"`);
}

/** Se quem pede entende gzip. */
export function aceitaGzip(aceita: string | null): boolean {
  return aceita !== null && /(^|[\s,])gzip(?!\s*;\s*q=0(\.0*)?\s*(,|$))/.test(aceita);
}

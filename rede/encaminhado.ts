/**
 * De quem é um pedido HTTP que vem por um intermediário: o que `Forwarded` (RFC 7239) ou `X-Forwarded-For` dizem, e só se quem o
 * traz é de confiança (`--confia-no-proxy`). Puro; usam-no as faces que falam HTTP.
 *
 * Cada intermediário acrescenta, à direita, de quem recebeu o pedido; o que está à esquerda do último de confiança escreveu-o quem
 * quis. Por isso se lê da direita, e vale o primeiro que não é de confiança.
 *
 * @module
 */

import { canonico } from "../clinica/endereco.ts";

/** Os cabeçalhos, como vieram; vários do mesmo nome, por ordem e com vírgulas entre eles, como `Headers` os dá. */
export interface Encaminhado {
  /** `Forwarded`. */
  readonly forwarded: string | null;
  /** `X-Forwarded-For`. */
  readonly xForwardedFor: string | null;
}

/**
 * O endereço de quem pede, na forma de `canonico`. O de quem ligou, se não é de confiança ou não traz nada que se entenda; e
 * também se os dois cabeçalhos vêm e não concordam: o intermediário escreve um, e o outro deixou-o passar.
 */
export function enderecoDe(
  ligado: string,
  { forwarded, xForwardedFor }: Encaminhado,
  confiados: ReadonlySet<string> = new Set(),
): string {
  const daqui = canonico(ligado) ?? ligado;
  if (!confiados.has(daqui)) return daqui;
  const ultimo = (daDireita: readonly (string | undefined)[]): string => ultimoSalto(daDireita, confiados, daqui);
  const ditos = [
    ...forwarded === null ? [] : [ultimo(partes(forwarded).map(noDe))],
    ...xForwardedFor === null ? [] : [ultimo(xForwardedFor.split(",").reverse().map(enderecoEm))],
  ];
  return ditos.every((dito) => dito === ditos[0]) ? ditos[0] ?? daqui : daqui;
}

/** O primeiro que não é de confiança; o último que o é, se os há só desses ou o seguinte não se entende. */
function ultimoSalto(
  daDireita: readonly (string | undefined)[],
  confiados: ReadonlySet<string>,
  daqui: string,
): string {
  let ultimo = daqui;
  for (const salto of daDireita) {
    if (salto === undefined) return ultimo;
    if (!confiados.has(salto)) return salto;
    ultimo = salto;
  }
  return ultimo;
}

/** Os elementos de `Forwarded`, da direita para a esquerda: umas aspas por fechar à esquerda não estragam o que vem depois. */
function partes(texto: string): string[] {
  const lidas: string[] = [];
  let [fim, entreAspas] = [texto.length, false];
  for (let i = texto.length - 1; i >= 0; i--) {
    if (texto[i] === '"') entreAspas = !entreAspas;
    else if (texto[i] === "," && !entreAspas) {
      lidas.push(texto.slice(i + 1, fim));
      fim = i;
    }
  }
  return [...lidas, texto.slice(0, fim)];
}

/** O endereço do `for` de um elemento; nenhum se o elemento, que é `nome=valor` separados por `;`, não está bem escrito. */
function noDe(elemento: string): string | undefined {
  const parametros = [...elemento.matchAll(/\s*([^\s=;"]+)=("[^"\\]*"|[^\s;"]*)\s*(?:;|$)/gy)];
  const inteiro = parametros.map(([parametro]) => parametro).join("") === elemento;
  const [no, outro] = parametros.filter(([, nome]) => nome.toLowerCase() === "for");
  return inteiro && no !== undefined && outro === undefined ? enderecoEm(no[2].replaceAll('"', "")) : undefined;
}

/** `"10.0.0.7"`, `"10.0.0.7:80"`, `"[::1]"`, `"[::1]:80"` ou `"::1"`; `unknown` e os nomes escondidos não dizem nada. */
function enderecoEm(texto: string): string | undefined {
  const escrito = texto.trim();
  // Quase sempre é só ele.
  const um = canonico(escrito);
  if (um !== undefined) return um;
  const [, v6, v4] = /^(?:\[([^\]]*)\](?::\w+)?|([\d.]+):\w+)$/.exec(escrito) ?? [];
  return canonico(v6 ?? v4 ?? "");
}

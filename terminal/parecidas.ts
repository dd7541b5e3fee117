/**
 * O que alguém quis escrever, entre as palavras que há: um comando, uma opção, o nome de um profissional.
 *
 * @module
 */

/** A quantas letras de uma palavra outra ainda é ela, mal escrita. */
export const LETRAS_DE_ENGANO = 2;

/** A mais parecida com a palavra, e a quantas letras está dela; ao menos uma candidata. */
export function maisPerto(palavra: string, candidatas: readonly string[]): { palavra: string; distancia: number } {
  return candidatas
    .map((candidata) => ({ palavra: candidata, distancia: distancia(palavra, candidata) }))
    .reduce((melhor, outra) => outra.distancia < melhor.distancia ? outra : melhor);
}

/** Distância de Levenshtein: quantas letras pôr, tirar ou trocar para ir de uma palavra à outra. */
function distancia(a: string, b: string): number {
  let linha = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const nova = [i];
    for (let j = 1; j <= b.length; j++) {
      nova.push(Math.min(nova[j - 1] + 1, linha[j] + 1, linha[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    linha = nova;
  }
  return linha[b.length];
}

/**
 * O gráfico do README: pedidos por segundo e p99 contra o número de conexões, um painel por carga. Chamado por
 * `bench.ts`.
 *
 * @module
 */

import type { Colocado } from "./medidor.ts";

const CORES: Record<string, string> = { servidor: "#0b6e4f", eco: "#8a8f98", redis: "#c0392b", postgres: "#2c5aa0" };

const LARGURA = 380;
const ALTURA = 230;
const MARGEM = { esquerda: 64, direita: 86, topo: 40, base: 40 };

interface Ponto {
  x: number;
  y: number;
}

interface Painel {
  titulo: string;
  series: Map<string, Ponto[]>;
}

/** Desenha os resultados de um pedido por vez (`emVoo` 1) como um documento SVG. */
export function desenha(resultados: readonly Colocado[]): string {
  const um = resultados.filter(({ nivel }) => nivel.emVoo === 1);
  const cargas = [...new Set(um.map(({ carga }) => carga))];
  const nomes = {
    busca: "consultas",
    par: "marcar e desmarcar, com fsync",
    misto: "90 % consultas, 10 % pares",
    vagas: "todas as vagas",
    move: "mover",
    lista: "lista de um dia",
    promove: "desmarcar o que alguém espera",
  };
  const paineis = cargas.flatMap((carga) => {
    const seus = um.filter((resultado) => resultado.carga === carga);
    return [
      painel(`${nomes[carga]}: pedidos/s`, seus, ({ porSegundo }) => porSegundo[0]),
      painel(`${nomes[carga]}: p99, ms`, seus, ({ p99 }) => p99),
    ];
  });
  const largura = 2 * LARGURA;
  const altura = Math.ceil(paineis.length / 2) * ALTURA;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${largura} ${altura}" font-family="sans-serif" font-size="11">`,
    `<rect width="${largura}" height="${altura}" fill="white"/>`,
    ...paineis.map((um, i) =>
      `<g transform="translate(${(i % 2) * LARGURA} ${Math.floor(i / 2) * ALTURA})">${desenhaPainel(um)}</g>`
    ),
    "</svg>\n",
  ].join("\n");
}

function painel(titulo: string, resultados: readonly Colocado[], valor: (resultado: Colocado) => number): Painel {
  const series = new Map<string, Ponto[]>();
  for (const resultado of resultados) {
    const pontos = series.get(resultado.concorrente) ?? [];
    pontos.push({ x: resultado.nivel.conexoes, y: valor(resultado) });
    series.set(resultado.concorrente, pontos);
  }
  return { titulo, series };
}

/** Os dois eixos são logarítmicos: a mesma distância é a mesma razão. */
function desenhaPainel({ titulo, series }: Painel): string {
  const pontos = [...series.values()].flat();
  const xs = [...new Set(pontos.map(({ x }) => x))];
  const [menor, maior] = [Math.min(...pontos.map(({ y }) => y)), Math.max(...pontos.map(({ y }) => y))];
  const [base, topo] = [Math.floor(Math.log10(menor)), Math.ceil(Math.log10(maior))];
  const escala = (v: number, [de, ate]: number[], [a, b]: number[]): number => a + (v - de) / (ate - de || 1) * (b - a);
  const dominioX = [Math.log10(Math.min(...xs)), Math.log10(Math.max(...xs))];
  const px = (x: number): number => escala(Math.log10(x), dominioX, [MARGEM.esquerda, LARGURA - MARGEM.direita]);
  const py = (y: number): number => escala(Math.log10(y), [base, topo], [ALTURA - MARGEM.base, MARGEM.topo]);
  const partes = [`<text x="${MARGEM.esquerda}" y="20" font-size="13" fill="#222">${titulo}</text>`];
  for (let potencia = base; potencia <= topo; potencia++) {
    const y = py(10 ** potencia).toFixed(1);
    partes.push(
      `<line x1="${MARGEM.esquerda}" x2="${LARGURA - MARGEM.direita}" y1="${y}" y2="${y}" stroke="#e3e5e8"/>`,
      `<text x="${MARGEM.esquerda - 8}" y="${y}" dy="4" text-anchor="end" fill="#555">${rotulo(10 ** potencia)}</text>`,
    );
  }
  for (const x of xs) {
    partes.push(
      `<text x="${px(x).toFixed(1)}" y="${ALTURA - MARGEM.base + 18}" text-anchor="middle" fill="#555">${x}</text>`,
    );
  }
  partes.push(
    `<text x="${(MARGEM.esquerda + LARGURA - MARGEM.direita) / 2}" y="${
      ALTURA - 6
    }" text-anchor="middle" fill="#555">conexões</text>`,
  );
  const nomes = [...series].map(([nome, seus]) => ({ nome, y: py(seus[seus.length - 1].y) })).sort((a, b) => a.y - b.y);
  // Rótulos à direita da última medida, afastados o bastante para se lerem.
  for (let i = 1; i < nomes.length; i++) nomes[i].y = Math.max(nomes[i].y, nomes[i - 1].y + 13);
  for (const [nome, seus] of series) {
    const cor = CORES[nome] ?? "#444";
    const caminho = seus.map(({ x, y }) => `${px(x).toFixed(1)},${py(y).toFixed(1)}`).join(" ");
    partes.push(`<polyline points="${caminho}" fill="none" stroke="${cor}" stroke-width="2"/>`);
    for (const { x, y } of seus) {
      partes.push(`<circle cx="${px(x).toFixed(1)}" cy="${py(y).toFixed(1)}" r="3" fill="${cor}"/>`);
    }
  }
  for (const { nome, y } of nomes) {
    partes.push(
      `<text x="${LARGURA - MARGEM.direita + 10}" y="${y.toFixed(1)}" dy="4" fill="${
        CORES[nome] ?? "#444"
      }">${nome}</text>`,
    );
  }
  return partes.join("");
}

function rotulo(valor: number): string {
  return valor >= 1000 ? `${(valor / 1000).toLocaleString("pt-BR")} mil` : valor.toLocaleString("pt-BR");
}

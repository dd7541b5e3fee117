/**
 * O que custa entrar com uma frase-senha: errar a de uma pessoa que existe, com segundo fator ou sem ele, ao lado da de uma que
 * não existe; e quanto o laço de eventos espera entretanto. `extras.ts` o chama; sozinho, com mais vezes, escreve a tabela:
 *
 *     deno run -A bench/pessoas.ts
 *
 * @module
 */

import { resume } from "../acesso/argon2.ts";
import { Portaria } from "../acesso/portaria.ts";
import { novoSegredoDoTotp } from "../acesso/segundo_fator.ts";
import { ArmazemSqlite } from "../armazem/sqlite.ts";
import { type Extra, mediana } from "./medidor.ts";

/** Entre uma vez que se olha o laço de eventos e a seguinte, em ms. */
const ENTRE_OLHADAS = 5;

const UM_DIA = 24 * 60 * 60 * 1000;

/** Quem se diz ser: as que existem, e duas que não. */
const QUEM = ["ana@clinica", "bia@clinica", "zoe@clinica", "ze@clinica"];

/** As medidas, num livro seu; cada uma em `vezes`. */
export async function dasPessoas(pasta: string, vezes: number): Promise<Extra[]> {
  await using armazem = ArmazemSqlite.abre(`${pasta}/pessoas.db`);
  const { pessoas } = armazem;
  for (const quem of QUEM.slice(0, 2)) {
    const resumo = await resume(`a frase-senha de ${quem}`);
    await pessoas.cria({
      quem,
      nome: quem,
      papel: "balcao",
      profissional: "",
      resumo,
      criadaEm: "2026-01-01T00:00:00Z",
    });
  }
  const [, bia] = await pessoas.todas();
  await pessoas.muda({ ...bia, versao: 2, totp: novoSegredoDoTotp() });
  // Um dia entre uma tentativa e a seguinte: nenhuma espera.
  let agora = Date.parse("2026-01-01T00:00:00Z");
  const portaria = await Portaria.abre({ livro: pessoas, relogio: () => agora });
  const tempos = new Map(QUEM.map((quem) => [quem, [] as number[]]));
  const laco = olhaOLaco();
  for (let i = 0; i < vezes * QUEM.length; i++) {
    agora += UM_DIA;
    // Cada volta começa por outra, para que a ordem não pese.
    const quem = QUEM[(i + Math.floor(i / QUEM.length)) % QUEM.length];
    const comeco = performance.now();
    const { tipo } = await portaria.entra({ quem, frase: "não é nenhuma delas", totp: "000000", endereco: "10.0.0.7" });
    tempos.get(quem)?.push(performance.now() - comeco);
    if (tipo !== "recusada") throw new Error(`esperava uma recusa, e veio ${tipo}`);
  }
  const atrasos = laco();
  const medianas = QUEM.map((quem) => mediana(tempos.get(quem) ?? []));
  return [
    {
      medida: `errar a frase-senha de quem existe, com TOTP, e de duas que não existem; mediana de ${vezes}`,
      valor: `${medianas.map((uma) => uma.toFixed(2)).join(", ")} ms`,
      meta: "a menos de 1 ms",
    },
    {
      medida: "o laço de eventos enquanto se confere uma frase-senha, p99 do que espera",
      valor: `${atrasos.sort((a, b) => a - b)[Math.floor(atrasos.length * 0.99)].toFixed(1)} ms`,
      meta: "",
    },
  ];
}

/** Começa a olhar quanto o laço de eventos se atrasa; devolve o que acaba, e dá os atrasos, em ms. */
function olhaOLaco(): () => number[] {
  const atrasos: number[] = [];
  let esperado = performance.now() + ENTRE_OLHADAS;
  const alarme = setInterval(() => {
    atrasos.push(Math.max(0, performance.now() - esperado));
    esperado = performance.now() + ENTRE_OLHADAS;
  }, ENTRE_OLHADAS);
  return () => {
    clearInterval(alarme);
    return atrasos;
  };
}

if (import.meta.main) {
  const pasta = Deno.makeTempDirSync({ prefix: "clinica-" });
  try {
    for (const { medida, valor, meta } of await dasPessoas(pasta, 1000)) console.log(`${medida}: ${valor}  ${meta}`);
  } finally {
    Deno.removeSync(pasta, { recursive: true });
  }
}

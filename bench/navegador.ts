/**
 * O que se espera diante de um navegador numa máquina lenta: um Chromium com a CPU a um quarto. O dia do balcão e a lista de dias até
 * se ver alguma coisa, sem nada guardado de antes, e um ato do balcão até se ver feito. `paginas.ts` chama-o; sozinho, escreve a tabela:
 *
 *     deno run -A bench/navegador.ts
 *
 * @module
 */

import { delay } from "@std/async";
import { haNavegador, Navegador, type PaginaAberta } from "../testes/navegador.ts";
import { type Balcao, comBalcao, MARCADOS } from "./balcao.ts";
import { type Extra, mediana, quantil } from "./medidor.ts";

/** Quantas vezes mais devagar. */
const LENTIDAO = 4;

/** Vezes que se mede cada coisa, depois de uma que não conta. */
const VEZES = 20;

/** Entre um ato e o seguinte, em ms: o que o fluxo traz de um não pesa no outro. */
const ENTRE_ATOS = 500;

const ONDE = `num Chromium com a CPU a 1/${LENTIDAO}`;

/** Mede-as, onde há um navegador; onde não há, di-lo. */
export async function noNavegador({ web, cookies: [cookie], caminho }: Balcao): Promise<Extra[]> {
  if (!haNavegador()) return [{ medida: ONDE, valor: "não se mediu: falta o chromium", meta: "" }];
  const casa = `http://localhost:${web}`;
  await using navegador = await Navegador.abre(casa);
  const { pagina } = await navegador.janela();
  const [name, value] = cookie.split("=");
  await pagina.browserContext().setCookie({ name, value, domain: "localhost", path: "/" });
  await pagina.setCacheEnabled(false);
  await pagina.emulateCPUThrottling(LENTIDAO);
  const listaDeDias = `${casa}/marcar?especialidade=CLINICO+GERAL&profissional=`;
  const [doDia, daLista] = [await vistas(pagina, casa + caminho), await vistas(pagina, listaDeDias)];
  const feitos = await atos(pagina, casa + caminho);
  return [
    {
      medida: `/painel, um dia com ${MARCADOS} marcados, ${ONDE}: até se ver alguma coisa`,
      valor: resume(doDia),
      meta: "≤ 800 ms",
    },
    { medida: "/marcar, a lista de dias, o mesmo", valor: resume(daLista), meta: "" },
    {
      medida: "um ato nesse dia: da tecla até se ver que se está a fazer",
      valor: resume(feitos.map(({ visto }) => visto)),
      meta: "≤ 100 ms",
    },
    { medida: "o mesmo, até se ver feito", valor: resume(feitos.map(({ feito }) => feito)), meta: "" },
  ];
}

function resume(medidas: readonly number[]): string {
  return `mediana ${Math.round(mediana(medidas))} ms; p95 ${Math.round(quantil(medidas, 0.95))} ms`;
}

/** Até ao primeiro conteúdo que se pinta (First Contentful Paint), desde que se pede a página, em ms; a primeira vez não conta. */
async function vistas(pagina: PaginaAberta, endereco: string): Promise<number[]> {
  const medidas: number[] = [];
  for (let vez = 0; vez <= VEZES; vez++) {
    const resposta = await pagina.goto(endereco, { waitUntil: "load" });
    if (resposta?.status() !== 200) throw new Error(`${endereco}: ${resposta?.status()}`);
    const achada = await pagina.waitForFunction("performance.getEntriesByName('first-contentful-paint')[0]?.startTime");
    medidas.push(Number(await achada.jsonValue()));
  }
  return medidas.slice(1);
}

/** Quanto leva um ato, em ms desde a tecla. */
interface Ato {
  /** Até que o agendamento se pinte como quem está a ser mudado. */
  readonly visto: number;
  /** Até que se pinte já mudado. */
  readonly feito: number;
}

/** Confirma, um a um, os primeiros do dia; a primeira vez não conta. */
async function atos(pagina: PaginaAberta, endereco: string): Promise<Ato[]> {
  await pagina.goto(endereco, { waitUntil: "load" });
  const ids = await pagina.$$eval("#rolo .marcado", (todos) => todos.map(({ id }) => id));
  const medidos: Ato[] = [];
  for (const id of ids.slice(0, VEZES + 1)) {
    await pagina.focus(`#${id}`);
    await pagina.evaluate(vigia(id));
    await pagina.keyboard.press("o");
    const [visto, feito]: unknown[] = JSON.parse(String(await pagina.evaluate("globalThis.ato")));
    medidos.push({ visto: Number(visto), feito: Number(feito) });
    await delay(ENTRE_ATOS);
  }
  return medidos.slice(1);
}

/** Corre na página: `ato` dá os dois tempos de um, em JSON, quando a versão do agendamento for outra. */
function vigia(id: string): string {
  return `{
    const um = () => document.getElementById("${id}");
    const antes = um().dataset.versao;
    globalThis.ato = new Promise((diz) => {
      addEventListener("keydown", ({ timeStamp }) => {
        // Já pintado: a tarefa que se segue ao quadro.
        const pintado = () => new Promise((segue) => requestAnimationFrame(() => setTimeout(segue)))
          .then(() => performance.now() - timeStamp);
        let visto;
        const olho = new MutationObserver(() => {
          if (um().matches("[aria-busy]")) visto ??= pintado();
          if (um().dataset.versao === antes) return;
          olho.disconnect();
          Promise.all([visto, pintado()]).then((tempos) => diz(JSON.stringify(tempos)));
        });
        olho.observe(document.getElementById("rolo"), { subtree: true, childList: true, attributes: true });
      }, { capture: true, once: true });
    });
    // Senão esperava-se já por ela.
    undefined;
  }`;
}

if (import.meta.main) {
  const pasta = await Deno.makeTempDir({ prefix: "clinica-bench-" });
  try {
    for (const { medida, valor, meta } of await comBalcao(pasta, noNavegador)) {
      console.log(`${medida}\n  ${valor}  [${meta}]`);
    }
  } finally {
    await Deno.remove(pasta, { recursive: true });
  }
}

/**
 * O dia do balcão, ao vivo: troca na página só o que mudou no livro, e nunca o que alguém está a escrever ou tem na mão; diz
 * quando se perde a ligação; e faz andar o relógio. O que se faz com as teclas e o rato está em `dia.ts`, que lhe fala por
 * eventos no próprio elemento do dia: `troca` (o que um ato mudou), `inteira` (é preciso a página toda), `trocado` (já está).
 *
 * @module
 */

/// <reference lib="dom" />

import { segueFluxo } from "./fluxo.ts";

/** O que se troca. */
interface Troca {
  readonly inteira?: boolean;
  readonly estrutura: string;
  readonly celulas: Readonly<Record<string, string>>;
  readonly partes: Readonly<Record<string, { readonly marca: string; readonly html?: string }>>;
  readonly mudaram?: readonly (readonly [numero: number, versao: number, situacao: string, quem: string])[];
}

/** De quanto em quanto tempo, em ms, anda o relógio da página. */
const ENTRE_RELOGIOS = 15_000;

/** Antes de pedir outra vez a página que não veio, em ms. */
const ANTES_DE_REPETIR = 5000;

const MINUTOS_DO_DIA = 24 * 60;

/** Até quanto se espera, em ms, ao acaso, antes de pedir a página toda: as de todos não vão juntas. */
const AO_ACASO = 4000;

const dia = document.querySelector<HTMLElement>("#dia");
if (dia !== null) vive(dia);

function vive(dia: HTMLElement): void {
  const palavras: Readonly<Record<string, string>> = JSON.parse(dia.dataset.palavras ?? "{}");
  const aviso = dia.querySelector<HTMLElement>("#ligacao");
  let pedindo = false;
  let porVir: Troca[] = [];
  const carregou = Date.now();
  const agoraNoServidor = (): number => Number(dia.dataset.agora) + Date.now() - Number(dia.dataset.leu ?? carregou);

  // ---------------------------------------------------------------------------------------------- a ligação

  segueFluxo(`/painel/fluxo?data=${dia.dataset.data}`, dia.dataset.desde ?? "", {
    dia: (dados) => recebe(JSON.parse(dados)),
    saiu: () => diz(palavras.saiu),
  });
  // Quem segue o fluxo diz no <html> se a ligação se perdeu.
  new MutationObserver(() => {
    const estava = aviso?.textContent === palavras.semVivo;
    const perdida = document.documentElement.dataset.ligacao === "perdida";
    if (perdida === estava) return;
    diz(perdida ? palavras.semVivo : "");
    if (!perdida) dia.dispatchEvent(new CustomEvent("recado", { detail: palavras.voltou }));
  }).observe(document.documentElement, { attributeFilter: ["data-ligacao"] });

  function diz(texto: string): void {
    if (aviso === null) return;
    aviso.textContent = texto;
    aviso.hidden = texto === "";
  }

  // ---------------------------------------------------------------------------------------------- o que muda

  function recebe(troca: Troca): void {
    // Quem tem um agendamento na mão não fica sem ele.
    if (dia.dataset.naMao !== undefined) return void porVir.push(troca);
    aplica(troca);
    if (troca.mudaram !== undefined) dia.dispatchEvent(new CustomEvent("mudaram", { detail: troca.mudaram }));
  }

  function aplica(troca: Troca): void {
    const parteQueFalta = Object.entries(troca.partes ?? {}).some(([id, { marca, html }]) =>
      html === undefined && document.getElementById(id)?.dataset.marca !== marca
    );
    const aMudar = dia.dataset.aMudar !== undefined;
    if (troca.inteira || troca.estrutura !== dia.dataset.estrutura || parteQueFalta || aMudar) return inteira();
    const focos = Object.entries(troca.celulas).map(([id, html]) => poe(document.getElementById(id), html));
    for (const [id, { marca, html }] of Object.entries(troca.partes)) {
      const parte = document.getElementById(id);
      if (html === undefined || parte === null || parte.dataset.marca === marca) continue;
      focos.push(poe(parte, html));
      parte.dataset.marca = marca;
    }
    acaba(focos);
  }

  function acaba(focos: readonly (() => void)[]): void {
    relogio();
    dia.dispatchEvent(new Event("trocado"));
    // Por fim: pôr o foco obriga a dispor a página, e o que se trocasse depois obrigava outra vez.
    for (const foca of focos) foca();
  }

  async function pedeInteira(): Promise<void> {
    const resposta = await fetch(location.href, { headers: { accept: "text/html", "x-por-si": "sim" } });
    if (resposta.redirected && new URL(resposta.url).pathname.endsWith("/entrar")) return diz(palavras.saiu);
    if (!resposta.ok) throw new Error(String(resposta.status));
    const nova = new DOMParser().parseFromString(await resposta.text(), "text/html").querySelector<HTMLElement>("#dia");
    if (nova === null || dia.dataset.naMao !== undefined) return;
    if (nova.dataset.data !== dia.dataset.data) {
      // O que se está a escrever vale mais do que o dia novo.
      if (dia.querySelector<HTMLElement>("#escolhido")?.hidden) location.reload();
      return;
    }
    for (const campo of ["estrutura", "agora", "hoje", "minuto"]) dia.dataset[campo] = nova.dataset[campo];
    dia.dataset.leu = String(Date.now());
    const rolo = dia.querySelector<HTMLElement>("#rolo");
    const [x, y] = [rolo?.scrollLeft ?? 0, rolo?.scrollTop ?? 0];
    const focos = [poe(rolo, nova.querySelector("#rolo")?.innerHTML ?? "")];
    rolo?.scrollTo(x, y);
    for (const parte of nova.querySelectorAll<HTMLElement>("[data-marca]")) {
      const aqui = document.getElementById(parte.id);
      if (aqui === null || aqui.dataset.marca === parte.dataset.marca) continue;
      focos.push(poe(aqui, parte.innerHTML));
      aqui.dataset.marca = parte.dataset.marca;
    }
    acaba(focos);
  }

  function inteira(ms = 0): void {
    if (pedindo) return;
    pedindo = true;
    setTimeout(() => {
      pedindo = false;
      pedeInteira().catch(() => inteira(ANTES_DE_REPETIR));
    }, ms);
  }

  // ---------------------------------------------------------------------------------------------- o relógio

  function relogio(): void {
    const agora = agoraNoServidor();
    for (const um of dia.querySelectorAll<HTMLTimeElement>("time[data-ha]")) {
      const minutos = Math.max(Math.floor((agora - Date.parse(um.dateTime)) / 60_000), 0);
      if (minutos < 60) um.textContent = palavras.ha.replace("{minutos}", String(minutos));
    }
    if (dia.dataset.minuto === undefined || dia.dataset.minuto === "") return;
    const minuto = Number(dia.dataset.minuto) + minutosDe(agora) - minutosDe(Number(dia.dataset.agora));
    const marca = document.getElementById("agora");
    const linha = [...dia.querySelectorAll<HTMLElement>("tr[data-de]")].find(({ dataset: { de, ate } }) =>
      Number(de) <= minuto && minuto < Number(ate)
    );
    // Na linha seguinte já não são as mesmas as horas livres; e à meia-noite o dia é outro.
    if (minuto >= MINUTOS_DO_DIA || (linha ?? null) !== (marca?.closest("tr") ?? null)) {
      return inteira(Math.random() * AO_ACASO);
    }
    const hora = marca?.closest("th");
    if (!marca || !hora || linha === undefined) return;
    const [de, ate] = [Number(linha.dataset.de), Number(linha.dataset.ate)];
    hora.className = `hora agora d${Math.floor(10 * (minuto - de) / (ate - de))}`;
    marca.lastChild?.replaceWith(`${dois(Math.floor(minuto / 60))}:${dois(minuto % 60)}`);
  }

  // ---------------------------------------------------------------------------------------------- os eventos

  dia.addEventListener("troca", (evento) => {
    if (evento instanceof CustomEvent) aplica(evento.detail);
  });
  dia.addEventListener("inteira", () => inteira());
  dia.addEventListener("largou", () => {
    const varias = porVir;
    porVir = [];
    varias.forEach(recebe);
  });
  setInterval(relogio, ENTRE_RELOGIOS);
}

/** Os minutos inteiros de um instante. */
function minutosDe(ms: number): number {
  return Math.floor(ms / 60_000);
}

function dois(n: number): string {
  return String(n).padStart(2, "0");
}

/** Troca o que um elemento tem, sem fechar o que está aberto; o que se devolve dá outra vez o foco a quem lá dentro o tinha. */
function poe(onde: HTMLElement | null, html: string): () => void {
  if (onde === null) return () => {};
  const foco = document.activeElement;
  const dentro = foco instanceof HTMLElement && onde.contains(foco) && foco !== onde ? marcaDe(foco) : undefined;
  const abertos = [...onde.querySelectorAll("details")].map(({ open }) => open);
  onde.innerHTML = html;
  onde.querySelectorAll("details").forEach((um, i) => um.open = abertos[i] ?? um.open);
  return () => {
    if (dentro === undefined) return;
    const outra = onde.querySelector<HTMLElement>(dentro) ?? onde.querySelector<HTMLElement>("a, button");
    outra?.focus({ preventScroll: true });
  };
}

/** Como se acha outra vez o que tinha o foco. */
function marcaDe(um: HTMLElement): string {
  if (um.id !== "") return `#${CSS.escape(um.id)}`;
  const { para } = um.dataset;
  if (para !== undefined) return `[data-para="${CSS.escape(para)}"]`;
  if (um instanceof HTMLButtonElement && um.name === "para") return `button[value="${CSS.escape(um.value)}"]`;
  const href = um.getAttribute("href");
  if (href !== null) return `[href="${CSS.escape(href)}"]`;
  const caminho = um.closest("form")?.getAttribute("action");
  return caminho === null || caminho === undefined ? "a, button" : `form[action="${CSS.escape(caminho)}"] button`;
}

/// <reference lib="dom" />

/**
 * A tela da sala de espera, no navegador: recebe as chamadas pelo fluxo, mostra-as, toca e diz a nova. Fica dias aberto sem
 * ninguém: religa por si, muda de dia, e nada guarda além do que mostra.
 *
 * @module
 */

import { segueFluxo } from "./fluxo.ts";

/** Uma chamada, como vem no evento. */
interface Chamada {
  readonly em: number;
  readonly quem: string;
  readonly local: string;
}

/** Uma chamada de há mais do que isto já não se diz, em ms. */
const RECENTE = 120_000;

/** Até quantas letras cabem em grande; o resto o estilo encolhe. */
const LETRAS = { quem: 8, local: 14 } as const;

/** Por quanto tempo a chamada nova se realça, em ms. */
const REALCE = 12_000;

/** Onde se lembra que se quer som. */
const SOM = "tv.som";

const tv = acha("#tv", HTMLElement);
const { fuso = "UTC", lingua = "pt-BR", fala = "", falaSemLocal = "", semLigacao = "", desde = "" } = tv.dataset;
let { hoje = "" } = tv.dataset;
/** O dia em que esta página se fez. */
const hojeDaPagina = hoje;
/** Quanto o relógio do servidor está adiantado em relação a este. */
let diferenca = Number(tv.dataset.agora) - Date.now();
let ultimaVida = Date.now();
/** As de hoje que já se viram. */
const vistas = new Set([...tv.querySelectorAll<HTMLElement>("[data-em]")].map((um) => chave(leDaPagina(um))));
const porDizer: Chamada[] = [];
let dizendo = false;
let audio: AudioContext | undefined;

function acha<T extends Element>(qual: string, tipo: new () => T): T {
  const achado = document.querySelector(qual);
  if (!(achado instanceof tipo)) throw new Error(`falta ${qual}`);
  return achado;
}

function leDaPagina(um: HTMLElement): Chamada {
  const texto = (qual: string): string => um.querySelector(qual)?.textContent ?? "";
  return { em: Number(um.dataset.em), quem: texto(".quem"), local: texto(".local") };
}

function chave({ em, quem }: Chamada): string {
  return `${em} ${quem}`;
}

// ---------------------------------------------------------------------------------------------------------- mostrar

function mostra(chamadas: readonly Chamada[]): void {
  const [agora, ...antes] = chamadas;
  const chamada = acha(".agora .chamada", HTMLElement);
  chamada.hidden = agora === undefined;
  acha(".agora .ninguem", HTMLElement).hidden = agora !== undefined;
  for (const classe of ["quem", "local"] as const) {
    const texto = agora?.[classe] ?? "";
    poe(chamada, `.${classe}`, texto);
    acha(`.agora .${classe}`, HTMLElement).classList.toggle("comprido", texto.length > LETRAS[classe]);
  }
  const secao = acha(".antes", HTMLElement);
  secao.hidden = antes.length === 0;
  acha(".antes ol", HTMLElement).replaceChildren(...antes.map(({ quem, local }) => {
    const linha = document.createElement("li");
    for (const [classe, texto] of [["quem", quem], ["local", local]] as const) {
      const parte = document.createElement("span");
      parte.className = classe;
      parte.textContent = texto;
      parte.classList.toggle("comprido", texto.length > LETRAS[classe]);
      linha.append(parte);
    }
    return linha;
  }));
}

function poe(onde: Element, qual: string, texto: string): void {
  const parte = onde.querySelector(qual);
  if (parte !== null && parte.textContent !== texto) parte.textContent = texto;
}

/** O que veio: mostra-se, e das que ainda não se tinham visto diz-se cada uma, por ordem; uma antiga, de quando não se ouvia, não. */
function recebe(chamadas: readonly Chamada[]): void {
  const desde = agoraDaClinica() - RECENTE;
  const novas = chamadas.filter((uma) => !vistas.has(chave(uma)) && uma.em > desde);
  for (const uma of chamadas) vistas.add(chave(uma));
  mostra(chamadas);
  porDizer.push(...novas.toReversed());
  if (novas.length > 0) realca();
  void diz();
}

let realce: ReturnType<typeof setTimeout> | undefined;

function realca(): void {
  const agora = acha(".agora", HTMLElement);
  agora.classList.remove("nova");
  // Lê-se a medida para que a animação recomece.
  void agora.offsetWidth;
  agora.classList.add("nova");
  clearTimeout(realce);
  realce = setTimeout(() => agora.classList.remove("nova"), REALCE);
}

// ---------------------------------------------------------------------------------------------------------- o som

async function diz(): Promise<void> {
  if (dizendo) return;
  dizendo = true;
  try {
    for (let uma = porDizer.shift(); uma !== undefined; uma = porDizer.shift()) {
      if (audio?.state !== "running") continue;
      await toca(audio);
      await pronuncia(uma);
    }
  } finally {
    dizendo = false;
  }
}

/** Duas notas, feitas aqui: nada se carrega. */
async function toca(contexto: AudioContext): Promise<void> {
  const comeco = contexto.currentTime;
  for (const [i, nota] of [659.25, 523.25].entries()) {
    const [oscilador, volume] = [contexto.createOscillator(), contexto.createGain()];
    const quando = comeco + i * 0.45;
    oscilador.frequency.value = nota;
    volume.gain.setValueAtTime(0, quando);
    volume.gain.linearRampToValueAtTime(0.5, quando + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.001, quando + 0.9);
    oscilador.connect(volume).connect(contexto.destination);
    oscilador.start(quando);
    oscilador.stop(quando + 1);
  }
  await new Promise((acabou) => setTimeout(acabou, 1300));
}

/** Uma voz que não começa não segura as que vêm. */
const VOZ_MAXIMA = 12_000;

function pronuncia({ quem, local }: Chamada): Promise<void> {
  if (!("speechSynthesis" in globalThis)) return Promise.resolve();
  // "A012" lê-se "A 12"; "M. D. S.", letra a letra.
  const escrito = quem.replace(/^([A-Z])0*(\d+)$/, "$1 $2").replaceAll(".", ",");
  const dita = new SpeechSynthesisUtterance(
    (local === "" ? falaSemLocal : fala).replace("{quem}", escrito).replace("{local}", local),
  );
  dita.lang = lingua;
  dita.rate = 0.9;
  const voz = speechSynthesis.getVoices().find(({ lang }) => lang.replace("_", "-").startsWith(lingua.slice(0, 2)));
  if (voz !== undefined) dita.voice = voz;
  return new Promise((acabou) => {
    const fim = setTimeout(() => {
      speechSynthesis.cancel();
      acabou();
    }, VOZ_MAXIMA);
    dita.onend = dita.onerror = () => {
      clearTimeout(fim);
      acabou();
    };
    speechSynthesis.speak(dita);
  });
}

const botao = acha(".som", HTMLButtonElement);

/** Os navegadores só deixam soar depois de um gesto; o que se quis lembra-se, e depois de recarregar basta um toque qualquer. */
async function liga(): Promise<void> {
  audio ??= new AudioContext();
  // Fica por resolver enquanto não há um gesto.
  await Promise.race([audio.resume(), new Promise((desiste) => setTimeout(desiste, 500))]);
  botao.hidden = audio.state === "running";
}

function quer(): boolean {
  try {
    return localStorage.getItem(SOM) === "sim";
  } catch {
    return false;
  }
}

function lembra(): void {
  try {
    localStorage.setItem(SOM, "sim");
  } catch {
    // Sem onde lembrar, pede-se outra vez.
  }
}

botao.hidden = false;
botao.addEventListener("click", async () => {
  lembra();
  await liga();
  if (audio?.state === "running") await toca(audio);
});
if (quer()) void liga();
for (const gesto of ["pointerdown", "keydown"]) {
  addEventListener(gesto, () => {
    if (quer() && audio?.state !== "running") void liga();
  });
}

// ---------------------------------------------------------------------------------------------------------- a ligação

function vive(): void {
  ultimaVida = Date.now();
  // Outro dia: só com o servidor à escuta, ou ficava uma página de erro na tela; e a página de hoje pode ser mais nova.
  if (dataDe(agoraDaClinica()) !== hojeDaPagina) location.reload();
}

function chegou(dados: string): void {
  const { agora, hoje: deHoje, chamadas }: { agora: number; hoje: string; chamadas: Chamada[] } = JSON.parse(dados);
  diferenca = agora - Date.now();
  if (deHoje !== hoje) vistas.clear();
  hoje = deHoje;
  recebe(chamadas);
  vive();
}

// ---------------------------------------------------------------------------------------------------------- o relógio

const horas = new Intl.DateTimeFormat(lingua, { timeZone: fuso, hour: "2-digit", minute: "2-digit" });
const porExtenso = new Intl.DateTimeFormat(lingua, { timeZone: fuso, weekday: "long", day: "numeric", month: "long" });
const emIso = new Intl.DateTimeFormat("en-CA", { timeZone: fuso, year: "numeric", month: "2-digit", day: "2-digit" });

function agoraDaClinica(): number {
  return Date.now() + diferenca;
}

function dataDe(instante: number): string {
  return emIso.format(instante);
}

function bate(): void {
  const agora = agoraDaClinica();
  poe(document.documentElement, ".relogio time", horas.format(agora));
  poe(document.documentElement, ".relogio .data", porExtenso.format(agora));
  if (dataDe(agora) !== hoje) {
    // As de ontem não são de ninguém que espere.
    hoje = dataDe(agora);
    vistas.clear();
    mostra([]);
  }
  const aviso = acha(".ligacao", HTMLElement);
  aviso.hidden = document.documentElement.dataset.ligacao !== "perdida";
  poe(tv, ".ligacao", aviso.hidden ? "" : semLigacao.replace("{hora}", horas.format(ultimaVida + diferenca)));
}

/** A tela não se apaga, onde o navegador o deixa pedir: só por HTTPS ou nesta máquina. */
async function acorda(): Promise<void> {
  if (document.visibilityState !== "visible" || !("wakeLock" in navigator)) return;
  try {
    await navigator.wakeLock.request("screen");
  } catch {
    // Sem bateria, ou sem permissão: fica como o sistema quer.
  }
}

document.addEventListener("visibilitychange", () => void acorda());
void acorda();
bate();
setInterval(bate, 1000);
segueFluxo("/tv/fluxo", desde, { vivo: vive, chamadas: chegou });

/// <reference lib="dom" />

/**
 * O dia do balcão com teclas e rato: as setas escolhem, uma letra age (as do terminal), arrastar muda de hora, e um agendamento
 * abre-se ao lado. Tudo o que faz é mandar os formulários que a página já tem; sem ele, mandam-se à mão. O que muda no livro
 * chega por `dia_vivo.ts`.
 *
 * @module
 */

import { botao, Lado, type Resposta } from "./dia_lado.ts";

/** O que se toca na grelha. */
const TOCA = ".marcado, a.livre, button.livre, .segurada";

/** A letra de cada ato que se faz sem perguntar mais nada. */
const ATOS: ReadonlyMap<string, string> = new Map([
  ...[["C", "CHEGOU"], ["H", "CHAMADO"], ["A", "ATENDIDO"], ["F", "FALTOU"], ["S", "SAIU"], [
    "O",
    "CONFIRMADO",
  ]] as const,
  ["D", "DESFAZ"],
]);

const dia = document.querySelector<HTMLElement>("#dia");
const rolo = document.querySelector<HTMLElement>("#rolo");
const escolhido = document.querySelector<HTMLElement>("#escolhido");
if (dia !== null && rolo !== null && escolhido !== null) atende(dia, rolo, escolhido);

function atende(dia: HTMLElement, rolo: HTMLElement, aberto: HTMLElement): void {
  const lado = new Lado(dia, aberto, () => (oEscolhido() ?? rolo).focus());
  const { palavras } = lado;
  /** O que está escolhido, por um seletor: o elemento pode ser outro depois de uma troca. */
  let escolhido = "";
  /** A célula em que estava: se dali saiu, continua-se na hora que deixou livre, e nunca em quem a tomou. */
  let lugar = "";
  let naMao: HTMLElement | undefined;

  // ------------------------------------------------------------------------------------------------ a escolha

  function todos(): HTMLElement[] {
    return [...rolo.querySelectorAll<HTMLElement>(TOCA)];
  }

  function oEscolhido(): HTMLElement | null {
    if (escolhido === "") return null;
    return rolo.querySelector<HTMLElement>(escolhido) ??
      document.getElementById(lugar)?.querySelector<HTMLElement>("a.livre") ?? null;
  }

  function escolhe(um: HTMLElement, { foca = true } = {}): void {
    const { para } = um.dataset;
    lugar = um.closest("td")?.id ?? "";
    escolhido = um.id !== ""
      ? `#${CSS.escape(um.id)}`
      : para !== undefined
      ? `[data-para="${CSS.escape(para)}"]`
      : `#${CSS.escape(lugar)} :is(button, .segurada)`;
    decora();
    if (foca) um.focus();
  }

  /** Uma só paragem para a tecla Tab, e as setas andam a partir dela. */
  function decora(): void {
    const este = oEscolhido();
    const paragem = este ?? todos()[0];
    for (const um of todos()) {
      // Escrever o que já lá está também obriga a refazer o estilo de cada um.
      const ordem = um === paragem ? 0 : -1;
      if (um.tabIndex !== ordem) um.tabIndex = ordem;
      um.classList.toggle("escolhido", um === este);
      if (um.matches(".marcado:not([draggable])") && dia.dataset.move !== undefined) um.draggable = true;
    }
  }

  function anda(tecla: string): void {
    const de = oEscolhido() ?? todos()[0];
    if (de === undefined) return;
    const serve = (um: HTMLElement): boolean => naMao === undefined || um === naMao || servePara(naMao, um);
    const [a, outros] = [de.getBoundingClientRect(), todos().filter((um) => um !== de && serve(um))];
    const coluna = (um: HTMLElement): number => um.closest("td")?.getBoundingClientRect().left ?? 0;
    const vertical = tecla === "ArrowUp" || tecla === "ArrowDown";
    const sentido = tecla === "ArrowDown" || tecla === "ArrowRight" ? 1 : -1;
    const distancia = (um: HTMLElement): number => {
      const b = um.getBoundingClientRect();
      if (vertical) {
        const outra = coluna(um) !== coluna(de);
        const anda = sentido * (b.top - a.top);
        return outra && naMao === undefined || anda <= 0 ? Infinity : anda + (outra ? 10_000 : 0);
      }
      const anda = sentido * (b.left - a.left);
      return anda <= 1 ? Infinity : anda * 4 + Math.abs(b.top - a.top);
    };
    const [melhor] = outros.map((um) => ({ um, longe: distancia(um) })).filter(({ longe }) => longe < Infinity)
      .sort((x, y) => x.longe - y.longe);
    if (melhor === undefined) return;
    escolhe(melhor.um);
    melhor.um.scrollIntoView({ block: "nearest", inline: "nearest" });
    if (naMao !== undefined) marcaAlvo(melhor.um);
  }

  // ------------------------------------------------------------------------------------------------ os formulários

  async function age(
    um: HTMLElement,
    ato: string,
    mais: Readonly<Record<string, string>> = {},
  ): Promise<Resposta | undefined> {
    um.classList.add("a-fazer");
    um.setAttribute("aria-busy", "true");
    const resposta = await lado.manda(um.getAttribute("href") ?? "", { ato, versao: um.dataset.versao ?? "", ...mais });
    um.classList.remove("a-fazer");
    um.removeAttribute("aria-busy");
    if (resposta === undefined) return undefined;
    const foco = document.activeElement;
    if (lado.renova(resposta)) {
      if (foco instanceof HTMLElement && rolo.contains(foco)) foco.focus();
      oEscolhido()?.focus();
    }
    return resposta;
  }

  async function mandaFormulario(formulario: HTMLFormElement, botao: HTMLElement | null): Promise<void> {
    const campos = new URLSearchParams();
    new FormData(formulario, botao).forEach((valor, nome) => campos.append(nome, String(valor)));
    botao?.setAttribute("aria-busy", "true");
    const resposta = await lado.manda(formulario.getAttribute("action") ?? "", campos);
    botao?.removeAttribute("aria-busy");
    if (resposta?.painel === undefined || !aberto.contains(formulario)) return;
    lado.mostra(resposta.painel);
    const novo = resposta.numero === undefined ? null : rolo.querySelector<HTMLElement>(`#n${resposta.numero}`);
    if (novo !== null && resposta.feito) escolhe(novo, { foca: false });
  }

  // ------------------------------------------------------------------------------------------------ mudar de hora

  function servePara(um: HTMLElement, livre: HTMLElement): boolean {
    return livre.matches("a.livre[data-para]") && livre.dataset.esp === um.dataset.esp;
  }

  function pega(um: HTMLElement): void {
    naMao = um;
    dia.dataset.naMao = "";
    um.classList.add("pegado");
    rolo.classList.add("a-arrastar");
    for (const livre of todos()) livre.classList.toggle("serve", servePara(um, livre));
  }

  function marcaAlvo(livre?: HTMLElement): void {
    for (const outro of rolo.querySelectorAll(".alvo")) outro.classList.remove("alvo");
    if (livre !== undefined && livre !== naMao) livre.classList.add("alvo");
  }

  function larga(): void {
    naMao?.classList.remove("pegado");
    naMao = undefined;
    marcaAlvo();
    rolo.classList.remove("a-arrastar");
    for (const livre of rolo.querySelectorAll(".serve")) livre.classList.remove("serve");
    delete dia.dataset.naMao;
    dia.dispatchEvent(new Event("largou"));
  }

  async function muda(um: HTMLElement, livre: HTMLElement): Promise<void> {
    larga();
    const { id, dataset: { de = "" } } = um;
    const espaco = de.lastIndexOf(" ");
    const [agenda, hora] = [de.slice(0, espaco), de.slice(espaco + 1)];
    const volta = `${hora} ${agenda.startsWith("P:") ? agenda.slice(2) : ""}`;
    const [data, para] = [dia.dataset.data ?? "", livre.dataset.para ?? ""];
    const resposta = await age(um, "REMARC", { dia: data, para });
    if (resposta === undefined) return;
    if (!resposta.feito) {
      // Uma regra pede um motivo: o formulário já o traz, com a hora escolhida.
      if (resposta.painel?.includes("aria-invalid")) lado.mostra(resposta.painel);
      return;
    }
    const novo = document.getElementById(id);
    if (novo !== null) escolhe(novo);
    const desfaz = botao(palavras.mudarDeVolta, "pequeno", () => {
      const agora = document.getElementById(id);
      if (agora !== null) age(agora, "REMARC", { dia: data, para: volta });
    });
    lado.diz(resposta.texto, { mais: desfaz });
  }

  // ------------------------------------------------------------------------------------------------ as teclas

  async function abre(caminho: string, depois: () => void): Promise<void> {
    if (await lado.abre(caminho)) depois();
  }

  function letra(tecla: string, evento: KeyboardEvent): void {
    switch (tecla) {
      case "E":
        return void location.assign("/painel/espera");
      case "T":
        return void location.assign("/painel");
      case "L":
        return document.querySelector<HTMLElement>("#chamada a")?.focus();
      case "?":
        return void dia.querySelector(".teclas")?.toggleAttribute("open");
    }
    const ato = ATOS.get(tecla);
    if (ato === undefined && !["P", "X", "R", "M", "N"].includes(tecla)) return;
    evento.preventDefault();
    const um = oEscolhido();
    if (um === null || !um.matches(".marcado")) return lado.diz(palavras.escolha, { erro: true });
    if (ato !== undefined) return void age(um, ato);
    const caminho = um.getAttribute("href") ?? "";
    switch (tecla) {
      case "P":
        return void abre(caminho, () => aberto.querySelector<HTMLElement>("select[name=prioridade]")?.focus());
      case "X":
        return void abre(caminho, () => {
          const cancela = aberto.querySelector("details.cancelar");
          cancela?.setAttribute("open", "");
          cancela?.querySelector<HTMLElement>("input[name=motivo]")?.focus();
        });
      case "R":
      case "N":
        return void abre(caminho, () => aberto.querySelector<HTMLElement>(`[data-tecla=${tecla}]`)?.click());
      case "M":
        if (dia.dataset.move === undefined) return;
        pega(um);
        return lado.diz(palavras.pegou.replace("{nome}", um.querySelector(".nome")?.textContent ?? ""));
    }
  }

  rolo.addEventListener("keydown", (evento) => {
    const { key, ctrlKey, metaKey, altKey } = evento;
    if (ctrlKey || metaKey || altKey) return;
    if (key.startsWith("Arrow")) {
      evento.preventDefault();
      return anda(key);
    }
    if (key === "Escape" && naMao !== undefined) {
      const um = naMao;
      larga();
      lado.diz(palavras.largou);
      return escolhe(um);
    }
    if (naMao !== undefined) {
      evento.preventDefault();
      const livre = oEscolhido();
      if (key !== "Enter" || livre === null) return;
      return servePara(naMao, livre) ? void muda(naMao, livre) : lado.diz(palavras.naoDaqui, { erro: true });
    }
    if (key.length === 1) letra(key.toUpperCase(), evento);
  });

  rolo.addEventListener("focusin", ({ target }) => {
    if (target instanceof HTMLElement && target.matches(TOCA)) escolhe(target, { foca: false });
  });

  // Fora da grelha, as letras são de quem está aberto ao lado, ou da linha em que se está; nunca de um campo.
  dia.addEventListener("keydown", (evento) => {
    const { key, target, ctrlKey, metaKey, altKey } = evento;
    if (!(target instanceof Element) || rolo.contains(target)) return;
    if (key === "Escape" && aberto.contains(target)) return lado.fecha();
    if (key.length !== 1 || ctrlKey || metaKey || altKey || target.matches("input, select, textarea")) return;
    const linha = target.closest<HTMLElement>("[data-vai]");
    const naGrelha = linha === null ? null : rolo.querySelector<HTMLElement>(`#n${linha.dataset.vai}`);
    if (naGrelha !== null) escolhe(naGrelha, { foca: false });
    if (naGrelha !== null || lado.aberto !== null && aberto.contains(target)) letra(key.toUpperCase(), evento);
  });

  // ------------------------------------------------------------------------------------------------ o rato

  dia.addEventListener("click", (evento) => {
    const { target, ctrlKey, metaKey, shiftKey, button } = evento;
    if (ctrlKey || metaKey || shiftKey || button !== 0 || !(target instanceof Element)) return;
    const ligacao = target.closest<HTMLAnchorElement>("a.marcado, a.livre, a.encaixar, a[data-vai], a[data-tecla=N]");
    if (ligacao === null) return;
    evento.preventDefault();
    if (rolo.contains(ligacao) && ligacao.matches(TOCA)) escolhe(ligacao);
    const { vai } = ligacao.dataset;
    const naGrelha = vai === undefined ? null : rolo.querySelector<HTMLElement>(`#n${vai}`);
    if (naGrelha !== null) escolhe(naGrelha, { foca: false });
    naGrelha?.scrollIntoView({ block: "nearest", inline: "nearest" });
    lado.abre(ligacao.getAttribute("href") ?? "");
  });

  dia.addEventListener("submit", (evento) => {
    const { target, submitter } = evento;
    if (!(target instanceof HTMLFormElement) || !target.matches(".ato, .atos, .campos")) return;
    evento.preventDefault();
    mandaFormulario(target, submitter);
  });

  rolo.addEventListener("dragstart", ({ target, dataTransfer }) => {
    const um = target instanceof Element ? target.closest<HTMLElement>(".marcado") : null;
    if (um === null || dataTransfer === null) return;
    dataTransfer.effectAllowed = "move";
    dataTransfer.setData("text/plain", "");
    pega(um);
  });
  rolo.addEventListener("dragover", (evento) => {
    const livre = alvoDe(evento);
    marcaAlvo(livre);
    if (livre !== undefined) evento.preventDefault();
  });
  rolo.addEventListener("drop", (evento) => {
    const livre = alvoDe(evento);
    if (naMao === undefined || livre === undefined) return;
    evento.preventDefault();
    muda(naMao, livre);
  });
  rolo.addEventListener("dragend", () => {
    if (naMao !== undefined) larga();
  });

  function alvoDe({ target }: DragEvent): HTMLElement | undefined {
    const livre = target instanceof Element ? target.closest<HTMLElement>("a.livre") : null;
    return livre !== null && naMao !== undefined && servePara(naMao, livre) ? livre : undefined;
  }

  // ------------------------------------------------------------------------------------------------ o que outros fazem

  dia.addEventListener("trocado", decora);
  dia.addEventListener("recado", (evento) => {
    if (evento instanceof CustomEvent) lado.diz(evento.detail);
  });
  dia.addEventListener("mudaram", (evento) => {
    const um = lado.aberto;
    if (um === null || !(evento instanceof CustomEvent)) return;
    const mudaram: readonly (readonly [number, number, string, string])[] = evento.detail;
    for (const [numero, versao, situacao, quem] of mudaram) {
      if (um.dataset.numero !== String(numero) || Number(um.dataset.versao) >= versao) continue;
      lado.avisa(um, palavras.mudouAgora.replace("{quem}", quem).replace("{situacao}", situacao));
    }
  });

  decora();
  const vem = location.hash.startsWith("#n")
    ? document.getElementById(location.hash.slice(1))
    : rolo.querySelector<HTMLElement>(".a-mudar") ?? rolo.querySelector<HTMLElement>("button.livre");
  if (vem !== null && rolo.contains(vem)) escolhe(vem);
  else poeAVista(rolo, document.getElementById("agora"));
  document.documentElement.classList.add("com-script");
}

/** Põe um elemento a meio do que corre, sem mexer no resto da página. */
function poeAVista(rolo: HTMLElement, um: HTMLElement | null): void {
  if (um === null) return;
  const [dentro, fora] = [um.getBoundingClientRect(), rolo.getBoundingClientRect()];
  rolo.scrollTop += dentro.top - fora.top - rolo.clientHeight / 2;
}

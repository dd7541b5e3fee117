/// <reference lib="dom" />

/**
 * O dia do balcão com teclas e rato: as setas escolhem, uma letra age (as do terminal), arrastar muda de hora, e um agendamento
 * abre-se ao lado. Tudo o que faz é mandar os formulários que a página já tem; sem ele, mandam-se à mão. O que muda no livro
 * chega por `dia_vivo.ts`.
 *
 * @module
 */

/** O que o servidor responde a um formulário. */
interface Resposta {
  readonly feito: boolean;
  readonly texto: string;
  readonly numero?: number;
  readonly data?: string;
  readonly troca?: unknown;
  readonly painel?: string;
}

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
const lado = document.querySelector<HTMLElement>("#escolhido");
if (dia !== null && rolo !== null && lado !== null) atende(dia, rolo, lado);

function atende(dia: HTMLElement, rolo: HTMLElement, lado: HTMLElement): void {
  const palavras: Readonly<Record<string, string>> = JSON.parse(dia.dataset.palavras ?? "{}");
  /** O que está escolhido, por um seletor: o elemento pode ser outro depois de uma troca. */
  let escolhido = "";
  let naMao: HTMLElement | undefined;

  // ------------------------------------------------------------------------------------------------ a escolha

  function todos(): HTMLElement[] {
    return [...rolo.querySelectorAll<HTMLElement>(TOCA)];
  }

  function oEscolhido(): HTMLElement | null {
    return escolhido === "" ? null : rolo.querySelector<HTMLElement>(escolhido);
  }

  function escolhe(um: HTMLElement, { foca = true } = {}): void {
    escolhido = um.id !== "" ? `#${CSS.escape(um.id)}` : `[data-para="${CSS.escape(um.dataset.para ?? "")}"]`;
    decora();
    if (foca) um.focus();
  }

  /** Uma só paragem para a tecla Tab, e as setas andam a partir dela. */
  function decora(): void {
    const aqui = oEscolhido() ?? todos()[0];
    for (const um of todos()) {
      um.tabIndex = um === aqui ? 0 : -1;
      um.classList.toggle("escolhido", um === aqui && escolhido !== "");
      if (um.matches(".marcado") && dia.dataset.move !== undefined) um.draggable = true;
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

  // ------------------------------------------------------------------------------------------------ o que se diz

  function diz(texto: string, { erro = false, mais }: { erro?: boolean; mais?: HTMLElement } = {}): void {
    const p = document.createElement("p");
    p.className = erro ? "recado de-erro" : "recado";
    if (erro) p.setAttribute("role", "alert");
    p.textContent = texto;
    if (mais !== undefined) p.append(" ", mais);
    document.getElementById("recado")?.replaceChildren(p);
  }

  /** Entra-se noutra aba, e o que aqui se escreveu fica. */
  function dizQueSaiu(): void {
    const entra = document.createElement("a");
    entra.href = "/painel/entrar";
    entra.target = "_blank";
    entra.rel = "noopener";
    entra.textContent = palavras.entra;
    diz(palavras.saiu, { erro: true, mais: entra });
  }

  // ------------------------------------------------------------------------------------------------ o lado

  async function abre(caminho: string, depois?: (lado: HTMLElement) => void): Promise<void> {
    const resposta = await fetch(caminho, { headers: { "x-pedaco": "sim" } }).catch(() => undefined);
    if (resposta === undefined) return diz(palavras.falhou, { erro: true });
    if (foiEntrar(resposta)) return dizQueSaiu();
    mostraNoLado(await resposta.text());
    depois?.(lado);
  }

  function mostraNoLado(html: string): void {
    lado.innerHTML = html;
    lado.hidden = false;
    delete lado.dataset.sujo;
    const fecha = document.createElement("button");
    fecha.type = "button";
    fecha.className = "fechar";
    fecha.setAttribute("aria-label", palavras.fechar);
    fecha.textContent = "×";
    fecha.addEventListener("click", fechaOLado);
    lado.append(fecha);
    const foco = lado.querySelector<HTMLElement>("[aria-invalid], [autofocus]") ??
      lado.querySelector<HTMLElement>("h2");
    foco?.focus();
    lado.scrollIntoView({ block: "nearest" });
  }

  function fechaOLado(): void {
    lado.hidden = true;
    lado.replaceChildren();
    (oEscolhido() ?? rolo).focus();
  }

  function noLado(): HTMLElement | null {
    return lado.hidden ? null : lado.querySelector<HTMLElement>(".um[data-numero]");
  }

  // ------------------------------------------------------------------------------------------------ os formulários

  async function manda(
    caminho: string,
    campos: Readonly<Record<string, string>> | URLSearchParams,
  ): Promise<Resposta | undefined> {
    const resposta = await fetch(caminho, {
      method: "POST",
      headers: { "x-pedaco": "sim" },
      body: new URLSearchParams(campos),
    }).catch(() => undefined);
    if (resposta !== undefined && foiEntrar(resposta)) {
      dizQueSaiu();
      return undefined;
    }
    if (resposta?.headers.get("content-type")?.startsWith("application/json") !== true) {
      diz(resposta === undefined ? palavras.falhou : await recadoDe(resposta), { erro: true });
      dia.dispatchEvent(new Event("inteira"));
      return undefined;
    }
    const lida: Resposta = await resposta.json();
    if (lida.troca !== undefined && lida.troca !== null) {
      dia.dispatchEvent(new CustomEvent("troca", { detail: lida.troca }));
    }
    return lida;
  }

  async function age(
    um: HTMLElement,
    ato: string,
    mais: Readonly<Record<string, string>> = {},
  ): Promise<Resposta | undefined> {
    um.classList.add("a-fazer");
    um.setAttribute("aria-busy", "true");
    const resposta = await manda(um.getAttribute("href") ?? "", { ato, versao: um.dataset.versao ?? "", ...mais });
    um.classList.remove("a-fazer");
    um.removeAttribute("aria-busy");
    if (resposta === undefined) return undefined;
    diz(resposta.texto, { erro: !resposta.feito });
    const aberto = noLado();
    if (
      aberto?.dataset.numero === String(resposta.numero) && resposta.painel !== undefined &&
      lado.dataset.sujo === undefined
    ) {
      const foco = document.activeElement;
      mostraNoLado(resposta.painel);
      if (foco instanceof HTMLElement && rolo.contains(foco)) foco.focus();
      oEscolhido()?.focus();
    }
    return resposta;
  }

  async function mandaFormulario(formulario: HTMLFormElement, botao: HTMLElement | null): Promise<void> {
    const campos = new URLSearchParams();
    new FormData(formulario, botao).forEach((valor, nome) => campos.append(nome, String(valor)));
    const dentro = lado.contains(formulario);
    botao?.setAttribute("aria-busy", "true");
    const resposta = await manda(formulario.getAttribute("action") ?? "", campos);
    botao?.removeAttribute("aria-busy");
    if (resposta === undefined) return;
    diz(resposta.texto, { erro: !resposta.feito });
    if (!dentro || resposta.painel === undefined) return;
    mostraNoLado(resposta.painel);
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
      if (resposta.painel?.includes("aria-invalid")) mostraNoLado(resposta.painel);
      return;
    }
    const novo = document.getElementById(id);
    if (novo !== null) escolhe(novo);
    const desfaz = document.createElement("button");
    desfaz.type = "button";
    desfaz.className = "pequeno";
    desfaz.textContent = palavras.mudarDeVolta;
    desfaz.addEventListener("click", () => {
      const agora = document.getElementById(id);
      if (agora !== null) age(agora, "REMARC", { dia: data, para: volta });
    });
    diz(resposta.texto, { mais: desfaz });
  }

  // ------------------------------------------------------------------------------------------------ as teclas

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
    if (um === null || !um.matches(".marcado")) return diz(palavras.escolha, { erro: true });
    const caminho = um.getAttribute("href") ?? "";
    if (ato !== undefined) return void age(um, ato);
    switch (tecla) {
      case "P":
        return void abre(caminho, (lado) => lado.querySelector<HTMLElement>("select[name=prioridade]")?.focus());
      case "X":
        return void abre(caminho, (lado) => {
          const cancela = lado.querySelector("details.cancelar");
          cancela?.setAttribute("open", "");
          cancela?.querySelector<HTMLElement>("input[name=motivo]")?.focus();
        });
      case "R":
      case "N":
        return void abre(caminho, (lado) => lado.querySelector<HTMLElement>(`[data-tecla=${tecla}]`)?.click());
      case "M":
        if (dia.dataset.move === undefined) return;
        pega(um);
        return diz(palavras.pegou.replace("{nome}", um.querySelector(".nome")?.textContent ?? ""));
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
      diz(palavras.largou);
      return escolhe(um);
    }
    if (naMao !== undefined) {
      evento.preventDefault();
      const livre = oEscolhido();
      if (key !== "Enter" || livre === null) return;
      return servePara(naMao, livre) ? void muda(naMao, livre) : diz(palavras.naoDaqui, { erro: true });
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
    if (key === "Escape" && lado.contains(target)) return fechaOLado();
    if (key.length !== 1 || ctrlKey || metaKey || altKey || target.matches("input, select, textarea")) return;
    const linha = target.closest<HTMLElement>("[data-vai]");
    const naGrelha = linha === null ? null : rolo.querySelector<HTMLElement>(`#n${linha.dataset.vai}`);
    if (naGrelha !== null) escolhe(naGrelha, { foca: false });
    if (naGrelha !== null || noLado() !== null && lado.contains(target)) letra(key.toUpperCase(), evento);
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
    abre(ligacao.getAttribute("href") ?? "");
  });

  dia.addEventListener("submit", (evento) => {
    const { target, submitter } = evento;
    if (!(target instanceof HTMLFormElement) || !target.matches(".ato, .atos, .campos")) return;
    evento.preventDefault();
    mandaFormulario(target, submitter);
  });

  lado.addEventListener("input", () => lado.dataset.sujo = "");

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
    if (evento instanceof CustomEvent) diz(evento.detail);
  });
  dia.addEventListener("mudaram", (evento) => {
    const aberto = noLado();
    if (aberto === null || !(evento instanceof CustomEvent)) return;
    const mudaram: readonly (readonly [number, number, string, string])[] = evento.detail;
    for (const [numero, versao, situacao, quem] of mudaram) {
      if (aberto.dataset.numero !== String(numero) || Number(aberto.dataset.versao) >= versao) continue;
      avisaNoLado(aberto, palavras.mudouAgora.replace("{quem}", quem).replace("{situacao}", situacao));
    }
  });

  /** O que se está a escrever fica; quem quer vê como está. */
  function avisaNoLado(aberto: HTMLElement, texto: string): void {
    lado.querySelector(".mudou")?.remove();
    const p = document.createElement("p");
    p.className = "recado de-aviso mudou";
    p.setAttribute("role", "status");
    const ve = document.createElement("button");
    ve.type = "button";
    ve.className = "pequeno";
    ve.textContent = palavras.verAgora;
    ve.addEventListener("click", () => abre(`/painel/agendamento/${aberto.dataset.numero}?data=${dia.dataset.data}`));
    p.append(`${texto} `, ve);
    aberto.prepend(p);
  }

  decora();
  const vem = location.hash.startsWith("#n") ? document.getElementById(location.hash.slice(1)) : null;
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

/** A sessão acabou a meio. */
function foiEntrar({ status, redirected, url }: Response): boolean {
  return status === 401 || redirected && new URL(url).pathname.endsWith("/entrar");
}

/** O que diz uma página de erro. */
async function recadoDe(resposta: Response): Promise<string> {
  const pagina = new DOMParser().parseFromString(await resposta.text(), "text/html");
  return [...pagina.querySelectorAll("main h1, main h1 + p")].map(({ textContent }) => textContent).join(". ");
}

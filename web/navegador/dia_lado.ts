/// <reference lib="dom" />

/**
 * O que o dia do balcão mostra ao lado da grelha e diz por cima dela: abre um agendamento ou o formulário de marcar, manda os
 * formulários e conta o que houve. Quem está escolhido, as teclas e o rato são de `dia.ts`, que o importa.
 *
 * @module
 */

/** O que o servidor responde a um formulário. */
export interface Resposta {
  /** Ficou feito. */
  readonly feito: boolean;
  /** O que se diz. */
  readonly texto: string;
  /** O agendamento de que se fala. */
  readonly numero?: number;
  /** O que se troca na página. */
  readonly troca?: unknown;
  /** O que se mostra ao lado. */
  readonly painel?: string;
}

/** O lado da grelha. */
export class Lado {
  /** O elemento dele. */
  readonly elemento: HTMLElement;
  /** O que se diz sem perguntar ao servidor. */
  readonly palavras: Readonly<Record<string, string>>;
  #dia: HTMLElement;
  #aoFechar: () => void;

  /** O do elemento; `aoFechar` dá o foco a quem o deve ter depois. */
  constructor(dia: HTMLElement, elemento: HTMLElement, aoFechar: () => void) {
    this.#dia = dia;
    this.elemento = elemento;
    this.#aoFechar = aoFechar;
    this.palavras = JSON.parse(dia.dataset.palavras ?? "{}");
    elemento.addEventListener("input", () => elemento.dataset.sujo = "");
  }

  // ------------------------------------------------------------------------------------------------ o que se diz

  /** Diz algo por cima da grelha. */
  diz(texto: string, { erro = false, mais }: { erro?: boolean; mais?: HTMLElement } = {}): void {
    const p = document.createElement("p");
    p.className = erro ? "recado de-erro" : "recado";
    if (erro) p.setAttribute("role", "alert");
    p.textContent = texto;
    if (mais !== undefined) p.append(" ", mais);
    document.getElementById("recado")?.replaceChildren(p);
  }

  /** Entra-se noutra aba, e o que aqui se escreveu fica. */
  #dizQueSaiu(): void {
    const entra = document.createElement("a");
    entra.href = "/painel/entrar";
    entra.target = "_blank";
    entra.rel = "noopener";
    entra.textContent = this.palavras.entra;
    this.diz(this.palavras.saiu, { erro: true, mais: entra });
  }

  // ------------------------------------------------------------------------------------------------ o que se mostra

  /** O agendamento que está aberto. */
  get aberto(): HTMLElement | null {
    return this.elemento.hidden ? null : this.elemento.querySelector<HTMLElement>(".um[data-numero]");
  }

  /** Abre o que está num endereço; falso se não veio. */
  async abre(caminho: string): Promise<boolean> {
    const resposta = await fetch(caminho, { headers: { "x-pedaco": "sim" } }).catch(() => undefined);
    if (resposta === undefined) this.diz(this.palavras.falhou, { erro: true });
    else if (foiEntrar(resposta)) this.#dizQueSaiu();
    else {
      this.mostra(await resposta.text());
      return true;
    }
    return false;
  }

  /** Mostra um pedaço que o servidor fez. */
  mostra(html: string): void {
    const { elemento } = this;
    elemento.innerHTML = html;
    elemento.hidden = false;
    delete elemento.dataset.sujo;
    elemento.append(botao(this.palavras.fechar, "fechar", () => this.fecha(), "×"));
    const foco = elemento.querySelector<HTMLElement>("[aria-invalid], [autofocus]") ??
      elemento.querySelector<HTMLElement>("h2");
    foco?.focus({ preventScroll: true });
    if (foco instanceof HTMLInputElement) foco.select();
    // O que corre é o lado (num telefone, o próprio elemento), e não a página por baixo.
    for (const corre of [elemento.parentElement, elemento]) corre?.scrollTo(0, 0);
    if (foco !== null && !foco.matches("h2")) foco.scrollIntoView({ block: "nearest" });
  }

  /** O que está aberto como um ato o deixou, se ninguém lhe está a escrever; falso se não era esse. */
  renova({ numero, painel }: Resposta): boolean {
    if (
      this.aberto?.dataset.numero !== String(numero) || painel === undefined ||
      this.elemento.dataset.sujo !== undefined
    ) return false;
    this.mostra(painel);
    return true;
  }

  /** Outro balcão mudou o que está aberto: o que se está a escrever fica; quem quer vê como está. */
  avisa(aberto: HTMLElement, texto: string): void {
    this.elemento.querySelector(".mudou")?.remove();
    const p = document.createElement("p");
    p.className = "recado de-aviso mudou";
    p.setAttribute("role", "status");
    const caminho = `/painel/agendamento/${aberto.dataset.numero}?data=${this.#dia.dataset.data}`;
    p.append(`${texto} `, botao(this.palavras.verAgora, "pequeno", () => this.abre(caminho)));
    aberto.prepend(p);
  }

  /** Fecha-o. */
  fecha(): void {
    this.elemento.hidden = true;
    this.elemento.replaceChildren();
    this.#aoFechar();
  }

  // ------------------------------------------------------------------------------------------------ os formulários

  /** Manda um formulário e troca na página o que mudou; nada se não se sabe o que houve, e já se disse. */
  async manda(
    caminho: string,
    campos: Readonly<Record<string, string>> | URLSearchParams,
  ): Promise<Resposta | undefined> {
    const resposta = await fetch(caminho, {
      method: "POST",
      headers: { "x-pedaco": "sim" },
      body: new URLSearchParams(campos),
    }).catch(() => undefined);
    if (resposta !== undefined && foiEntrar(resposta)) {
      this.#dizQueSaiu();
      return undefined;
    }
    if (resposta?.headers.get("content-type")?.startsWith("application/json") !== true) {
      this.diz(resposta === undefined ? this.palavras.falhou : await recadoDe(resposta), { erro: true });
      this.#dia.dispatchEvent(new Event("inteira"));
      return undefined;
    }
    const lida: Resposta = await resposta.json();
    if (lida.troca !== undefined && lida.troca !== null) {
      this.#dia.dispatchEvent(new CustomEvent("troca", { detail: lida.troca }));
    }
    this.diz(lida.texto, { erro: !lida.feito });
    return lida;
  }
}

/** Um botão que faz uma coisa; com `cara`, o texto só se ouve. */
export function botao(texto: string, classe: string, faz: () => void, cara?: string): HTMLButtonElement {
  const um = document.createElement("button");
  um.type = "button";
  um.className = classe;
  um.textContent = cara ?? texto;
  if (cara !== undefined) um.setAttribute("aria-label", texto);
  um.addEventListener("click", faz);
  return um;
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

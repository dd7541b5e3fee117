/**
 * O fluxo de eventos visto do navegador: abre-o, reabre-o de onde ia, e mostra no `<html>` se a ligação se perdeu
 * (`data-ligacao="perdida"`). Serve-se como está, sem os tipos; as páginas importam-no.
 *
 * Um navegador só faz seis ligações a um site em HTTP/1.1, e uma página deixada para trás guarda a sua: por isso fecha-se ao sair, e
 * enquanto escondida. Não se partilha entre abas: as Web Locks de que isso precisa só as há onde há TLS, e aí, com
 * HTTP/2, as seis não contam.
 *
 * @module
 */

/// <reference lib="dom" />

/** Sem nenhum evento por este tempo, em ms, a ligação está morta: o servidor bate de 15 em 15 s. */
const SILENCIO = 45_000;

/** Escondida por este tempo, em ms, a página deixa de seguir: volta de onde ia, e quem só espreitou outra nem o nota. */
const ESCONDIDA = 2000;

/** Uma ligação que volta logo não se mostra como perdida, em ms. */
const PERDIDA = 3000;

/** Quanto se espera para voltar quando o navegador não volta por si, em ms, e no máximo. */
const VOLTA = 2000;
const VOLTA_MAXIMA = 30_000;

type Alarme = ReturnType<typeof setTimeout> | undefined;

/** O que se faz com cada evento, pelo nome: `saiu`, quando já não se pode seguir. */
export type Ouvintes = Record<string, (dados: string) => void>;

/** Segue um fluxo, desde o id que a página traz e até que se chame o que devolve. */
export function segueFluxo(endereco: string, desde: string, ouvintes: Ouvintes): () => void {
  const raiz = document.documentElement;
  let fonte: EventSource | undefined;
  let falhas = 0;
  let silencio: Alarme;
  let escondida: Alarme;
  let perdida: Alarme;
  let volta: Alarme;

  function fecha(): void {
    for (const alarme of [silencio, escondida, perdida, volta]) clearTimeout(alarme);
    perdida = undefined;
    fonte?.close();
    fonte = undefined;
  }

  function perdeu(): void {
    perdida ??= setTimeout(() => raiz.dataset.ligacao = "perdida", PERDIDA);
  }

  function vive(): void {
    falhas = 0;
    clearTimeout(perdida);
    perdida = undefined;
    delete raiz.dataset.ligacao;
    clearTimeout(silencio);
    silencio = setTimeout(reabre, SILENCIO);
  }

  function reabre(): void {
    fecha();
    abre();
    perdeu();
  }

  function abre(): void {
    if (fonte !== undefined || document.hidden) return;
    const nova = fonte = new EventSource(`${endereco}${endereco.includes("?") ? "&" : "?"}desde=${desde}`);
    nova.onopen = vive;
    nova.onerror = () => {
      if (fonte !== nova) return;
      perdeu();
      // Recusada, ou sem resposta: o navegador desistiu.
      if (nova.readyState !== EventSource.CLOSED) return;
      fonte = undefined;
      volta = setTimeout(abre, Math.min(VOLTA * 2 ** falhas++, VOLTA_MAXIMA) * (0.5 + Math.random() / 2));
    };
    for (const nome of ["vivo", "saiu", ...Object.keys(ouvintes)]) {
      nova.addEventListener(nome, ({ lastEventId, data }) => {
        if (fonte !== nova) return;
        vive();
        if (lastEventId !== "") desde = lastEventId;
        if (nome === "saiu") para();
        ouvintes[nome]?.(data);
      });
    }
  }

  function mostra(): void {
    clearTimeout(escondida);
    if (document.hidden) escondida = setTimeout(fecha, ESCONDIDA);
    else abre();
  }

  function para(): void {
    fecha();
    removeEventListener("pagehide", fecha);
    removeEventListener("pageshow", abre);
    document.removeEventListener("visibilitychange", mostra);
  }

  addEventListener("pagehide", fecha);
  addEventListener("pageshow", abre);
  document.addEventListener("visibilitychange", mostra);
  abre();
  return para;
}

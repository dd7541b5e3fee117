/**
 * A tela da sala de espera (`/tv`): quem é chamado e para onde, sem que ninguém entre. Refaz-se por um fluxo de eventos; sem
 * script, recarrega-se por si.
 *
 * @module
 */

import { Hono } from "hono";
import { html, raw } from "hono/html";
import { canonico, redeDe } from "../../clinica/endereco.ts";
import type { Ambiente, Casa, Contexto, Rotas } from "../casa.ts";
import type { Evento } from "../eventos.ts";
import { emoldura, type Html } from "../moldura.ts";
import { ETIQUETAS } from "../palavras/palavras.ts";
import { type Chamada, type Chamadas, chamadasDe } from "./chamadas.ts";

/** Sem script, de quanto em quanto tempo se recarrega, em segundos. */
const RECARREGA = 10;

/** A tela, sob `/tv`. */
export function rotasDaTv(casa: Casa): Rotas {
  const rotas = new Hono<Ambiente>();
  rotas.use(async (c, segue) => {
    if (!daSala(c)) return foraDaSala(casa, c);
    await segue();
  });
  rotas.get("/", async (c) => {
    // Antes de ler: o que mudar entretanto chega pelo fluxo.
    const desde = casa.fluxo.agora();
    return pagina(casa, c, desde, await chamadasDe(casa.agenda, casa.relogio()));
  });
  rotas.get("/fluxo", (c) =>
    casa.fluxo.resposta(c.req.raw, {
      topicos: ["tv"],
      chave: "tv",
      de: redeDe(c.env.endereco),
      desenha: () => evento(casa),
      aoLer: c.env.passou,
    }));
  return rotas;
}

async function evento({ agenda, relogio }: Casa): Promise<Evento> {
  const agora = relogio();
  return { nome: "chamadas", dados: JSON.stringify({ agora, ...await chamadasDe(agenda, agora) }) };
}

/**
 * Só da rede da clínica, ainda que as páginas se alcancem da internet: mostra o que a sala já ouve, e lá fora ninguém está na sala.
 * E por um nome que não seja de fora: outra página podia dar ao nome dela este endereço (DNS rebinding) e ler daqui.
 */
function daSala({ env: { endereco }, req }: Pick<Contexto, "env" | "req">): boolean {
  return ehPrivado(endereco) && ehNomeDaqui(req.header("host") ?? "");
}

/** Um endereço desta máquina, ou de uma rede que não se encaminha na internet (RFC 1918, 4193, 3927 e 6598). */
export function ehPrivado(endereco: string): boolean {
  const um = canonico(endereco);
  if (um === undefined) return false;
  if (um.includes(":")) return um === "0:0:0:0:0:0:0:1" || /^(f[cd]|fe[89ab])[0-9a-f]{0,2}:/.test(um.padStart(4, "0"));
  const [a, b] = um.split(".").map(Number);
  return a === 10 || a === 127 || a === 172 && b >= 16 && b < 32 || a === 192 && b === 168 || a === 169 && b === 254 ||
    a === 100 && b >= 64 && b < 128;
}

/** `"10.0.0.7:9080"`, `"[::1]:9080"`, `"localhost"`, `"clinica"`, `"clinica.local"`: nomes que a internet não dá a ninguém. */
export function ehNomeDaqui(host: string): boolean {
  const nome = host.replace(/:\d+$/, "").toLowerCase();
  if (canonico(nome.replace(/^\[(.*)\]$/, "$1")) !== undefined) return true;
  return /^[a-z0-9-]+(\.local|\.lan|\.internal|\.home\.arpa)?$/.test(nome);
}

function foraDaSala(casa: Casa, c: Contexto): Promise<Response> {
  const { tv } = c.var.p;
  return emoldura(casa, c, {
    ...{ titulo: tv.titulo, codigo: 403, face: "paciente", arquivos: ["paciente.css"] },
    corpo: html`
      <h1>${tv.foraTitulo}</h1>
      <p>${tv.fora}</p>
    `,
  });
}

function pagina(
  casa: Casa,
  c: Contexto,
  desde: string,
  { hoje, chamadas: [agora, ...antes] }: Chamadas,
): Promise<Response> {
  const { p: { tv }, lingua } = c.var;
  const { fuso, tv: { mostra } } = casa.agenda.clinica.oferta;
  return emoldura(casa, c, {
    titulo: tv.titulo,
    face: "tv",
    arquivos: ["tv.css", "tv.ts"],
    cabecalho: html`
      <button class="som" type="button" hidden>${tv.som}</button>
      <p class="relogio"><time></time><span class="data"></span></p>
    `,
    corpo: html`
      <noscript><meta http-equiv="refresh" content="${RECARREGA}"></noscript>
      <div id="tv" data-desde="${desde}" data-hoje="${hoje}" data-agora="${casa.relogio()}" data-fuso="${fuso}"
        data-mostra="${mostra}"
        data-lingua="${ETIQUETAS[lingua]}" data-fala="${tv.fala("{quem}", "{local}")}"
        data-fala-sem-local="${tv.falaSemLocal("{quem}")}" data-sem-ligacao="${tv.semLigacao("{hora}")}">
        <h1 class="so-leitor">${tv.titulo}</h1>
        <section class="agora" aria-live="assertive" aria-atomic="true">
          <p class="ninguem" ${agora === undefined ? "" : OCULTO}>${tv.ninguem}</p>
          <div class="chamada" ${agora === undefined ? OCULTO : marca(agora)}>
            ${parte("p", "quem", agora?.quem)} ${parte("p", "local", agora?.local)}
          </div>
        </section>
        <section class="antes" aria-labelledby="antes" ${antes.length === 0 ? OCULTO : ""}>
          <h2 id="antes">${tv.antes}</h2>
          <ol>
        ${antes.map((uma) =>
          html`
            <li${marca(uma)}>${parte("span", "quem", uma.quem)}${parte("span", "local", uma.local)}</li>
          `
        )}
        </ol>
        </section>
        <p class="ligacao" role="status" hidden></p>
      </div>
    `,
  });
}

/** Uma parte de uma chamada; a que não cabe numa linha em letra grande diz-se comprida, e o estilo encolhe-a. */
function parte(elemento: "p" | "span", classe: keyof typeof LETRAS, texto = ""): Html {
  const comprido = texto.length > LETRAS[classe] ? " comprido" : "";
  return html`${raw(`<${elemento} class="${classe}${comprido}">`)}${texto}${raw(`</${elemento}>`)}`;
}

/** Até quantas letras cabem em grande; `tv.ts` tem as mesmas. */
const LETRAS = { quem: 8, local: 14 } as const;

const OCULTO: Html = html`
  hidden
`;

function marca({ em }: Chamada): Html {
  return html`
    data-em="${em}"
  `;
}

/**
 * O guarda do painel: por ele passa cada pedido sob `/painel` antes de qualquer rota. Recusa quem vem às claras de outra máquina,
 * quem não entrou, e quem não é do papel da parte a que vai; e nada do que se escreveu se perde com uma sessão que acabou.
 *
 * @module
 */

import { html } from "hono/html";
import type { Casa, Contexto } from "../casa.ts";
import { leEscrito } from "../pedido.ts";
import { escritosDe, guarda } from "./guardado.ts";
import { emolduraPorta } from "./moldura.ts";
import { chega, quemChega, voltaDe } from "./papeis.ts";
import type { Porteiro } from "./porteiro.ts";

/** O que diz a um script que a sessão acabou: com 401, e sem que o navegador pergunte nada. */
const SEM_SESSAO = 'Sessao realm="painel"';

/** Deixa passar, com `c.var.entrado`, ou responde. */
export async function guardaDoPainel(
  casa: Casa,
  porteiro: Porteiro,
  c: Contexto,
  segue: () => Promise<void>,
): Promise<Response | void> {
  if (!c.var.deConfianca && !casa.painelSemTls) return await soDaqui(casa, c);
  if (quemChega(c.req.path) === "qualquer um") return await segue();
  // Uma página que só segue o que muda, ou se refaz por si, não é alguém diante dela.
  const usa = c.req.header("accept") !== "text/event-stream" && c.req.header("x-por-si") === undefined;
  const entrado = await casa.quemEntrou(c, usa);
  if (entrado === undefined) return await semSessao(casa, porteiro, c);
  c.set("entrado", entrado);
  if (!chega(entrado.quem.papel, c.req.path)) return await naoPode(casa, c);
  await segue();
}

function soDaqui(casa: Casa, c: Contexto): Promise<Response> {
  const { entrar } = c.var.p;
  return emolduraPorta(casa, c, {
    ...{ codigo: 403, titulo: entrar.soDaqui },
    corpo: html`
      <p>${entrar.soDaquiPorque}</p>
      <h2>${entrar.soDaquiOQueFazer}</h2>
      <ul>
        <li>${entrar.soDaquiNela}</li>
        <li>${entrar.soDaquiTls}<code>deno run -A servidor.ts certificado</code>
          <code>deno run -A servidor.ts --certificado certificado.pem --chave-privada certificado.chave.pem</code></li>
        <li>${entrar.soDaquiSemTls}</li>
      </ul>
    `,
  });
}

function naoPode(casa: Casa, c: Contexto): Promise<Response> {
  const { entrar } = c.var.p;
  return emolduraPorta(casa, c, {
    ...{ codigo: 403, titulo: entrar.naoPode },
    corpo: html`
      <p>${entrar.naoPodeExplica}</p>
      <p><a class="botao" href="/painel">${entrar.irAoPainel}</a></p>
    `,
  });
}

async function semSessao(casa: Casa, porteiro: Porteiro, c: Contexto): Promise<Response> {
  // Quem navega quer uma página; um script, não.
  if (!(c.req.header("accept") ?? "").includes("text/html")) {
    return new Response(null, {
      status: 401,
      headers: { "www-authenticate": SEM_SESSAO, "cache-control": "no-store" },
    });
  }
  const { pathname, search } = new URL(c.req.url);
  const caminho = pathname + search;
  if (c.req.method !== "POST") {
    const volta = voltaDe(caminho);
    return c.redirect(
      volta === "/painel" ? "/painel/entrar" : `/painel/entrar?volta=${encodeURIComponent(volta)}`,
      303,
    );
  }
  const escrito = await leEscrito(c);
  const pessoa = porteiro.deQuemEra(c);
  if (pessoa !== undefined && guarda(casa, c, { pessoa, caminho, escrito })) {
    return c.redirect("/painel/entrar", 303);
  }
  const { entrar } = c.var.p;
  const resposta = await emolduraPorta(casa, c, {
    ...{ codigo: 401, titulo: entrar.acabou },
    corpo: html`
      <p>${entrar.naoCoube}</p>
      ${escritosDe(c.var.p, escrito)}
      <p class="botoes"><a class="botao" href="/painel/entrar">${entrar.entra}</a></p>
    `,
  });
  resposta.headers.set("www-authenticate", SEM_SESSAO);
  return resposta;
}

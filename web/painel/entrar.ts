/**
 * Entrar no painel e sair dele: `/painel/entrar`, `/painel/sair`, e o que ficou por mandar quando uma sessão acabou. A quem erra
 * diz-se sempre o mesmo, seja o que for que esteja errado.
 *
 * @module
 */

import { Hono } from "hono";
import { html } from "hono/html";
import { campo, type Erros, escondidos, preenchido, resumoDeErros, TAL_E_QUAL } from "../campos.ts";
import type { Ambiente, Casa, Contexto, Rotas } from "../casa.ts";
import type { Html } from "../moldura.ts";
import { leFormulario } from "../pedido.ts";
import { escritosDe, guardado, larga } from "./guardado.ts";
import { emolduraPorta } from "./moldura.ts";
import { voltaDe } from "./papeis.ts";
import type { Porteiro } from "./porteiro.ts";
import { PRIMEIRO_ACESSO } from "./primeiro.ts";

/** Quando há gente demais a entrar, daqui a quantos segundos se tenta outra vez. */
const ESPERA_DA_CHEIA = 2;

/** As rotas de entrar e sair, sob `/painel`. */
export function rotasDeEntrar(casa: Casa, porteiro: Porteiro): Rotas {
  const rotas = new Hono<Ambiente>();
  rotas.get("/entrar", async (c) => {
    const volta = voltaDe(c.req.query("volta") ?? "");
    if (await casa.quemEntrou(c, false) !== undefined) return c.redirect(volta, 303);
    const primeiro = await porteiro.primeiro.aberto();
    if (primeiro && c.env.desta && c.req.query("conta") === undefined && !await porteiro.haQuemEntre()) {
      return c.redirect(PRIMEIRO_ACESSO, 303);
    }
    return await mostra(casa, c, { volta, primeiro, aviso: porQueEntraOutraVez(casa, porteiro, c) });
  });
  rotas.post("/entrar", (c) => entra(casa, porteiro, c));
  rotas.get("/entrar/por-mandar", (c) => mostraPorMandar(casa, c));
  rotas.post("/entrar/por-mandar", (c) => decidePorMandar(casa, c));
  rotas.post("/sair", async (c) => {
    await leFormulario(c);
    await porteiro.sai(c);
    // As outras páginas da mesma sessão deixam já de mostrar o que muda.
    void casa.fluxo.reve();
    larga(casa, c);
    // Também as páginas que o navegador guarda inteiras para quando se recua. Só o cumpre por TLS, ou nesta máquina; o resto
    // faz `painel.ts`.
    if (c.var.deConfianca) c.header("clear-site-data", '"cache"');
    return c.redirect("/painel/entrar", 303);
  });
  return rotas;
}

interface Mostrada {
  readonly volta: string;
  readonly quem?: string;
  readonly aviso?: string;
  /** Ainda não há um gerente. */
  readonly primeiro?: boolean;
  readonly erros?: Erros;
  readonly codigo?: number;
}

function mostra(
  casa: Casa,
  c: Contexto,
  { volta, quem = "", aviso, primeiro = false, erros = {}, codigo }: Mostrada,
): Promise<Response> {
  const { p, p: { entrar } } = c.var;
  const forma = preenchido("", { quem }, erros);
  return emolduraPorta(casa, c, {
    titulo: entrar.titulo,
    codigo,
    corpo: html`
      ${aviso === undefined ? "" : html`<p class="recado de-aviso">${aviso}</p>`}
      ${resumoDeErros(p, forma)}
      <form method="post" action="/painel/entrar" novalidate ${TAL_E_QUAL}>
        <input type="hidden" name="volta" value="${volta}">
        ${campo(forma, {
          ...{ nome: "quem", rotulo: entrar.quem, completa: "username", maximo: 100, foco: aviso === undefined },
        })}
        ${campo(forma, {
          ...{ nome: "frase", rotulo: entrar.frase, completa: "current-password", tipo: "password", maximo: 256 },
        })}
        ${campo(forma, {
          ...{ nome: "codigo", rotulo: entrar.codigo, dica: entrar.codigoDica },
          ...{ completa: "one-time-code", maximo: 40 },
        })}
        <p class="botoes"><button class="botao">${entrar.entra}</button></p>
      </form>
      ${primeiro ? oPrimeiro(c) : html`<p class="nota">${entrar.esqueceu}</p>`}
    `,
  });
}

function oPrimeiro({ env, var: { p: { entrar } } }: Contexto): Html {
  return env.desta
    ? html`<p class="nota"><a href="${PRIMEIRO_ACESSO}">${entrar.irAoPrimeiro}</a></p>`
    : html`<p class="nota">${entrar.primeiroDeFora}</p>`;
}

function porQueEntraOutraVez(casa: Casa, porteiro: Porteiro, c: Contexto): string | undefined {
  const { entrar } = c.var.p;
  if (guardado(casa, c) !== undefined) return entrar.acabouEGuardou;
  return porteiro.deQuemEra(c) === undefined ? undefined : entrar.acabouEntre;
}

async function entra(casa: Casa, porteiro: Porteiro, c: Contexto): Promise<Response> {
  const { entrar, falha } = c.var.p;
  const campos = await leFormulario(c);
  const [quem, frase, codigo] = [campos("quem"), campos("frase"), campos("codigo")];
  const volta = voltaDe(campos("volta"));
  const falta: Record<string, string> = {};
  if (quem.trim() === "") falta.quem = entrar.faltaQuem;
  if (frase === "") falta.frase = entrar.faltaFrase;
  if (Object.keys(falta).length > 0) return await mostra(casa, c, { volta, quem, erros: falta, codigo: 422 });
  // Um só campo para os dois códigos: nem aqui se diz de que precisa quem entra.
  const entrada = await porteiro.entra(c, { quem, frase, totp: codigo, recuperacao: codigo });
  switch (entrada.tipo) {
    case "entrou": {
      const porMandar = guardado(casa, c);
      if (porMandar?.pessoa === entrada.pessoa.numero) return c.redirect("/painel/entrar/por-mandar", 303);
      larga(casa, c);
      return c.redirect(volta, 303);
    }
    case "recusada":
      return await mostra(casa, c, { volta, quem, erros: { "": entrar.recusada }, codigo: 422 });
    case "espera": {
      const { segundos } = entrada;
      return depois(
        await mostra(casa, c, { volta, quem, erros: { "": falha.espera(segundos) }, codigo: 429 }),
        segundos,
      );
    }
    case "cheia":
      return depois(
        await mostra(casa, c, { volta, quem, erros: { "": entrar.cheia }, codigo: 503 }),
        ESPERA_DA_CHEIA,
      );
  }
}

/** Uma resposta que diz daqui a quantos segundos se tenta outra vez. */
function depois(resposta: Response, segundos: number): Response {
  resposta.headers.set("retry-after", String(segundos));
  return resposta;
}

// ------------------------------------------------------------------------------------------------------ o que ficou por mandar

async function mostraPorMandar(casa: Casa, c: Contexto): Promise<Response> {
  const [entrado, porMandar] = [await casa.quemEntrou(c), guardado(casa, c)];
  if (entrado === undefined) return c.redirect("/painel/entrar", 303);
  if (porMandar?.pessoa !== entrado.pessoa) {
    larga(casa, c);
    return c.redirect("/painel", 303);
  }
  const { p, p: { entrar } } = c.var;
  return await emolduraPorta(casa, c, {
    titulo: entrar.porMandar,
    corpo: html`
      <p>${entrar.porMandarExplica(entrado.nome)}</p>
      ${escritosDe(p, porMandar.escrito)}
      <form method="post" action="/painel/entrar/por-mandar" class="botoes">
        ${escondidos(new URLSearchParams(porMandar.escrito))}
        <button class="botao">${entrar.manda}</button>
      </form>
      <form method="post" action="/painel/entrar/por-mandar" class="botoes">
        <button class="botao segundo" name="deixa" value="sim">${entrar.deixa}</button>
      </form>
    `,
  });
}

/** Manda-o para onde ia, ou deixa-o; se a sessão acabou outra vez, fica guardado. */
async function decidePorMandar(casa: Casa, c: Contexto): Promise<Response> {
  const campos = await leFormulario(c);
  const [entrado, porMandar] = [await casa.quemEntrou(c), guardado(casa, c)];
  if (entrado === undefined) return c.redirect("/painel/entrar", 303);
  larga(casa, c);
  const manda = campos("deixa") === "" && porMandar?.pessoa === entrado.pessoa;
  // 307: o formulário segue como está.
  return manda ? c.redirect(porMandar.caminho, 307) : c.redirect("/painel", 303);
}

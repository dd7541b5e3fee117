/**
 * O primeiro acesso: enquanto não há quem gira a clínica, quem está na máquina do servidor faz aqui a sua conta, com o código que
 * só o console diz (`acesso/primeiro.ts`).
 *
 * @module
 */

import { Hono } from "hono";
import { html } from "hono/html";
import { defeitoDaFrase, LETRAS_MAXIMAS, LETRAS_MINIMAS, sorteiaFrase } from "../../acesso/frase.ts";
import type { PrimeiraEntrada } from "../../acesso/primeiro.ts";
import { lerNomeMostrado, lerQuem } from "../../clinica/pessoa.ts";
import { campo, type Erros, haErros, resumoDeErros, TAL_E_QUAL } from "../campos.ts";
import type { Ambiente, Casa, Contexto, Rotas } from "../casa.ts";
import type { Palavras } from "../palavras/pt.ts";
import { type Campos, leFormulario } from "../pedido.ts";
import { emolduraPorta } from "./moldura.ts";
import type { Porteiro } from "./porteiro.ts";

/** Onde se faz. */
export const PRIMEIRO_ACESSO = "/painel/entrar/primeiro";

/** As rotas dele, sob `/painel`. */
export function rotasDoPrimeiro(casa: Casa, porteiro: Porteiro): Rotas {
  const rotas = new Hono<Ambiente>();
  rotas.get("/entrar/primeiro", async (c) => {
    if (!c.env.desta || !await porteiro.primeiro.aberto()) return c.redirect("/painel/entrar", 303);
    return await mostra(casa, c, { valor: () => "", sugestao: sorteiaFrase() });
  });
  rotas.post("/entrar/primeiro", async (c) => {
    const campos = await leFormulario(c);
    const erros = errosDe(c.var.p, campos) ?? await faz(porteiro, c, campos);
    if (erros === undefined) return c.redirect("/painel", 303);
    // A mesma que se viu: quem a usou e errou o resto não a perde.
    const sugestao = /^[a-z]+(?: [a-z]+)+$/.test(campos("sugestao")) ? campos("sugestao") : sorteiaFrase();
    return await mostra(casa, c, { valor: campos, sugestao, erros, codigo: 422 });
  });
  return rotas;
}

interface Mostrado {
  readonly valor: Campos;
  readonly sugestao: string;
  readonly erros?: Erros;
  readonly codigo?: number;
}

function mostra(casa: Casa, c: Contexto, { valor, sugestao, erros = {}, codigo }: Mostrado): Promise<Response> {
  const { p, p: { entrar } } = c.var;
  const forma = { forma: "", valor, erros };
  const secreto = { tipo: "password", maximo: LETRAS_MAXIMAS } as const;
  const sorteada = html`<span class="frase" translate="no">${sugestao}</span>`;
  return emolduraPorta(casa, c, {
    titulo: entrar.primeiro,
    codigo,
    corpo: html`
      <p>${entrar.primeiroExplica}</p>
      ${resumoDeErros(p, forma)}
      <form method="post" action="${PRIMEIRO_ACESSO}" novalidate ${TAL_E_QUAL}>
        <input type="hidden" name="sugestao" value="${sugestao}">
        ${campo(forma, {
          ...{ nome: "codigo", rotulo: entrar.primeiroCodigo, dica: entrar.primeiroCodigoDica },
          maximo: 40,
        })}
        ${campo(forma, {
          ...{ nome: "quem", rotulo: entrar.quem, dica: entrar.quemDica },
          ...{ completa: "username", maximo: 100 },
        })}
        ${campo(forma, { nome: "nome", rotulo: entrar.nome, completa: "name", maximo: 200 })}
        ${campo(forma, {
          ...{ nome: "frase", rotulo: entrar.frase, ...secreto },
          dica: html`${entrar.fraseDica(LETRAS_MINIMAS)} ${entrar.sugestao} ${sorteada}`,
        })}
        ${campo(forma, { nome: "outra", rotulo: entrar.fraseOutra, ...secreto })}
        <p class="botoes"><button class="botao">${entrar.faz}</button></p>
      </form>
      <p class="nota"><a href="/painel/entrar?conta=sim">${entrar.jaTenho}</a></p>
    `,
  });
}

/** Tudo o que se vê mal sem perguntar a ninguém, de uma vez; nada, se nada. */
function errosDe({ entrar }: Palavras, campos: Campos): Erros | undefined {
  const erros: Record<string, string> = {};
  if (campos("codigo").trim() === "") erros.codigo = entrar.primeiroFaltaCodigo;
  const quem = lerQuem(campos("quem"));
  if (quem === undefined) erros.quem = campos("quem").trim() === "" ? entrar.faltaQuem : entrar.quemErrado;
  if (lerNomeMostrado(campos("nome")) === undefined) erros.nome = entrar.faltaNome;
  const defeito = defeitoDaFrase(campos("frase"), quem ?? "");
  if (campos("frase") === "") erros.frase = entrar.faltaFrase;
  else if (defeito !== undefined) erros.frase = entrar.fraseErrada[defeito];
  else if (campos("frase") !== campos("outra")) erros.outra = entrar.fraseDiferente;
  return haErros(erros) ? erros : undefined;
}

/** Faz a conta, e entra; ou diz por que não. */
async function faz(porteiro: Porteiro, c: Contexto, campos: Campos): Promise<Erros | undefined> {
  const { entrar } = c.var.p;
  const entrada: PrimeiraEntrada = await porteiro.fazPrimeiro(c, campos("codigo"), {
    ...{ quem: campos("quem"), nome: campos("nome"), frase: campos("frase"), desta: c.env.desta },
  });
  switch (entrada.tipo) {
    case "entrou":
      return undefined;
    case "de fora":
      return { "": entrar.primeiroDeFora };
    case "campo":
      return entrada.campo === "frase"
        ? { frase: entrar.fraseErrada[entrada.defeito] }
        : { [entrada.campo]: entrada.campo === "quem" ? entrar.quemErrado : entrar.faltaNome };
    case "há outra":
      return { quem: entrar.quemJaHa };
    case "recusada":
      return { codigo: entrar.primeiroCodigoErrado(entrada.restam) };
    case "fechado":
      return { "": entrar.primeiroAcabou };
  }
}

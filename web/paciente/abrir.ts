/**
 * Abrir o que é de alguém com o CPF e o código. Quem não os traz vê só o formulário e, se não abrem nada, a mesma frase, haja ou
 * não alguma coisa. Quem já os disse há tempo demais torna a dizê-los, e volta ao que estava a fazer.
 *
 * @module
 */

import { html } from "hono/html";
import { CODIGO, CPF } from "../../fio/leitores.ts";
import { campo, type Erros, escondidos, haErros, preenchido } from "../campos.ts";
import { type Casa, type Contexto, pede, quemPede } from "../casa.ts";
import type { Html } from "../moldura.ts";
import type { Palavras } from "../palavras/pt.ts";
import type { Campos } from "../pedido.ts";
import { comCodigo, daBilhete, type Feito, leBilhete, ve, type Visto } from "./bilhete.ts";
import { campoDoCpf } from "./formulario.ts";
import { endereco, mostra, recado } from "./pagina.ts";

/** O que se pergunta, e o que já se escreveu. */
export interface Pergunta {
  /** Aonde se vai depois; ao cartão, se não se diz. */
  readonly volta?: string;
  /** Um recado, antes de tudo. */
  readonly antes?: Html;
  /** O CPF, como se escreveu. */
  readonly cpf?: string;
  /** O código, como se escreveu. */
  readonly codigo?: string;
  /** O que não serve. */
  readonly erros?: Erros;
}

/** A página que pergunta o CPF e o código. */
export function perguntaCodigo(casa: Casa, c: Contexto, pergunta: Pergunta = {}): Promise<Response> {
  const { p } = c.var;
  const { volta = "", erros, antes = volta === "" ? "" : recado(p.agendamento.outraVez, "de-aviso") } = pergunta;
  return mostra(casa, c, {
    ...{ titulo: p.paciente.ver, volta: "/", arquivos: ["agendamento.ts"] },
    ...{ antes, erros },
    corpo: html`
      <p>${p.agendamento.perguntaExplica}</p>
      ${formularioDoCodigo(p, pergunta)}
      <p class="outra-saida">${p.agendamento.perdeu}</p>
      <p class="outra-saida">${p.agendamento.naoTem} <a href="/marcar">${p.paciente.marcar}</a></p>
    `,
  });
}

/** O formulário, também para quem está a ver outro. */
export function formularioDoCodigo(
  p: Palavras,
  { volta = "", cpf = "", codigo = "", erros }: Omit<Pergunta, "antes">,
): Html {
  const forma = preenchido("", { cpf, codigo }, erros);
  return html`
    <form method="post" action="/agendamento" novalidate spellcheck="false" data-abre>
      ${escondidos(volta === "" ? {} : { volta })} ${campoDoCpf(p, forma)}
      ${campo(forma, { nome: "codigo", rotulo: p.paciente.codigo, dica: p.paciente.codigoDica, maximo: 20 })}
      <p class="botoes"><button class="botao">${p.agendamento.abre}</button></p>
    </form>
  `;
}

/** Lê o formulário, e abre o que o código abrir. */
export async function abre(casa: Casa, c: Contexto, campos: Campos): Promise<Response> {
  const { p } = c.var;
  const [escrito, volta] = [{ cpf: campos("cpf"), codigo: campos("codigo") }, voltaNossa(campos("volta"))];
  const [cpf, codigo] = [CPF(escrito.cpf), CODIGO(escrito.codigo)];
  const erros: Record<string, string> = {};
  if (typeof cpf !== "string") {
    erros.cpf = escrito.cpf.trim() === "" ? p.paciente.faltaCpf : p.paciente.cpfErrado;
  }
  if (escrito.codigo.trim() === "") erros.codigo = p.agendamento.faltaCodigo;
  if (typeof cpf !== "string" || typeof codigo !== "string" || haErros(erros)) {
    return perguntaCodigo(casa, c, { ...escrito, volta, erros });
  }
  const resultado = await pede(casa, quemPede(c, "paciente"), { comando: "BUSCA", cpf, codigo, comEsperas: true });
  if (resultado.codigo !== "OK-302") {
    return perguntaCodigo(casa, c, {
      ...{ ...escrito, volta },
      erros: { codigo: p.agendamento.naoAbre },
    });
  }
  daBilhete(casa, c, comCodigo(leBilhete(casa, c), cpf, codigo));
  return c.redirect(volta === "" ? "/agendamento" : volta, 303);
}

/** Aonde se volta: a uma destas páginas, ou a nenhuma. */
function voltaNossa(volta: string): string {
  return /^\/(?:agendamento|marcar)(?:\/[a-z]+)?(?:\?[\w=&%+.:-]*)?$/.test(volta) ? volta : "";
}

/**
 * O que o bilhete abre, ou a página a mostrar em vez da que se pediu: sem bilhete, a que pergunta o código e volta aqui, com o
 * que se escolheu, que não é nada de ninguém.
 */
export function exige(
  casa: Casa,
  c: Contexto,
  escolhido: Readonly<Record<string, string | number | undefined>>,
): Response | Promise<Visto | Response> {
  const bilhete = leBilhete(casa, c);
  if (bilhete !== undefined) return ve(casa, c, bilhete);
  const volta = endereco(c.req.path, escolhido);
  return c.req.method === "POST" ? c.redirect(volta, 303) : perguntaCodigo(casa, c, { volta });
}

/** Volta ao cartão, a dizer o que se fez. */
export function aoCartao(casa: Casa, c: Contexto, bilhete: Visto["bilhete"], feito: Feito): Response {
  daBilhete(casa, c, { ...bilhete, feito });
  return c.redirect("/agendamento", 303);
}

/** O número que um pedido diz. */
export function numeroDe(escrito: string | undefined): number | undefined {
  return escrito !== undefined && /^[1-9]\d{0,14}$/.test(escrito) ? Number(escrito) : undefined;
}

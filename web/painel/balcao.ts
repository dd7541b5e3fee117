/**
 * O que se faz no balcão sobre um agendamento, e marcar: as páginas e os formulários. Com script o mesmo formulário vai por
 * `fetch`, e volta o que mudou na página em vez de outra (`Resposta`).
 *
 * @module
 */

import { Hono } from "hono";
import { html } from "hono/html";
import type { Agendamento } from "../../clinica/agendamento.ts";
import type { Quem } from "../../clinica/livro.ts";
import { pode } from "../../clinica/permissao.ts";
import { type Ambiente, type Casa, type Contexto, pede, pedeTudo, type Rotas } from "../casa.ts";
import type { Html } from "../moldura.ts";
import { leFormulario } from "../pedido.ts";
import { agendamento, type Escrito } from "./agendamento.ts";
import { type Desfecho, faz } from "./atos.ts";
import { formularioDeMarcar, marca, type MostraMarcar, ondeDe } from "./marcar.ts";
import { emolduraPainel } from "./moldura.ts";
import type { Mostrador, Troca } from "./mostrador.ts";

/** O que se responde a um formulário mandado por script. */
export interface Resposta {
  /** Ficou feito. */
  readonly feito: boolean;
  /** O que se diz. */
  readonly texto: string;
  /** O agendamento de que se fala. */
  readonly numero?: number;
  /** A data em que está. */
  readonly data?: string;
  /** O que se troca na página. */
  readonly troca?: Troca;
  /** O que se mostra ao lado: o agendamento como está, ou o formulário com o que lhe falta. */
  readonly painel?: string;
}

/** As rotas, sob `/painel`. */
export function rotasDoBalcao(casa: Casa, mostrador: Mostrador): Rotas {
  const rotas = new Hono<Ambiente>();
  rotas.get("/agendamento/:numero", (c) => mostra(casa, c, mostrador));
  rotas.post("/agendamento/:numero", (c) => age(casa, c, mostrador));
  rotas.get("/marcar", (c) => mostraMarcar(casa, c));
  rotas.post("/marcar", (c) => marcar(casa, c, mostrador));
  return rotas;
}

/** Verdadeiro se o pedido vem do script, que só quer o pedaço. */
function ehPedaco({ req }: Contexto): boolean {
  return req.header("x-pedaco") !== undefined;
}

// ------------------------------------------------------------------------------------------------------ achar

/** De que agendamento se fala: o número, e a data em que se viu. */
export interface QualDoDia {
  /** Quem lembra de que CPF é cada um. */
  readonly mostrador: Mostrador;
  /** O número. */
  readonly numero: number;
  /** `"aaaa-mm-dd"`. */
  readonly data: string;
}

/** Acha-o na data ou, se já lá não está, na história de quem se sabe que é. O CPF nunca vem no endereço. */
export async function acha(
  casa: Casa,
  quem: Quem,
  { mostrador, numero, data }: QualDoDia,
): Promise<Agendamento | undefined> {
  const [lista] = await pedeTudo(casa, quem, [{ comando: "LISTA", data }]);
  const cpf = mostrador.cpfDe(numero);
  let um = lista.codigo === "OK-310" ? lista.agendamentos.find((um) => um.numero === numero) : undefined;
  if (um !== undefined) casa.aoVer(quem, { comando: "LISTA", data }, { codigo: "OK-310", agendamentos: [um] });
  else if (cpf !== undefined && pode(quem, "HISTORIA")) {
    const historia = await pede(casa, quem, { comando: "HISTORIA", cpf });
    um = historia.codigo === "OK-315" ? historia.agendamentos.find((um) => um.numero === numero) : undefined;
  }
  return um;
}

function qualDe({ req }: Contexto, mostrador: Mostrador): QualDoDia {
  const numero = req.param("numero") ?? "";
  return { mostrador, numero: /^\d{1,15}$/.test(numero) ? Number(numero) : 0, data: req.query("data") ?? "" };
}

// ------------------------------------------------------------------------------------------------------ um agendamento

async function mostra(casa: Casa, c: Contexto, mostrador: Mostrador): Promise<Response> {
  const { entrado: { quem }, p } = c.var;
  const qual = qualDe(c, mostrador);
  const um = await acha(casa, quem, qual);
  if (um === undefined) return naoHa(casa, c, qual.data);
  return await responde(casa, c, { um, corpo: pedacoDe(casa, c, um), titulo: p.dia.agendamento });
}

function pedacoDe(casa: Casa, { var: { entrado: { quem }, p } }: Contexto, um: Agendamento, escrito?: Escrito): Html {
  const agora = casa.relogio();
  const { clinica } = casa.agenda;
  const { hoje } = clinica.calendario.janela(agora);
  return agendamento({ dia: { clinica, agora, hoje, quem }, p, um, escrito });
}

interface OQueSeMostra {
  readonly titulo: string;
  readonly corpo: Html;
  readonly um?: Agendamento;
  readonly data?: string;
  readonly codigo?: number;
  readonly recusado?: string;
}

/** O pedaço, ou a página inteira com o caminho de volta ao dia. */
async function responde(
  casa: Casa,
  c: Contexto,
  { titulo, corpo, um, data = um?.data ?? "", codigo, recusado }: OQueSeMostra,
): Promise<Response> {
  if (ehPedaco(c)) {
    return new Response(String(await corpo), {
      status: codigo ?? 200,
      headers: {
        "content-type": "text/html; charset=utf-8",
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
      },
    });
  }
  const { p } = c.var;
  const volta = `/painel?data=${encodeURIComponent(data)}${um === undefined ? "" : `#n${um.numero}`}`;
  return await emolduraPainel(casa, c, {
    ...{ titulo, aqui: "dia", arquivos: ["dia.css"], codigo },
    corpo: html`
      <div class="sozinho">
        <p><a href="${volta}">${p.dia.voltarAoDia}</a></p>
        <h1>${titulo}</h1>
        ${recusado === undefined ? "" : html`
          <div class="recado de-erro" role="alert">
            <p>${recusado}</p>
          </div>
        `}
        ${corpo}
      </div>
    `,
  });
}

function naoHa(casa: Casa, c: Contexto, data: string): Promise<Response> {
  const { p } = c.var;
  return responde(casa, c, {
    titulo: p.dia.agendamento,
    data,
    codigo: 404,
    corpo: html`<p>${p.dia.recusas.naoExiste}</p>`,
  });
}

async function age(casa: Casa, c: Contexto, mostrador: Mostrador): Promise<Response> {
  const { entrado: { quem }, p } = c.var;
  const campos = await leFormulario(c);
  const qual = qualDe(c, mostrador);
  const um = await acha(casa, quem, qual);
  if (um === undefined) {
    return ehPedaco(c)
      ? json(c, { feito: false, texto: p.dia.recusas.naoExiste }, 404)
      : await naoHa(casa, c, qual.data);
  }
  const { clinica } = casa.agenda;
  const desfecho = await faz(casa, {
    ...{ dia: { clinica, quem }, p, um, campos },
    quemMudou: (um) => mostrador.quemMudou(um),
  });
  const agora = desfecho.um ?? um;
  const escrito = desfecho.tipo === "feito" ? undefined : {
    ...{ ato: campos("ato"), campos, erros: desfecho.erros ?? {} },
    versao: desfecho.visto ? String(agora.versao) : campos("versao"),
  };
  if (ehPedaco(c)) return await respondeAoScript(casa, c, { mostrador, data: qual.data, desfecho, agora, escrito });
  if (desfecho.tipo === "feito") {
    const feito = new URLSearchParams({ data: agora.data, feito: campos("ato"), numero: String(agora.numero) });
    return c.redirect(`/painel?${feito}#n${agora.numero}`, 303);
  }
  return await responde(casa, c, {
    ...{ titulo: p.dia.agendamento, um: agora, corpo: pedacoDe(casa, c, agora, escrito), codigo: 409 },
    recusado: desfecho.texto,
  });
}

async function respondeAoScript(
  casa: Casa,
  c: Contexto,
  { mostrador, data, desfecho, agora, escrito }: {
    readonly mostrador: Mostrador;
    readonly data: string;
    readonly desfecho: Desfecho;
    readonly agora: Agendamento;
    readonly escrito: Escrito | undefined;
  },
): Promise<Response> {
  const { entrado: { quem }, lingua, p } = c.var;
  const troca = await mostrador.troca({ quem, lingua, p }, data, [agora.numero]);
  const feito = desfecho.tipo === "feito";
  return json(c, {
    ...{ feito, texto: desfecho.texto, numero: agora.numero, data: agora.data, troca },
    painel: String(await pedacoDe(casa, c, agora, escrito)),
  }, feito ? 200 : 409);
}

function json(c: Contexto, resposta: Resposta, codigo: 200 | 404 | 409 = 200): Response {
  return c.json(resposta, codigo, { "cache-control": "no-store", "x-content-type-options": "nosniff" });
}

// ------------------------------------------------------------------------------------------------------ marcar

async function mostraMarcar(casa: Casa, c: Contexto): Promise<Response> {
  return await respondeAoMarcar(casa, c, marcarDe(casa, c, ondeDe((nome) => c.req.query(nome) ?? "")));
}

function marcarDe(casa: Casa, { var: { entrado: { quem }, p } }: Contexto, onde: MostraMarcar["onde"]): MostraMarcar {
  const { clinica } = casa.agenda;
  const { hoje } = clinica.calendario.janela(casa.relogio());
  return { dia: { clinica, quem, hoje }, p, onde };
}

async function respondeAoMarcar(casa: Casa, c: Contexto, mostra: MostraMarcar): Promise<Response> {
  const { p, onde, recusado } = mostra;
  return await responde(casa, c, {
    titulo: onde.encaixe ? p.dia.encaixar : p.dia.marcarTitulo(onde.hora ?? ""),
    ...{ data: onde.data, corpo: formularioDeMarcar(mostra), recusado: recusado?.texto },
    codigo: recusado === undefined ? undefined : 409,
  });
}

async function marcar(casa: Casa, c: Contexto, mostrador: Mostrador): Promise<Response> {
  const campos = await leFormulario(c);
  const especialidade = campos("especialidade");
  const noEndereco = ondeDe((nome) => c.req.query(nome) ?? "");
  const onde = especialidade === "" ? noEndereco : { ...noEndereco, especialidade };
  const mostra = { ...marcarDe(casa, c, onde), campos };
  const marcado = await marca(casa, mostra);
  const { entrado: { quem }, lingua, p } = c.var;
  if (marcado.tipo === "recusado") {
    const comErro = { ...mostra, recusado: marcado };
    if (!ehPedaco(c)) return await respondeAoMarcar(casa, c, comErro);
    const troca = await mostrador.troca({ quem, lingua, p }, onde.data, []);
    return json(
      c,
      { feito: false, texto: marcado.texto, troca, painel: String(await formularioDeMarcar(comErro)) },
      409,
    );
  }
  const { um, texto } = marcado;
  if (!ehPedaco(c)) {
    const feito = new URLSearchParams({ data: um.data, feito: "AGEND", numero: String(um.numero) });
    return c.redirect(`/painel?${feito}#n${um.numero}`, 303);
  }
  const troca = await mostrador.troca({ quem, lingua, p }, onde.data, [um.numero]);
  return json(c, {
    ...{ feito: true, texto, numero: um.numero, data: um.data, troca },
    painel: String(await pedacoDe(casa, c, um)),
  });
}

/**
 * `/agendamento`: o que o CPF e o código abriram, com o que se pode fazer dele; e o evento de calendário.
 *
 * @module
 */

import { Hono } from "hono";
import { html } from "hono/html";
import type { Agendamento } from "../../clinica/agendamento.ts";
import type { Ambiente, Casa, Contexto, Rotas } from "../casa.ts";
import type { Html } from "../moldura.ts";
import { leFormulario } from "../pedido.ts";
import { abre, exige, formularioDoCodigo, numeroDe, perguntaCodigo } from "./abrir.ts";
import { respostas, rotasDosAtos, saidasDaEspera, saidasDoAgendamento } from "./atos.ts";
import { daBilhete, type Feito, leBilhete, tiraBilhete, ve, type Visto } from "./bilhete.ts";
import { cartao, cartaoDaEspera } from "./cartao.ts";
import { escreveIcs } from "./ics.ts";
import { rotasDeMudar } from "./mudar.ts";
import { caminhos, endereco, mostra, recado } from "./pagina.ts";

/** As rotas. */
export function rotasDoAgendamento(casa: Casa): Rotas {
  const rotas = new Hono<Ambiente>();
  rotas.get("/", (c) => oMeu(casa, c));
  rotas.post("/", async (c) => abre(casa, c, await leFormulario(c)));
  rotas.post("/sair", async (c) => {
    await leFormulario(c);
    tiraBilhete(casa, c);
    return c.redirect("/", 303);
  });
  rotas.get("/cartao.ics", (c) => calendario(casa, c));
  rotas.route("/mudar", rotasDeMudar(casa));
  rotas.route("/", rotasDosAtos(casa));
  return rotas;
}

/** O tom de cada recado; o que não está aqui correu bem. */
const TONS: { readonly [F in Feito]?: "de-aviso" | "de-erro" } = {
  mudou: "de-aviso",
  naoSePode: "de-erro",
  foraDasRegras: "de-erro",
  jaNaoHa: "de-aviso",
};

async function oMeu(casa: Casa, c: Contexto): Promise<Response> {
  const { p } = c.var;
  const bilhete = leBilhete(casa, c);
  if (bilhete === undefined) return perguntaCodigo(casa, c);
  const { feito, ...dele } = bilhete;
  const visto = await ve(casa, c, dele);
  const { agendamentos, esperas } = visto;
  const antes = feito === undefined ? "" : recado(p.feito[feito], TONS[feito]);
  if (agendamentos.length + esperas.length === 0) {
    tiraBilhete(casa, c);
    return antes === ""
      ? perguntaCodigo(casa, c, { antes: recado(p.feito.jaNaoHa, "de-aviso") })
      : eAgora(casa, c, antes);
  }
  // O recado diz-se uma vez, e o tempo conta desde agora.
  daBilhete(casa, c, visto.bilhete);
  return mostra(casa, c, {
    titulo: agendamentos.length > 0 ? p.agendamento.titulo : p.agendamento.tituloDaEspera,
    arquivos: ["agendamento.ts"],
    antes,
    corpo: html`
      ${agendamentos.map((um) =>
        html`
          ${cartao(casa, c, um)} ${saidasDoAgendamento(casa, c, um)} ${guarda(c, um)} ${maisCedo(casa, c, um, visto)}
        `
      )}
      ${esperas.map((uma) =>
        html`
          ${cartaoDaEspera(casa, c, uma, respostas(c, uma))} ${saidasDaEspera(c, uma)}
        `
      )}
      <section class="nao-se-imprime mais">
        ${caminhos([{ para: "/marcar", nome: p.agendamento.marcarOutro }])}
        <details data-outro><summary>${p.agendamento.verOutro}</summary>${formularioDoCodigo(p, {})}</details>
        <form method="post" action="/agendamento/sair">
          <p>${p.agendamento.sairExplica}</p>
          <button class="botao segundo">${p.agendamento.sair}</button>
        </form>
      </section>
    `,
  });
}

/** O que se fez deixou a pessoa sem nada por aqui: diz-se, e por onde se segue. */
function eAgora(casa: Casa, c: Contexto, antes: Html | ""): Promise<Response> {
  const { p } = c.var;
  return mostra(casa, c, {
    ...{ titulo: p.agendamento.eAgora, antes },
    corpo: caminhos([
      { para: "/marcar", nome: p.agendamento.marcarOutro },
      { para: "/agendamento", nome: p.agendamento.verOutro },
    ]),
  });
}

/** Como se guarda: no calendário, e no papel se há scripts (o navegador também imprime sem eles). */
function guarda({ var: { p: { agendamento } } }: Contexto, { numero }: Agendamento): Html {
  return html`
    <p class="botoes leves">
      <a class="botao leve" href="${endereco("/agendamento/cartao.ics", {
        numero,
      })}" download="agendamento.ics">${agendamento
        .calendario}</a>
      <button class="botao leve" type="button" data-imprime hidden>${agendamento.imprime}</button>
    </p>
  `;
}

/** Quem tem uma hora pode querer uma antes. */
function maisCedo(casa: Casa, c: Contexto, um: Agendamento, { esperas }: Visto): Html | "" {
  const porVir = um.situacao === "MARCADO" || um.situacao === "CONFIRMADO";
  const conhecida = casa.agenda.clinica.especialidade(um.especialidade) !== undefined;
  if (!porVir || !conhecida || esperas.some(({ espera }) => espera.especialidade === um.especialidade)) return "";
  return html`
    <p class="outra-saida nao-se-imprime">${c.var.p.agendamento.maisCedo} <a href="${endereco("/marcar/espera", {
      especialidade: um.especialidade,
    })}">${c.var.p.marcar.aviseMe}</a></p>
  `;
}

/** O evento de calendário de um agendamento. O código não vai nele: um calendário anda por muitos lados. */
async function calendario(casa: Casa, c: Contexto): Promise<Response> {
  const numero = numeroDe(c.req.query("numero"));
  const visto = await exige(casa, c, { numero });
  if (visto instanceof Response) return visto;
  const um = visto.agendamentos.find((um) => um.numero === numero);
  if (um === undefined) return c.notFound();
  const { clinica } = casa.agenda;
  const agora = casa.relogio();
  const especialidade = clinica.nomeDe(um.especialidade);
  const onde = [clinica.oferta.nome, clinica.localDe(um)].filter((parte) => parte !== "").join(", ");
  const texto = escreveIcs({
    uid: `${um.numero}-${casa.selos.codigoDe(`uid ${um.numero}`)}@clinica`,
    ...{
      sequencia: um.versao,
      agora,
      inicio: clinica.calendario.instante(um.data, um.hora, agora),
      minutos: um.minutos,
    },
    ...{ titulo: `${especialidade} · ${clinica.oferta.nome}`, local: onde },
    descricao: [c.var.p.agendamento.noCalendario, clinica.profissionalDe(um.profissional)].filter((parte) =>
      parte !== ""
    ).join(
      "\n",
    ),
  });
  return new Response(texto, {
    headers: {
      "content-type": "text/calendar; charset=utf-8",
      "content-disposition": 'attachment; filename="agendamento.ics"',
      "x-content-type-options": "nosniff",
      "cache-control": "no-store",
    },
  });
}

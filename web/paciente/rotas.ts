/**
 * As páginas do paciente: `/`, a entrada, e daí marcar ou ver o que se marcou. Tudo o que ele faz se faz também sem JavaScript.
 * Onde quem não entrou não marca, dizem todas onde se marca.
 *
 * @module
 */

import { Hono } from "hono";
import { html } from "hono/html";
import type { Ambiente, Casa, Contexto, Rotas } from "../casa.ts";
import { rotasDoAgendamento } from "./agendamento.ts";
import type { Feitas } from "./feitas.ts";
import { rotasDaEspera } from "./espera.ts";
import { rotasDeMarcar } from "./marcar.ts";
import { caminhos, mostra } from "./pagina.ts";

/** As rotas do paciente. */
export function rotasDoPaciente(casa: Casa, feitas: Feitas): Rotas {
  const rotas = new Hono<Ambiente>();
  if (!casa.abertaAoPublico) {
    return rotas.on("ALL", ["/", "/marcar/*", "/agendamento/*"], (c) => soNaRecepcao(casa, c));
  }
  rotas.get(
    "/",
    async (c) => await feitas.acha(c) ?? await feitas.guarda(c, feitas.ponto(), { livres: [] }, entrada(casa, c)),
  );
  rotas.route("/marcar", rotasDeMarcar(casa, feitas));
  rotas.route("/marcar/espera", rotasDaEspera(casa));
  rotas.route("/agendamento", rotasDoAgendamento(casa));
  return rotas;
}

function entrada(casa: Casa, c: Contexto): Promise<Response> {
  const { paciente } = c.var.p;
  return mostra(casa, c, {
    titulo: paciente.oQueFazer,
    corpo: caminhos([
      { para: "/marcar", nome: paciente.marcar, mais: paciente.marcarExplica },
      { para: "/agendamento", nome: paciente.ver, mais: paciente.verExplica },
    ]),
  });
}

function soNaRecepcao(casa: Casa, c: Contexto): Promise<Response> {
  const { paciente } = c.var.p;
  return mostra(casa, c, {
    ...{ titulo: paciente.soNaRecepcao, codigo: c.req.path === "/" ? 200 : 403 },
    corpo: html`
      <p>${paciente.soNaRecepcaoExplica}</p>
    `,
  });
}

/**
 * As páginas do paciente: `/`, a entrada, e daí marcar ou ver o que se marcou. Tudo o que ele faz se faz também sem JavaScript.
 *
 * @module
 */

import { Hono } from "hono";
import type { Ambiente, Casa, Contexto, Rotas } from "../casa.ts";
import { rotasDoAgendamento } from "./agendamento.ts";
import { Feitas } from "./feitas.ts";
import { rotasDaEspera } from "./espera.ts";
import { rotasDeMarcar } from "./marcar.ts";
import { caminhos, mostra } from "./pagina.ts";

/** As rotas do paciente. */
export function rotasDoPaciente(casa: Casa): Rotas {
  const rotas = new Hono<Ambiente>();
  const feitas = new Feitas(casa);
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
    titulo: paciente.boasVindas(casa.agenda.clinica.oferta.nome),
    corpo: caminhos([
      { para: "/marcar", nome: paciente.marcar, mais: paciente.marcarExplica },
      { para: "/agendamento", nome: paciente.ver, mais: paciente.verExplica },
    ]),
  });
}

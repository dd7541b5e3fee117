/**
 * As rotas do painel. Por todas se passa pelo guarda.
 *
 * @module
 */

import { Hono } from "hono";
import type { Ambiente, Casa, Rotas } from "../casa.ts";
import { rotasDosAcessos } from "./acessos.ts";
import { rotasDaConfiguracao } from "./configuracao.ts";
import { rotasDoDia } from "./dia.ts";
import { rotasDeEntrar } from "./entrar.ts";
import { rotasDaFila } from "./fila.ts";
import { guardaDoPainel } from "./guarda.ts";
import { rotasDosPacientes } from "./pacientes.ts";
import type { Porteiro } from "./porteiro.ts";
import { rotasDaSemana } from "./semana.ts";
import { rotasDaTrilha } from "./trilha.ts";
import { rotasDoPrimeiro } from "./primeiro.ts";

/** As rotas do painel, sob `/painel`. */
export function rotasDoPainel(casa: Casa, porteiro: Porteiro): Rotas {
  const rotas = new Hono<Ambiente>();
  rotas.use((c, segue) => guardaDoPainel(casa, porteiro, c, segue));
  rotas.route("/", rotasDeEntrar(casa, porteiro));
  rotas.route("/", rotasDoPrimeiro(casa, porteiro));
  rotas.route("/", rotasDoDia(casa));
  rotas.route("/semana", rotasDaSemana(casa));
  rotas.route("/espera", rotasDaFila(casa));
  rotas.route("/pacientes", rotasDosPacientes(casa));
  rotas.route("/configuracao", rotasDaConfiguracao(casa));
  rotas.route("/acessos", rotasDosAcessos(casa));
  rotas.route("/trilha", rotasDaTrilha(casa));
  return rotas;
}

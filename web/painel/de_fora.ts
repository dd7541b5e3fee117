/**
 * Quem está marcado no que a semana, com as exceções, já não tem: é trabalho por fazer, e cada um leva ao seu dia.
 *
 * @module
 */

import { html } from "hono/html";
import { type Agendamento, espera as seEspera } from "../../clinica/agendamento.ts";
import type { Quem } from "../../clinica/livro.ts";
import type { PedidoDe } from "../../clinica/pedido.ts";
import { formatarCpf, formatarTelefone } from "../../clinica/texto.ts";
import { deFora } from "../../rede/de_fora.ts";
import type { Razao } from "../../rede/eventos.ts";
import { type Casa, type Contexto, pedeTudo } from "../casa.ts";
import type { Html } from "../moldura.ts";
import { excecoesDe } from "./excecoes.ts";
import { ligacaoAoDia } from "./moldura.ts";
import { tabela } from "./tabela.ts";

/** Alguém de fora, e por quê. */
export interface DeFora {
  /** O agendamento. */
  readonly um: Agendamento;
  /** Por quê. */
  readonly razao: Razao;
}

/** Dias que se leem de uma vez: entre uma leitura e a seguinte ouve-se quem está à espera. */
const DIAS_POR_LEITURA = 14;

/** Os de fora, de hoje ao fim da janela; só o que se devolve fica na trilha. */
export async function deForaDaSemana(casa: Casa, quem: Quem): Promise<readonly DeFora[]> {
  const { clinica } = casa.agenda;
  const excecoes = await excecoesDe(casa, quem);
  const datas = clinica.datas(casa.relogio());
  const achados: DeFora[] = [];
  for (let i = 0; i < datas.length; i += DIAS_POR_LEITURA) {
    const destas = datas.slice(i, i + DIAS_POR_LEITURA);
    const lidas = await pedeTudo(casa, quem, destas.map((data): PedidoDe<"LISTA"> => ({ comando: "LISTA", data })));
    for (const [n, lida] of lidas.entries()) {
      if (lida.codigo !== "OK-310") continue;
      const { atendimentos } = clinica.dia(destas[n], excecoes) ?? { atendimentos: new Map() };
      for (const um of lida.agendamentos.filter(seEspera)) {
        const razao = deFora(um, atendimentos.get(um.especialidade) ?? [], excecoes);
        if (razao !== undefined) achados.push({ um, razao });
      }
    }
  }
  const agendamentos = achados.map(({ um }) => um);
  if (achados.length > 0) casa.aoVer(quem, { comando: "LISTA", data: datas[0] }, { codigo: "OK-310", agendamentos });
  return achados;
}

/** A lista de trabalho. */
export function mostraDeFora(casa: Casa, c: Contexto, quais: readonly DeFora[]): Html {
  const { p: { configuracao, mesa } } = c.var;
  const { clinica } = casa.agenda;
  if (quais.length === 0) return html`<p>${configuracao.ninguemDeFora}</p>`;
  return html`
    <p>${configuracao.foraExplica}</p>
    ${tabela({
      ...{ legenda: configuracao.foraTitulo, discreta: true },
      colunas: [mesa.campos.quando, mesa.pessoa, configuracao.contato, mesa.oQue, configuracao.porque],
      linhas: quais.map(({ um, razao }) => [
        ligacaoAoDia(c, um),
        html`<strong>${um.nome}</strong> <small>${formatarCpf(um.cpf)}</small>`,
        [formatarTelefone(um.telefone), um.email].filter((dito) => dito !== "").join(" · "),
        html`${clinica.nomeDe(um.especialidade)}${
          um.profissional === "" ? "" : html`<small>${clinica.profissionalDe(um.profissional)}</small>`
        } <small>${mesa.situacoes[um.situacao]}</small>`,
        mesa.razoes[razao],
      ]),
    })}
  `;
}

/**
 * `/painel/semana`: quanto de cada dia está tomado, por quem atende. São só contas: não mostra ninguém, e nada vai à trilha.
 *
 * @module
 */

import { Hono } from "hono";
import { html } from "hono/html";
import { agendaDe, type Agendamento, conta } from "../../clinica/agendamento.ts";
import type { Clinica } from "../../clinica/clinica.ts";
import type { Quem } from "../../clinica/livro.ts";
import type { DiaLivre } from "../../clinica/pedido.ts";
import type { Ambiente, Casa, Contexto, Rotas } from "../casa.ts";
import { pedeTudo } from "../casa.ts";
import { dataInteira, diaDaSemana, diaEMes, entreDatas, maisDias, segundaDe } from "../datas.ts";
import type { Html } from "../moldura.ts";
import { excecoesDe } from "./excecoes.ts";
import { emolduraPainel } from "./moldura.ts";
import { tabela } from "./tabela.ts";

/** As rotas da semana. */
export function rotasDaSemana(casa: Casa): Rotas {
  const rotas = new Hono<Ambiente>();
  rotas.get("/", (c) => mostraSemana(casa, c));
  return rotas;
}

/** O que se conta de uma agenda num dia. */
interface Contas {
  /** Horários; 0 se não atende. */
  readonly horarios: number;
  readonly marcados: number;
  readonly livres: number;
  readonly encaixes: number;
  /** Marcados num dia em que já não atende. */
  readonly fora: number;
}

const NADA: Contas = { horarios: 0, marcados: 0, livres: 0, encaixes: 0, fora: 0 };

function soma(contas: readonly Contas[]): Contas {
  return contas.reduce((total, { horarios, marcados, livres, encaixes, fora }) => ({
    horarios: total.horarios + horarios,
    marcados: total.marcados + marcados,
    livres: total.livres + livres,
    encaixes: total.encaixes + encaixes,
    fora: total.fora + fora,
  }), NADA);
}

/** Uma linha: uma agenda, como se chama, e o que dela se conta em cada dia. */
interface Linha {
  readonly nome: string;
  readonly especialidades: readonly string[];
  readonly dias: readonly Contas[];
}

async function mostraSemana(casa: Casa, c: Contexto): Promise<Response> {
  const { lingua, p, p: { mesa, semana } } = c.var;
  const { clinica } = casa.agenda;
  const agora = casa.relogio();
  const { hoje } = clinica.calendario.janela(agora);
  const semanas = semanasDe(clinica, agora);
  const pedida = c.req.query("de");
  const de = semanas.find((uma) => uma === pedida) ?? semanas[0];
  const dias = Array.from({ length: 7 }, (_, i) => maisDias(de, i));
  const linhas = await le(casa, c.var.entrado.quem, dias);
  // Um dia em que nada se atende, e em que nada ficou marcado, não toma uma coluna.
  const abertos = dias.map((data, i) => ({ data, i, total: soma(linhas.map((linha) => linha.dias[i])) }))
    .filter(({ total }) => total.horarios + total.marcados + total.encaixes + total.fora > 0);
  const celula = (contas: Contas, data: string, nome: string): Html | string =>
    mostra(semana, { contas, data, nome, passado: data < hoje });
  return emolduraPainel(casa, c, {
    titulo: p.painel.semana,
    aqui: "semana",
    corpo: html`
      <h1>${p.painel.semana}: ${entreDatas(de, dias[6], lingua)}</h1>
      <nav class="pilulas" aria-label="${semana.semanas}">
        ${semanas.map((uma) =>
          html`
            <a href="/painel/semana?de=${uma}" ${uma === de
              ? html`
                aria-current="page"
              `
              : ""}>${entreDatas(
                uma,
                maisDias(uma, 6),
                lingua,
              )}</a>
          `
        )}
      </nav>
      ${abertos.length === 0 ? html`<p>${semana.semNada}</p>` : tabela({
        legenda: semana.legenda,
        classe: "ocupacao",
        colunas: [
          semana.quem,
          ...abertos.map(({ data }) =>
            html`
              <a href="/painel?data=${data}" ${data === hoje
                ? html`
                  class="hoje" aria-current="date"
                `
                : ""}><span>${diaDaSemana(data, lingua)}</span> ${diaEMes(data)}${data === hoje
                ? html`
                  <small>${mesa.hoje}</small>
                `
                : ""}</a>
            `
          ),
          semana.total,
        ],
        rotulos: [
          semana.quem,
          ...abertos.map(({ data }) => `${diaDaSemana(data, lingua)} ${diaEMes(data)}`),
          semana.total,
        ],
        linhas: [
          ...linhas.map(({ nome, especialidades, dias: contas }) => [
            html`${nome}${especialidades.length === 0 ? "" : html`<small>${especialidades.join(", ")}</small>`}`,
            ...abertos.map(({ data, i }) => celula(contas[i], data, nome)),
            doTotal(semana, soma(abertos.map(({ i }) => contas[i]))),
          ]),
          ...linhas.length < 2 ? [] : [[
            html`<strong>${semana.total}</strong>`,
            ...abertos.map(({ data, total }) => celula(total, data, semana.total)),
            doTotal(semana, soma(abertos.map(({ total }) => total))),
          ]],
        ],
      })}
    `,
  });
}

type PalavrasDaSemana = Contexto["var"]["p"]["semana"];

interface Mostra {
  readonly contas: Contas;
  readonly data: string;
  readonly nome: string;
  readonly passado: boolean;
}

/** Uma célula: a barra, o número, e o caminho para o dia. Do que passou só se sabe o que ficou marcado. */
function mostra(semana: PalavrasDaSemana, { contas, data, nome, passado }: Mostra): Html | string {
  const { horarios, marcados, livres, encaixes, fora } = contas;
  if (horarios + marcados + encaixes + fora === 0) return "";
  const soMarcados = horarios === 0 || passado;
  const dito = soMarcados ? semana.marcados(marcados + fora) : semana.deQuantos(marcados, horarios);
  return html`
    <a class="conta" href="/painel?data=${data}">
      ${soMarcados
        ? ""
        : html`<progress max="${horarios}" value="${Math.min(marcados, horarios)}" aria-hidden="true"></progress>`}
      <strong>${dito}</strong><span class="so-leitor">, ${nome}, ${dataInteira(data)}</span>
      ${soMarcados ? "" : html`<small>${semana.livres(livres)}</small>`}
      ${encaixes === 0 ? "" : html`<small>${semana.encaixes(encaixes)}</small>`}
      ${soMarcados || fora === 0 ? "" : html`<small>${semana.fora(fora)}</small>`}
    </a>
  `;
}

/** O total de uma linha. */
function doTotal(semana: PalavrasDaSemana, { marcados, livres, encaixes, fora }: Contas): Html {
  return html`
    <div class="conta">
      <strong>${semana.marcados(marcados + fora)}</strong>
      <small>${semana.livres(livres)}</small>
      ${encaixes === 0 ? "" : html`<small>${semana.encaixes(encaixes)}</small>`}
    </div>
  `;
}

/** As segundas-feiras das semanas que a janela alcança. */
function semanasDe(clinica: Clinica, agora: number): string[] {
  const datas = clinica.datas(agora);
  return [...new Set(datas.map(segundaDe))];
}

/** Duas leituras do livro: as exceções, e tudo o que se conta. */
async function le(casa: Casa, quem: Quem, dias: readonly string[]): Promise<Linha[]> {
  const { clinica } = casa.agenda;
  const [excecoes, [livres, ...listas]] = await Promise.all([
    excecoesDe(casa, quem),
    pedeTudo(casa, quem, [
      { comando: "VAGAS", porProfissional: true },
      ...dias.map((data) => ({ comando: "LISTA", data }) as const),
    ]),
  ]);
  const vagas = livres.codigo === "OK-304" ? livres.vagas : [];
  const marcados = listas.map((lista) => lista.codigo === "OK-310" ? lista.agendamentos.filter(conta) : []);
  const porDia = dias.map((data, i) =>
    contasDoDia(clinica.dia(data, excecoes), {
      marcados: marcados[i],
      vagas: vagas.filter(({ dia }) => dia.iso === data),
    })
  );
  const agendas = new Map(agendasDe(clinica).map((agenda) => [agenda.agenda, agenda]));
  // O que está marcado no que a semana já não tem vem no fim.
  for (const um of marcados.flat()) {
    const agenda = agendaDe(um);
    if (agendas.has(agenda)) continue;
    agendas.set(agenda, {
      agenda,
      nome: um.profissional === "" ? clinica.nomeDe(um.especialidade) : clinica.profissionalDe(um.profissional),
      especialidades: [],
    });
  }
  return [...agendas.values()].map(({ agenda, nome, especialidades }) => ({
    ...{ nome, especialidades },
    dias: porDia.map((contas) => contas.get(agenda) ?? NADA),
  })).filter(({ dias }) => dias.some((contas) => contas !== NADA));
}

/** Uma agenda da semana, e o que se mostra dela. */
interface Agenda {
  readonly agenda: string;
  readonly nome: string;
  readonly especialidades: readonly string[];
}

/** As agendas da semana: as especialidades que não nomeiam quem atende, e os profissionais, na ordem da configuração. */
function agendasDe({ oferta: { especialidades, profissionais, quemAtende } }: Clinica): Agenda[] {
  const deQuem = (profissional: string): string[] =>
    especialidades.filter(({ chave }) => quemAtende.get(chave)?.some((um) => um.chave === profissional))
      .map(({ nome }) => nome);
  return [
    ...especialidades.filter(({ chave }) => (quemAtende.get(chave) ?? []).length === 0).map(({ chave, nome }) => ({
      ...{ agenda: agendaDe({ especialidade: chave, profissional: "" }), nome, especialidades: [] },
    })),
    ...profissionais.map(({ chave, nome }) => ({
      ...{ agenda: agendaDe({ especialidade: "", profissional: chave }), nome, especialidades: deQuem(chave) },
    })),
  ];
}

function contasDoDia(
  dia: ReturnType<Clinica["dia"]>,
  { marcados, vagas }: { readonly marcados: readonly Agendamento[]; readonly vagas: readonly DiaLivre[] },
): Map<string, Contas> {
  const contas = new Map<string, Contas>();
  const junta = (agenda: string, mais: Partial<Contas>): void => {
    contas.set(agenda, soma([contas.get(agenda) ?? NADA, { ...NADA, ...mais }]));
  };
  for (const { agenda, horarios } of [...dia?.atendimentos.values() ?? []].flat()) {
    junta(agenda, { horarios: horarios.length });
  }
  for (const { especialidade, profissional, horas } of vagas) {
    junta(agendaDe({ especialidade: especialidade.chave, profissional: profissional?.chave ?? "" }), {
      livres: horas.length,
    });
  }
  const atende = new Set([...contas].filter(([, { horarios }]) => horarios > 0).map(([agenda]) => agenda));
  for (const um of marcados) {
    const agenda = agendaDe(um);
    junta(agenda, um.encaixe ? { encaixes: 1 } : atende.has(agenda) ? { marcados: 1 } : { fora: 1 });
  }
  return contas;
}

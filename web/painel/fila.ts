/**
 * `/painel/espera`: a lista de espera de cada especialidade, pôr nela quem telefona, e responder por quem foi convidado.
 *
 * @module
 */

import { Hono } from "hono";
import { html } from "hono/html";
import type { Quem } from "../../clinica/livro.ts";
import type { NaFila, PedidoDe, Resultado } from "../../clinica/pedido.ts";
import { formatarCpf, formatarTelefone, lerCpf } from "../../clinica/texto.ts";
import {
  ANTECEDENCIA_MAXIMA,
  CPF,
  digitos,
  EMAIL,
  livre,
  MOTIVO_MAXIMO,
  NOME,
  PARTE_DO_DIA,
  PROCURADO,
  TELEFONE,
} from "../../fio/leitores.ts";
import { campo, casinha, type Erros, Leitura, lerDia, type Preenchido, preenchido, resumoDeErros } from "../campos.ts";
import { type Ambiente, type Casa, type Contexto, pede, pedeTudo, type Rotas } from "../casa.ts";
import { dataInteira, momento } from "../datas.ts";
import type { Html } from "../moldura.ts";
import { leFormulario } from "../pedido.ts";
import { filaEm } from "./leitura.ts";
import { emolduraPainel, ligacaoAoDia } from "./moldura.ts";
import { tabela } from "./tabela.ts";
import { colhe, deixa, mostraRecado } from "./recado.ts";

/** As rotas da lista de espera. */
export function rotasDaFila(casa: Casa): Rotas {
  const rotas = new Hono<Ambiente>();
  rotas.get("/", (c) => mostraFila(casa, c, { especialidade: c.req.query("especialidade") }));
  rotas.post("/", (c) => poe(casa, c));
  rotas.post("/responde", (c) => responde(casa, c));
  return rotas;
}

/** O que a página mostra além da lista. */
interface OQueMostra {
  /** A chave de uma especialidade; a primeira, se não é a de nenhuma. */
  readonly especialidade: string | undefined;
  /** O formulário de pôr alguém, como veio. */
  readonly por?: Preenchido;
  /** O que se respondeu por uma entrada, e por que não. */
  readonly recusada?: { readonly numero: number; readonly ato: Ato; readonly erros: Erros };
}

/** O que se faz com uma entrada. */
const ATOS = ["ACEITA", "RECUSA", "DESISTE"] as const;
type Ato = typeof ATOS[number];

async function mostraFila(casa: Casa, c: Contexto, { especialidade, por, recusada }: OQueMostra): Promise<Response> {
  const { p, entrado: { quem } } = c.var;
  const { fila, mesa } = p;
  const { especialidades } = casa.agenda.clinica.oferta;
  const recado = colhe(casa, c);
  const todas = await pedeTudo(
    casa,
    quem,
    especialidades.map(({ chave: especialista }): PedidoDe<"FILA"> => ({
      ...{ comando: "FILA", especialista },
    })),
  );
  const achada = especialidades.findIndex(({ chave }) => chave === especialidade);
  const qual = Math.max(achada, 0);
  const { chave: especialista, nome } = especialidades[qual];
  casa.aoVer(quem, { comando: "FILA", especialista }, todas[qual]);
  const naFila = filaEm(todas[qual]);
  return emolduraPainel(casa, c, {
    ...{ titulo: p.painel.espera, aqui: "espera", codigo: por === undefined && recusada === undefined ? 200 : 422 },
    corpo: html`
      <h1>${p.painel.espera}</h1>
      ${mostraRecado(recado)}
      ${recusada === undefined ? "" : resumoDeErros(p, formaDe(recusada))}
      ${por === undefined ? "" : resumoDeErros(p, por)}
      <nav class="pilulas" aria-label="${fila.especialidades}">
        ${especialidades.map((uma, i) =>
          html`
            <a href="/painel/espera?especialidade=${encodeURIComponent(uma.chave)}" ${i === qual
              ? html`
                aria-current="page"
              `
              : ""}>${uma.nome} <b>${filaEm(todas[i]).length}</b></a>
          `
        )}
      </nav>
      <h2>${nome}</h2>
      ${naFila.length === 0 ? html`<p>${fila.ninguem}</p>` : tabela({
        legenda: fila.legenda(nome),
        colunas: [
          ...[mesa.numero, mesa.pessoa, fila.desejos, fila.desde, mesa.campos.prioridade],
          ...[fila.lapsos, fila.convite, mesa.atos],
        ],
        linhas: naFila.map((um, i) => linha(casa, c, { um, posicao: i + 1, recusada })),
      })}
      <details class="acrescenta" ${por !== undefined || naFila.length === 0
        ? html`
          open
        `
        : ""}>
        <summary class="botao segundo">${fila.por}</summary>
        ${formulario(casa, c, por ?? preenchido("por", { especialista, prioridade: "0" }))}
      </details>
    `,
  });
}

interface DaLinha {
  readonly um: NaFila;
  readonly posicao: number;
  readonly recusada: OQueMostra["recusada"];
}

function linha(casa: Casa, c: Contexto, { um: { espera, convite }, posicao, recusada }: DaLinha): (Html | string)[] {
  const { p: { fila, mesa } } = c.var;
  const { clinica } = casa.agenda;
  const { fuso } = clinica.oferta;
  const quando = convite === undefined ? "" : html`
    ${ligacaoAoDia(c, convite)}
    ${convite.profissional === "" ? "" : html`<small>${clinica.profissionalDe(convite.profissional)}</small>`}
    <small>${mesa.respondeAte(momento(convite.terminouEm, fuso))}</small>
  `;
  const mal = recusada?.numero === espera.numero ? recusada : undefined;
  const acao = (ato: Ato): Html =>
    html`
      <details class="ato" ${mal?.ato === ato
        ? html`
          open
        `
        : ""}>
        <summary>${fila.atosDe[ato]}</summary>
        <form method="post" action="/painel/espera/responde">
          <input type="hidden" name="ato" value="${ato}">
          <input type="hidden" name="cpf" value="${espera.cpf}">
          <input type="hidden" name="especialista" value="${espera.especialidade}">
          <input type="hidden" name="numero" value="${espera.numero}">
          <p>${fila.explica[ato](espera.nome)}</p>
          ${ato === "ACEITA"
            ? campo(mal === undefined ? preenchido(`aceita-${espera.numero}`) : formaDe(mal), {
              ...{ nome: "motivo", rotulo: mesa.campos.motivo, dica: mesa.motivoDaRegra },
            })
            : ""}
          <button class="botao ${ato === "DESISTE" ? "perigo" : ""}">${fila.confirma[ato]}</button>
        </form>
      </details>
    `;
  return [
    html`${posicao}`,
    html`<strong>${espera.nome}</strong> <small>${formatarCpf(espera.cpf)}</small>`,
    desejos(casa, c, espera),
    momento(espera.desde, fuso),
    espera.prioridade === 0 ? "" : mesa.prioridades[espera.prioridade],
    espera.lapsos === 0 ? "" : String(espera.lapsos),
    quando,
    html`<div class="atos">${ATOS.filter((ato) => ato === "DESISTE" || convite !== undefined).map(acao)}</div>`,
  ];
}

/** O formulário de uma resposta que não se pôde dar. */
function formaDe({ numero, erros }: NonNullable<OQueMostra["recusada"]>): Preenchido {
  return preenchido(`aceita-${numero}`, {}, erros);
}

function desejos(casa: Casa, { var: { p: { fila } } }: Contexto, espera: NaFila["espera"]): Html | string {
  const { profissional, de, ate, turno, antecedencia, marca, motivo, telefone, email } = espera;
  const ditos = [
    profissional === "" ? "" : casa.agenda.clinica.profissionalDe(profissional),
    de === "" ? "" : fila.desdeODia(dataInteira(de)),
    ate === "" ? "" : fila.ateODia(dataInteira(ate)),
    turno === "" ? "" : fila.turnos[turno === "MANHÃ" ? "MANHA" : "TARDE"],
    antecedencia === 0 ? "" : fila.comAntecedencia(antecedencia),
    marca ? fila.marcaLogo : "",
    motivo,
    formatarTelefone(telefone),
    email,
  ].filter((um) => um !== "");
  if (ditos.length === 0) return fila.qualquer;
  return html`${ditos.map((um, i) => html`${i > 0 ? " · " : ""}<span class="inteiro">${um}</span>`)}`;
}

function formulario(casa: Casa, { var: { p: { fila, mesa } } }: Contexto, por: Preenchido): Html {
  const { especialidades, profissionais } = casa.agenda.clinica.oferta;
  return html`
    <form method="post" action="/painel/espera" class="em-colunas">
      ${campo(por, { nome: "cpf", rotulo: mesa.campos.cpf, algarismos: true, maximo: 20 })}
      ${campo(por, { nome: "nome", rotulo: mesa.campos.nome })}
      ${campo(por, {
        ...{ nome: "especialista", rotulo: mesa.campos.especialista },
        escolhas: especialidades.map(({ chave, nome }) => [chave, nome]),
      })}
      ${campo(por, {
        ...{ nome: "profissional", rotulo: mesa.campos.comQuem },
        escolhas: [["", mesa.qualquerUm], ...profissionais.map(({ chave, nome }) => [chave, nome] as const)],
      })}
      ${campo(por, { nome: "de", rotulo: fila.de, tipo: "date" })}
      ${campo(por, { nome: "ate", rotulo: mesa.campos.ate, tipo: "date" })}
      ${campo(por, {
        ...{ nome: "turno", rotulo: fila.turno },
        escolhas: [["", fila.qualquer], ["MANHÃ", fila.turnos.MANHA], ["TARDE", fila.turnos.TARDE]],
      })}
      ${campo(por, {
        ...{ nome: "antecedencia", rotulo: fila.antecedencia, dica: fila.antecedenciaDica },
        ...{ algarismos: true, maximo: 6 },
      })}
      ${campo(por, {
        ...{ nome: "prioridade", rotulo: mesa.campos.prioridade },
        escolhas: mesa.prioridades.map((dita, i) => [String(i), dita]),
      })}
      ${campo(por, { nome: "telefone", rotulo: mesa.campos.telefone, tipo: "tel" })}
      ${campo(por, { nome: "email", rotulo: mesa.campos.email, tipo: "email", maximo: 254 })}
      ${campo(por, { nome: "motivo", rotulo: mesa.campos.motivo, dica: mesa.motivoDaRegra })}
      ${casinha(por, { nome: "marca", rotulo: fila.marca })}
      <div class="botoes"><button class="botao">${fila.por}</button></div>
    </form>
  `;
}

const MOTIVO = livre(MOTIVO_MAXIMO);
const PRIORIDADE = digitos(0, 4);
const ANTECEDENCIA = digitos(0, ANTECEDENCIA_MAXIMA);

async function poe(casa: Casa, c: Contexto): Promise<Response> {
  const { p: { fila, mesa }, entrado: { quem } } = c.var;
  const campos = await leFormulario(c);
  const lidos = new Leitura(campos);
  const especialista = campos("especialista");
  const pedido: PedidoDe<"ESPERA"> = {
    comando: "ESPERA",
    cpf: lidos.exige("cpf", CPF, mesa.erros.cpf) ?? "",
    nome: lidos.exige("nome", NOME, mesa.erros.nome) ?? "",
    especialista,
    profissional: lidos.talvez("profissional", PROCURADO, mesa.erros.profissional),
    de: lidos.talvez("de", lerDia, mesa.erros.data),
    ate: lidos.talvez("ate", lerDia, mesa.erros.data),
    turno: lidos.talvez("turno", PARTE_DO_DIA, mesa.erros.escolha),
    antecedencia: lidos.talvez("antecedencia", ANTECEDENCIA, fila.erros.antecedencia),
    marca: campos("marca") === "sim",
    prioridade: lidos.talvez("prioridade", PRIORIDADE, mesa.erros.escolha),
    motivo: lidos.talvez("motivo", MOTIVO, mesa.erros.motivo),
    email: lidos.talvez("email", EMAIL, mesa.erros.email),
    telefone: lidos.talvez("telefone", TELEFONE, mesa.erros.telefone),
  };
  if (pedido.de !== undefined && pedido.ate !== undefined && pedido.de > pedido.ate) {
    lidos.acusa("ate", mesa.erros.ordem);
  }
  if (lidos.serve) {
    const resultado = await pede(casa, quem, pedido);
    if (resultado.codigo === "OK-307") {
      const { posicao, espera } = resultado;
      deixa(casa, c, {
        titulo: fila.entrou(espera.nome, posicao),
        linhas: [fila.codigo],
        segredo: espera.codigo.replace(/^.{4}/, "$&-"),
      });
      return volta(c, espera.especialidade);
    }
    const [nome, dito] = recusaDaEspera(c, resultado);
    lidos.acusa(nome, dito);
  }
  return await mostraFila(casa, c, { especialidade: especialista, por: lidos.preenchido("por") });
}

/** Ao lado de que campo se diz uma recusa, e o quê. */
function recusaDaEspera(
  { var: { p: { fila, mesa } } }: Contexto,
  resultado: Resultado,
): readonly [campo: string, dito: string] {
  switch (resultado.codigo) {
    case "ERRO-103":
      return ["de", fila.erros.nadaServe];
    case "ERRO-111":
    case "ERRO-118":
      return ["cpf", fila.erros.jaEspera];
    case "ERRO-116":
      return resultado.regra === "espera" ? ["", fila.erros.cheia] : ["motivo", mesa.erros.regra];
    default:
      return ["", mesa.erros.recusado(resultado.codigo)];
  }
}

async function responde(casa: Casa, c: Contexto): Promise<Response> {
  const { p: { fila, mesa }, entrado: { quem } } = c.var;
  const campos = await leFormulario(c);
  const ato = ATOS.find((um) => um === campos("ato"));
  const cpf = lerCpf(campos("cpf"));
  const numero = Number(campos("numero"));
  const especialista = campos("especialista");
  const motivo = new Leitura(campos).talvez("motivo", MOTIVO, "");
  if (ato === undefined || cpf === undefined || !Number.isSafeInteger(numero)) return volta(c, especialista);
  const resultado = await pedeResposta(casa, quem, { ato, cpf, especialista, numero, motivo });
  const { codigo } = resultado;
  switch (codigo) {
    case "OK-300":
    case "OK-303": {
      const [{ data, hora, nome }] = resultado.agendamentos;
      deixa(casa, c, { titulo: fila.aceitou(nome, `${dataInteira(data)} ${hora}`) });
      return volta(c, especialista);
    }
    case "OK-308":
    case "OK-309":
      deixa(casa, c, { titulo: codigo === "OK-308" ? fila.saiu : fila.recusou });
      return volta(c, especialista);
    default: {
      const erros: Erros = codigo === "ERRO-116"
        ? { motivo: mesa.erros.regra }
        : { "": codigo === "ERRO-119" ? fila.erros.jaNao : mesa.erros.recusado(codigo) };
      return await mostraFila(casa, c, { especialidade: especialista, recusada: { numero, ato, erros } });
    }
  }
}

interface Resposta {
  readonly ato: Ato;
  readonly cpf: string;
  readonly especialista: string;
  readonly numero: number;
  readonly motivo: string | undefined;
}

function pedeResposta(casa: Casa, quem: Quem, { ato, motivo, ...entrada }: Resposta): Promise<Resultado> {
  return pede(casa, quem, ato === "ACEITA" ? { comando: ato, ...entrada, motivo } : { comando: ato, ...entrada });
}

function volta(c: Contexto, especialidade: string): Response {
  return c.redirect(`/painel/espera?especialidade=${encodeURIComponent(especialidade)}`, 303);
}

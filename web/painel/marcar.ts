/**
 * Marcar ou encaixar no painel, na hora em que se tocou: o formulário, e o que se faz dele.
 *
 * @module
 */

import { html } from "hono/html";
import { agendaDe, type Agendamento } from "../../clinica/agendamento.ts";
import type { PedidoDe } from "../../clinica/pedido.ts";
import { inofensivo, NOME_MAXIMO } from "../../clinica/texto.ts";
import {
  CPF,
  EMAIL,
  EMAIL_MAXIMO,
  livre,
  MINUTO,
  MOTIVO_MAXIMO,
  NOME,
  NOTA_MAXIMA,
  TELEFONE,
} from "../../fio/leitores.ts";
import { type Campo, campo, type Erros, Leitura, type Preenchido } from "../campos.ts";
import { type Casa, pede } from "../casa.ts";
import { dataInteira, diaEMes } from "../datas.ts";
import type { Html } from "../moldura.ts";
import type { Palavras } from "../palavras/pt.ts";
import type { Campos } from "../pedido.ts";
import { diaDaSemana, nomeDe, recusaDe, regra } from "./atos.ts";
import { caminhoDe, caminhoDeMarcar, type OndeMarcar } from "./grelha.ts";
import type { DiaLido } from "./leitura.ts";

/** Onde se marca, como veio no endereço. */
export function ondeDe(campo: (nome: string) => string): OndeMarcar {
  const hora = campo("hora");
  return {
    ...{ data: campo("data"), especialidade: campo("especialidade"), profissional: campo("profissional") },
    ...hora === "" ? {} : { hora },
    encaixe: campo("encaixe") === "sim",
  };
}

/** O que houve com o que se quis marcar. */
export type Marcado =
  | { readonly tipo: "feito"; readonly texto: string; readonly um: Agendamento }
  | {
    readonly tipo: "recusado";
    readonly texto: string;
    readonly erros: Erros;
    readonly jaHa?: Agendamento;
  };

/** Como se mostra o formulário. */
export interface MostraMarcar {
  /** Quem pede, e a clínica. */
  readonly dia: Pick<DiaLido, "clinica" | "quem" | "hoje">;
  /** As palavras. */
  readonly p: Palavras;
  /** Onde. */
  readonly onde: OndeMarcar;
  /** O que se tinha escrito. */
  readonly campos?: Campos;
  /** Por que não se marcou. */
  readonly recusado?: Marcado & { readonly tipo: "recusado" };
}

/** O formulário. */
export function formularioDeMarcar({ dia: { clinica }, p, onde, campos, recusado }: MostraMarcar): Html {
  const { data, hora, encaixe, profissional, especialidade } = onde;
  const com = profissional === "" ? "" : `${clinica.profissionalDe(profissional)}, `;
  const { erros = {} } = recusado ?? {};
  const forma: Preenchido = { forma: "marcar", valor: (nome) => campos?.(nome) ?? "", erros };
  const umCampo = (nome: string, rotulo: string, mais: Partial<Campo> = {}): Html =>
    campo(forma, { nome, rotulo, ...mais });
  const opcional = (rotulo: string): string => `${rotulo} ${p.dia.opcional}`;
  return html`
    <div class="um marcar">
      <h2 id="quem-e" tabindex="-1">${encaixe ? p.dia.encaixar : p.dia.marcarTitulo(hora ?? "")}</h2>
      <p><bdi>${inofensivo(`${com}${clinica.nomeDe(especialidade)}`)}</bdi>, ${dataInteira(data)}</p>
      ${recusado?.jaHa === undefined ? "" : html`
        <p
          class="recado de-aviso">${p.dia.jaMarcado} <a href="${caminhoDe(recusado.jaHa)}">${diaEMes(
            recusado.jaHa.data,
          )} ${recusado.jaHa.hora}, <bdi>${nomeDe(recusado.jaHa)}</bdi></a></p>
      `}
      <form method="post" action="${caminhoDeMarcar(onde)}" class="campos">
        ${encaixe ? especialidades(clinica, onde, { p, forma }) : ""} ${encaixe
          ? umCampo("as", p.dia.horaDoEncaixe, {
            dica: p.dia.horaDica,
            valor: campos?.("as") ?? hora ?? "",
            maximo: 5,
            obrigatorio: true,
            foco: hora === undefined,
          })
          : ""}
        ${umCampo("cpf", p.mesa.campos.cpf, {
          dica: p.dia.cpfDica,
          algarismos: true,
          maximo: 20,
          obrigatorio: true,
          foco: hora !== undefined,
        })}
        ${umCampo("nome", p.mesa.campos.nome, { maximo: NOME_MAXIMO, obrigatorio: true })}
        ${umCampo("telefone", opcional(p.mesa.campos.telefone), { tipo: "tel", maximo: 30 })}
        ${umCampo("email", opcional(p.mesa.campos.email), { tipo: "email", maximo: EMAIL_MAXIMO })}
        ${umCampo("nota", opcional(p.mesa.campos.nota), { maximo: NOTA_MAXIMA })}
        ${Object.hasOwn(erros, "motivo") || campos?.("motivo")
          ? umCampo("motivo", p.mesa.campos.motivo, { maximo: MOTIVO_MAXIMO })
          : ""}
        <button class="botao">${encaixe ? p.dia.encaixar : p.dia.marcar}</button>
      </form>
    </div>
  `;
}

/** De um encaixe com quem atende várias especialidades escolhe-se em qual. */
function especialidades(
  clinica: DiaLido["clinica"],
  { especialidade, profissional }: OndeMarcar,
  { p, forma }: { readonly p: Palavras; readonly forma: Preenchido },
): Html {
  const delas = clinica.oferta.especialidades.filter(({ chave }) =>
    clinica.oferta.quemAtende.get(chave)?.some((um) => um.chave === profissional)
  );
  if (delas.length < 2) return html``;
  return campo(forma, {
    ...{ nome: "especialidade", rotulo: p.mesa.campos.especialista, valor: especialidade },
    escolhas: delas.map(({ chave, nome }) => [chave, inofensivo(nome)]),
  });
}

/** Marca o que o formulário diz. */
export async function marca(
  casa: Casa,
  { dia, p, onde, campos }: MostraMarcar & { readonly campos: Campos },
): Promise<Marcado> {
  const lidos = new Leitura(campos);
  if (onde.encaixe) lidos.le("as", (valor) => MINUTO(String(valor).trim()), p.dia.recusas.hora);
  const cpf = lidos.le("cpf", CPF, p.dia.recusas.cpf);
  const nome = lidos.le("nome", NOME, p.dia.recusas.nome);
  const telefone = lidos.le("telefone", TELEFONE, p.dia.recusas.telefone);
  const email = lidos.le("email", EMAIL, p.dia.recusas.email);
  const nota = lidos.le("nota", livre(NOTA_MAXIMA), p.dia.recusas.texto);
  const motivo = lidos.le("motivo", livre(MOTIVO_MAXIMO), p.dia.recusas.texto);
  const horario = onde.encaixe ? campos("as").trim() : onde.hora ?? "";
  if (!lidos.serve || cpf === undefined || nome === undefined) {
    return { tipo: "recusado", texto: p.dia.haUmProblema(Object.keys(lidos.erros).length), erros: lidos.erros };
  }
  const ditos = { telefone, email, nota, motivo };
  const pedido: PedidoDe<"AGEND"> = {
    ...{ comando: "AGEND", cpf, nome, especialista: onde.especialidade, data: onde.data, horario },
    dia: diaDaSemana(dia.clinica.oferta, onde.data),
    ...onde.profissional === "" ? {} : { profissional: onde.profissional },
    ...onde.encaixe ? { encaixe: true } : {},
    ...Object.fromEntries(Object.entries(ditos).filter(([, dito]) => dito !== undefined && dito !== "")),
  };
  const resultado = await pede(casa, dia.quem, pedido);
  const feito = (um: Agendamento): Marcado => ({
    ...{ tipo: "feito", um },
    texto: um.encaixe ? p.dia.frases.encaixe(nomeDe(um), um.hora) : p.dia.frases.AGEND(nomeDe(um), um.hora),
  });
  switch (resultado.codigo) {
    case "OK-300":
      return feito(resultado.agendamentos[0]);
    case "ERRO-111": {
      const [um] = resultado.agendamentos;
      return ehEste(um, pedido) ? feito(um) : {
        ...{ tipo: "recusado", texto: p.dia.jaMarcado, erros: {}, jaHa: um },
      };
    }
    case "ERRO-116":
      return {
        ...{ tipo: "recusado", texto: regra(p, resultado.regra) },
        erros: { motivo: p.dia.motivoDeRegra },
      };
    case "ERRO-105":
      return {
        tipo: "recusado",
        texto: p.dia.recusas.semHora,
        erros: onde.encaixe ? { as: p.dia.recusas.semHora } : {},
      };
    default:
      return { tipo: "recusado", texto: recusaDe(p, resultado.codigo), erros: {} };
  }
}

/** Verdadeiro se o que já lá está é o que se pediu: o formulário veio duas vezes. */
function ehEste(um: Agendamento, { data, horario, nome, profissional, encaixe }: PedidoDe<"AGEND">): boolean {
  return um.data === data && um.hora === horario && um.nome === nome && um.encaixe === (encaixe === true) &&
    (profissional === undefined || agendaDe(um) === agendaDe({ especialidade: "", profissional }));
}

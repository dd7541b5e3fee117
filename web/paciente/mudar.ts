/**
 * `/agendamento/mudar`: outro dia e outra hora para o que já se tem, que fica onde está até que a nova seja sua.
 *
 * @module
 */

import { Hono } from "hono";
import { html } from "hono/html";
import type { Agendamento } from "../../clinica/agendamento.ts";
import { nomeDoDia } from "../../clinica/oferta.ts";
import { escondidos } from "../campos.ts";
import { type Ambiente, type Casa, type Contexto, pede, quemPede, type Rotas } from "../casa.ts";
import { diaSemAno } from "../datas.ts";
import type { Html } from "../moldura.ts";
import { leFormulario } from "../pedido.ts";
import { aoCartao, exige, numeroDe } from "./abrir.ts";
import { podeSair } from "./atos.ts";
import { botoesDeHoras, escolheDia, escolheHora, type Passo } from "./escolha.ts";
import { type DiaComHoras, diasLivres, escreveQuando, leQuando, maisProximas, type Quando } from "./livres.ts";
import { dados, endereco, mostra, recado } from "./pagina.ts";

const AQUI = "/agendamento/mudar";

/** O que se muda, e para onde até agora. */
interface Mudanca {
  readonly um: Agendamento;
  /** A chave de quem atende; `""`, qualquer um. */
  readonly profissional: string;
  readonly dias: readonly DiaComHoras[];
}

/** As rotas. */
export function rotasDeMudar(casa: Casa): Rotas {
  const rotas = new Hono<Ambiente>();
  rotas.get("/", async (c) => {
    const { numero, ...escolhido } = c.req.query();
    const { data, hora, desde } = escolhido;
    const aMudar = await le(casa, c, { numero, profissional: escolhido.profissional, data, hora });
    return aMudar instanceof Response ? aMudar : pergunta(casa, c, aMudar, { data, hora, desde });
  });
  rotas.post("/", async (c) => {
    const campos = await leFormulario(c);
    const quando = leQuando(campos("quando"));
    const aMudar = await le(casa, c, {
      ...{ numero: campos("numero"), profissional: campos("profissional"), ...quando },
    });
    if (aMudar instanceof Response) return aMudar;
    if (quando === undefined) return c.redirect(passo(aMudar, {}), 303);
    return muda(casa, c, aMudar, { quando, versao: numeroDe(campos("versao")) });
  });
  return rotas;
}

type Lido = Mudanca & { readonly bilhete: Parameters<typeof aoCartao>[2] };

async function le(
  casa: Casa,
  c: Contexto,
  { numero: escrito, profissional, ...quando }: {
    readonly numero: string;
    readonly profissional?: string;
  } & Partial<Quando>,
): Promise<Lido | Response> {
  const numero = numeroDe(escrito);
  const visto = await exige(casa, c, { numero, profissional, ...quando });
  if (visto instanceof Response) return visto;
  const um = visto.agendamentos.find((um) => um.numero === numero);
  if (um === undefined) return aoCartao(casa, c, visto.bilhete, "jaNaoHa");
  if (!podeSair(casa, um)) return aoCartao(casa, c, visto.bilhete, "foraDasRegras");
  const { especialidade } = um;
  const busca = (profissional: string): Promise<readonly DiaComHoras[]> =>
    diasLivres(casa, quemPede(c, "paciente"), { especialidade, profissional });
  // Com quem está, se esse ainda atende e tem horas; senão, com qualquer um.
  const dele = profissional ?? um.profissional;
  const dias = await busca(dele);
  if (dele === "" || dias.length > 0) return { um, profissional: dele, dias, bilhete: visto.bilhete };
  return { um, profissional: "", dias: await busca(""), bilhete: visto.bilhete };
}

function passo({ um: { numero }, profissional }: Pick<Mudanca, "um" | "profissional">, mais: Passo): string {
  return endereco(AQUI, { numero, profissional, ...mais });
}

function pergunta(
  casa: Casa,
  c: Contexto,
  mudanca: Mudanca,
  { data, hora, desde }: Passo,
): Promise<Response> {
  const { lingua, p: { marcar, agendamento, paciente } } = c.var;
  const { um, profissional, dias } = mudanca;
  const liga = (mais: Passo): string => passo(mudanca, mais);
  const dia = dias.find((um) => um.data === data);
  if (dia === undefined) {
    return mostra(casa, c, {
      ...{ titulo: agendamento.mudaDia, volta: "/agendamento" },
      antes: data === undefined ? "" : recado(marcar.diaSeFoi, "de-aviso"),
      corpo: html`
        ${atual(casa, c, um)}
        ${dias.length === 0 ? html`<p>${agendamento.mudaSemHoras}</p>` : escolheDia(c, dias, { desde, liga })}
        ${profissional === "" ? "" : html`
          <p class="outra-saida"><a href="${passo({ um, profissional: "" }, {})}">${marcar.comQualquerUm}</a></p>
        `}
      `,
    });
  }
  if (hora === undefined || !dia.horas.includes(hora)) {
    return mostra(casa, c, {
      ...{ titulo: agendamento.mudaHora, volta: liga({}) },
      antes: hora === undefined ? "" : recado(marcar.horaSeFoi(diaSemAno(dia.data, lingua), hora), "de-aviso"),
      corpo: html`
        ${atual(casa, c, um, dia.data)}
        ${escolheHora(c, dia, liga)}
      `,
    });
  }
  return mostra(casa, c, {
    ...{ titulo: agendamento.mudaTitulo, volta: liga({ data: dia.data }) },
    corpo: html`
      <div class="escolhido">${dados([
        [agendamento.estava, paciente.diaEHora(diaSemAno(um.data, lingua), um.hora)],
        [agendamento.passaPara, paciente.diaEHora(diaSemAno(dia.data, lingua), hora)],
        [paciente.profissional, profissional === "" ? "" : casa.agenda.clinica.profissionalDe(profissional)],
      ])}</div>
      <form method="post" action="${AQUI}">
        ${escondidos(daqui(mudanca))} ${escondidos({ quando: escreveQuando({ data: dia.data, hora }) })}
        <p class="botoes">
          <button class="botao">${agendamento.mudaFaz}</button>
          <a class="botao segundo" href="/agendamento">${agendamento.naoFaz}</a>
        </p>
      </form>
    `,
  });
}

function daqui({ um: { numero, versao }, profissional }: Mudanca): Readonly<Record<string, string | number>> {
  return { numero, versao, profissional };
}

/** O que se tem, e que fica até que se mude; e o dia para que se muda, se já se sabe. */
function atual(
  casa: Casa,
  { var: { lingua, p: { paciente, agendamento } } }: Contexto,
  um: Agendamento,
  data?: string,
): Html {
  return html`
    <div class="escolhido">${dados([
      [paciente.especialidade, casa.agenda.clinica.nomeDe(um.especialidade)],
      [agendamento.estava, paciente.diaEHora(diaSemAno(um.data, lingua), um.hora)],
      [agendamento.passaPara, data === undefined ? "" : diaSemAno(data, lingua)],
    ])}</div>
  `;
}

async function muda(
  casa: Casa,
  c: Contexto,
  mudanca: Lido,
  { quando, versao }: { readonly quando: Quando; readonly versao: number | undefined },
): Promise<Response> {
  const { lingua, p: { marcar } } = c.var;
  const { um: { cpf, codigo, numero, especialidade }, profissional, dias, bilhete } = mudanca;
  const resultado = await pede(casa, quemPede(c, "paciente"), {
    ...{ comando: "REMARC", cpf, codigo, numero, versao, especialista: especialidade },
    ...{ data: quando.data, dia: nomeDoDia(casa.agenda.clinica.oferta, quando.data), horario: quando.hora },
    profissional: profissional || undefined,
  });
  switch (resultado.codigo) {
    case "OK-303":
      return aoCartao(casa, c, bilhete, "mudado");
    case "ERRO-113":
      return aoCartao(casa, c, bilhete, "jaNaoHa");
    case "ERRO-115":
      return aoCartao(casa, c, bilhete, "naoSePode");
    case "ERRO-117":
      return aoCartao(casa, c, bilhete, "mudou");
    case "ERRO-116":
      if (resultado.regra !== "antecedencia") return aoCartao(casa, c, bilhete, "foraDasRegras");
      break;
    case "ERRO-103":
    case "ERRO-105":
    case "ERRO-110":
      break;
    default:
      throw new Error(`mudar respondeu ${resultado.codigo}`);
  }
  return mostra(casa, c, {
    ...{ titulo: marcar.foiSe, volta: passo(mudanca, {}), codigo: 409 },
    antes: recado(marcar.horaSeFoi(diaSemAno(quando.data, lingua), quando.hora), "de-aviso"),
    corpo: html`
      ${atual(casa, c, mudanca.um)}
      ${dias.length === 0 ? "" : html`
        <p>${marcar.maisProximas}</p>
        <form method="post" action="${AQUI}">
          ${escondidos(daqui(mudanca))} ${botoesDeHoras(c, maisProximas(casa, dias, quando))}
        </form>
      `}
      <p class="outra-saida"><a href="${passo(mudanca, {})}">${marcar.outroDia}</a></p>
    `,
  });
}

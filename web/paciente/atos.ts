/**
 * O que um paciente faz do que é seu: confirma, diz que chegou, cancela, sai da lista de espera, responde a um convite. Cada ato
 * tem uma página, que o pergunta, e um POST, que o faz; quem perdeu o bilhete a meio volta a essa página.
 *
 * @module
 */

import { Hono } from "hono";
import { html } from "hono/html";
import type { Agendamento } from "../../clinica/agendamento.ts";
import { faltam } from "../../clinica/impedimento.ts";
import type { AEsperar, Resultado } from "../../clinica/pedido.ts";
import type { PedidoLido } from "../../fio/clinica2.ts";
import { escondidos } from "../campos.ts";
import { type Ambiente, type Casa, type Contexto, pede, quemPede, type Rotas } from "../casa.ts";
import { diaSemAno } from "../datas.ts";
import type { Html } from "../moldura.ts";
import { leFormulario } from "../pedido.ts";
import { aoCartao, exige, numeroDe } from "./abrir.ts";
import { type Bilhete, comCodigo, type Feito, semCodigo, type Visto } from "./bilhete.ts";
import { dados, endereco, mostra } from "./pagina.ts";

/** Um ato sobre um agendamento. */
type AtoDoAgendamento = "confirmar" | "chegar" | "cancelar";

/** Um ato sobre uma entrada da lista de espera. */
type AtoDaEspera = "aceitar" | "recusar" | "desistir";

/** Um ato. */
type Ato = AtoDoAgendamento | AtoDaEspera;

const DO_AGENDAMENTO: readonly AtoDoAgendamento[] = ["confirmar", "chegar", "cancelar"];
const DA_ESPERA: readonly AtoDaEspera[] = ["aceitar", "recusar", "desistir"];

/** Os que se fazem logo, do cartão; os outros perguntam antes. */
const LOGO: readonly Ato[] = ["confirmar", "aceitar"];

/** Os que tiram a quem os faz o que já tinha. */
const TIRAM: readonly Ato[] = ["cancelar", "desistir"];

/** O endereço da página de um ato. */
function caminhoDe(ato: Ato): string {
  return `/agendamento/${ato}`;
}

/** As rotas. */
export function rotasDosAtos(casa: Casa): Rotas {
  const rotas = new Hono<Ambiente>();
  for (const ato of DO_AGENDAMENTO) {
    const acha = ({ agendamentos }: Visto, numero: number | undefined): Alvo | undefined => {
      const um = agendamentos.find((um) => um.numero === numero);
      return um &&
        { sobre: um, codigo: um.codigo, versao: um.versao, pedido: (versao) => doAgendamento(ato, um, versao) };
    };
    poe(casa, rotas, { ato, acha });
  }
  for (const ato of DA_ESPERA) {
    const acha = ({ esperas }: Visto, numero: number | undefined): Alvo | undefined => {
      const uma = esperas.find(({ espera }) => espera.numero === numero);
      return uma && { sobre: uma.convite ?? uma.espera, codigo: uma.espera.codigo, pedido: () => daEspera(ato, uma) };
    };
    poe(casa, rotas, { ato, acha });
  }
  return rotas;
}

/** De que fala um ato, e o que se pede. */
interface Alvo {
  readonly sobre: Pick<Agendamento, "especialidade" | "profissional"> & Partial<Pick<Agendamento, "data" | "hora">>;
  /** O que o abre. */
  readonly codigo: string;
  readonly versao?: number;
  readonly pedido: (versao: number | undefined) => PedidoLido;
}

interface OAto {
  readonly ato: Ato;
  readonly acha: (visto: Visto, numero: number | undefined) => Alvo | undefined;
}

function doAgendamento(
  ato: AtoDoAgendamento,
  { cpf, codigo, numero, especialidade: especialista }: Agendamento,
  versao: number | undefined,
): PedidoLido {
  const qual = { cpf, codigo, numero, especialista, versao };
  switch (ato) {
    case "confirmar":
      return { comando: "SITUA", situacao: "CONFIRMADO", ...qual };
    case "chegar":
      return { comando: "SITUA", situacao: "CHEGOU", ...qual };
    case "cancelar":
      return { comando: "CANCEL", ...qual };
  }
}

function daEspera(
  ato: AtoDaEspera,
  { espera: { cpf, codigo, numero, especialidade: especialista } }: AEsperar,
): PedidoLido {
  const qual = { cpf, codigo, numero, especialista };
  switch (ato) {
    case "aceitar":
      return { comando: "ACEITA", ...qual };
    case "recusar":
      return { comando: "RECUSA", ...qual };
    case "desistir":
      return { comando: "DESISTE", ...qual };
  }
}

function poe(casa: Casa, rotas: Rotas, { ato, acha }: OAto): void {
  rotas.get(`/${ato}`, async (c) => {
    const numero = numeroDe(c.req.query("numero"));
    const visto = await exige(casa, c, { numero });
    if (visto instanceof Response) return visto;
    const alvo = acha(visto, numero);
    return alvo === undefined ? aoCartao(casa, c, visto.bilhete, "jaNaoHa") : pergunta(casa, c, { ato, numero, alvo });
  });
  rotas.post(`/${ato}`, async (c) => {
    const campos = await leFormulario(c);
    const numero = numeroDe(campos("numero"));
    const visto = await exige(casa, c, { numero });
    if (visto instanceof Response) return visto;
    const alvo = acha(visto, numero);
    if (alvo === undefined) return aoCartao(casa, c, visto.bilhete, "jaNaoHa");
    const resultado = await pede(casa, quemPede(c, "paciente"), alvo.pedido(numeroDe(campos("versao"))));
    return aoCartao(casa, c, depois(visto.bilhete, alvo.codigo, resultado), oQueSeFez(ato, resultado));
  });
}

/** O bilhete depois de um ato: um código que já nada abre não se torna a dizer. */
function depois(bilhete: Bilhete, codigo: string, resultado: Resultado): Bilhete {
  switch (resultado.codigo) {
    case "OK-301":
    case "OK-308":
    case "ERRO-113":
    case "ERRO-119":
      return semCodigo(bilhete, codigo);
    case "OK-303":
      // A hora que se aceitou é agora do que já se tinha, com o código dele.
      return comCodigo(semCodigo(bilhete, codigo), bilhete.cpf, resultado.agendamentos[0].codigo);
    default:
      return bilhete;
  }
}

const FEITOS: Readonly<Record<Ato, Feito>> = {
  confirmar: "confirmado",
  chegar: "chegou",
  cancelar: "cancelado",
  aceitar: "aceito",
  recusar: "recusado",
  desistir: "desistiu",
};

/** O que se diz de um ato, feito ou não. */
function oQueSeFez(ato: Ato, { codigo }: Resultado): Feito {
  switch (codigo) {
    case "ERRO-115":
      return "naoSePode";
    case "ERRO-116":
      return "foraDasRegras";
    case "ERRO-117":
      return "mudou";
    case "ERRO-113":
    case "ERRO-119":
      return "jaNaoHa";
    default:
      if (codigo.startsWith("OK-")) return FEITOS[ato];
      throw new Error(`${ato} respondeu ${codigo}`);
  }
}

/** A página que pergunta antes de fazer. */
function pergunta(
  casa: Casa,
  c: Contexto,
  { ato, numero, alvo: { sobre, versao } }: { ato: Ato; numero: number | undefined; alvo: Alvo },
): Promise<Response> {
  const { lingua, p } = c.var;
  const { clinica } = casa.agenda;
  return mostra(casa, c, {
    ...{ titulo: p.perguntaDoAto[ato], volta: "/agendamento" },
    corpo: html`
      <div class="escolhido">${dados([
        [p.paciente.especialidade, clinica.nomeDe(sobre.especialidade)],
        [p.paciente.profissional, clinica.profissionalDe(sobre.profissional)],
        [p.paciente.dia, sobre.data === undefined ? "" : diaSemAno(sobre.data, lingua)],
        [p.paciente.hora, sobre.hora ?? ""],
      ])}</div>
      <p>${p.explicaDoAto[ato]}</p>
      <div class="botoes">
        ${formularioDe(ato, { numero, versao }, {
          texto: p.simDoAto[ato],
          classe: TIRAM.includes(ato) ? "perigo certo" : "",
        })}
        <a class="botao segundo" href="/agendamento">${p.agendamento.naoFaz}</a>
      </div>
    `,
  });
}

/** O botão que faz um ato. */
function formularioDe(
  ato: Ato,
  { numero, versao }: { readonly numero: number | undefined; readonly versao?: number },
  { texto, classe = "" }: { readonly texto: string; readonly classe?: string },
): Html {
  return html`
    <form method="post" action="${caminhoDe(ato)}">
      ${escondidos({ numero: numero ?? "", versao: versao ?? "" })}
      <button class="botao ${classe}">${texto}</button>
    </form>
  `;
}

/** O que se pode fazer: um botão para o que se faz logo, uma ligação para o que se pergunta. */
function saida(c: Contexto, ato: Ato, alvo: { readonly numero: number; readonly versao?: number }): Html {
  const texto = c.var.p.ato[ato];
  if (LOGO.includes(ato)) return formularioDe(ato, alvo, { texto });
  return html`
    <a class="botao ${TIRAM.includes(ato) ? "perigo" : "segundo"}" href="${endereco(caminhoDe(ato), {
      numero: alvo.numero,
    })}">${texto}</a>
  `;
}

/** Verdadeiro se ainda se muda ou cancela por aqui. */
export function podeSair(casa: Casa, { situacao, data, hora }: Agendamento): boolean {
  const { clinica } = casa.agenda;
  return (situacao === "MARCADO" || situacao === "CONFIRMADO") &&
    faltam({ clinica, agora: casa.relogio() }, clinica.oferta.regras.cancelamento, { data, hora });
}

/** O que se pode fazer de um agendamento, agora. */
export function saidasDoAgendamento(casa: Casa, c: Contexto, agendamento: Agendamento): Html {
  const { calendario } = casa.agenda.clinica;
  const { p } = c.var;
  const { numero, versao, situacao, data, hora } = agendamento;
  const [agora, porVir] = [casa.relogio(), situacao === "MARCADO" || situacao === "CONFIRMADO"];
  const chega = porVir && data === calendario.janela(agora).hoje;
  const sai = podeSair(casa, agendamento);
  return html`
    <div class="botoes">
      ${situacao === "MARCADO" && !calendario.comecou(data, hora, agora)
        ? saida(c, "confirmar", { numero, versao })
        : ""}
      ${chega ? saida(c, "chegar", { numero }) : ""}
      ${sai
        ? html`<a class="botao segundo" href="${endereco("/agendamento/mudar", { numero })}">${p.agendamento.muda}</a>
          ${saida(c, "cancelar", { numero })}`
        : ""}
    </div>
    ${porVir && !sai ? html`<p class="outra-saida nao-se-imprime">${p.agendamento.tardeDemais}</p>` : ""}
  `;
}

/** As respostas a um convite. */
export function respostas(c: Contexto, { espera: { numero } }: AEsperar): Html {
  return html`
    <div class="botoes">${saida(c, "aceitar", { numero })} ${saida(c, "recusar", { numero })}</div>
  `;
}

/** O que se pode fazer de uma entrada, agora. */
export function saidasDaEspera(c: Contexto, { espera: { numero } }: AEsperar): Html {
  return html`
    <div class="botoes">${saida(c, "desistir", { numero })}</div>
  `;
}

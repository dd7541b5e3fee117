/**
 * `/painel/pacientes`: procurar alguém, por CPF, por parte do nome ou pelo código, e a história de um. O que se procura nunca vai
 * no endereço: vai cifrado, e assim voltar atrás volta ao que se via.
 *
 * @module
 */

import { Hono } from "hono";
import { html } from "hono/html";
import { type Agendamento, espera as seEspera, lerCodigo } from "../../clinica/agendamento.ts";
import { formatarCpf, lerCpf } from "../../clinica/texto.ts";
import { campo, haErros, type Preenchido, preenchido, resumoDeErros } from "../campos.ts";
import { type Ambiente, type Casa, type Contexto, pede, type Rotas } from "../casa.ts";
import type { Html } from "../moldura.ts";
import { leFormulario } from "../pedido.ts";
import { emolduraPainel, ligacaoAoDia } from "./moldura.ts";
import { tabela } from "./tabela.ts";
import { type Achada, daParaProcurar, procura } from "./procurar.ts";

/** Por quanto tempo se pode voltar ao que se procurou, em ms: um turno. */
const DURA = 12 * 60 * 60 * 1000;

/** O que se procurou: alguém, ou um texto. */
interface Procurado {
  readonly cpf?: string;
  readonly texto?: string;
}

/** As rotas dos pacientes. */
export function rotasDosPacientes(casa: Casa): Rotas {
  const rotas = new Hono<Ambiente>();
  rotas.post("/", async (c) => {
    const campos = await leFormulario(c);
    const texto = (campos("cpf") || campos("procura")).slice(0, 200).trim();
    const cpf = lerCpf(texto);
    const defeito = cpf === undefined ? defeitoDe(c, texto) : undefined;
    if (defeito !== undefined) return await pagina(casa, c, defeito);
    const procurado: Procurado = cpf === undefined ? { texto } : { cpf };
    return c.redirect(`/painel/pacientes?ver=${casa.selos.fecha("procura", procurado, DURA)}`, 303);
  });
  rotas.get("/", async (c) => {
    const { cpf, texto } = lido(casa.selos.abre("procura", c.req.query("ver")));
    if (cpf !== undefined) return await historia(casa, c, cpf);
    if (texto !== undefined) return await achados(casa, c, texto);
    return await pagina(casa, c, preenchido("pacientes"));
  });
  return rotas;
}

function lido(valor: unknown): Procurado {
  if (typeof valor !== "object" || valor === null) return {};
  if ("cpf" in valor && typeof valor.cpf === "string") return { cpf: valor.cpf };
  return "texto" in valor && typeof valor.texto === "string" ? { texto: valor.texto } : {};
}

/** Por que não dá para procurar: algarismos que não são um CPF nem um código, ou letras a menos; nada, se dá. */
function defeitoDe({ var: { p: { pacientes, mesa } } }: Contexto, texto: string): Preenchido | undefined {
  const algarismos = /^[\d.\- ]+$/.test(texto) && lerCodigo(texto) === undefined;
  if (!algarismos && daParaProcurar(texto)) return undefined;
  const erro = algarismos ? mesa.erros.cpf : pacientes.erros.curto;
  return preenchido("pacientes", { procura: texto }, { procura: erro });
}

function pagina(casa: Casa, c: Contexto, forma: Preenchido, resto: Html | string = ""): Promise<Response> {
  const { p } = c.var;
  const { pacientes, mesa } = p;
  return emolduraPainel(casa, c, {
    titulo: p.painel.pacientes,
    aqui: "pacientes",
    codigo: haErros(forma.erros) ? 422 : 200,
    corpo: html`
      <h1>${p.painel.pacientes}</h1>
      ${resumoDeErros(p, forma)}
      <form method="post" action="/painel/pacientes" class="em-linha nao-se-imprime">
        ${campo(forma, { nome: "procura", rotulo: pacientes.procura, dica: pacientes.dica })}
        <button class="botao">${mesa.procurar}</button>
      </form>
      ${resto}
    `,
  });
}

async function achados(casa: Casa, c: Contexto, texto: string): Promise<Response> {
  const { p: { pacientes, mesa }, entrado: { quem } } = c.var;
  const { achadas, haMais } = await procura(casa, quem, texto);
  const { hoje } = casa.agenda.clinica.calendario.janela(casa.relogio());
  const agendamentos = achadas.flatMap((uma) => uma.agendamentos);
  const fila = achadas.flatMap((uma) => uma.esperas).map((espera) => ({ espera, convite: undefined }));
  casa.aoVer(quem, { comando: "LISTA", data: hoje }, { codigo: "OK-310", agendamentos });
  if (fila.length > 0) casa.aoVer(quem, { comando: "FILA", especialista: "" }, { codigo: "OK-311", fila });
  const forma = { forma: "pacientes", valor: () => texto, erros: {} };
  return await pagina(
    casa,
    c,
    forma,
    html`
      <p role="status">${pacientes.achadas(achadas.length, haMais)}</p>
      ${achadas.length === 0 ? html`<p>${pacientes.nenhumaExplica}</p>` : tabela({
        legenda: pacientes.legendaDosAchados,
        colunas: [mesa.campos.nome, mesa.campos.cpf, pacientes.porVir, pacientes.antes, pacientes.atos],
        linhas: achadas.map((uma) => linhaDe(casa, c, { uma, hoje })),
      })}
    `,
  );
}

function linhaDe(casa: Casa, c: Contexto, { uma, hoje }: { uma: Achada; hoje: string }): (Html | string)[] {
  const { p: { pacientes, mesa } } = c.var;
  const { clinica } = casa.agenda;
  const porVir = uma.agendamentos.filter((um) => um.data >= hoje && seEspera(um));
  const [ultimo] = uma.agendamentos.filter((um) => !porVir.includes(um)).slice(-1);
  const esperas = uma.esperas.map(({ especialidade }) => pacientes.naLista(clinica.nomeDe(especialidade)));
  return [
    uma.nome,
    formatarCpf(uma.cpf),
    html`${porVir.map((um) => html`<div>${ligacaoAoDia(c, um)} ${clinica.nomeDe(um.especialidade)}</div>`)}${
      esperas.map((dito) => html`<div>${dito}</div>`)
    }`,
    ultimo === undefined ? "" : html`${ligacaoAoDia(c, ultimo)} <small>${mesa.situacoes[ultimo.situacao]}</small>`,
    html`
      <form method="post" action="/painel/pacientes">
        <input type="hidden" name="cpf" value="${uma.cpf}">
        <button class="botao segundo pequeno">${mesa.verHistoria}<span class="so-leitor">: ${uma
          .nome}</span></button>
      </form>
    `,
  ];
}

async function historia(casa: Casa, c: Contexto, cpf: string): Promise<Response> {
  const { p: { pacientes }, entrado: { quem } } = c.var;
  const resultado = await pede(casa, quem, { comando: "HISTORIA", cpf });
  const todos = resultado.codigo === "OK-315" ? resultado.agendamentos : [];
  const { hoje } = casa.agenda.clinica.calendario.janela(casa.relogio());
  const porVir = todos.filter((um) => um.data >= hoje && seEspera(um)).toReversed();
  const passado = todos.filter((um) => !porVir.includes(um));
  const faltas = passado.filter(({ situacao }) => situacao === "FALTOU").length;
  const atendidos = passado.filter(({ situacao }) => situacao === "ATENDIDO").length;
  const contatos = [
    todos.find(({ telefone }) => telefone !== "")?.telefone,
    todos.find(({ email }) => email !== "")?.email,
  ]
    .filter((um) => um !== undefined);
  const conta = (dito: string, quantos: number): Html =>
    html`
      <div>
        <dt>${dito}</dt>
        <dd>${quantos}</dd>
      </div>
    `;
  return await pagina(
    casa,
    c,
    preenchido("pacientes"),
    html`
      <section class="cartao" aria-labelledby="de-quem">
        <h2 id="de-quem">${todos[0]?.nome ?? pacientes.semNome}</h2>
        <p>${formatarCpf(cpf)}${contatos.map((um) =>
          html`
            · ${um}
          `
        )}</p>
        <dl class="contas">
          ${conta(pacientes.porVir, porVir.length)}
          ${conta(pacientes.atendidos, atendidos)}
          ${conta(pacientes.faltas, faltas)}
        </dl>
      </section>
      ${todos.length === 0 ? html`<p>${pacientes.semHistoria}</p>` : ""}
      ${parte(casa, c, { titulo: pacientes.porVir, quais: porVir, comCodigo: true })}
      ${parte(casa, c, { titulo: pacientes.passado, quais: passado, comCodigo: false })}
    `,
  );
}

interface Parte {
  readonly titulo: string;
  readonly quais: readonly Agendamento[];
  readonly comCodigo: boolean;
}

function parte(casa: Casa, c: Contexto, { titulo, quais, comCodigo }: Parte): Html | string {
  const { p: { pacientes, mesa } } = c.var;
  const { clinica } = casa.agenda;
  if (quais.length === 0) return "";
  return html`
    <h2>${titulo}</h2>
    ${tabela({
      ...{ legenda: titulo, discreta: true },
      colunas: [
        ...[mesa.campos.quando, mesa.oQue, mesa.campos.situacao, pacientes.notas],
        ...comCodigo ? [mesa.campos.codigo] : [],
      ],
      linhas: quais.map((um) => [
        ligacaoAoDia(c, um),
        html`${clinica.nomeDe(um.especialidade)}${
          um.profissional === "" ? "" : html`<small>${clinica.profissionalDe(um.profissional)}</small>`
        }`,
        html`<span class="situacao" data-situacao="${um.situacao}">${mesa.situacoes[um.situacao]}</span>${
          um.encaixe
            ? html`
              <small>${mesa.encaixe}</small>
            `
            : ""
        }`,
        [um.motivo, um.nota].filter((dito) => dito !== "").join(" · "),
        ...comCodigo ? [html`<code>${um.codigo.replace(/^.{4}/, "$&-")}</code>`] : [],
      ]),
    })}
  `;
}

/**
 * `/painel/configuracao`: a semana como está configurada, que é o arquivo que manda, e as exceções a ela: fechar, acrescentar um
 * atendimento, desfazer; e quem com isso ficou de fora.
 *
 * @module
 */

import { Hono } from "hono";
import { html } from "hono/html";
import type { Excecao } from "../../clinica/excecao.ts";
import {
  DIAS_DA_SEMANA,
  ENCAIXES_MAXIMOS,
  ENCAIXES_PADRAO,
  hora,
  MINUTOS_DO_DIA,
  type Oferta,
  type Turno,
} from "../../clinica/oferta.ts";
import type { PedidoDe, Resultado } from "../../clinica/pedido.ts";
import { digitos, livre, LOCAL_MAXIMO, MINUTO, MOTIVO_MAXIMO, PROCURADO } from "../../fio/leitores.ts";
import { campo, Leitura, lerDia, type Preenchido, preenchido, resumoDeErros } from "../campos.ts";
import { type Ambiente, type Casa, type Contexto, pede, type Rotas } from "../casa.ts";
import { dataInteira, diaDaSemana, maisDias, segundaDe } from "../datas.ts";
import type { Html } from "../moldura.ts";
import { leFormulario } from "../pedido.ts";
import { deForaDaSemana, mostraDeFora } from "./de_fora.ts";
import { excecoesDe } from "./excecoes.ts";
import { emolduraPainel, ligacaoAoDia } from "./moldura.ts";
import { tabela } from "./tabela.ts";
import { colhe, deixa, mostraRecado } from "./recado.ts";

/** As rotas da configuração. */
export function rotasDaConfiguracao(casa: Casa): Rotas {
  const rotas = new Hono<Ambiente>();
  rotas.get("/", (c) => mostraConfiguracao(casa, c));
  rotas.get("/fora", (c) => fora(casa, c));
  rotas.post("/fecha", (c) => fecha(casa, c));
  rotas.post("/extra", (c) => extra(casa, c));
  rotas.post("/reabre", (c) => reabre(casa, c));
  return rotas;
}

async function mostraConfiguracao(casa: Casa, c: Contexto, comErro?: Preenchido): Promise<Response> {
  const { p, entrado: { quem } } = c.var;
  const { configuracao, mesa } = p;
  const { clinica } = casa.agenda;
  const { oferta } = clinica;
  const recado = colhe(casa, c);
  const excecoes = await excecoesDe(casa, quem);
  const da = (forma: string, valores: Readonly<Record<string, string>>): Preenchido =>
    comErro?.forma === forma ? comErro : preenchido(forma, valores);
  const { hoje } = clinica.calendario.janela(casa.relogio());
  return emolduraPainel(casa, c, {
    ...{ titulo: p.painel.configuracao, aqui: "configuracao", codigo: comErro === undefined ? 200 : 422 },
    corpo: html`
      <h1>${p.painel.configuracao}</h1>
      ${mostraRecado(recado)}
      ${comErro === undefined ? "" : resumoDeErros(p, comErro)}
      <section aria-labelledby="excecoes">
        <h2 id="excecoes">${configuracao.excecoes}</h2>
        ${excecoes.length === 0 ? html`<p>${configuracao.semExcecoes}</p>` : tabela({
          legenda: configuracao.excecoesLegenda,
          colunas: [
            mesa.numero,
            mesa.oQue,
            mesa.campos.quando,
            configuracao.aQuem,
            mesa.campos.motivo,
            mesa.atos,
          ],
          linhas: excecoes.map((uma) => linhaDa(casa, c, uma)),
        })}
        <div class="lado-a-lado nao-se-imprime">
          <a class="botao segundo" href="/painel/configuracao/fora">${configuracao.verFora}</a>
          <details class="acrescenta"${comErro?.forma === "fecha"
            ? html`
              open
            `
            : ""}>
            <summary class="botao segundo">${configuracao.fechar}</summary>
            ${formaDoFecha(c, oferta, da("fecha", { data: hoje }))}
          </details>
          <details class="acrescenta"${comErro?.forma === "extra"
            ? html`
              open
            `
            : ""}>
            <summary class="botao segundo">${configuracao.acrescentar}</summary>
            ${formaDoExtra(c, oferta, da("extra", { data: hoje, vagas: "4", minutos: "30" }))}
          </details>
        </div>
      </section>
      <section aria-labelledby="semana">
        <h2 id="semana">${configuracao.semana}</h2>
        <p>${configuracao.oArquivo} <code>${casa.gerencia.arquivoDaSemana}</code>. ${configuracao.oArquivoExplica}</p>
        ${aSemana(c, oferta)}
      </section>
    `,
  });
}

/** Quem a exceção alcança. */
function aQuem(casa: Casa, { especialidade, profissional }: Excecao): string {
  const { clinica } = casa.agenda;
  return [
    especialidade === "" ? "" : clinica.nomeDe(especialidade),
    profissional === "" ? "" : clinica.profissionalDe(profissional),
  ].filter((um) => um !== "").join(", ");
}

function linhaDa(casa: Casa, c: Contexto, uma: Excecao): (Html | string)[] {
  const { p: { configuracao } } = c.var;
  const { numero, tipo, de, ate, inicio, fim, vagas, minutos, local, motivo } = uma;
  return [
    String(numero),
    html`<span class="etiqueta" data-tipo="${tipo}">${configuracao.tipos[tipo]}</span>${
      tipo === "EXTRA"
        ? html`
          <small>${configuracao.horarios(vagas, minutos)}${local === "" ? "" : `, ${local}`}</small>
        `
        : ""
    }`,
    html`${ligacaoAoDia(c, { data: de })}${
      de === ate ? "" : html`
        – ${ligacaoAoDia(c, { data: ate })}
      `
    } <small>${
      inicio === 0 && fim === MINUTOS_DO_DIA ? configuracao.diaTodo : `${hora(inicio)} – ${hora(fim)}`
    }</small>`,
    aQuem(casa, uma) || configuracao.todos,
    motivo,
    html`
      <details class="ato">
        <summary>${configuracao.reabrir[tipo]}<span class="so-leitor"> ${numero}</span></summary>
        <form method="post" action="/painel/configuracao/reabre">
          <input type="hidden" name="numero" value="${numero}">
          <p>${configuracao.reabrirExplica[tipo]}</p>
          <button class="botao ${tipo === "EXTRA" ? "perigo" : ""}">${configuracao.reabrir[tipo]}</button>
        </form>
      </details>
    `,
  ];
}

function escolhasDe(
  { especialidades, profissionais }: Oferta,
  { todas, todos }: { readonly todas: string; readonly todos: string },
): { readonly [E in "especialista" | "profissional"]: readonly (readonly [string, string])[] } {
  return {
    especialista: [["", todas], ...especialidades.map(({ chave, nome }) => [chave, nome] as const)],
    profissional: [["", todos], ...profissionais.map(({ chave, nome }) => [chave, nome] as const)],
  };
}

function formaDoFecha(
  { var: { p: { configuracao, mesa } } }: Contexto,
  oferta: Oferta,
  forma: Preenchido,
): Html {
  const { especialista, profissional } = escolhasDe(oferta, { todas: configuracao.todas, todos: configuracao.todos });
  return html`
    <form method="post" action="/painel/configuracao/fecha" class="em-colunas">
      ${campo(forma, { nome: "data", rotulo: mesa.doDia, tipo: "date" })}
      ${campo(forma, { nome: "ate", rotulo: mesa.aoDia, dica: configuracao.ateDica, tipo: "date" })}
      ${campo(forma, { nome: "inicio", rotulo: configuracao.inicio, dica: configuracao.parteDica, tipo: "time" })}
      ${campo(forma, { nome: "fim", rotulo: configuracao.fim, dica: configuracao.parteDica, tipo: "time" })}
      ${campo(forma, { nome: "especialista", rotulo: mesa.campos.especialista, escolhas: especialista })}
      ${campo(forma, { nome: "profissional", rotulo: mesa.campos.comQuem, escolhas: profissional })}
      ${campo(forma, { nome: "motivo", rotulo: mesa.campos.motivo })}
      <div class="botoes"><button class="botao">${configuracao.fechar}</button></div>
    </form>
  `;
}

function formaDoExtra(
  { var: { p: { configuracao, mesa } } }: Contexto,
  oferta: Oferta,
  forma: Preenchido,
): Html {
  const { especialista, profissional } = escolhasDe(oferta, {
    todas: configuracao.escolha,
    todos: configuracao.semNome,
  });
  return html`
    <form method="post" action="/painel/configuracao/extra" class="em-colunas">
      ${campo(forma, { nome: "especialista", rotulo: mesa.campos.especialista, escolhas: especialista })}
      ${campo(forma, { nome: "profissional", rotulo: mesa.campos.comQuem, escolhas: profissional })}
      ${campo(forma, { nome: "data", rotulo: configuracao.dia, tipo: "date" })}
      ${campo(forma, { nome: "inicio", rotulo: configuracao.inicio, tipo: "time" })}
      ${campo(forma, { nome: "vagas", rotulo: configuracao.vagas, algarismos: true, maximo: 4 })}
      ${campo(forma, { nome: "minutos", rotulo: configuracao.minutos, algarismos: true, maximo: 4 })}
      ${campo(forma, { nome: "local", rotulo: mesa.campos.onde, maximo: LOCAL_MAXIMO })}
      ${campo(forma, {
        ...{ nome: "encaixes", rotulo: configuracao.encaixes, dica: configuracao.encaixesDica(ENCAIXES_PADRAO) },
        ...{ algarismos: true, maximo: 3 },
      })}
      <div class="botoes"><button class="botao">${configuracao.acrescentar}</button></div>
    </form>
  `;
}

/** A semana, dia por dia. */
function aSemana({ var: { lingua, p: { configuracao, mesa } } }: Contexto, oferta: Oferta): Html {
  const linhas = DIAS_DA_SEMANA.flatMap((_, i) => {
    const turnos = [...oferta.semana.get(i + 1)?.values() ?? []].flat().flatMap((agenda) => agenda.turnos)
      .toSorted((a, b) => a.inicio - b.inicio);
    // O nome do dia é o de um dia qualquer que caia nele.
    const nome = diaDaSemana(maisDias(segundaDe("2026-01-05"), i), lingua, { inteiro: true });
    return turnos.map((
      turno,
    ) => [nome, ...doTurno(oferta, turno), configuracao.horarios(turno.horarios.length, turno.minutos)]);
  });
  const fechadas = [...oferta.fechado].sort();
  return html`
    ${tabela({
      legenda: configuracao.semanaLegenda,
      colunas: [
        configuracao.dia,
        configuracao.hora,
        mesa.campos.especialista,
        mesa.campos.comQuem,
        mesa.campos.onde,
        configuracao.vagas,
      ],
      linhas,
    })}
    ${fechadas.length === 0 ? "" : html`
      <h3>${configuracao.datasFechadas}</h3>
      <p>${fechadas.map((data) => `${diaDaSemana(data, lingua)} ${dataInteira(data)}`).join(" · ")}</p>
    `}
  `;
}

function doTurno({ especialidades }: Oferta, { especialidade, profissional, local, inicio, fim }: Turno): string[] {
  const nome = especialidades.find(({ chave }) => chave === especialidade)?.nome ?? especialidade;
  return [`${hora(inicio)} – ${hora(fim)}`, nome, profissional?.nome ?? "", local];
}

// ------------------------------------------------------------------------------------------------------ os atos

const MOTIVO = livre(MOTIVO_MAXIMO);
const LOCAL = livre(LOCAL_MAXIMO);
const QUANTOS = digitos(1, MINUTOS_DO_DIA);
const ENCAIXES = digitos(0, ENCAIXES_MAXIMOS);

async function fecha(casa: Casa, c: Contexto): Promise<Response> {
  const { p: { configuracao, mesa }, entrado: { quem } } = c.var;
  const campos = await leFormulario(c);
  const lidos = new Leitura(campos);
  const pedido: PedidoDe<"FECHA"> = {
    comando: "FECHA",
    data: lidos.exige("data", lerDia, mesa.erros.data) ?? "",
    ate: lidos.talvez("ate", lerDia, mesa.erros.data),
    inicio: lidos.talvez("inicio", MINUTO, mesa.erros.hora),
    // A meia-noite em que o dia acaba é a do fim dele.
    fim: lidos.talvez("fim", MINUTO, mesa.erros.hora) || undefined,
    especialista: lidos.talvez("especialista", PROCURADO, mesa.erros.escolha),
    profissional: lidos.talvez("profissional", PROCURADO, mesa.erros.escolha),
    motivo: lidos.talvez("motivo", MOTIVO, mesa.erros.motivo),
  };
  if (pedido.ate !== undefined && pedido.ate < pedido.data) lidos.acusa("ate", mesa.erros.ordem);
  if ((pedido.inicio ?? 0) >= (pedido.fim ?? MINUTOS_DO_DIA)) lidos.acusa("fim", configuracao.erros.fimAntes);
  if (lidos.serve) {
    const resultado = await pede(casa, quem, pedido);
    if (resultado.codigo === "OK-312") return comDeFora(casa, c, resultado);
    lidos.acusa(
      resultado.codigo === "ERRO-103" ? pedido.profissional === undefined ? "data" : "profissional" : "",
      resultado.codigo === "ERRO-103" ? configuracao.erros.naoFecha : mesa.erros.recusado(resultado.codigo),
    );
  }
  return await mostraConfiguracao(casa, c, lidos.preenchido("fecha"));
}

async function extra(casa: Casa, c: Contexto): Promise<Response> {
  const { p: { configuracao, mesa }, entrado: { quem } } = c.var;
  const campos = await leFormulario(c);
  const lidos = new Leitura(campos);
  const pedido: PedidoDe<"EXTRA"> = {
    comando: "EXTRA",
    especialista: lidos.exige("especialista", PROCURADO, configuracao.erros.especialidade) ?? "",
    data: lidos.exige("data", lerDia, mesa.erros.data) ?? "",
    inicio: lidos.exige("inicio", MINUTO, mesa.erros.hora) ?? 0,
    vagas: lidos.exige("vagas", QUANTOS, configuracao.erros.numero) ?? 0,
    minutos: lidos.exige("minutos", QUANTOS, configuracao.erros.numero) ?? 0,
    profissional: lidos.talvez("profissional", PROCURADO, mesa.erros.escolha),
    local: lidos.talvez("local", LOCAL, configuracao.erros.local),
    encaixes: lidos.talvez("encaixes", ENCAIXES, configuracao.erros.numero),
  };
  if (lidos.serve) {
    const resultado = await pede(casa, quem, pedido);
    if (resultado.codigo === "OK-313") {
      deixa(casa, c, { titulo: configuracao.acrescentado(resultado.numero) });
      return c.redirect("/painel/configuracao", 303);
    }
    const [nome, dito] = recusaDoExtra(c, resultado);
    lidos.acusa(nome, dito);
  }
  return await mostraConfiguracao(casa, c, lidos.preenchido("extra"));
}

function recusaDoExtra(
  { var: { p: { configuracao, mesa } } }: Contexto,
  { codigo }: Resultado,
): readonly [campo: string, dito: string] {
  switch (codigo) {
    case "ERRO-103":
      return ["profissional", configuracao.erros.naoAbre];
    case "ERRO-105":
      return ["inicio", configuracao.erros.foraDoDia];
    case "ERRO-121":
      return ["inicio", configuracao.erros.jaHa];
    default:
      return ["", mesa.erros.recusado(codigo)];
  }
}

async function reabre(casa: Casa, c: Contexto): Promise<Response> {
  const { p: { configuracao, mesa }, entrado: { quem } } = c.var;
  const campos = await leFormulario(c);
  const numero = Number(campos("numero"));
  const resultado: Resultado = Number.isSafeInteger(numero) && numero > 0
    ? await pede(casa, quem, { comando: "REABRE", numero })
    : { codigo: "ERRO-113" };
  if (resultado.codigo === "OK-314") return comDeFora(casa, c, resultado);
  const dito = resultado.codigo === "ERRO-113" ? configuracao.erros.jaNaoVale : mesa.erros.recusado(resultado.codigo);
  return await mostraConfiguracao(casa, c, { forma: "reabre", valor: () => "", erros: { "": dito } });
}

/** O que uma exceção deixou de fora é trabalho por fazer: vai-se à lista dele, se há. */
function comDeFora(
  casa: Casa,
  c: Contexto,
  { codigo, numero, agendamentos }: Extract<Resultado, { readonly codigo: "OK-312" | "OK-314" }>,
): Response {
  const { configuracao } = c.var.p;
  const quantos = agendamentos.length;
  const feito = codigo === "OK-312" ? configuracao.fechado(numero) : configuracao.reaberto(numero);
  deixa(casa, c, { titulo: feito, linhas: [configuracao.ficaramDeFora(quantos)] });
  return c.redirect(quantos === 0 ? "/painel/configuracao" : "/painel/configuracao/fora", 303);
}

async function fora(casa: Casa, c: Contexto): Promise<Response> {
  const { p: { configuracao, comum }, entrado: { quem } } = c.var;
  const recado = colhe(casa, c);
  const deFora = await deForaDaSemana(casa, quem);
  return emolduraPainel(casa, c, {
    ...{ titulo: configuracao.foraTitulo, aqui: "configuracao" },
    corpo: html`
      <p><a href="/painel/configuracao">${comum.voltar}</a></p>
      <h1>${configuracao.foraTitulo}</h1>
      ${mostraRecado(recado)}
      ${mostraDeFora(casa, c, deFora)}
    `,
  });
}

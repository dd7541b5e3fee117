/**
 * `/painel/trilha`: quem viu e quem mudou o quê, da mais nova à mais antiga, e em CSV. O que se procura vai cifrado, que pode ser
 * um CPF; e a própria leitura fica na trilha.
 *
 * @module
 */

import { Hono } from "hono";
import { html } from "hono/html";
import {
  COLUNAS,
  type Cursor,
  entreDias,
  filtro,
  lePagina,
  type LinhaDaPagina,
  linhaDaTrilha,
  type Mostrada,
  naHoraDaClinica,
  porOrdem,
} from "../../acesso/trilha_lida.ts";
import { COMUM, EXCEL, linhaDeCsv } from "../../clinica/csv.ts";
import { inofensivo } from "../../clinica/texto.ts";
import { CPF } from "../../fio/leitores.ts";
import { campo, haErros, Leitura, lerDia, type Preenchido, preenchido, resumoDeErros } from "../campos.ts";
import type { Ambiente, Casa, Contexto, Rotas, TrilhaAberta } from "../casa.ts";
import { dataInteira } from "../datas.ts";
import type { Html } from "../moldura.ts";
import { leFormulario } from "../pedido.ts";
import { emolduraPainel } from "./moldura.ts";
import { tabela } from "./tabela.ts";

/** Linhas numa página. */
const POR_PAGINA = 100;

/** Por quanto tempo se pode voltar ao que se procurou, em ms: um turno. */
const DURA = 12 * 60 * 60 * 1000;

/** O que se procura na trilha. */
interface Procurado {
  readonly quem?: string;
  readonly cpf?: string;
  readonly de?: string;
  readonly ate?: string;
}

/** As rotas da trilha. */
export function rotasDaTrilha(casa: Casa): Rotas {
  const rotas = new Hono<Ambiente>();
  rotas.get("/", (c) => mostraTrilha(casa, c));
  rotas.post("/", (c) => procura(casa, c));
  rotas.get("/csv", (c) => csv(casa, c));
  return rotas;
}

async function procura(casa: Casa, c: Contexto): Promise<Response> {
  const { mesa } = c.var.p;
  const campos = await leFormulario(c);
  const lidos = new Leitura(campos);
  const procurado: Procurado = {
    quem: campos("quem").trim().slice(0, 40) || undefined,
    cpf: lidos.talvez("cpf", CPF, mesa.erros.cpf),
    de: lidos.talvez("de", lerDia, mesa.erros.data),
    ate: lidos.talvez("ate", lerDia, mesa.erros.data),
  };
  if (procurado.de !== undefined && procurado.ate !== undefined && procurado.ate < procurado.de) {
    lidos.acusa("ate", mesa.erros.ordem);
  }
  if (!lidos.serve) return await pagina(casa, c, { forma: lidos.preenchido("trilha"), resto: "" });
  return c.redirect(`/painel/trilha?ver=${casa.selos.fecha("procura", procurado, DURA)}`, 303);
}

function procuradoDe(casa: Casa, c: Contexto): Procurado {
  const aberto = casa.selos.abre("procura", c.req.query("ver"));
  if (typeof aberto !== "object" || aberto === null) return {};
  const texto = (nome: keyof Procurado): string | undefined => {
    const valor: unknown = Reflect.get(aberto, nome);
    return typeof valor === "string" ? valor : undefined;
  };
  return { quem: texto("quem"), cpf: texto("cpf"), de: texto("de"), ate: texto("ate") };
}

async function mostraTrilha(casa: Casa, c: Contexto): Promise<Response> {
  const { p: { mesa, trilha } } = c.var;
  const procurado = procuradoDe(casa, c);
  const forma = preenchido("trilha", semNada(procurado));
  if (casa.gerencia.trilha === undefined) {
    return await pagina(casa, c, { forma, resto: html`<p>${trilha.naoFica}</p>` });
  }
  await using aberta = await casa.gerencia.trilha();
  casa.anota(c.var.entrado.quem, "TRILHA", undefined, procurado.cpf);
  const { linhas, seguinte } = await lePagina(aberta, {
    ...await oQueSeQuer(casa, aberta, procurado),
    desde: cursorDe(c.req.query("antes")),
    quantas: POR_PAGINA,
  });
  const nomes = await nomesDe(casa);
  const ver = c.req.query("ver");
  const aqui = ver === undefined ? "" : `ver=${encodeURIComponent(ver)}`;
  return await pagina(casa, c, {
    forma,
    resto: html`
      ${linhas.length === 0 ? html`<p>${trilha.nada}</p>` : tabela({
        legenda: trilha.legenda,
        classe: "trilha",
        colunas: [mesa.campos.quando, trilha.quem, mesa.oQue, trilha.numeros, trilha.mudou, trilha.vezes],
        linhas: linhas.map((uma) => linha(casa, c, { uma, nomes })),
      })}
      <p class="botoes">
        ${seguinte === undefined
          ? ""
          : html`<a class="botao" rel="next" href="/painel/trilha?${aqui}&amp;antes=${seguinte.diario}.${seguinte.acesso}">${trilha.maisAntigas}</a>`}
        <a class="botao segundo" href="/painel/trilha/csv?${aqui}">${trilha.csv}</a>
        <a class="botao segundo" href="/painel/trilha/csv?${aqui}&amp;forma=excel">${trilha.excel}</a>
      </p>
    `,
  });
}

function semNada(procurado: Procurado): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(procurado).filter(([, valor]) => valor !== undefined));
}

/** `"12.34"`: até onde já se viu cada tabela. */
function cursorDe(escrito: string | undefined): Cursor | undefined {
  const [, diario, acesso] = /^(\d{1,16})\.(\d{1,16})$/.exec(escrito ?? "") ?? [];
  return diario === undefined ? undefined : { diario: Number(diario), acesso: Number(acesso) };
}

async function oQueSeQuer(
  casa: Casa,
  aberta: TrilhaAberta,
  { quem, cpf, de, ate }: Procurado,
): Promise<{ readonly entre: ReturnType<typeof entreDias>; readonly serve: (linha: Mostrada) => boolean }> {
  return {
    entre: entreDias({ de, ate }, casa.agenda.clinica.oferta.fuso),
    serve: await filtro({ quem, cpf }, { livro: aberta, disfarces: aberta.disfarces }),
  };
}

/** Como se chama quem a trilha diz por um número. */
async function nomesDe({ gerencia: { chaves, pessoas } }: Casa): Promise<ReadonlyMap<string, string>> {
  const [asPessoas, asChaves] = await Promise.all([pessoas.todas(), chaves.todas()]);
  return new Map([
    ...asPessoas.map(({ numero, nome }) => [`p:${numero}`, nome] as const),
    ...asChaves.map(({ numero, nome }) => [`k:${numero}`, nome] as const),
  ]);
}

function linha(
  casa: Casa,
  { var: { p: { trilha } } }: Contexto,
  { uma, nomes }: { readonly uma: LinhaDaPagina; readonly nomes: ReadonlyMap<string, string> },
): (Html | string)[] {
  const { quando, papel, quem, o_que, numeros, de, para, vezes, desde } = uma;
  const nome = nomes.get(quem);
  const { fuso } = casa.agenda.clinica.oferta;
  const [dia, horas] = naHoraDaClinica(quando, fuso).split(" ");
  return [
    horas === undefined ? inofensivo(quando) : `${dataInteira(dia)} ${horas}`,
    html`${nome === undefined ? "" : html`<strong>${inofensivo(nome)}</strong>`} <small>${papel} ${quem}</small>`,
    html`<code>${o_que}</code>`,
    inofensivo(numeros),
    de === "" && para === "" ? "" : html`${inofensivo(de)} → ${inofensivo(para)}`,
    vezes > 1
      ? html`${trilha.tantas(vezes)}${
        desde === undefined ? "" : html`
          <small>${trilha.desdeAs(naHoraDaClinica(desde, fuso).split(" ")[1] ?? desde)}</small>
        `
      }`
      : "",
  ];
}

interface OQueMostra {
  readonly forma: Preenchido;
  readonly resto: Html | string;
}

async function pagina(casa: Casa, c: Contexto, { forma, resto }: OQueMostra): Promise<Response> {
  const { p } = c.var;
  const { mesa, trilha } = p;
  const nomes = await nomesDe(casa);
  const dito = forma.valor("quem");
  const outro = dito === "" || nomes.has(dito) ? [] : [[dito, dito] as const];
  return await emolduraPainel(casa, c, {
    ...{ titulo: p.painel.trilha, aqui: "trilha", codigo: haErros(forma.erros) ? 422 : 200 },
    corpo: html`
      <h1>${p.painel.trilha}</h1>
      ${resumoDeErros(p, forma)}
      <form method="post" action="/painel/trilha" class="em-colunas nao-se-imprime">
        ${campo(forma, {
          ...{ nome: "quem", rotulo: trilha.quem },
          escolhas: [
            ["", mesa.qualquerUm],
            ...[...nomes].map(([um, nome]) => [um, `${nome} (${um})`] as const),
            ...outro,
          ],
        })}
        ${campo(forma, {
          nome: "cpf",
          rotulo: trilha.deQuem,
          dica: trilha.deQuemDica,
          algarismos: true,
          maximo: 20,
        })}
        ${campo(forma, { nome: "de", rotulo: mesa.doDia, tipo: "date" })}
        ${campo(forma, { nome: "ate", rotulo: mesa.aoDia, tipo: "date" })}
        <div class="botoes"><button class="botao">${mesa.procurar}</button></div>
      </form>
      ${resto}
    `,
  });
}

/** Toda, da mais antiga à mais nova, aos pedaços: um livro de muitos anos não enche a memória. */
async function csv(casa: Casa, c: Contexto): Promise<Response> {
  if (casa.gerencia.trilha === undefined) return c.notFound();
  const procurado = procuradoDe(casa, c);
  const aberta = await casa.gerencia.trilha();
  casa.anota(c.var.entrado.quem, "TRILHA", undefined, procurado.cpf);
  const forma = c.req.query("forma") === "excel" ? EXCEL : COMUM;
  const escreve = (celulas: readonly string[]): string => `${linhaDeCsv(celulas, forma)}\r\n`;
  async function* linhas(): AsyncGenerator<Uint8Array> {
    const codifica = new TextEncoder();
    try {
      const { entre, serve } = await oQueSeQuer(casa, aberta, procurado);
      yield codifica.encode(forma.marca + escreve(COLUNAS));
      for await (const pedaco of porOrdem(aberta, entre)) {
        c.env.passou();
        const servem = pedaco.flatMap(({ mostradas }) => mostradas).filter(serve);
        if (servem.length > 0) yield codifica.encode(servem.map((uma) => escreve(linhaDaTrilha(uma))).join(""));
      }
    } finally {
      await aberta[Symbol.asyncDispose]();
    }
  }
  return new Response(ReadableStream.from(linhas()), {
    headers: {
      "content-type": "text/csv; charset=utf-8",
      "content-disposition": 'attachment; filename="trilha.csv"',
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
    },
  });
}

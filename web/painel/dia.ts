/**
 * O dia do balcão, `/painel`: a página, o que dela muda ao vivo, e a folha que se imprime. O que se faz de um agendamento, e
 * marcar, está em `balcao.ts`.
 *
 * @module
 */

import { Hono } from "hono";
import type { Agendamento } from "../../clinica/agendamento.ts";
import { ehData } from "../../clinica/calendario.ts";
import { pode } from "../../clinica/permissao.ts";
import { movivel } from "../../clinica/remarcar.ts";
import type { Ambiente, Casa, Contexto, Rotas } from "../casa.ts";
import { diaPorExtenso } from "../datas.ts";
import type { Evento } from "../eventos.ts";
import { PaginasFeitas } from "../feitas.ts";
import type { Topico } from "../topicos.ts";
import { ehAto, fraseDe, nomeDe, quemSeDiz } from "./atos.ts";
import { acha, rotasDoBalcao } from "./balcao.ts";
import { impresso } from "./impresso.ts";
import { type DiaLido, mostrou } from "./leitura.ts";
import { emolduraPainel } from "./moldura.ts";
import { alcanceDe, Mostrador, type ParaQuem } from "./mostrador.ts";
import { pagina } from "./pagina.ts";

/** Páginas que se guardam; cada uma tem uns 15 KB. */
const GUARDADAS = 256;

/** As rotas do dia, sob `/painel`. */
export function rotasDoDia(casa: Casa): Rotas {
  const rotas = new Hono<Ambiente>();
  const mostrador = new Mostrador(casa);
  const feitas = new PaginasFeitas<Feita>(GUARDADAS);
  rotas.get("/", (c) => dia(casa, c, { mostrador, feitas }));
  rotas.get("/fluxo", (c) => fluxo(casa, c, mostrador));
  rotas.get("/imprimir", async (c) => {
    const data = dataDe(casa, c);
    const desenho = await mostrador.desenha(paraQuem(c), data);
    if (desenho === undefined) return c.redirect("/painel", 303);
    mostrou(casa, c.var.entrado.quem, desenho.dia);
    const titulo = diaPorExtenso(data, c.var.lingua);
    return emolduraPainel(casa, c, {
      ...{ titulo, aqui: "dia", arquivos: ["dia.css"], corpo: impresso({ dia: desenho.dia, p: c.var.p }, titulo) },
    });
  });
  rotas.route("/", rotasDoBalcao(casa, mostrador));
  return rotas;
}

/** A quem se mostra, e em que língua. */
export function paraQuem({ var: { entrado: { quem }, lingua, p } }: Contexto): ParaQuem {
  return { quem, lingua, p };
}

/** A data que o endereço diz; hoje, se não diz uma. */
function dataDe(casa: Casa, { req }: Contexto): string {
  const pedida = req.query("data") ?? "";
  return ehData(pedida) ? pedida : hojeNa(casa);
}

function hojeNa(casa: Casa): string {
  return casa.agenda.clinica.calendario.janela(casa.relogio()).hoje;
}

/** O que de um dia se segue. */
function topicosDe({ quem }: ParaQuem, data: string): readonly Topico[] {
  return pode(quem, "FILA") ? [`dia:${data}`, "espera"] : [`dia:${data}`];
}

// ------------------------------------------------------------------------------------------------------ a página

/** O que as rotas do dia partilham. */
interface DoDia {
  readonly mostrador: Mostrador;
  readonly feitas: PaginasFeitas<Feita>;
}

/** De que se fez uma página que se guarda: a mesma pessoa que a pede outra vez no mesmo minuto, sem que nada mude, recebe a mesma. */
interface Feita {
  readonly dia: DiaLido;
  /** De que depende. */
  readonly topicos: readonly Topico[];
  /** O ponto do fluxo até que se sabe que ainda vale. */
  vale: string;
}

async function dia(casa: Casa, c: Contexto, { mostrador, feitas }: DoDia): Promise<Response> {
  const para = paraQuem(c);
  const data = dataDe(casa, c);
  const simples = c.req.query("muda") === undefined && c.req.query("feito") === undefined;
  const chave = [c.var.entrado.pessoa, c.var.entrado.nome, para.lingua, alcanceDe(para.quem), data, minutoDe(casa)]
    .join(" ");
  const feita = simples ? feitas.acha(c, chave) : undefined;
  if (feita !== undefined && aindaVale(casa, feita.de)) {
    mostrou(casa, para.quem, feita.de.dia);
    return feita.resposta.clone();
  }
  const desde = casa.fluxo.agora();
  const desenho = await mostrador.desenha(para, data);
  if (desenho === undefined) return c.redirect("/painel", 303);
  mostrou(casa, para.quem, desenho.dia);
  const muda = await aMudar(casa, c, mostrador);
  const feito = oQueSeFez(c, desenho.dia);
  const resposta = await emolduraPainel(casa, c, {
    titulo: diaPorExtenso(data, para.lingua),
    aqui: "dia",
    arquivos: ["dia.css", "dia.ts", "dia_vivo.ts"],
    corpo: pagina(para, desenho, { desde, muda, feito }),
  });
  return simples
    ? await feitas.guarda(c, chave, { dia: desenho.dia, topicos: topicosDe(para, data), vale: desde }, resposta)
    : resposta;
}

function aindaVale({ fluxo, agenda }: Casa, feita: Feita): boolean {
  const agora = fluxo.agora();
  if (feita.dia.clinica !== agenda.clinica || !fluxo.intacto(feita.vale, feita.topicos)) return false;
  feita.vale = agora;
  return true;
}

function minutoDe(casa: Casa): number {
  return Math.floor(casa.relogio() / 60_000);
}

/** Quem se está a mudar, se o endereço o diz e ainda se pode. */
async function aMudar(casa: Casa, c: Contexto, mostrador: Mostrador): Promise<Agendamento | undefined> {
  const numero = Number(c.req.query("muda"));
  if (!Number.isSafeInteger(numero) || numero <= 0) return undefined;
  const { entrado: { quem } } = c.var;
  const um = await acha(casa, quem, { mostrador, numero, data: c.req.query("de") ?? "" });
  const { clinica } = casa.agenda;
  return um !== undefined && pode(quem, "REMARC") && movivel({ clinica, agora: casa.relogio() }, um) ? um : undefined;
}

/** O que um formulário acabou de fazer, e a página seguinte diz. */
function oQueSeFez({ req, var: { p } }: Contexto, dia: DiaLido): string | undefined {
  const [ato, numero] = [req.query("feito") ?? "", Number(req.query("numero"))];
  const um = dia.lista.find((um) => um.numero === numero);
  if (um === undefined) return undefined;
  if (ehAto(ato)) return fraseDe({ p, dia }, ato, um);
  return um.encaixe ? p.dia.frases.encaixe(nomeDe(um), um.hora) : p.dia.frases.AGEND(nomeDe(um), um.hora);
}

// ------------------------------------------------------------------------------------------------------ ao vivo

function fluxo(casa: Casa, c: Contexto, mostrador: Mostrador): Response {
  const para = paraQuem(c);
  const data = dataDe(casa, c);
  const { quem, lingua, p } = para;
  return casa.fluxo.resposta(c.req.raw, {
    topicos: topicosDe(para, data),
    chave: `dia ${lingua} ${alcanceDe(quem)}`,
    de: `pessoa ${c.var.entrado.pessoa}`,
    ainda: async () => await casa.quemEntrou(c, false) !== undefined,
    aoLer: c.env.passou,
    async desenha(novidade): Promise<Evento | undefined> {
      mostrador.viuMudar(novidade);
      if (novidade.tudo || novidade.periodos.length > 0) {
        return { nome: "dia", dados: JSON.stringify({ inteira: true }) };
      }
      const { agendamentos } = novidade;
      const troca = await mostrador.troca(para, data, agendamentos.map(({ numero }) => numero));
      const mudaram = agendamentos.map(({ numero, versao, para, autor }) => [
        ...[numero, versao, p.mesa.situacoes[para], quemSeDiz(p, autor)],
      ]);
      return troca && { nome: "dia", dados: JSON.stringify({ ...troca, mudaram }) };
    },
    aoMandar(novidade): void {
      const dia = mostrador.ultimo(para, data)?.dia;
      if (dia === undefined) return;
      const mudaram = new Set(novidade.agendamentos.map(({ numero }) => numero));
      mostrou(casa, quem, { data, lista: dia.lista.filter(({ numero }) => mudaram.has(numero)), convites: [] });
    },
  });
}

/**
 * Marcar, remarcar e encaixar, passo a passo: cada passo pergunta uma coisa, Esc volta ao anterior, e o que já se escolheu
 * fica. O menu marca e remarca; o dia da recepção, que também encaixa, usa os mesmos passos.
 *
 * @module
 */

import { entraNaLista, respondeAosConvites, type Sabido } from "./avise.ts";
import { altera, consultaVagas, recusa, recusaCom, recusaEm } from "./balcao.ts";
import { type Marcado, tuplaDe } from "./dia.ts";
import { ANOTE, ehRecusa } from "./frases.ts";
import { especialidades, temEspera } from "./listas.ts";
import { pedeCodigo } from "./papel.ts";
import { confirma, escolhe, type Opcao, perguntaCpf, perguntaHora, perguntaNome } from "./perguntas.ts";
import { VOLTAR, type Voltar } from "./teclado.ts";
import type { Balcao } from "./tela.ts";
import {
  agendamentoDe,
  type AgendamentoMostrado,
  cartaoDe,
  especialidadeCortada,
  maiorLargura,
  preenche,
} from "./telas.ts";
import { agendamentosEm, type Respondido, type VagaLida } from "./tubo.ts";
import type { Codigo } from "../clinica/pedido.ts";
import { inofensivo } from "../clinica/texto.ts";

/** Com quem se pode ser atendido: uma especialidade e, se ela os tem, um profissional. */
export type ComQuem = readonly [especialista: string, profissional: string];

/** O que já se escolheu. */
interface Rascunho {
  cpf: string;
  nome: string;
  especialista: string;
  /** `""` é qualquer um. */
  profissional: string;
  data: string;
  dia: string;
  horario: string;
  encaixe?: true;
  /** Num encaixe, com quem se atende nesse dia. */
  comQuem?: readonly ComQuem[];
  /** O que se remarca. */
  alvo?: Marcado;
  /** Como acabou. */
  fim?: Fim;
}

/** Como acabou: o que se marcou, ou a frase da recusa. */
export type Fim = { readonly feito: AgendamentoMostrado } | { readonly recusado: string };

type NomeDoPasso =
  | ("especialidade" | "profissional" | "data" | "horario" | "cpf" | "nome" | "confirmacao")
  | ("remarcacao" | "quem" | "minuto");

/** O que um passo decide: seguir, voltar, não perguntar nada, acabar, ou ir a outro. */
type Rumo = "adiante" | "atras" | "pula" | "fim" | NomeDoPasso;
type Passo = (balcao: Balcao, rascunho: Rascunho) => Promise<Rumo>;

const PASSOS: { readonly [P in NomeDoPasso]: Passo } = {
  especialidade: escolheEspecialidade,
  profissional: escolheProfissional,
  data: escolheData,
  horario: escolheHorario,
  cpf: informaCpf,
  nome: informaNome,
  confirmacao: confirmaAgendamento,
  remarcacao: confirmaRemarcacao,
  quem: escolheComQuem,
  minuto: informaMinuto,
};

const DO_MARCAR: readonly NomeDoPasso[] = [
  ...["especialidade", "profissional", "data", "horario", "cpf", "nome", "confirmacao"] as const,
];
const DO_REMARCAR: readonly NomeDoPasso[] = ["profissional", "data", "horario", "remarcacao"];
const DO_ENCAIXE: readonly NomeDoPasso[] = ["quem", "minuto", "cpf", "nome", "confirmacao"];

const EM_BRANCO = { cpf: "", nome: "", especialista: "", profissional: "", data: "", dia: "", horario: "" };

/** Marca um atendimento. */
export async function marcar(balcao: Balcao): Promise<void> {
  balcao.tela.titulo("Marcar um atendimento");
  if (await percorre(balcao, DO_MARCAR, { ...EM_BRANCO }) === undefined) balcao.tela.desfaz();
}

/** Remarca; `undefined` se a pessoa voltou atrás. */
export async function remarcaUm(balcao: Balcao, alvo: Marcado): Promise<Fim | undefined> {
  const { cpf, nome, especialista } = alvo;
  return await percorre(balcao, DO_REMARCAR, { ...EM_BRANCO, cpf, nome, especialista, alvo });
}

/** Encaixa alguém num dia, com o que já se sabe; `undefined` se a pessoa voltou atrás. */
export async function encaixaUm(
  balcao: Balcao,
  sabido: { readonly data: string; readonly dia: string; readonly comQuem: readonly ComQuem[] },
  perto?: Marcado,
): Promise<Fim | undefined> {
  const { especialista = "", profissional = "", horario = "" } = perto ?? {};
  return await percorre(balcao, DO_ENCAIXE, {
    ...EM_BRANCO,
    ...sabido,
    ...{ especialista, profissional, horario, encaixe: true },
  });
}

/** Anda pelos passos até o fim, ou até antes do primeiro, com a tela como estava. */
async function percorre(
  balcao: Balcao,
  passos: readonly NomeDoPasso[],
  rascunho: Rascunho,
): Promise<Fim | undefined> {
  for (let [passo, sentido, dados] = [0, 1, 0]; passo >= 0;) {
    const rumo = await PASSOS[passos[passo]](balcao, rascunho);
    switch (rumo) {
      case "atras":
        // Voltar é apagar a resposta do passo de antes, se houve um aqui.
        if (dados-- > 0) balcao.tela.desfaz();
        sentido = -1;
        passo--;
        break;
      case "adiante":
        dados++;
        sentido = 1;
        passo++;
        break;
      case "pula":
        passo += sentido;
        break;
      case "fim":
        return rascunho.fim;
      default:
        sentido = 1;
        passo = Math.max(passos.indexOf(rumo), 0);
    }
  }
  return undefined;
}

async function escolheEspecialidade(balcao: Balcao, rascunho: Rascunho): Promise<Rumo> {
  const vagas = await consultaVagas(balcao, { comando: "VAGAS" });
  if (vagas.length === 0) {
    balcao.tela.frase("aviso", "Não há horários livres nas próximas semanas.");
    await ofereceAviso(balcao);
    return "fim";
  }
  const livres = Map.groupBy(vagas, ([, , especialista]) => especialista);
  const cheias = await temEspera(balcao) ? (await especialidades(balcao)).filter((nome) => !livres.has(nome)) : [];
  const semNada = cheias.map((nome): [string, VagaLida[]] => [nome, []]);
  const opcoes = comLivres(new Map([...livres, ...semNada]));
  const padrao = rascunho.especialista;
  const escolha = await escolheOuAvisa(balcao, "Especialidade", opcoes, { padrao });
  if (escolha === VOLTAR) return "atras";
  if (escolha === AVISA) return await entraNaLista(balcao) ? "fim" : "especialidade";
  if (!livres.has(escolha)) {
    balcao.tela.frase("aviso", `Não há horários livres para ${inofensivo(escolha)}.`);
    return await ofereceAviso(balcao, { especialista: escolha }) ? "fim" : "especialidade";
  }
  rascunho.especialista = escolha;
  balcao.tela.passo("Especialidade", escolha);
  return "adiante";
}

async function escolheProfissional(balcao: Balcao, rascunho: Rascunho): Promise<Rumo> {
  if (balcao.conexao.soDeUm) return "pula";
  const vagas = await consultaVagas(balcao, { comando: "VAGAS", especialista: rascunho.especialista });
  const porProfissional = Map.groupBy(vagas, ([, , , , profissional = ""]) => profissional);
  if (porProfissional.size < 2) return "pula";
  const opcoes = [{ name: "Qualquer um", value: "" }, ...comLivres(porProfissional)];
  const padrao = rascunho.profissional || rascunho.alvo?.profissional;
  const escolha = await escolhe(balcao, "Profissional", opcoes, { padrao });
  if (escolha === VOLTAR) return "atras";
  rascunho.profissional = escolha;
  balcao.tela.passo("Profissional", escolha || "Qualquer um");
  return "adiante";
}

/** Uma opção por grupo de vagas, com quantas são e desde quando; de um vazio, que não há. */
function comLivres(grupos: ReadonlyMap<string, readonly VagaLida[]>): Opcao<string>[] {
  const largura = maiorLargura([...grupos.keys()].map(especialidadeCortada));
  return [...grupos].map(([nome, vagas]) => {
    const rotulo = preenche(especialidadeCortada(nome), largura);
    if (vagas.length === 0) return { name: `${rotulo}  sem horários livres`, value: nome };
    const livres = quantos(porData(vagas).reduce((soma, [, , , horarios]) => soma + horarios.length, 0));
    const desde = inofensivo(vagas[0][0]);
    return { name: `${rotulo}  ${livres}, desde ${desde}`, value: nome };
  });
}

/** Uma entrada por data: as horas em que algum profissional está livre. */
function porData(vagas: readonly VagaLida[]): VagaLida[] {
  return [...Map.groupBy(vagas, ([data, , especialista]) => `${data} ${especialista}`).values()].map((iguais) => {
    const [data, dia, especialista] = iguais[0];
    return [data, dia, especialista, [...new Set(iguais.flatMap(([, , , horarios]) => horarios))].sort()];
  });
}

/** As vagas do que já se escolheu, uma por data. */
async function vagasDo(balcao: Balcao, rascunho: Rascunho, data?: string): Promise<VagaLida[]> {
  const { especialista, profissional } = rascunho;
  const pedido = { comando: "VAGAS", especialista, data, profissional: profissional || undefined } as const;
  return porData(await consultaVagas(balcao, pedido));
}

async function escolheData(balcao: Balcao, rascunho: Rascunho): Promise<Rumo> {
  const vagas = await vagasDo(balcao, rascunho);
  if (vagas.length === 0) {
    const quem = inofensivo(rascunho.profissional || rascunho.especialista);
    if (rascunho.alvo === undefined) {
      balcao.tela.frase("aviso", `Não há mais horários livres para ${quem}.`);
      return await ofereceAviso(balcao, sabidoDe(rascunho)) ? "fim" : "especialidade";
    }
    balcao.tela.frase("aviso", `Não há horários livres para ${quem} para onde remarcar.`);
    await ofereceAviso(balcao, sabidoDe(rascunho));
    rascunho.fim = { recusado: `Não há horários livres para ${quem} para onde remarcar.` };
    return "fim";
  }
  const opcoes = vagas.map((vaga) => {
    const [data, dia, , horarios] = vaga;
    return { name: inofensivo(`${data}  ${dia.toLowerCase().padEnd(13)}  ${quantos(horarios.length)}`), value: vaga };
  });
  const padrao = vagas.find(([data]) => data === rascunho.data);
  const escolha = await escolheOuAvisa(balcao, "Data", opcoes, { padrao });
  if (escolha === VOLTAR) return "atras";
  if (escolha === AVISA) return await entraNaLista(balcao, sabidoDe(rascunho)) ? "fim" : "data";
  [rascunho.data, rascunho.dia] = escolha;
  balcao.tela.passo("Data", `${rascunho.data}, ${rascunho.dia.toLowerCase()}`);
  return "adiante";
}

async function escolheHorario(balcao: Balcao, rascunho: Rascunho): Promise<Rumo> {
  const { data } = rascunho;
  const horarios = (await vagasDo(balcao, rascunho, data)).flatMap(([, , , livres]) => livres);
  if (horarios.length === 0) {
    balcao.tela.frase("aviso", `Não há mais horários livres em ${inofensivo(data)}.`);
    return await ofereceAviso(balcao, { ...sabidoDe(rascunho), data }) ? "fim" : "data";
  }
  const opcoes = horarios.map((horario) => ({ name: inofensivo(horario), value: horario }));
  const escolha = await escolheOuAvisa(balcao, "Horário", opcoes, { padrao: rascunho.horario });
  if (escolha === VOLTAR) return "atras";
  if (escolha === AVISA) return await entraNaLista(balcao, { ...sabidoDe(rascunho), data }) ? "fim" : "horario";
  rascunho.horario = escolha;
  balcao.tela.passo("Horário", escolha);
  return "adiante";
}

const AVISA: unique symbol = Symbol("avisa");

/** Pergunta uma das horas que há, ou um aviso se vagar outra; um servidor antigo não tem lista de espera. */
async function escolheOuAvisa<T>(
  balcao: Balcao,
  pergunta: string,
  opcoes: readonly Opcao<T>[],
  { padrao }: { padrao?: T },
): Promise<T | Voltar | typeof AVISA> {
  const aviso = !await temEspera(balcao) ? [] : [{ name: "Outra: avise-me se vagar", value: AVISA } as const];
  return await escolhe<T | typeof AVISA>(balcao, pergunta, [...opcoes, ...aviso], { padrao });
}

/** Onde não há hora, oferece a lista de espera; `false` se a pessoa não quis. */
async function ofereceAviso(balcao: Balcao, sabido?: Sabido): Promise<boolean> {
  if (!await temEspera(balcao)) return false;
  return await confirma(balcao, [], { pergunta: "Avisamos se vagar?", padrao: true }) &&
    await entraNaLista(balcao, sabido);
}

function sabidoDe({ cpf, nome, especialista, profissional }: Rascunho): Sabido {
  return { cpf, nome, especialista, profissional };
}

async function escolheComQuem(balcao: Balcao, rascunho: Rascunho): Promise<Rumo> {
  const { comQuem = [] } = rascunho;
  if (comQuem.length === 0) {
    rascunho.fim = { recusado: "Não há atendimento neste dia em que encaixar." };
    return "fim";
  }
  const opcoes = comQuem.map((par) => {
    const [especialista, profissional] = par;
    return { name: inofensivo(profissional === "" ? especialista : `${profissional}, ${especialista}`), value: par };
  });
  const padrao = comQuem.find(([especialista, profissional]) =>
    especialista === rascunho.especialista && profissional === rascunho.profissional
  );
  const escolha = await escolhe(balcao, "Com quem", opcoes, { padrao });
  if (escolha === VOLTAR) return "atras";
  [rascunho.especialista, rascunho.profissional] = escolha;
  balcao.tela.passo("Com quem", opcoes[comQuem.indexOf(escolha)].name);
  return "adiante";
}

async function informaMinuto(balcao: Balcao, rascunho: Rascunho): Promise<Rumo> {
  const horario = await perguntaHora(balcao, rascunho.horario);
  if (horario === VOLTAR) return "atras";
  rascunho.horario = horario;
  return "adiante";
}

async function informaCpf(balcao: Balcao, rascunho: Rascunho): Promise<Rumo> {
  const cpf = await perguntaCpf(balcao, rascunho.cpf);
  if (cpf === VOLTAR) return "atras";
  rascunho.cpf = cpf;
  return await respondeAosConvites(balcao, cpf) === "aceitou" ? "fim" : "adiante";
}

async function informaNome(balcao: Balcao, rascunho: Rascunho): Promise<Rumo> {
  const nome = await perguntaNome(balcao, rascunho.nome);
  if (nome === VOLTAR) return "atras";
  rascunho.nome = nome;
  return "adiante";
}

// ------------------------------------------------------------------------------------------------------ confirmar

async function confirmaAgendamento(balcao: Balcao, rascunho: Rascunho): Promise<Rumo> {
  const { cpf, nome, especialista, profissional, data, dia, horario, encaixe } = rascunho;
  const resumo = cartaoDe("Confira", { cpf, nome, especialista, profissional, data, dia, horario, encaixe });
  if (!await confirma(balcao, resumo, { pergunta: "Confirma o agendamento?", padrao: true })) return "atras";
  const opcoes = { profissional: profissional || undefined, encaixe };
  const resposta = await altera(balcao, { comando: "AGEND", cpf, nome, especialista, data, dia, horario, ...opcoes });
  if (resposta?.codigo === "ERRO-111") {
    recusa(balcao, resposta.codigo);
    balcao.tela.quadro(cartaoDe("Agendamento que já existe", agendamentoDe(resposta.agendamentos[0])));
    rascunho.fim = recusado(balcao, resposta);
    return "fim";
  }
  return conclui(balcao, rascunho, resposta, { feito: "Agendamento realizado", daqui: "confirmacao" });
}

async function confirmaRemarcacao(balcao: Balcao, rascunho: Rascunho): Promise<Rumo> {
  const { alvo, cpf, especialista, profissional, data, dia, horario } = rascunho;
  if (alvo === undefined) return "fim";
  const resumo = cartaoDe("Confira", { cpf, nome: alvo.nome, especialista, profissional, data, dia, horario });
  const pergunta = `Muda de ${alvo.data} ${alvo.horario}?`;
  if (!await confirma(balcao, resumo, { pergunta: inofensivo(pergunta), padrao: true })) return "atras";
  const { numero, versao } = alvo;
  const pedido = {
    ...{ comando: "REMARC", cpf, especialista, data, dia, horario, numero, versao } as const,
    profissional: profissional || undefined,
    codigo: pedeCodigo(balcao.conexao, "REMARC") ? alvo.codigo : undefined,
  };
  const antes = [tuplaDe(alvo)];
  const resposta = await altera(balcao, pedido, { antes });
  return conclui(balcao, rascunho, resposta, { feito: "Agendamento remarcado", daqui: "remarcacao" });
}

/** Mostra o que se fez e acaba, ou diz por que não, e leva ao passo que se pode mudar. */
function conclui(
  balcao: Balcao,
  rascunho: Rascunho,
  resposta: Respondido | undefined,
  { feito, daqui }: { feito: string; daqui: NomeDoPasso },
): Rumo {
  if (resposta === undefined) return daqui;
  if (!ehRecusa(resposta.codigo)) {
    const [agendamento] = agendamentosEm(resposta).map(agendamentoDe);
    balcao.tela.quadro(cartaoDe(feito, agendamento));
    if (resposta.codigo === "OK-300" && pedeCodigo(balcao.conexao, "BUSCA")) balcao.tela.frase("aviso", ANOTE);
    rascunho.fim = { feito: agendamento };
    return "fim";
  }
  recusaCom(balcao, resposta);
  rascunho.fim = recusado(balcao, resposta);
  if (resposta.codigo === "ERRO-131") return daqui;
  const depois = DEPOIS_DO_ERRO[resposta.codigo] ?? "fim";
  return rascunho.encaixe && (depois === "data" || depois === "horario") ? "minuto" : depois;
}

function recusado({ conexao }: Balcao, { codigo }: Respondido): Fim {
  return { recusado: ehRecusa(codigo) ? recusaEm(conexao, codigo) : codigo };
}

/** A que passo volta quem teve o agendamento recusado; o horário e a data se escolhem entre vagas novas. */
const DEPOIS_DO_ERRO: { readonly [C in Codigo]?: NomeDoPasso } = {
  "ERRO-102": "cpf",
  "ERRO-103": "data",
  "ERRO-104": "nome",
  "ERRO-105": "horario",
  "ERRO-110": "horario",
};

function quantos(livres: number): string {
  return livres === 1 ? " 1 horário livre" : `${String(livres).padStart(2)} horários livres`;
}

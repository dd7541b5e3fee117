/**
 * O menu do cliente: a conversa com quem está diante de um terminal.
 *
 * `cliente.ts` o carrega só quando o mostra, com as bibliotecas de que precisa.
 * Lê-se de cima para baixo: o menu, marcar passo a passo, ver e desmarcar. Como se pergunta está em
 * `terminal/perguntas.ts`, como se insiste com um servidor que não atende em `terminal/balcao.ts`.
 *
 * @module
 */

import process from "node:process";
import { altera, type Balcao, consultaAgendamentos, consultaVagas, Desistencia, insiste, recusa } from "./balcao.ts";
import { Conexao, type Endereco, escreverEndereco } from "./conexao.ts";
import { confirma, escolhe, escolheNoMenu, perguntaCpf, perguntaNome } from "./perguntas.ts";
import { Interrupcao, Teclado, VOLTAR, type Voltar } from "./teclado.ts";
import {
  agendamentoDe,
  type AgendamentoMostrado,
  cartaoDe,
  colunas,
  especialidadeCortada,
  maiorLargura,
  pinta,
  preenche,
  tabela,
  tabelaDeAgendamentos,
  Tela,
} from "./telas.ts";
import { inofensivo } from "../clinica/texto.ts";
import type { Codigo, PrimeiraVaga, Tupla } from "../protocolo.ts";

/** Conversa com quem está no terminal até que saia; devolve o código de saída. */
export async function menu(endereco: Endereco): Promise<number> {
  using teclado = new Teclado();
  // Sem ouvinte, escrever num terminal que se fechou acabaria o programa com um erro.
  process.stdout.on("error", () => teclado.interrompe(0));
  using conexao = new Conexao(endereco, { sinal: teclado.interrompido });
  const tela = new Tela((texto) => process.stdout.write(texto));
  const balcao: Balcao = { conexao, teclado, tela };
  try {
    let novidades = await saudacao(balcao);
    while (await atende(balcao, novidades)) novidades = [];
    tela.diz("Até logo!");
    return 0;
  } catch (erro) {
    if (!(erro instanceof Interrupcao)) throw erro;
    tela.estado("");
    return erro.codigo;
  }
}

/** Dá as boas-vindas e devolve as linhas com as primeiras horas livres. */
async function saudacao(balcao: Balcao): Promise<string[]> {
  const { conexao, tela } = balcao;
  const servidor = `Servidor: ${escreverEndereco(conexao.endereco)}`;
  tela.diz(["", pinta("negrito", "Bem-vindo à Clínica de Saúde"), pinta("fraco", servidor)]);
  try {
    return primeirasHoras(await insiste(balcao, () => conexao.conecta()));
  } catch (erro) {
    if (erro instanceof Desistencia) return [];
    throw erro;
  }
}

/** Quantas especialidades a saudação mostra: com o menu, cabem na tela de 24 linhas. */
const ESPECIALIDADES_NA_SAUDACAO = 8;

function primeirasHoras(primeiras: readonly PrimeiraVaga[]): string[] {
  if (primeiras.length === 0) return ["Nenhum horário livre nas próximas semanas."];
  const corpo = primeiras.slice(0, ESPECIALIDADES_NA_SAUDACAO)
    .map(([data, dia, hora, especialista]) => [especialidadeCortada(especialista), dia.toLowerCase(), data, hora]);
  const restam = primeiras.length - corpo.length;
  return [
    "Primeiros horários livres:",
    ...alinha(corpo, colunas() - 2).map((linha) => `  ${linha}`),
    ...(restam > 0 ? [pinta("fraco", `  e mais ${restam} especialidade${restam > 1 ? "s" : ""}`)] : []),
  ];
}

/** As linhas de uma tabela sem cabeçalho. */
function alinha(corpo: readonly (readonly string[])[], largura?: number): string[] {
  return tabela(corpo[0].map(() => ""), corpo, { largura }).slice(1);
}

/**
 * Uma volta do menu principal; `false` quando a pessoa escolhe sair. As novidades somem com a escolha: a hora que elas
 * mostram pode ser a que se vai marcar.
 */
async function atende(balcao: Balcao, novidades: readonly string[]): Promise<boolean> {
  balcao.tela.separa();
  const escolha = await escolheNoMenu(balcao, novidades, [
    { name: "Marcar um atendimento", value: marcar },
    { name: "Ver os agendamentos de um CPF", value: ver },
    { name: "Desmarcar um atendimento", value: desmarcar },
    { name: "Sair", value: undefined },
  ]);
  if (escolha === undefined || escolha === VOLTAR) return false;
  try {
    await escolha(balcao);
  } catch (erro) {
    if (!(erro instanceof Desistencia)) throw erro;
  }
  return true;
}

// ------------------------------------------------------------------------------------------------------------ marcar

/** Um passo de marcar: põe no rascunho o que a pessoa escolhe e diz qual é o próximo; voltar é ir ao anterior. */
type Passo = (balcao: Balcao, rascunho: AgendamentoMostrado) => Promise<NomeDoPasso | "fim">;
type NomeDoPasso = "especialidade" | "data" | "horario" | "cpf" | "nome" | "confirmacao";

const PASSOS: { readonly [P in NomeDoPasso]: Passo } = {
  especialidade: escolheEspecialidade,
  data: escolheData,
  horario: escolheHorario,
  cpf: informaCpf,
  nome: informaNome,
  confirmacao: confirmaAgendamento,
};

async function marcar(balcao: Balcao): Promise<void> {
  balcao.tela.titulo("Marcar um atendimento");
  const rascunho: AgendamentoMostrado = { cpf: "", nome: "", especialista: "", data: "", dia: "", horario: "" };
  let passo: NomeDoPasso | "fim" = "especialidade";
  while (passo !== "fim") passo = await PASSOS[passo](balcao, rascunho);
}

async function escolheEspecialidade(balcao: Balcao, rascunho: AgendamentoMostrado): ReturnType<Passo> {
  const vagas = await consultaVagas(balcao, { comando: "VAGAS" });
  const porEspecialidade = Map.groupBy(vagas, ([, , especialista]) => especialista);
  if (porEspecialidade.size === 0) {
    balcao.tela.frase("aviso", "Não há horários livres nas próximas semanas. Tente de novo mais tarde.");
    return "fim";
  }
  const largura = maiorLargura([...porEspecialidade.keys()].map(especialidadeCortada));
  const opcoes = [...porEspecialidade].map(([nome, dela]) => {
    const livres = quantos(dela.reduce((soma, [, , , horarios]) => soma + horarios.length, 0));
    const [desde] = dela[0];
    return {
      name: `${preenche(especialidadeCortada(nome), largura)}  ${livres}, desde ${inofensivo(desde)}`,
      value: nome,
    };
  });
  const escolha = await escolhe(balcao, "Especialidade", opcoes, { padrao: rascunho.especialista });
  if (escolha === VOLTAR) return volta(balcao, "fim");
  rascunho.especialista = escolha;
  balcao.tela.passo("Especialidade", escolha);
  return "data";
}

async function escolheData(balcao: Balcao, rascunho: AgendamentoMostrado): ReturnType<Passo> {
  const vagas = await consultaVagas(balcao, { comando: "VAGAS", especialista: rascunho.especialista });
  if (vagas.length === 0) {
    balcao.tela.frase("aviso", `Não há mais horários livres para ${inofensivo(rascunho.especialista)}. Escolha outra.`);
    return "especialidade";
  }
  const opcoes = vagas.map((vaga) => {
    const [data, dia, , horarios] = vaga;
    return { name: inofensivo(`${data}  ${dia.toLowerCase().padEnd(13)}  ${quantos(horarios.length)}`), value: vaga };
  });
  const padrao = vagas.find(([data]) => data === rascunho.data);
  const escolha = await escolhe(balcao, "Data", opcoes, { padrao });
  if (escolha === VOLTAR) return volta(balcao, "especialidade");
  [rascunho.data, rascunho.dia] = escolha;
  balcao.tela.passo("Data", `${rascunho.data}, ${rascunho.dia.toLowerCase()}`);
  return "horario";
}

async function escolheHorario(balcao: Balcao, rascunho: AgendamentoMostrado): ReturnType<Passo> {
  const { especialista, data } = rascunho;
  const vagas = await consultaVagas(balcao, { comando: "VAGAS", especialista, data });
  const horarios = vagas.flatMap(([, , , livres]) => livres);
  if (horarios.length === 0) {
    balcao.tela.frase("aviso", `Não há mais horários livres em ${inofensivo(data)}. Escolha outra data.`);
    return "data";
  }
  const opcoes = horarios.map((horario) => ({ name: inofensivo(horario), value: horario }));
  const escolha = await escolhe(balcao, "Horário", opcoes, { padrao: rascunho.horario });
  if (escolha === VOLTAR) return volta(balcao, "data");
  rascunho.horario = escolha;
  balcao.tela.passo("Horário", escolha);
  return "cpf";
}

async function informaCpf(balcao: Balcao, rascunho: AgendamentoMostrado): ReturnType<Passo> {
  const cpf = await perguntaCpf(balcao, rascunho.cpf);
  if (cpf === VOLTAR) return volta(balcao, "horario");
  rascunho.cpf = cpf;
  return "nome";
}

async function informaNome(balcao: Balcao, rascunho: AgendamentoMostrado): ReturnType<Passo> {
  const nome = await perguntaNome(balcao, rascunho.nome);
  if (nome === VOLTAR) return volta(balcao, "cpf");
  rascunho.nome = nome;
  return "confirmacao";
}

async function confirmaAgendamento(balcao: Balcao, rascunho: AgendamentoMostrado): ReturnType<Passo> {
  const { tela } = balcao;
  const resumo = cartaoDe("Confira", rascunho);
  if (!await confirma(balcao, resumo, { pergunta: "Confirma o agendamento?", padrao: true })) {
    return volta(balcao, "nome");
  }
  const resposta = await altera(balcao, { comando: "AGEND", ...rascunho });
  if (resposta === undefined) return "confirmacao";
  switch (resposta.codigo) {
    case "OK-300":
      tela.quadro(cartaoDe("Agendamento realizado", agendamentoDe(resposta.agendamentos[0])));
      return "fim";
    case "ERRO-111":
      recusa(balcao, resposta.codigo);
      tela.quadro(cartaoDe("Agendamento que já existe", agendamentoDe(resposta.agendamentos[0])));
      return "fim";
    default:
      recusa(balcao, resposta.codigo);
      return DEPOIS_DO_ERRO[resposta.codigo] ?? "fim";
  }
}

/** A que passo volta quem teve o agendamento recusado; o horário e a data se escolhem entre vagas novas. */
const DEPOIS_DO_ERRO: { readonly [C in Codigo]?: NomeDoPasso } = {
  "ERRO-102": "cpf",
  "ERRO-103": "data",
  "ERRO-104": "nome",
  "ERRO-105": "horario",
  "ERRO-110": "horario",
  "ERRO-131": "confirmacao",
};

function quantos(livres: number): string {
  return livres === 1 ? " 1 horário livre" : `${String(livres).padStart(2)} horários livres`;
}

function volta<P extends NomeDoPasso | "fim">({ tela }: Balcao, passo: P): P {
  tela.desfaz();
  return passo;
}

// --------------------------------------------------------------------------------------------------- ver e desmarcar

async function ver(balcao: Balcao): Promise<void> {
  const { tela } = balcao;
  tela.titulo("Ver os agendamentos");
  const cpf = await perguntaCpf(balcao);
  if (cpf === VOLTAR) return tela.desfaz();
  const tuplas = await consultaAgendamentos(balcao, cpf);
  if (tuplas.length > 0) tela.quadro(tabelaDeAgendamentos(tuplas));
}

async function desmarcar(balcao: Balcao): Promise<void> {
  const { tela } = balcao;
  tela.titulo("Desmarcar um atendimento");
  for (let cpf: string | Voltar = ""; (cpf = await perguntaCpf(balcao, cpf)) !== VOLTAR;) {
    const tuplas = await consultaAgendamentos(balcao, cpf);
    if (tuplas.length === 0 || await desmarcaUma(balcao, tuplas) !== VOLTAR) return;
    tela.desfaz();
  }
  tela.desfaz();
}

/** Escolhe qual, quando há várias, confirma e desmarca. */
async function desmarcaUma(balcao: Balcao, tuplas: readonly Tupla[]): Promise<void | Voltar> {
  const linhas = alinha(tuplas.map(([, , , especialista, data, dia, hora]) => [
    data,
    dia.toLowerCase(),
    hora,
    especialista,
  ]));
  const opcoes = tuplas.map((tupla, i) => ({ name: linhas[i], value: tupla }));
  for (;;) {
    const alvo = tuplas.length === 1 ? tuplas[0] : await escolhe(balcao, "Qual deve ser desmarcado?", opcoes);
    if (alvo === VOLTAR) return VOLTAR;
    if (await confirmaCancelamento(balcao, alvo, { antes: tuplas })) return;
    if (tuplas.length === 1) return VOLTAR;
  }
}

/** Confirma e desmarca; `false` se a pessoa não quis. */
async function confirmaCancelamento(
  balcao: Balcao,
  alvo: Tupla,
  { antes }: { antes: readonly Tupla[] },
): Promise<boolean> {
  const [, cpf, , especialista] = alvo;
  const resumo = cartaoDe("Será desmarcado", agendamentoDe(alvo));
  while (await confirma(balcao, resumo, { pergunta: "Desmarca?", padrao: false })) {
    const resposta = await altera(balcao, { comando: "CANCEL", cpf, especialista }, { antes });
    if (resposta?.codigo === "OK-301") {
      balcao.tela.quadro(cartaoDe("Agendamento cancelado", agendamentoDe(resposta.agendamentos[0])));
      return true;
    }
    if (resposta) recusa(balcao, resposta.codigo);
    if (resposta && resposta.codigo !== "ERRO-131") return true;
  }
  return false;
}

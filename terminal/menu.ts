/**
 * O menu do cliente: a conversa com quem está diante de um terminal.
 *
 * `cliente.ts` o carrega só quando o mostra, com as bibliotecas de que precisa.
 * Lê-se de cima para baixo: o menu, ver, remarcar e desmarcar. Marcar passo a passo está em `terminal/marcar.ts`, o dia da
 * recepção em `terminal/recepcao.ts`; como se pergunta, em `terminal/perguntas.ts`, e como se insiste com um servidor que não
 * atende, em `terminal/balcao.ts`.
 *
 * @module
 */

import process from "node:process";
import { aviseMe, ofereceSairDas, respondeAosConvites } from "./avise.ts";
import { altera, consultaAgendamentos, Desistencia, insiste, recusaCom } from "./balcao.ts";
import { Conexao, type Endereco, escreverEndereco } from "./conexao.ts";
import { marcadoDe } from "./dia.ts";
import { SEM_CHAVES, SERVIDOR_ANTIGO } from "./frases.ts";
import { temEspera } from "./listas.ts";
import { marcar, remarcaUm } from "./marcar.ts";
import { deQuemAtende, pedeCodigo, pode, quemE, semChave } from "./papel.ts";
import { confirma, escolhe, escolheNoMenu, perguntaCodigo, perguntaCpf } from "./perguntas.ts";
import { entrarComChave } from "./porta.ts";
import { confirmaQueVem, dizQueChegou, horasLivres, respondePelaLista } from "./quiosque.ts";
import { recepcao } from "./recepcao.ts";
import { Interrupcao, Teclado, VOLTAR, type Voltar } from "./teclado.ts";
import { type Balcao, Tela } from "./tela.ts";
import {
  agendamentoDe,
  cartaoDe,
  colunas,
  especialidadeCortada,
  pinta,
  tabela,
  tabelaDeAgendamentos,
} from "./telas.ts";
import type { TuplaLida } from "./tubo.ts";
import type { Comando } from "../clinica/pedido.ts";
import type { PrimeiraVaga } from "../protocolo.ts";

/** Conversa com quem está no terminal até que saia; devolve o código de saída. */
export async function menu(endereco: Endereco, chave?: string): Promise<number> {
  using teclado = new Teclado();
  // Sem ouvinte, escrever num terminal que se fechou acabaria o programa com um erro.
  process.stdout.on("error", () => teclado.interrompe(0));
  using conexao = new Conexao(endereco, { sinal: teclado.interrompido, chave });
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
    const primeiras = await insiste(balcao, () => conexao.conecta());
    if (conexao.comChave && conexao.soDeUm) tela.frase("aviso", SEM_CHAVES);
    if (quemE(conexao) !== "") tela.diz(pinta("fraco", `Entrou como ${quemE(conexao)}`));
    // A quem não se mostra nada não se diz que não há.
    return primeiras.length === 0 && semChave(conexao) ? [] : primeirasHoras(primeiras);
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

/** O que o menu oferece. */
interface Item {
  readonly name: string;
  readonly value: (balcao: Balcao) => Promise<void>;
  /** Quem não pode isto não o vê. */
  readonly comando: Comando;
  /** O que mais é preciso para que se veja. */
  readonly se?: (conexao: Conexao) => boolean;
}

/** Um servidor antigo não remarca nem diz o dia; ainda por conhecer, a escolha o dirá. */
function novo({ soDeUm }: Conexao): boolean {
  return !soDeUm;
}

function comCodigo(conexao: Conexao): boolean {
  return pedeCodigo(conexao, "BUSCA");
}

const ITENS: readonly Item[] = [
  // A recepção vê-as ao marcar.
  {
    name: "Horas livres",
    value: horasLivres,
    comando: "VAGAS",
    se: (conexao) => comCodigo(conexao) || !pode(conexao, "AGEND"),
  },
  { name: "Marcar um atendimento", value: marcar, comando: "AGEND" },
  { name: "Ver os agendamentos de um CPF", value: ver, comando: "BUSCA", se: (conexao) => !comCodigo(conexao) },
  { name: "Ver o seu agendamento", value: ver, comando: "BUSCA", se: comCodigo },
  { name: "Remarcar um atendimento", value: remarcar, comando: "REMARC", se: novo },
  { name: "Desmarcar um atendimento", value: desmarcar, comando: "CANCEL" },
  { name: "Confirmar que vem", value: confirmaQueVem, comando: "SITUA", se: comCodigo },
  { name: "Dizer que chegou", value: dizQueChegou, comando: "SITUA", se: comCodigo },
  { name: "Avise-me se vagar", value: aviseMe, comando: "ESPERA" },
  { name: "Lista de espera: responder ou sair", value: respondePelaLista, comando: "ACEITA", se: comCodigo },
  {
    name: "O dia da recepção",
    value: recepcao,
    comando: "LISTA",
    se: (conexao) => novo(conexao) && !deQuemAtende(conexao),
  },
  { name: "O seu dia", value: recepcao, comando: "LISTA", se: deQuemAtende },
  { name: "Entrar com uma chave", value: entrar, comando: "OLA", se: semChave },
];

/**
 * Quanto, em ms, fica na tela de um quiosque o que alguém viu, se ninguém faz mais nada: há tempo de anotar um código, e quem
 * vem depois não o lê.
 */
const FICA_NA_TELA = 60_000;

/**
 * Uma volta do menu principal; `false` quando a pessoa escolhe sair. As novidades somem com a escolha: a hora que elas
 * mostram pode ser a que se vai marcar.
 */
async function atende(balcao: Balcao, novidades: readonly string[]): Promise<boolean> {
  balcao.tela.separa();
  const { conexao } = balcao;
  const comEspera = await temEspera(balcao);
  const itens = ITENS.filter(({ value, comando, se = () => true }) =>
    pode(conexao, comando) && se(conexao) && (value !== aviseMe || comEspera)
  );
  const escolha = await escolheNoMenu<Item["value"] | undefined>(balcao, novidades, [
    ...itens.map(({ name, value }) => ({ name, value })),
    { name: "Sair", value: undefined },
  ], comCodigo(conexao) ? { prazo: FICA_NA_TELA } : {});
  if (escolha === undefined) return false;
  if (comCodigo(conexao)) balcao.tela.limpa();
  if (escolha === VOLTAR) return true;
  try {
    await escolha(balcao);
  } catch (erro) {
    if (!(erro instanceof Desistencia)) throw erro;
  }
  return true;
}

// ----------------------------------------------------------------------------------------- ver, remarcar e desmarcar

async function ver(balcao: Balcao): Promise<void> {
  const { tela } = balcao;
  const seu = comCodigo(balcao.conexao);
  tela.titulo(seu ? "Ver o seu agendamento" : "Ver os agendamentos");
  const cpf = await perguntaCpf(balcao);
  if (cpf === VOLTAR) return tela.desfaz();
  const codigo = seu ? await perguntaCodigo(balcao) : undefined;
  if (codigo === VOLTAR) {
    tela.desfaz();
    return tela.desfaz();
  }
  const espera = await respondeAosConvites(balcao, cpf) === "espera";
  const tuplas = await consultaAgendamentos(balcao, { cpf, codigo }, { jaDito: espera });
  if (seu) { for (const tupla of tuplas) tela.quadro(cartaoDe("O seu agendamento", agendamentoDe(tupla))); }
  else if (tuplas.length > 0) tela.quadro(tabelaDeAgendamentos(tuplas));
}

async function desmarcar(balcao: Balcao): Promise<void> {
  balcao.tela.titulo("Desmarcar um atendimento");
  const opcoes = { pergunta: "Qual deve ser desmarcado?", aoFim: (cpf: string) => ofereceSairDas(balcao, cpf) };
  await comUmDoCpf(balcao, opcoes, (alvo, achado) => confirmaCancelamento(balcao, alvo, achado));
}

async function remarcar(balcao: Balcao): Promise<void> {
  balcao.tela.titulo("Remarcar um atendimento");
  await comUmDoCpf(balcao, { pergunta: "Qual deve ser remarcado?" }, async (alvo, { codigo }) => {
    const marcado = marcadoDe(alvo);
    if (marcado !== undefined) return await remarcaUm(balcao, { ...marcado, codigo }) !== undefined;
    balcao.tela.frase("erro", SERVIDOR_ANTIGO);
    return true;
  });
}

/**
 * Pergunta o CPF, e o código onde é preciso, e, havendo vários agendamentos, qual; e faz dele o que `faz` faz, que devolve `false` para voltar. `aoFim` é o
 * que há a perguntar ainda, feito isso, ou se não havia nenhum.
 */
async function comUmDoCpf(
  balcao: Balcao,
  { pergunta, aoFim }: { pergunta: string; aoFim?: (cpf: string) => Promise<void> },
  faz: (alvo: TuplaLida, achado: Achado) => Promise<boolean>,
): Promise<void> {
  const { conexao, tela } = balcao;
  for (let cpf: string | Voltar = ""; (cpf = await perguntaCpf(balcao, cpf)) !== VOLTAR;) {
    const codigo = pedeCodigo(conexao, "BUSCA") ? await perguntaCodigo(balcao) : undefined;
    if (codigo === VOLTAR) {
      tela.desfaz();
      continue;
    }
    const espera = await respondeAosConvites(balcao, cpf);
    if (espera === "aceitou") return;
    const jaDito = aoFim !== undefined && espera === "espera";
    const tuplas = await consultaAgendamentos(balcao, { cpf, codigo }, { jaDito });
    if (tuplas.length === 0) return await aoFim?.(cpf);
    for (;;) {
      const alvo: TuplaLida | Voltar = tuplas.length === 1
        ? tuplas[0]
        : await escolhe(balcao, pergunta, tuplas.map((tupla, i) => ({ name: linhasDe(tuplas)[i], value: tupla })));
      if (alvo === VOLTAR) break;
      if (await faz(alvo, { codigo, antes: tuplas })) return await aoFim?.(cpf);
      if (tuplas.length === 1) break;
    }
    if (codigo !== undefined) tela.desfaz();
    tela.desfaz();
  }
  tela.desfaz();
}

/** Com chave ou sem ela, o servidor diz logo o que se pode: é o que o menu mostra a seguir. */
async function entrar(balcao: Balcao): Promise<void> {
  await entrarComChave(balcao);
  await insiste(balcao, () => balcao.conexao.conecta());
}

/** O que se achou de um CPF, e o código com que se achou, onde é preciso. */
interface Achado {
  readonly codigo: string | undefined;
  readonly antes: readonly TuplaLida[];
}

/** Um agendamento por linha, para escolher. */
function linhasDe(tuplas: readonly TuplaLida[]): string[] {
  return alinha(tuplas.map(([, , , especialista, data, dia, hora, detalhes]) => [
    data,
    dia.toLowerCase(),
    hora,
    detalhes?.profissional ? `${especialista}, ${detalhes.profissional}` : especialista,
  ]));
}

/** Confirma e desmarca; `false` se a pessoa não quis. */
async function confirmaCancelamento(balcao: Balcao, alvo: TuplaLida, { codigo, antes }: Achado): Promise<boolean> {
  const [, cpf, , especialista, , , , detalhes] = alvo;
  const resumo = cartaoDe("Será desmarcado", agendamentoDe(alvo));
  const qual = detalhes && { numero: detalhes.numero, versao: detalhes.versao, codigo };
  while (await confirma(balcao, resumo, { pergunta: "Desmarca?", padrao: false })) {
    const resposta = await altera(balcao, { comando: "CANCEL", cpf, especialista, ...qual }, { antes });
    if (resposta?.codigo === "OK-301") {
      balcao.tela.quadro(cartaoDe("Agendamento cancelado", agendamentoDe(resposta.agendamentos[0])));
      return true;
    }
    if (resposta) recusaCom(balcao, resposta);
    if (resposta && resposta.codigo !== "ERRO-131") return true;
  }
  return false;
}

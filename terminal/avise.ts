/**
 * A lista de espera no menu: “Avise-me se vagar”, passo a passo, com o que já se escolheu; e o convite que um CPF tem, mostrado
 * a quem o escreve, que aceita, recusa ou decide depois.
 *
 * @module
 */

import { alteraNaLista, insiste, recusaCom } from "./balcao.ts";
import { hojeNaClinica } from "./comandos.ts";
import { dataDoFio } from "./datas.ts";
import {
  cartaoDaEntrada,
  type Convidado,
  ehConvidado,
  horaDoConvite,
  livreQueServe,
  marcadoEm,
  oQueQuer,
  prazoDe,
} from "./espera.ts";
import { NADA_SERVE } from "./frases.ts";
import { especialidades, esperasDe, lembra } from "./listas.ts";
import { pedeCodigo, pode } from "./papel.ts";
import {
  confirma,
  escolhe,
  type Opcao,
  perguntaCodigo,
  perguntaContato,
  perguntaCpf,
  perguntaEspecialidade,
  perguntaNome,
} from "./perguntas.ts";
import { VOLTAR, type Voltar } from "./teclado.ts";
import type { Balcao } from "./tela.ts";
import { agendamentoDe, cartao, cartaoDe, colunas, cpfPorExtenso, quebra } from "./telas.ts";
import { agendamentosEm } from "./tubo.ts";
import type { ParteDoDia } from "../clinica/espera.ts";
import { inofensivo } from "../clinica/texto.ts";

/** O que se pode já saber de quem quer um aviso. */
export interface Sabido {
  /** 11 dígitos. */
  readonly cpf?: string;
  /** O nome. */
  readonly nome?: string;
  /** A especialidade. */
  readonly especialista?: string;
  /** Com quem; `""` ou nada, qualquer um. */
  readonly profissional?: string;
  /** O dia que se queria, `"dd/mm/aaaa"`: nele não há hora que sirva. */
  readonly data?: string;
}

interface Rascunho {
  cpf: string;
  /** O código do agendamento que já lá se tem, se não se é da casa. */
  codigo?: string;
  nome: string;
  especialista: string;
  readonly profissional: string;
  /** O dia que se queria; `""` nenhum. */
  readonly data: string;
  quando: Quando;
  marca: boolean;
  contato: { readonly email?: string; readonly telefone?: string };
}

/** As horas que servem. */
interface Quando {
  readonly de?: string;
  readonly ate?: string;
  readonly turno?: ParteDoDia;
}

/** Entra na lista, perguntando o que falta; `false` se a pessoa voltou atrás. */
export async function entraNaLista(balcao: Balcao, sabido: Sabido = {}): Promise<boolean> {
  const { cpf = "", nome = "", especialista = "", profissional = "", data = "" } = sabido;
  const rascunho: Rascunho = {
    ...{ cpf, nome, especialista, profissional, data, quando: {}, marca: false, contato: {} },
  };
  const passos: readonly Passo[] = [
    ...(especialista === "" ? [escolheEspecialidade] : []),
    ...[escolheQuando, escolheComo],
    ...(cpf === "" ? [informaCpf] : []),
    ...(nome === "" ? [informaNome] : []),
    ...[informaContato, confirmaEspera],
  ];
  for (let passo = 0; passo < passos.length;) {
    const rumo = await passos[passo](balcao, rascunho);
    if (typeof rumo === "function") passo = Math.max(passos.indexOf(rumo), 0);
    else if (rumo) passo++;
    else if (passo === 0) return false;
    else {
      balcao.tela.desfaz();
      passo--;
    }
  }
  return true;
}

/** Pergunta uma coisa; `false` volta ao passo anterior, e um passo é aquele a que se vai. */
type Passo = (balcao: Balcao, rascunho: Rascunho) => Promise<boolean | Passo>;

/** O item do menu. */
export async function aviseMe(balcao: Balcao): Promise<void> {
  balcao.tela.titulo("Avise-me se vagar");
  if (!await entraNaLista(balcao)) balcao.tela.desfaz();
}

const OUTRA = "";

async function escolheEspecialidade(balcao: Balcao, rascunho: Rascunho): Promise<boolean> {
  const escolhida = await perguntaQualEspecialidade(balcao, rascunho.especialista);
  if (escolhida === VOLTAR) return false;
  rascunho.especialista = escolhida;
  return true;
}

/** Pergunta uma especialidade da clínica, das que se conhecem ou pelo nome. */
export async function perguntaQualEspecialidade(balcao: Balcao, anterior: string = ""): Promise<string | Voltar> {
  const nomes = await especialidades(balcao);
  const opcoes = [
    ...nomes.map((nome) => ({ name: inofensivo(nome), value: nome })),
    { name: "Outra, que escrevo", value: OUTRA },
  ];
  for (;;) {
    const escolha = nomes.length === 0
      ? OUTRA
      : await escolhe(balcao, "Especialidade", opcoes, { padrao: anterior || nomes[0] });
    if (escolha === VOLTAR) return VOLTAR;
    const escrita = escolha === OUTRA ? await perguntaEspecialidade(balcao) : escolha;
    if (escrita === VOLTAR && nomes.length === 0) return VOLTAR;
    if (escrita === VOLTAR) continue;
    if (escolha === OUTRA) {
      const resposta = await insiste(balcao, () => balcao.conexao.pede({ comando: "VAGAS", especialista: escrita }));
      if (resposta.codigo !== "OK-304") {
        balcao.tela.frase("aviso", `A clínica não tem "${inofensivo(escrita)}".`);
        continue;
      }
    }
    balcao.tela.passo("Especialidade", escrita);
    return escrita;
  }
}

async function escolheQuando(balcao: Balcao, rascunho: Rascunho): Promise<boolean> {
  const { data } = rascunho;
  const hoje = hojeNaClinica(balcao.conexao);
  const emDias = (days: number): string => dataDoFio(hoje.add({ days }).toString()).data;
  const opcoes: Opcao<Quando>[] = [
    ...(data === "" ? [] : [{ name: `Só em ${inofensivo(data)}`, value: { de: data, ate: data } }]),
    { name: "A primeira que vagar", value: {} },
    { name: "De manhã", value: { turno: "MANHÃ" } },
    { name: "À tarde", value: { turno: "TARDE" } },
    ...[7, 14, 30].map((dias) => ({ name: `Até ${emDias(dias)}`, value: { ate: emDias(dias) } })),
  ];
  const escolha = await escolhe(balcao, "Que horas servem", opcoes);
  if (escolha === VOLTAR) return false;
  rascunho.quando = escolha;
  balcao.tela.passo("Que horas", opcoes.find(({ value }) => value === escolha)?.name ?? "");
  return true;
}

async function escolheComo(balcao: Balcao, rascunho: Rascunho): Promise<boolean> {
  const opcoes: Opcao<boolean>[] = [
    { name: "Segurar a hora e perguntar", value: false },
    { name: "Marcar logo, sem perguntar", value: true },
  ];
  const escolha = await escolhe(balcao, "Se vagar", opcoes, { padrao: rascunho.marca });
  if (escolha === VOLTAR) return false;
  rascunho.marca = escolha;
  balcao.tela.passo("Se vagar", opcoes[escolha ? 1 : 0].name);
  return true;
}

async function informaCpf(balcao: Balcao, rascunho: Rascunho): Promise<boolean> {
  const cpf = await perguntaCpf(balcao, rascunho.cpf);
  if (cpf === VOLTAR) return false;
  rascunho.cpf = cpf;
  rascunho.codigo = undefined;
  return true;
}

async function informaNome(balcao: Balcao, rascunho: Rascunho): Promise<boolean> {
  const nome = await perguntaNome(balcao, rascunho.nome);
  if (nome === VOLTAR) return false;
  rascunho.nome = nome;
  return true;
}

async function informaContato(balcao: Balcao, rascunho: Rascunho): Promise<boolean> {
  const contato = await perguntaContato(balcao, rascunho.contato);
  if (contato === VOLTAR) return false;
  rascunho.contato = contato;
  return true;
}

async function confirmaEspera(balcao: Balcao, rascunho: Rascunho): Promise<boolean | Passo> {
  const { tela } = balcao;
  const { cpf, nome, especialista, profissional, quando, marca, contato, codigo } = rascunho;
  const livre = await jaLivre(balcao, rascunho);
  const semAviso = pode(balcao.conexao, "FILA") ? "veja aqui, pelo CPF" : "pergunte na recepção";
  const resumo = cartao("Confira", [
    ["Paciente", nome],
    ["CPF", cpfPorExtenso(cpf)],
    ["Especialidade", especialista],
    ["Horas", oQueQuer({ ...quando, ...(profissional === "" ? {} : { profissional }) }) || "a primeira que vagar"],
    ["Se vagar", marca ? "marca-se logo" : "segura-se a hora e pergunta-se"],
    ["Aviso", contato.email ?? contato.telefone ?? `nenhum: ${semAviso}`],
    ...livre === undefined ? [] : [["Já livre", `${livre}: marca-se, não se espera por ela`] as const],
  ], { largura: colunas() });
  if (!await confirma(balcao, resumo, { pergunta: "Entra na lista de espera?", padrao: true })) return false;
  const resposta = await alteraNaLista(balcao, {
    ...{ comando: "ESPERA", cpf, nome, especialista, codigo, ...quando, ...contato } as const,
    profissional: profissional || undefined,
    marca: marca || undefined,
  });
  if (resposta === "por fazer") return confirmaEspera;
  lembra(balcao.conexao, especialista, { dita: true });
  if (typeof resposta === "string") return true;
  const onde = pode(balcao.conexao, "FILA")
    ? "veja-a aqui, escrevendo o CPF"
    : 'responda aqui, em "Lista de espera", com o CPF e o código';
  switch (resposta.codigo) {
    case "OK-307":
      tela.quadro(cartaoDaEntrada(resposta));
      if (!marca) tela.diz(quebra(`Se vagar, a hora fica segurada: ${onde}.`, tela.largura));
      return true;
    case "ERRO-103":
      tela.frase("erro", `${NADA_SERVE} (${resposta.codigo})`);
      return escolheQuando;
    case "ERRO-116":
      recusaCom(balcao, resposta);
      return resposta.regra === "" ? await informaCodigo(balcao, rascunho) : true;
    case "ERRO-118":
      recusaCom(balcao, resposta);
      await ofereceSair(balcao, { cpf, especialista });
      return true;
    default:
      recusaCom(balcao, resposta);
      return true;
  }
}

/** O que se recusa a quem não é da casa pode ser que já haja um agendamento: com o código dele, espera-se por outra hora. */
async function informaCodigo(balcao: Balcao, rascunho: Rascunho): Promise<boolean | Passo> {
  const { tela } = balcao;
  tela.diz(quebra("Se já tem um agendamento nesta especialidade, diga o código dele.", tela.largura));
  const codigo = await perguntaCodigo(balcao);
  if (codigo === VOLTAR) return true;
  rascunho.codigo = codigo;
  return confirmaEspera;
}

/** A primeira hora livre que servia a quem quer esperar, se há uma. */
async function jaLivre(
  balcao: Balcao,
  { cpf, especialista, profissional, quando }: Rascunho,
): Promise<string | undefined> {
  const { conexao } = balcao;
  const [vagas, marcados] = await insiste(balcao, () =>
    Promise.all([
      conexao.pede({ comando: "VAGAS", especialista, profissional: profissional || undefined }),
      // Onde a busca quer um código não se sabe o que há, nem se gasta uma tentativa.
      pedeCodigo(conexao, "BUSCA") ? undefined : conexao.pede({ comando: "BUSCA", cpf }),
    ]));
  if (vagas.codigo !== "OK-304") return undefined;
  return livreQueServe(vagas.vagas, quando, {
    marcado: marcadoEm(marcados === undefined ? [] : agendamentosEm(marcados), especialista),
  });
}

async function ofereceSair(
  balcao: Balcao,
  { cpf, especialista }: { cpf: string; especialista: string },
): Promise<void> {
  const pergunta = `Sai da lista de espera de ${inofensivo(especialista)}?`;
  if (await confirma(balcao, [], { pergunta, padrao: false })) await sai(balcao, { cpf, especialista });
}

/** A quem desmarca, e continua à espera, pergunta se quer sair também da lista. */
export async function ofereceSairDas(balcao: Balcao, cpf: string): Promise<void> {
  for (const um of await esperasDe(balcao, cpf)) await ofereceSair(balcao, um);
}

async function sai(
  balcao: Balcao,
  { cpf, especialista }: { cpf: string; especialista: string },
): Promise<void> {
  const resposta = await alteraNaLista(balcao, { comando: "DESISTE", cpf, especialista });
  if (typeof resposta === "string") return;
  if (resposta.codigo === "OK-308") balcao.tela.frase("ok", "Fora da lista de espera.");
  else recusaCom(balcao, resposta);
}

// ---------------------------------------------------------------------------------------------------- os convites

/**
 * O que o CPF espera, e os convites que tem: mostra-os e pergunta que resposta dar a cada um; devolve se algum foi
 * aceito, ou se ao menos há por que se espera. A quem não pode ver a lista, ou de um servidor que não a tem, não se diz nada.
 */
export async function respondeAosConvites(balcao: Balcao, cpf: string): Promise<"aceitou" | "espera" | "nada"> {
  let aceitou = false;
  const esperas = await esperasDe(balcao, cpf);
  for (const um of esperas) {
    if (!ehConvidado(um)) {
      balcao.tela.frase("aviso", `Na lista de espera de ${inofensivo(um.especialista)}, em ${um.posicao}º lugar.`);
    } else if (await respondeAo(balcao, um)) aceitou = true;
  }
  return aceitou ? "aceitou" : esperas.length > 0 ? "espera" : "nada";
}

async function respondeAo(balcao: Balcao, um: Convidado): Promise<boolean> {
  const { tela } = balcao;
  const { cpf, especialista, convite } = um;
  const hoje = dataDoFio(hojeNaClinica(balcao.conexao).toString()).data;
  const hora = `${especialista}, ${horaDoConvite(convite)}`;
  tela.frase("aviso", inofensivo(`Há uma hora segurada para você: ${hora}. Responda até ${prazoDe(convite, hoje)}.`));
  // O que se oferece primeiro não muda nada: um Enter de quem só veio ver não responde por ninguém.
  const escolha = await escolhe<"ACEITA" | "RECUSA" | "DESISTE" | undefined>(balcao, "O que fazer", [
    { name: "Decidir depois", value: undefined },
    { name: "Ficar com a hora", value: "ACEITA" },
    { name: "Recusar, e continuar à espera", value: "RECUSA" },
    { name: "Recusar, e sair da lista de espera", value: "DESISTE" },
  ]);
  if (escolha === undefined || escolha === VOLTAR) return false;
  if (escolha === "DESISTE") {
    await sai(balcao, um);
    return false;
  }
  const resposta = await alteraNaLista(balcao, { comando: escolha, cpf, especialista }, convite);
  if (resposta === "por fazer") return await respondeAo(balcao, um);
  if (typeof resposta === "string") return resposta === "feito" && escolha === "ACEITA";
  switch (resposta.codigo) {
    case "OK-300":
    case "OK-303": {
      const titulo = resposta.codigo === "OK-300" ? "Agendamento realizado" : "Agendamento remarcado";
      tela.quadro(cartaoDe(titulo, agendamentoDe(agendamentosEm(resposta)[0])));
      return true;
    }
    case "OK-309":
      tela.frase("ok", "Convite recusado; continua na lista de espera.");
      return false;
    default:
      recusaCom(balcao, resposta);
      return false;
  }
}

/**
 * O que `servidor.ts titular exporta` mostra: tudo o que o livro tem de uma pessoa, com nomes, datas e horas que ela possa ler,
 * e um guia. Nada de outras pessoas: do diário, só o que fala dos números dela.
 *
 * @module
 */

import type { Registrada } from "../clinica/diario.ts";
import type { DadosDeUmCpf, LinhaComNomes } from "../clinica/livro.ts";
import { Clinica } from "../clinica/clinica.ts";
import type { Oferta } from "../clinica/oferta.ts";
import { formatarCpf } from "../clinica/texto.ts";
import { instanteNoFio } from "../fio/clinica2.ts";
import { dataNoFio } from "../protocolo.ts";

/** Como se lê o que se exporta. */
const GUIA: Readonly<Record<string, string>> = {
  o_que_e:
    "Tudo o que o livro de agendamentos desta clínica tem da pessoa deste CPF (Lei 13.709/2018, art. 18, II e V).",
  datas: "dd/mm/aaaa; as horas são as da clínica.",
  agendamentos:
    "Cada hora marcada, com a situação em que ficou e o que se escreveu dela; um campo vazio não foi preenchido.",
  codigo: "O segundo fator do agendamento, ao lado do CPF: é da pessoa, e não se mostra a mais ninguém.",
  prioridade: "0 nenhuma, 1 doador de sangue, 2 prioridade legal, 3 mais de 80 anos, 4 emergência.",
  origem: "O endereço, na rede, de onde se marcou.",
  historia: "O que aconteceu a cada um, na ordem: quando, o que se fez, que papel o fez, e o que mudou.",
  lista_de_espera: "Cada vez que se entrou na lista de espera de uma especialidade, e quando acabou.",
  contato: "Como a clínica fala com a pessoa, só para avisos dos seus agendamentos.",
  tentativas:
    "Códigos que alguém disse deste CPF, certos e errados, e marcações recusadas: em que dia, e de que endereço, se se sabe.",
  direitos: "O que se fez antes por pedido dela, ou por uma guarda legal.",
  o_que_falta: "As cópias de segurança do livro, e o que a clínica tenha fora dele, não estão aqui.",
};

/** O que se exporta, pronto a escrever em JSON. */
export function exportado(cpf: string, dados: DadosDeUmCpf, oferta: Oferta): unknown {
  const clinica = new Clinica(oferta);
  const historias = historiasDe(dados, oferta.fuso);
  const legivel = (linha: LinhaComNomes): Record<string, unknown> => legivelDe(linha, clinica);
  const guarda = dados.titular.findLast(({ ato }) => ato === "GUARDA" || ato === "SOLTA");
  return {
    guia: GUIA,
    clinica: oferta.nome,
    exportado_em: instanteNoFio(Temporal.Now.instant().toString(), oferta.fuso),
    titular: {
      cpf: formatarCpf(cpf),
      nomes: [...new Set([...dados.agendamento, ...dados.espera].map(({ nome }) => nome))],
      guarda_legal: guarda?.ato === "GUARDA" ? legivel(guarda) : "nenhuma",
    },
    contato: dados.contato.map(legivel),
    agendamentos: dados.agendamento.map((linha) => ({
      ...legivel(linha),
      historia: historias.get(`agendamento ${linha.numero}`) ?? [],
    })),
    lista_de_espera: dados.espera.map((linha) => ({
      ...legivel(linha),
      historia: historias.get(`espera ${linha.numero}`) ?? [],
    })),
    tentativas: dados.tentativa.map((linha) => tentativaLegivel(linha, oferta.fuso)),
    direitos: dados.titular.map(legivel),
  };
}

/** O que é da casa e a pessoa não entende, ou já está dito noutro lado. */
const DA_CASA: ReadonlySet<string> = new Set([
  "cpf",
  "pessoa",
  "agenda",
  "ativo",
  "pilha",
  "ordem",
  "passou",
  "versao",
]);

/** Sim ou não; o SQLite diz 1 e 0, o PostgreSQL t e f. */
const LOGICAS: ReadonlySet<string> = new Set(["encaixe", "marca", "isenta", "move"]);

function legivelDe(linha: LinhaComNomes, clinica: Clinica): Record<string, unknown> {
  const campos = Object.entries(linha).filter(([nome]) => !DA_CASA.has(nome));
  return Object.fromEntries(campos.map(([nome, valor]) => [nome, legivel(nome, valor, clinica)]));
}

function legivel(nome: string, valor: unknown, clinica: Clinica): unknown {
  if (LOGICAS.has(nome)) return valor === 1 || valor === "t" ? "sim" : "não";
  if (typeof valor !== "string" || valor === "") return valor;
  if (nome === "especialidade") return clinica.nomeDe(valor);
  if (nome === "profissional") return clinica.profissionalDe(valor);
  if (/^\d{4}-\d\d-\d\d$/.test(valor)) return dataNoFio(valor);
  return /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(valor) ? instanteNoFio(valor, clinica.oferta.fuso) : valor;
}

function tentativaLegivel(
  { rede, dia, erros, recusas, acertou }: LinhaComNomes,
  fuso: string,
): Record<string, unknown> {
  const certo = Number(acertou);
  return {
    endereco: rede === "" ? "todos os que não são conhecidos" : rede,
    ...typeof dia === "string" && dia !== "" ? { dia: dataNoFio(dia) } : {},
    ...{ codigos_errados: Number(erros), recusas: Number(recusas) },
    ...certo > 0
      ? { codigo_certo_em: instanteNoFio(Temporal.Instant.fromEpochMilliseconds(certo).toString(), fuso) }
      : {},
  };
}

/** Do diário, o que fala de cada agendamento e de cada entrada dela: os números de uns e de outras são sequências à parte. */
function historiasDe({ agendamento, espera, diario }: DadosDeUmCpf, fuso: string): Map<string, unknown[]> {
  const historias = new Map<string, unknown[]>([
    ...agendamento.map(({ numero }): [string, unknown[]] => [`agendamento ${numero}`, []]),
    ...espera.map(({ numero }): [string, unknown[]] => [`espera ${numero}`, []]),
  ]);
  for (const [quando, escritas] of diario) {
    const autores: readonly (readonly [papel: string, quem: string, feitas: readonly Registrada[]])[] = JSON.parse(
      escritas,
    );
    for (const [papel, , feitas] of autores) {
      for (const [ato, numero, , de, para] of feitas) {
        historias.get(`${deQue(para)} ${numero}`)?.push({ quando: instanteNoFio(quando, fuso), ato, papel, de, para });
      }
    }
  }
  return historias;
}

/** De que tabela é o número: diz-o a forma do que ficou (`clinica/diario.ts`). */
function deQue(para: string): string {
  if (/^(?:ESPERA|FIM)\b/.test(para)) return "espera";
  return /^(?:FECHA|EXTRA|REABERTA) /.test(para) ? "excecao" : "agendamento";
}

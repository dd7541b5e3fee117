/**
 * `servidor.ts lista [DATA]`: a lista de um dia, para o balcão, em tabela, em CSV ou em JSON: de cada profissional, ou de cada
 * especialidade que não os tem. Na tabela e no CSV, o que não se vê sai como `�`; no JSON, escrito por extenso.
 *
 * @module
 */

import { excecoesDoLivro, listaDoLivro } from "../armazem/sqlite_copia.ts";
import { excecoesDoPostgres, listaDoPostgres } from "../armazem/postgres_copia.ts";
import { ehPostgres } from "../armazem/postgres_endereco.ts";
import { agendaDe, type Agendamento, conta, type Situacao } from "../clinica/agendamento.ts";
import { Clinica } from "../clinica/clinica.ts";
import { COMUM, EXCEL, type FormaDeCsv, linhaDeCsv } from "../clinica/csv.ts";
import { nomeDoDia } from "../clinica/oferta.ts";
import { formatarCpf, inofensivo, jsonInofensivo } from "../clinica/texto.ts";
import { dataNoFio } from "../protocolo.ts";
import { aceitaSo, type Argumentos, DO_LIVRO, ErroDeUso } from "./argumentos.ts";
import { lerBanco } from "./opcoes.ts";
import { registra } from "./registra.ts";
import { arquivoDaSemana, lerSemana, olha } from "./semana.ts";

/** Escreve a lista de um dia: o que se pede, ou hoje no fuso da clínica. */
export async function listar(argumentos: Argumentos, palavras: readonly string[]): Promise<void> {
  aceitaSo(argumentos, [...DO_LIVRO, "csv", "json"], "lista");
  if (palavras.length > 1) throw new ErroDeUso("lista espera uma data só: servidor.ts lista dd/mm/aaaa");
  if (argumentos.tem("csv") && argumentos.tem("json")) throw new ErroDeUso("--csv e --json não vão juntos");
  const arquivo = arquivoDaSemana(argumentos);
  const oferta = lerSemana(arquivo, await olha(arquivo));
  const data = lerDataEscrita(palavras[0]) ?? Temporal.Now.plainDateISO(oferta.fuso).toString();
  const banco = lerBanco(argumentos);
  const [lista, excecoes] = ehPostgres(banco)
    ? [await listaDoPostgres(banco, data), await excecoesDoPostgres(banco)]
    : [listaDoLivro(banco, data), excecoesDoLivro(banco)];
  await registra(argumentos, { especie: "LISTA", numeros: lista.map(({ numero }) => numero) }, banco);
  const clinica = new Clinica(oferta);
  // A sala de um atendimento a mais está na exceção que o abriu.
  clinica.dias({ excecoes: () => excecoes }, Date.now());
  const linhas = linhasDa(lista, clinica);
  const noFio = dataNoFio(data);
  if (argumentos.tem("json")) console.log(jsonInofensivo({ data: noFio, agendamentos: linhas }, 2));
  else if (argumentos.forma("csv") === "excel") console.log(emCsv(noFio, linhas, EXCEL));
  else if (argumentos.tem("csv")) console.log(emCsv(noFio, linhas));
  else console.log(emTabela(`${oferta.nome}: ${nomeDoDia(oferta, data)} ${noFio}`, linhas));
}

/** Uma linha da lista. */
export interface LinhaDaLista {
  /** A especialidade, como se mostra. */
  readonly especialista: string;
  /** `"HH:MM"`. */
  readonly horario: string;
  /** Normalizado, em maiúsculas. */
  readonly nome: string;
  /** 11 dígitos. */
  readonly cpf: string;
  /** O número no livro. */
  readonly numero: number;
  /** Quem atende, como se mostra; `""` se a especialidade não tem profissionais com nome. */
  readonly profissional: string;
  /** Onde; `""` se não se disse. */
  readonly local: string;
  /** A situação. */
  readonly situacao: Situacao;
  /** A senha do dia; `""` antes de chegar. */
  readonly senha: string;
  /** Foi encaixado. */
  readonly encaixe: boolean;
  /** A hora veio da lista de espera. */
  readonly espera: boolean;
}

/** As linhas de um dia: as especialidades sem profissionais e depois os profissionais, na ordem da configuração; e por hora. */
export function linhasDa(lista: readonly Agendamento[], clinica: Clinica): LinhaDaLista[] {
  const { especialidades, profissionais } = clinica.oferta;
  const ordem = [...especialidades.map(({ chave }) => `E:${chave}`), ...profissionais.map(({ chave }) => `P:${chave}`)];
  const agendas = Map.groupBy(lista.filter((um) => conta(um) && um.situacao !== "CONVIDADO"), agendaDe);
  // As que a configuração já não tem vêm no fim.
  const emOrdem = [...new Set([...ordem, ...[...agendas.keys()].sort()])];
  return emOrdem.flatMap((agenda) => agendas.get(agenda) ?? [])
    .map((um) => ({
      especialista: clinica.nomeDe(um.especialidade),
      horario: um.hora,
      nome: um.nome,
      cpf: um.cpf,
      numero: um.numero,
      profissional: um.profissional === "" ? "" : clinica.profissionalDe(um.profissional),
      local: clinica.localDe(um),
      situacao: um.situacao,
      senha: um.senha,
      encaixe: um.encaixe,
      espera: um.espera > 0,
    }));
}

/** Com CRLF. */
export function emCsv(data: string, linhas: readonly LinhaDaLista[], forma: FormaDeCsv = COMUM): string {
  return forma.marca + [
    [
      "data",
      "especialista",
      "horario",
      "nome",
      "cpf",
      "profissional",
      "local",
      "situacao",
      "senha",
      "encaixe",
      "espera",
    ],
    ...linhas.map(({ especialista, horario, nome, cpf, profissional, local, situacao, senha, encaixe, espera }) => [
      ...[data, especialista, horario, nome, formatarCpf(cpf)],
      ...[profissional, local, situacao, senha, encaixe ? "sim" : "", espera ? "sim" : ""],
    ]),
  ].map((campos) => linhaDeCsv(campos, forma)).join("\r\n");
}

/** Para imprimir. O que é de costume não se diz: `MARCADO`, a única especialidade de quem atende, a única sala. */
export function emTabela(titulo: string, linhas: readonly LinhaDaLista[]): string {
  if (linhas.length === 0) return `${titulo}\n\nNinguém agendado.`;
  const partes = [titulo];
  const grupos = Map.groupBy(
    linhas,
    ({ profissional, especialista }) => JSON.stringify([profissional || especialista]),
  );
  for (const grupo of grupos.values()) {
    const especialistas = [...new Set(grupo.map(({ especialista }) => especialista))];
    const locais = [...new Set(grupo.map(({ local }) => local))];
    const [{ profissional }] = grupo;
    const deQuem = [
      ...profissional === "" ? [] : [profissional],
      ...especialistas.length === 1 ? especialistas : [],
      ...locais.length === 1 && locais[0] !== "" ? locais : [],
    ].join(", ");
    partes.push("", `${inofensivo(deQuem)} (${grupo.length})`);
    for (const { especialista, horario, nome, cpf, local, situacao, senha, encaixe, espera } of grupo) {
      const mais = [
        ...especialistas.length > 1 ? [especialista] : [],
        ...locais.length > 1 && local !== "" ? [local] : [],
        ...encaixe ? ["encaixe"] : [],
        ...espera ? ["da espera"] : [],
        ...senha === "" ? [] : [senha],
        ...situacao === "MARCADO" ? [] : [situacao],
      ].map((um) => `  ${inofensivo(um)}`).join("");
      partes.push(`  [${SINAIS[situacao]}] ${horario}  ${formatarCpf(cpf)}  ${inofensivo(nome)}${mais}`);
    }
  }
  return partes.join("\n");
}

/** O que já está na casinha de quem se imprime: veio, não veio, ou ainda não se sabe. */
const SINAIS: { readonly [S in Situacao]: string } = {
  ...{ MARCADO: " ", CONFIRMADO: " ", CONVIDADO: " ", CANCELADO: " ", PASSOU: " " },
  ...{ CHEGOU: "x", CHAMADO: "x", ATENDIDO: "x", SAIU: "x", FALTOU: "-" },
};

/** `"dd/mm/aaaa"` ou `"aaaa-mm-dd"` → `"aaaa-mm-dd"`. */
function lerDataEscrita(escrita: string | undefined): string | undefined {
  if (escrita === undefined) return undefined;
  const iso = escrita.replace(/^(\d{2})\/(\d{2})\/(\d{4})$/, "$3-$2-$1");
  try {
    if (/^\d{4}-\d{2}-\d{2}$/.test(iso)) return Temporal.PlainDate.from(iso).toString();
  } catch {
    // cai na recusa abaixo
  }
  throw new ErroDeUso(`"${escrita}" não é uma data; escreva dd/mm/aaaa`);
}

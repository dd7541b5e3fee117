/**
 * `servidor.ts lista [DATA]`: a lista de um dia, para o balcão, em tabela, em CSV ou em JSON. Na tabela e no CSV, o que não se
 * vê sai como `�`; o JSON tem o que está no livro.
 *
 * @module
 */

import { listaDoLivro } from "../armazem/sqlite_copia.ts";
import { listaDoPostgres } from "../armazem/postgres_copia.ts";
import { ehPostgres } from "../armazem/postgres_endereco.ts";
import { nomeDoDia } from "../clinica/oferta.ts";
import { formatarCpf, inofensivo } from "../clinica/texto.ts";
import { dataNoFio } from "../protocolo.ts";
import { type Argumentos, ErroDeUso, recusaOpcoes, SO_DE_IMPORTAR, SO_DO_SERVIDOR } from "./argumentos.ts";
import { lerBanco, lerConfiguracao } from "./opcoes.ts";

/** Escreve a lista de um dia: o que se pede, ou hoje no fuso da clínica. */
export async function listar(argumentos: Argumentos, palavras: readonly string[]): Promise<void> {
  recusaOpcoes(argumentos, [...SO_DO_SERVIDOR, ...SO_DE_IMPORTAR], "lista");
  if (palavras.length > 1) throw new ErroDeUso("lista espera uma data só: servidor.ts lista dd/mm/aaaa");
  if (argumentos.tem("csv") && argumentos.tem("json")) throw new ErroDeUso("--csv e --json não vão juntos");
  const oferta = lerConfiguracao(argumentos);
  const data = lerDataEscrita(palavras[0]) ?? Temporal.Now.plainDateISO(oferta.fuso).toString();
  const banco = lerBanco(argumentos);
  const lista = ehPostgres(banco) ? await listaDoPostgres(banco, data) : listaDoLivro(banco, data);
  const nomes = new Map(oferta.especialidades.map(({ chave, nome }) => [chave, nome]));
  const linhas = lista.map(({ especialidade, hora, cpf, nome }) => ({
    especialista: nomes.get(especialidade) ?? especialidade,
    horario: hora,
    nome,
    cpf,
  }));
  const titulo = `${nomeDoDia(oferta, data)} ${dataNoFio(data)}`;
  if (argumentos.tem("json")) console.log(JSON.stringify({ data: dataNoFio(data), agendamentos: linhas }, null, 2));
  else if (argumentos.tem("csv")) console.log(emCsv(dataNoFio(data), linhas));
  else console.log(emTabela(`${oferta.nome}: ${titulo}`, linhas));
}

interface LinhaDaLista {
  especialista: string;
  horario: string;
  nome: string;
  cpf: string;
}

/** RFC 4180, com CRLF. Uma célula que uma planilha tomaria por fórmula ganha um apóstrofo (OWASP, CSV Injection). */
function emCsv(data: string, linhas: readonly LinhaDaLista[]): string {
  const celula = (texto: string): string => `"${inofensivo(texto).replace(/^[=+\-@]/, "'$&").replaceAll('"', '""')}"`;
  return [
    ["data", "especialista", "horario", "nome", "cpf"],
    ...linhas.map(({ especialista, horario, nome, cpf }) => [data, especialista, horario, nome, formatarCpf(cpf)]),
  ].map((campos) => campos.map(celula).join(",")).join("\r\n");
}

function emTabela(titulo: string, linhas: readonly LinhaDaLista[]): string {
  if (linhas.length === 0) return `${titulo}\n\nNinguém agendado.`;
  const partes = [titulo];
  for (const [especialista, doEspecialista] of Map.groupBy(linhas, (linha) => linha.especialista)) {
    partes.push("", `${inofensivo(especialista)} (${doEspecialista.length})`);
    for (const { horario, cpf, nome } of doEspecialista) {
      partes.push(`  [ ] ${horario}  ${formatarCpf(cpf)}  ${inofensivo(nome)}`);
    }
  }
  return partes.join("\n");
}

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

/**
 * `servidor.ts trilha`: quem viu e quem mudou o quê, das duas tabelas da trilha, por ordem, ao lado de um servidor ou sem nenhum;
 * e `--confere`, que acha linhas mudadas, tiradas ou postas. Lê-se aos pedaços: um livro de muitos anos não enche a memória.
 *
 * A própria leitura fica na trilha.
 *
 * @module
 */

import {
  COLUNAS,
  entreDias,
  filtro,
  linhaDaTrilha,
  type Mostrada,
  naHoraDaClinica,
  porOrdem,
} from "../acesso/trilha_lida.ts";
import { Clinica } from "../clinica/clinica.ts";
import { ehData } from "../clinica/calendario.ts";
import { EXCEL, type FormaDeCsv, linhaDeCsv } from "../clinica/csv.ts";
import { ErroDoArmazem } from "../clinica/livro.ts";
import { inofensivo, lerCpf } from "../clinica/texto.ts";
import {
  type Cabeca,
  Conferencia,
  type Defeito,
  type Entre,
  escreveCabeca,
  lerCabeca,
  type LivroDaTrilha,
  TABELAS_DA_TRILHA,
} from "../clinica/trilha.ts";
import { abreChaveDaTrilha, seloDe } from "../armazem/arquivo_do_selo.ts";
import type { Selo } from "../armazem/selo.ts";
import { lerData } from "../protocolo.ts";
import { aceitaSo, type Argumentos, DO_LIVRO, ErroDeUso } from "./argumentos.ts";
import { lerBanco } from "./opcoes.ts";
import { abreTrilha, acessoDe, arquivosDasChaves } from "./registra.ts";
import { arquivoDaSemana, lerSemana, olha } from "./semana.ts";

/** Mostra a trilha, ou confere-a. */
export async function mostrarTrilha(argumentos: Argumentos, palavras: readonly string[]): Promise<void> {
  if (palavras.length > 0) throw new ErroDeUso(`trilha não espera mais nada; veio "${palavras[0]}"`);
  const confere = argumentos.tem("confere");
  if (confere) aceitaSo(argumentos, [...DO_LIVRO, "confere", "cabeca"], "trilha --confere");
  else aceitaSo(argumentos, [...DO_LIVRO, "cpf", "quem", "de", "ate", "csv", "json"], "trilha sem --confere");
  if (argumentos.tem("csv") && argumentos.tem("json")) throw new ErroDeUso("--csv e --json não vão juntos");
  const cabecas = argumentos.textos("cabeca").map(exigeCabeca);
  const cpf = exigeCpf(argumentos.texto("cpf"));
  const clinica = await lerClinica(argumentos);
  const banco = lerBanco(argumentos);
  const chaves = arquivosDasChaves(argumentos, banco).map(abreChaveDaTrilha);
  const inexistente = chaves.find(({ nova }, i) => nova && i > 0);
  if (inexistente !== undefined) throw new ErroDeUso(`${inexistente.arquivo}: não há chave da trilha aqui`);
  const selos = chaves.map((chave) => seloDe(chave));
  await using livro = await abreTrilha(chaves[0], banco);
  await livro.acrescenta([acessoDe({ especie: "TRILHA", cpf }, livro.selo)]);
  if (confere) return await conferir(livro, selos, cabecas);
  const serve = await filtro({ quem: argumentos.texto("quem"), cpf }, {
    livro,
    disfarces: (deQuem) => selos.map((selo) => selo.cpf(deQuem)),
  });
  const { fuso } = clinica.oferta;
  const escreve = escritaDe(argumentos, fuso);
  escreve.comeca();
  for await (const linhas of porOrdem(livro, lerEntre(argumentos, fuso))) {
    escreve.linhas(linhas.flatMap(({ mostradas }) => mostradas).filter(serve));
  }
  escreve.acaba();
}

async function lerClinica(argumentos: Argumentos): Promise<Clinica> {
  const arquivo = arquivoDaSemana(argumentos);
  return new Clinica(lerSemana(arquivo, await olha(arquivo)));
}

function exigeCabeca(escrita: string): Cabeca {
  const cabeca = lerCabeca(escrita);
  if (cabeca === undefined) throw new ErroDeUso(`--cabeca espera uma das que o console diz; veio "${escrita}"`);
  return cabeca;
}

function exigeCpf(escrito: string | undefined): string | undefined {
  if (escrito === undefined) return undefined;
  const cpf = lerCpf(escrito);
  if (cpf === undefined) throw new ErroDeUso("--cpf espera um CPF, com ou sem pontos");
  return cpf;
}

function lerEntre(argumentos: Argumentos, fuso: string): Entre {
  const data = (opcao: string): string | undefined => {
    const escrita = argumentos.texto(opcao);
    if (escrita === undefined) return undefined;
    const data = lerData(escrita);
    if (!ehData(data)) throw new ErroDeUso(`--${opcao} espera uma data, dd/mm/aaaa; veio "${escrita}"`);
    return data;
  };
  return entreDias({ de: data("de"), ate: data("ate") }, fuso);
}

/** Como as linhas saem. */
interface Escrita {
  comeca(): void;
  linhas(linhas: readonly Mostrada[]): void;
  acaba(): void;
}

function escritaDe(argumentos: Argumentos, fuso: string): Escrita {
  if (argumentos.tem("json")) return emJson();
  if (argumentos.tem("csv")) return emCsv(argumentos.forma("csv") === "excel" ? EXCEL : undefined);
  let houve = false;
  return {
    comeca: () => {},
    linhas(linhas): void {
      houve ||= linhas.length > 0;
      if (linhas.length > 0) console.log(linhas.map((linha) => emTexto(linha, fuso)).join("\n"));
    },
    acaba: () => houve || console.log("Nada na trilha."),
  };
}

function emTexto({ quando, papel, quem, o_que, numeros, de, para, vezes }: Mostrada, fuso: string): string {
  const partes = [
    ...[naHoraDaClinica(quando, fuso), papel, quem, o_que, numeros === "" ? "" : `nº ${numeros}`],
    ...[de === "" && para === "" ? "" : `${de === "" ? "" : `${de} `}→ ${para}`, vezes > 1 ? `${vezes} vezes` : ""],
  ];
  return inofensivo(partes.filter((parte) => parte !== "").join("  "));
}

function emCsv(forma?: FormaDeCsv): Escrita {
  // Cada linha acaba em CRLF, a última incluída.
  const escreve = (linhas: readonly (readonly string[])[]): void =>
    console.log(`${linhas.map((celulas) => linhaDeCsv(celulas, forma)).join("\r\n")}\r`);
  return {
    comeca: () => console.log(`${forma?.marca ?? ""}${linhaDeCsv(COLUNAS, forma)}\r`),
    linhas(linhas): void {
      if (linhas.length > 0) escreve(linhas.map(linhaDaTrilha));
    },
    acaba: () => {},
  };
}

function emJson(): Escrita {
  let separador = "";
  return {
    comeca: () => console.log("["),
    linhas(linhas): void {
      if (linhas.length === 0) return;
      console.log(separador + linhas.map((linha) => JSON.stringify(linha)).join("\n,"));
      separador = ",";
    },
    acaba: () => console.log("]"),
  };
}

// ------------------------------------------------------------------------------------------------------ como se confere

/** Diz o que não confere, e as cadeias que há. */
async function conferir(
  livro: LivroDaTrilha,
  selos: readonly Selo[],
  cabecas: readonly Cabeca[],
): Promise<void> {
  const seladorDe = (servidor: string): ReturnType<Selo["seladorDe"]> =>
    selos.map((selo) => selo.seladorDe(servidor)).find((um) => um !== undefined);
  let [defeitos, linhas, semChave] = [0, 0, 0];
  const diz = (achados: readonly Defeito[]): void => {
    defeitos += achados.length;
    for (const { tabela, id, servidor, quando, o_que } of achados) {
      const onde = id === 0 ? tabela : `${tabela} ${id}`;
      console.log(inofensivo(`NÃO CONFERE  ${onde}, de ${servidor || "ninguém"}, ${quando}: ${o_que}`));
    }
  };
  for (const tabela of TABELAS_DA_TRILHA) {
    const conferencia = new Conferencia(tabela, seladorDe, cabecas);
    for await (const pedaco of livro.pedacos(tabela)) {
      linhas += pedaco.length;
      for (const linha of pedaco) diz(conferencia.recebe(linha));
    }
    diz(conferencia.fim());
    if (conferencia.foraDaCadeia > 0) {
      console.log(`${tabela}: ${conferencia.foraDaCadeia} linhas de antes de haver selos, que nada confere`);
    }
    for (const cadeia of conferencia.cadeias()) {
      if (!cadeia.conferida) semChave += cadeia.ordem;
      const falta = cadeia.conferida ? "" : "  (é de outra chave: indique-a com --chave-da-trilha)";
      console.log(inofensivo(`${escreveCabeca(cadeia)}${falta}`));
    }
  }
  if (defeitos > 0) throw new ErroDoArmazem(`a trilha não confere: ${defeitos} de ${linhas} linhas, ditas acima`);
  if (semChave > 0) throw new ErroDoArmazem(`não se conferiu tudo: ${semChave} linhas são de outra chave`);
  console.log(`A trilha confere (${linhas} linhas); o fim de uma cadeia, só com --cabeca.`);
}

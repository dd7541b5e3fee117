/**
 * O verificador do dia da clínica: diz se o que muitos clientes de CLINICA/2 pediram e viram pode ter acontecido num só livro,
 * uma coisa de cada vez. Puro; as cargas de `prova/dia.ts` e `prova/servidores.ts` o chamam.
 *
 * O que confere, dada a história, o livro inteiro e o diário:
 *
 * 1. O livro e o diário: cada mudança confirmada tem a sua versão e a sua linha, em ordem; toda versão tem um pedido que foi
 *    confirmado ou ficou sem resposta; uma versão tem um só conteúdo; e no diário não há CPF nem nome (`vidas.ts`).
 * 2. As certezas: ninguém em dois lugares em minutos que se sobrepõem, um só ativo por CPF e especialidade, situações só pela
 *    tabela, senhas que não se repetem, nada marcado no que um `FECHA` reconhecido fechou (`certezas.ts`).
 * 3. Uma ordem para cada CPF e para cada data em que toda resposta é a que as regras dariam, recusas e listas incluídas; e, para
 *    cada agendamento que mudou de data, uma em que nenhuma leitura o viu em duas nem em nenhuma (`procura.ts`).
 *
 * 4. A lista de espera, percorrida pelo diário: o que vagou foi de quem o esperava, na ordem, na mesma transação (`lista.ts`), e o
 *    que se respondeu dela e das horas livres é o que havia entre um pedido e outro (`lista_leituras.ts`).
 *
 * Um pedido sem resposta pode ter efeito a qualquer momento depois do seu começo, ou nunca; o livro e o diário dizem qual.
 * Cada chave é conferida à parte: um `FECHA` de vários dias é conferido em cada um.
 *
 * @module
 */

import { confere } from "./certezas.ts";
import { MOVIDO } from "./dia_leituras.ts";
import { chavesDe } from "./dia_passos.ts";
import { leDiario } from "./diario.ts";
import type { OperacaoDoDia } from "./feitos.ts";
import { ORCAMENTO, procura } from "./procura.ts";
import type { Veredito, Violacao } from "./registro.ts";
import { confereLista, type OpcoesDaLista } from "./lista_leituras.ts";
import { Mundo } from "./retrato.ts";
import type { DiaDaSemana } from "./semana.ts";
import type { Agora } from "./tabela.ts";
import { type ErradoNoDia, type LivroDoDia, vidasDe, type Viola } from "./vidas.ts";

/** Com que se confere uma história. */
export interface OpcoesDoDia {
  /** O livro, como ficou. */
  readonly livro: LivroDoDia;
  /** As datas em que se marca, e o que nelas se atende. */
  readonly dias: readonly DiaDaSemana[];
  /** Quando é. */
  readonly agora: Agora;
  /** Como se dá o que vaga a quem espera; sem isso, só há quem espere por engano. */
  readonly espera?: Pick<OpcoesDaLista, "regras" | "vivos" | "umSo">;
  /** Estados visitados por chave, no máximo. */
  readonly orcamento?: number;
}

/** As violações de um livro que não é o da história. */
const DE_OUTRO_LIVRO: ReadonlySet<ErradoNoDia> = new Set<ErradoNoDia>([
  ...["confirmado e não gravado", "gravado sem pedido", "lido e não gravado", "diário infiel"] as const,
]);

/** Confere a história inteira com o livro inteiro. */
export function verificaDia(
  operacoes: readonly OperacaoDoDia[],
  { livro, dias, agora, espera, orcamento = ORCAMENTO }: OpcoesDoDia,
): Veredito<ErradoNoDia> {
  const violacoes: Violacao<ErradoNoDia>[] = [];
  const viola: Viola = (tipo, descricao) => violacoes.push({ tipo, descricao });
  const vidas = vidasDe(operacoes, livro, viola);
  confere(operacoes, { vidas, livro, agora, viola });
  const { excecoes } = livro;
  const mundo = new Mundo({ vidas: vidas.vidas, dias, excecoes, agora });
  const datas = dias.map(({ data }) => data);
  if (espera !== undefined) {
    confereLista(operacoes, { ...espera, livro, vidas: vidas.vidas, obras: vidas.obras, datas, mundo, viola });
  }
  // De um livro que não é o da história, uma ordem nada diria.
  if (violacoes.some(({ tipo }) => DE_OUTRO_LIVRO.has(tipo))) {
    return { violacoes, indecisas: ["todas: o livro não é o da história"], chaves: 0, estados: 0 };
  }
  const ordem = espera === undefined ? undefined : lugaresNoDiario(livro);
  const chaves = chavesDe({ operacoes, vidas: vidas.vidas, excecoes, datas, mundo, viola, ordem, umSo: espera?.umSo });
  const indecisas: string[] = [];
  let estados = 0;
  for (const [nome, { passos, final }] of chaves) {
    const achado = procura(passos, { final, orcamento });
    estados += achado.estados;
    if (achado.tipo === "indecisa") indecisas.push(nome);
    if (achado.tipo === "nenhuma") {
      const tipo = nome.startsWith(MOVIDO) ? "movido em duas horas ou em nenhuma" : "leitura sem ordem possível";
      viola(tipo, `${nome}: ${achado.onde}`);
    }
  }
  return { violacoes, indecisas, chaves: chaves.size, estados };
}

/** Em que lugar do diário está cada mudança, por `"agendamento numero versao"` ou `"FECHA numero"`. */
function lugaresNoDiario({ diario }: LivroDoDia): Map<string, number> {
  return new Map(
    leDiario(diario).map(({ sobre, ato, numero, versao }, i) => [
      sobre === "excecao" ? `${ato} ${numero}` : `${sobre} ${numero} ${versao}`,
      i,
    ]),
  );
}

/**
 * Um lote num PostgreSQL, das travas à decisão: o que se trava, o que se carrega sob as travas, e como se lê mais quando só
 * então se sabe que é preciso. Só `postgres.ts` o usa.
 *
 * @module
 */

import { type Alcance, type Lote, NENHUM_ALCANCE, type Vista } from "../clinica/livro.ts";
import type { Elo } from "../clinica/trilha.ts";
import type { Alargamento } from "./postgres_alargamento.ts";
import { type Lembrancas, pedidas, podeAlargar } from "./postgres_carga.ts";
import { EsperasLidas } from "./postgres_esperas_lidas.ts";
import { instrucao, lerPonta } from "./postgres_instrucoes.ts";
import { type Ligacao, PrazoVencido } from "./postgres_ligacao.ts";
import { tenta, travas } from "./postgres_travas.ts";
import { Carregada } from "./postgres_vista.ts";

/** Um lote com as travas tomadas e o que ele pode tocar carregado. */
export interface Travado {
  /** Por onde vai a transação. */
  readonly ligacao: Ligacao;
  /** O que se carregou. */
  readonly vista: Carregada;
  /** O número da linha dele no diário. */
  readonly id: string;
  /** A semana que vale no livro. */
  readonly semana: string;
  /** A que linha do diário se segue a dele, na cadeia deste servidor. */
  readonly ponta: Elo;
}

/** O que começar e alargar têm em comum. */
export interface Como {
  /** O que se juntou ao alcance até agora. */
  readonly largo: Alargamento;
  /** O que se lembra de outros lotes. */
  readonly lembrancas: Lembrancas;
  /** O instante do lote. */
  readonly quando: number;
  /** Até quando se espera. */
  readonly ate: number;
}

/** O que só o começo precisa. */
export interface ComoComecar extends Como {
  /** O que se pede. */
  readonly pedido: Alcance;
  /** O que vagar segura-se para ninguém. */
  readonly soSegura: boolean;
  /** A cadeia da trilha em que se escreve. */
  readonly cadeia: string;
}

/**
 * Começa a transação, toma as travas e carrega. Cada instrução tem o seu instantâneo (READ COMMITTED), tirado quando
 * ela começa; por isso a leitura é outra instrução: a que toma as travas já tem o instantâneo de antes da espera.
 *
 * Primeiro os CPFs, de que depende saber em que listas e em que dias estão os agendamentos que podem mudar de lugar; depois
 * as listas; depois os dias e as senhas. `unnest` devolve as chaves na ordem do array, a subconsulta na do `ORDER BY`, e o
 * agregado as toma uma a uma à medida que vêm: nenhum lote espera por uma trava anterior a uma que já tem, e sem ciclo não há
 * impasse. Depois das travas nada mais espera por outro servidor: toda linha que um lote muda e toda chave única que ele
 * insere é de um CPF e de um dia que ele travou.
 *
 * Havendo quem espere, o banco lê também, das horas que os CPFs de `mudam` podem deixar, os dias e as filas: quase sempre
 * chega para decidir.
 */
export async function comeca(
  toma: () => Promise<Ligacao>,
  { pedido, largo, soSegura, cadeia, lembrancas, quando, ate }: ComoComecar,
): Promise<Travado> {
  const alcance = largo.sobre(pedido);
  const mudam = largo.esperas ? alcance.mudam : [];
  for (let repetida = false;; repetida = true) {
    const ligacao = await toma();
    try {
      const numera = instrucao(
        "numera",
        // Também um por cada hora que vague; se ninguém a quer, o número não é de ninguém.
        String(alcance.novos + mudam.length),
        alcance.excecoes === "nada" ? null : alcance.hoje,
        String(podeAlargar(alcance)),
        String(largo.novasEsperas),
        cadeia,
      );
      const antes = [instrucao("comeca"), ...travas(alcance, { mudam, origens: largo.origens, cadeia }), numera];
      const vista = new Carregada(alcance, new EsperasLidas(alcance, largo), soSegura);
      const parte = { alcance, falta: largo, contatos: pedido.cpfs, mudam, excecoes: false };
      const leituras = pedidas(vista, parte, lembrancas);
      const resultados = await ligacao.executa([...antes, ...leituras.map(([instrucao]) => instrucao)], ate);
      const [id, , novos, semana, valem, alguem, lugares, ponta] = resultados[antes.length - 1].rows[0];
      vista.recebeNumeros(novos);
      vista.esperas.recebeAlguem(alguem);
      vista.esperas.recebeLugares(lugares, quando);
      if (valem !== null) vista.recebeExcecoes(lembrancas.excecoes.le(valem));
      leituras.forEach(([, recebe], i) => recebe(resultados[antes.length + i]));
      vista.leuOsQueMudam(mudam);
      return { ligacao, vista, id: id ?? "", semana: semana ?? "", ponta: lerPonta(ponta) };
    } catch (causa) {
      const viva = await ligacao.desfaz(ate);
      // Uma conexão que caiu não mudou nada: tenta-se uma vez com outra.
      if (viva || repetida || causa instanceof PrazoVencido) throw causa;
    }
  }
}

/**
 * Trava e lê o que faltou, na mesma transação. O que se trava vem fora de ordem, e por isso não se espera por nada: falso se
 * outro o tem, se a semana já é outra, ou se a conexão caiu, e então não há senão desfazer.
 */
export async function alarga(
  { ligacao, vista, semana: antesValia }: Travado,
  falta: Alargamento,
  { lembrancas, quando, ate }: Como,
): Promise<boolean> {
  const { alcance: antes } = vista;
  const alcance = falta.sobre(antes);
  const novas = (de: readonly string[], ja: readonly string[]): string[] => de.filter((uma) => !ja.includes(uma));
  const mudam = novas(alcance.cpfs, antes.cpfs);
  const parte: Alcance = {
    ...NENHUM_ALCANCE,
    hoje: alcance.hoje,
    promove: true,
    cpfs: mudam,
    historias: novas(alcance.historias, antes.historias),
    dias: [...falta.dias.values()],
    listas: novas(alcance.listas, antes.listas),
  };
  vista.alcanca(alcance);
  const travas = tenta(parte, { mudam, origens: falta.origens });
  const novos = Math.max(0, falta.novos - vista.dados);
  const lugares = Math.max(0, falta.novasEsperas - vista.esperas.dados);
  const hoje = alcance.excecoes === "nada" ? null : alcance.hoje;
  const numera = instrucao("numera_mais", String(novos), String(lugares), hoje);
  const leituras = pedidas(vista, { alcance: parte, falta, contatos: [], mudam, excecoes: false }, lembrancas);
  try {
    const vao = [...travas, numera, ...leituras.map(([instrucao]) => instrucao)];
    const resultados = await ligacao.executa(vao, ate);
    if (travas.some((_, i) => resultados[i].rows[0][0] !== "t")) return false;
    const [[maisNumeros, maisLugares, semana, valem]] = resultados[travas.length].rows;
    if (semana !== antesValia) return false;
    if (valem !== null) vista.recebeExcecoes(lembrancas.excecoes.le(valem));
    vista.recebeNumeros(maisNumeros);
    vista.esperas.recebeLugares(maisLugares, quando);
    leituras.forEach(([, recebe], i) => recebe(resultados[travas.length + 1 + i]));
    vista.leuOsQueMudam(mudam);
    return true;
  } catch (causa) {
    if (await ligacao.desfaz(ate) || causa instanceof PrazoVencido) throw causa;
    return false;
  }
}

/** Verdadeiro se algo pode vagar: não é só quem marca. */
export function podeVagar({ mudam, listas, pendencias, excecoes }: Alcance): boolean {
  return mudam.length + listas.length > 0 || pendencias !== undefined || excecoes === "muda";
}

/** O que se decide; nada, se faltou ler ou travar alguma coisa. Um erro à vista de uma falta é dela. */
export function experimenta<R>(vista: Carregada, decide: (vista: Vista) => Lote<R>): Lote<R> | undefined {
  let lote: Lote<R>;
  try {
    lote = decide(vista);
  } catch (causa) {
    if (!vista.falta) throw causa;
    return undefined;
  }
  vista.cobre(lote.mudancas);
  return vista.falta ? undefined : lote;
}

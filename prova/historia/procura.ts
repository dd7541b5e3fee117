/**
 * A procura de uma ordem: dadas as operações que tocam uma chave (um CPF, um dia, um agendamento), diz se há uma ordem delas
 * que respeita o tempo real e a ordem de cada conexão, em que toda resposta é a que o livro daria, e que acaba no que está
 * gravado (linearizabilidade: Herlihy e Wing, 1990). Os verificadores de `prova/historia/` a chamam, uma vez por chave.
 *
 * @module
 */

/** O que está numa chave. */
export type Estado = Map<string, string>;

/** Uma mudança de estado: o que muda e o novo valor, ou nenhum. `undefined`: não cabe neste estado. */
export type Efeito = readonly [chave: string, valor: string | undefined] | "leitura" | undefined;

/** Uma operação vista por uma só chave. */
export interface Passo {
  /** A conexão, cuja ordem se respeita; 0 se não se sabe qual foi. */
  readonly conexao: number;
  /** O instante em que se pediu: a ordem na conexão. O começo pode saber-se mais tarde do que isso. */
  readonly pedido: number;
  /** Não antes deste instante. */
  readonly inicio: number;
  /** Nem depois deste. */
  readonly fim: number;
  /** Pode não ter acontecido. */
  readonly opcional: boolean;
  /** Não muda nada. */
  readonly le: boolean;
  /** O que faz do estado. */
  readonly tenta: (estado: Estado) => Efeito;
  /** A operação em palavras. */
  readonly descreve: () => string;
  /** Os passos que se sabe que vieram antes: poupa procurar o que se veria que não serve. */
  readonly depoisDe?: readonly Passo[];
}

/** Estados visitados por chave, no máximo; uma chave boa visita pouco mais que o número de suas mudanças. */
export const ORCAMENTO = 200_000;

/** O que a procura concluiu de uma chave. */
export type Achado =
  | { tipo: "ordem"; estados: number }
  | { tipo: "nenhuma"; estados: number; onde: string }
  | { tipo: "indecisa"; estados: number };

/** Um nó da procura: o que se fez para chegar nele, para desfazer, e por onde ainda se pode seguir. */
interface No {
  feitos: number[];
  trocas: [chave: string, antes: string | undefined][];
  maisTarde: number;
  candidatos: number[];
  proximo: number;
  chave: string;
}

/**
 * Procura uma ordem dos passos que explique todos e acabe no estado final.
 *
 * Em profundidade (Wing e Gong, 1993), guardando os becos sem saída já vistos (Lowe, 2017). Decidir isto é NP-completo em
 * geral (Gibbons e Korach, 1997): o pior caso é exponencial no número de mudanças simultâneas da mesma chave. Leituras não
 * ramificam, pois uma que já pode ser explicada nunca perde em sê-lo logo.
 */
export function procura(
  lista: readonly Passo[],
  { final, orcamento }: { final: Estado; orcamento: number },
): Achado {
  const passos = lista.toSorted((a, b) => a.inicio - b.inicio);
  const anteriores = mesmaConexao(passos);
  const feito = new Uint8Array(passos.length);
  const ABERTA = passos.length;
  // Os passos por fazer, encadeados na ordem do começo; tirar e pôr de volta custam o mesmo, sem copiar nada.
  const seguinte = Array.from({ length: ABERTA + 1 }, (_, i) => i === ABERTA ? 0 : i + 1);
  const previo = Array.from({ length: ABERTA + 1 }, (_, i) => i === 0 ? ABERTA : i - 1);
  const estado: Estado = new Map();
  const becos = new Set<string>();
  let obrigatorios = passos.filter(({ opcional }) => !opcional).length;
  let maisTarde = -1;
  let estados = 0;
  let menosFaltou = Infinity;
  let onde = "";

  const tira = (i: number, no: No): void => {
    feito[i] = 1;
    seguinte[previo[i]] = seguinte[i];
    previo[seguinte[i]] = previo[i];
    if (!passos[i].opcional) obrigatorios--;
    maisTarde = Math.max(maisTarde, passos[i].inicio);
    no.feitos.push(i);
  };
  const desfaz = (no: No): void => {
    for (const i of no.feitos.toReversed()) {
      feito[i] = 0;
      seguinte[previo[i]] = i;
      previo[seguinte[i]] = i;
      if (!passos[i].opcional) obrigatorios++;
    }
    for (const [chave, antes] of no.trocas.toReversed()) {
      if (antes === undefined) estado.delete(chave);
      else estado.set(chave, antes);
    }
    maisTarde = no.maisTarde;
  };
  const troca = (chave: string, valor: string | undefined, no: No): void => {
    no.trocas.push([chave, estado.get(chave)]);
    if (valor === undefined) estado.delete(chave);
    else estado.set(chave, valor);
  };
  /** Os que podem ser o próximo: nenhum outro por fazer tinha acabado antes de eles começarem. */
  const abertos = (): number[] => {
    let limite = Infinity;
    const janela: number[] = [];
    for (let i = seguinte[ABERTA]; i !== ABERTA && passos[i].inicio < limite; i = seguinte[i]) {
      const { opcional, fim } = passos[i];
      if (opcional && fim < maisTarde) continue;
      janela.push(i);
      if (!opcional) limite = Math.min(limite, fim);
    }
    return janela.filter((i) => passos[i].inicio < limite);
  };
  const indices = new Map(passos.map((passo, i) => [passo, i]));
  const previos = passos.map(({ depoisDe = [] }) => depoisDe.map((passo) => indices.get(passo) ?? -1));
  const pronto = (i: number): boolean =>
    (anteriores[i] < 0 || feito[anteriores[i]] === 1) &&
    previos[i].every((previo) => previo < 0 || feito[previo] === 1);

  /** Explica as leituras que já podem sê-lo e vê por onde seguir. */
  const visita = (no: No): "fim" | "segue" => {
    estados++;
    let janela: number[];
    let adiadas: number[];
    for (let leu = true; leu;) {
      leu = false;
      janela = abertos();
      adiadas = [];
      // Um opcional que esta leitura deixaria para trás ainda poderia vir antes dela: aí é preciso escolher.
      const prazo = Math.min(...janela.filter((i) => passos[i].opcional).map((i) => passos[i].fim));
      for (const i of janela) {
        if (!passos[i].le || !pronto(i) || passos[i].tenta(estado) === undefined) continue;
        if (prazo < passos[i].inicio) {
          adiadas.push(i);
          continue;
        }
        tira(i, no);
        leu = true;
      }
    }
    if (obrigatorios === 0 && iguais(estado, final)) return "fim";
    no.chave = `${janela!.join()}|${[...estado].map(([chave, valor]) => `${chave}=${valor}`).sort().join()}`;
    if (becos.has(no.chave)) return "segue";
    no.candidatos = janela!
      .filter((i) => !passos[i].le && pronto(i) && passos[i].tenta(estado) !== undefined)
      .concat(adiadas!)
      .sort((a, b) => Number(passos[a].opcional) - Number(passos[b].opcional) || passos[a].fim - passos[b].fim);
    if (obrigatorios < menosFaltou) {
      menosFaltou = obrigatorios;
      const presos = janela!.filter((i) => !passos[i].opcional).sort((a, b) => passos[a].fim - passos[b].fim);
      const tido = [...estado].map(([chave, valor]) => `${chave} ${valor}`).sort().join(", ");
      const impossivel = presos.find((i) => passos[i].tenta(estado) === undefined) ?? presos[0];
      onde = impossivel === undefined
        ? `acaba com [${tido}], e no livro não está assim`
        : `${passos[impossivel].descreve()}; o livro tinha [${tido}]`;
    }
    return "segue";
  };

  const pilha: No[] = [];
  const abre = (passo?: number): "fim" | "segue" => {
    const no: No = { feitos: [], trocas: [], maisTarde, candidatos: [], proximo: 0, chave: "" };
    pilha.push(no);
    if (passo !== undefined) {
      const efeito = passos[passo].tenta(estado);
      if (efeito !== undefined && efeito !== "leitura") troca(efeito[0], efeito[1], no);
      tira(passo, no);
    }
    return visita(no);
  };

  if (abre() === "fim") return { tipo: "ordem", estados };
  for (let no = pilha.at(-1); no !== undefined; no = pilha.at(-1)) {
    if (no.proximo < no.candidatos.length) {
      if (estados >= orcamento) return { tipo: "indecisa", estados };
      if (abre(no.candidatos[no.proximo++]) === "fim") return { tipo: "ordem", estados };
    } else {
      becos.add(no.chave);
      desfaz(no);
      pilha.pop();
    }
  }
  return { tipo: "nenhuma", estados, onde };
}

/** Para cada passo, o anterior da mesma conexão que com certeza aconteceu; −1 se não há. */
function mesmaConexao(passos: readonly Passo[]): number[] {
  const anteriores = new Array<number>(passos.length).fill(-1);
  const ultimos = new Map<number, number>();
  for (const i of passos.keys().toArray().sort((a, b) => passos[a].pedido - passos[b].pedido)) {
    const { conexao, opcional } = passos[i];
    anteriores[i] = ultimos.get(conexao) ?? -1;
    if (!opcional && conexao !== 0) ultimos.set(conexao, i);
  }
  return anteriores;
}

function iguais(a: Estado, b: Estado): boolean {
  return a.size === b.size && [...a].every(([chave, valor]) => b.get(chave) === valor);
}

/**
 * Confere o que se contou a quem não é da casa: do que muitas conexões viram, que nenhum limite se passou, que nenhum se impôs sem
 * que se tivesse gastado, e que passado ele nem o certo se olhou. Os números escrevem-se aqui outra vez, e não se importam: é o
 * que se promete que se confere, e não o que o programa diz de si.
 *
 * @module
 */

const MINUTO = 60_000;

/** Um pedido de quem não é da casa, e o que viu. Os instantes, em ms: quando se mandou e quando veio a resposta. */
export interface Tentada {
  /** 11 dígitos. */
  readonly cpf: string;
  /** De que rede se vem; conta-se uma rede que nunca disse um código certo. */
  readonly rede: string;
  /** Diz um código, ou quer marcar. */
  readonly que: "código" | "marcar";
  /** O código da resposta; `undefined` se não veio. */
  readonly resposta: string | undefined;
  /** Quando se mandou. */
  readonly inicio: number;
  /** Quando veio; `Infinity` se não veio. */
  readonly fim: number;
}

/** Um limite: quantas vezes, em quanto tempo, e a que se conta. */
interface Limite {
  readonly nome: string;
  readonly que: Tentada["que"];
  /** Em ms. */
  readonly janela: number;
  readonly quantas: number;
  readonly de: (uma: Tentada) => string;
}

const LIMITES: readonly Limite[] = [
  {
    nome: "códigos errados de um CPF por um endereço em 15 minutos",
    ...{ que: "código", janela: 15 * MINUTO, quantas: 5, de: ({ cpf, rede }) => `${cpf} por ${rede}` },
  },
  {
    nome: "códigos errados de um CPF num dia",
    ...{ que: "código", janela: 24 * 60 * MINUTO, quantas: 100, de: ({ cpf }) => cpf },
  },
  {
    nome: "recusas a um endereço numa hora",
    ...{ que: "marcar", janela: 60 * MINUTO, quantas: 5, de: ({ rede }) => rede },
  },
  {
    nome: "recusas a um CPF num dia",
    ...{ que: "marcar", janela: 24 * 60 * MINUTO, quantas: 3, de: ({ cpf }) => cpf },
  },
];

/** As respostas que gastam. */
const GASTA: { readonly [Q in Tentada["que"]]: readonly string[] } = {
  código: ["ERRO-112", "ERRO-113", "ERRO-119"],
  marcar: ["ERRO-116"],
};

const LIMITADA = "ERRO-130";

/**
 * O que se viu e não podia ser; nada, se tudo pode ter acontecido. A história cabe num só dia da clínica, e nenhuma das redes
 * disse antes dela um código certo.
 */
export function confereContagens(tentadas: readonly Tentada[]): string[] {
  const violacoes: string[] = [];
  for (const limite of LIMITES) {
    const dela = tentadas.filter(({ que }) => que === limite.que);
    for (const [de, delas] of Map.groupBy(dela, limite.de)) violacoes.push(...passados(limite, de, delas));
  }
  for (const limitada of tentadas.filter(({ resposta }) => resposta === LIMITADA)) {
    if (!LIMITES.some((limite) => podeTerGastado(limite, limitada, tentadas))) {
      violacoes.push(`${limitada.cpf} por ${limitada.rede}: limitado sem ter gasto nada`);
    }
  }
  return violacoes;
}

/** Uma que gastou, certamente. */
function gastou({ que, resposta }: Tentada): boolean {
  return resposta !== undefined && GASTA[que].includes(resposta);
}

/** Onde se respondeu, sem limitar, a quem certamente já tinha gastado tudo. */
function passados({ nome, janela, quantas }: Limite, de: string, tentadas: readonly Tentada[]): string[] {
  const gastas = tentadas.filter(gastou);
  return tentadas.filter(({ resposta, inicio, fim }) => {
    // O que se recusa antes de olhar para o CPF ou para o código não diz nada de nenhum deles.
    if (resposta === undefined || resposta === LIMITADA || NAO_OLHADAS.includes(resposta)) return false;
    return gastas.filter((uma) => uma.fim <= inicio && fim - uma.inicio < janela).length >= quantas;
  }).map(({ resposta }) => `${nome}: ${de} já tinha as ${quantas}, e teve ${resposta}`);
}

const NAO_OLHADAS: readonly string[] = ["ERRO-103", "ERRO-105"];

/** Se, até que veio a resposta, se pode ter gastado o limite. */
function podeTerGastado(limite: Limite, limitada: Tentada, tentadas: readonly Tentada[]): boolean {
  if (limite.que !== limitada.que) return false;
  const podem = tentadas.filter((uma) =>
    uma !== limitada && uma.que === limite.que && limite.de(uma) === limite.de(limitada) &&
    (gastou(uma) || uma.resposta === undefined || limite.que === "marcar" && uma.resposta === LIMITADA) &&
    uma.inicio <= limitada.fim && limitada.inicio - uma.fim < limite.janela
  );
  return podem.length >= limite.quantas;
}

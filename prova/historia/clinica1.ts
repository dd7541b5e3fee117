/**
 * O verificador de CLINICA/1: diz se o que muitos clientes pediram e viram pode ter acontecido num só livro, uma coisa de cada
 * vez. Puro: quem pede é a carga de `prova/bancada.ts`, que anota cada operação com o seu começo e o seu fim.
 *
 * O que `verifica` confere, dada a história e a tabela inteira do livro, com os cancelados:
 *
 * 1. Operações e linhas correspondem, em tempo linear: todo `OK-300` tem a sua linha, toda linha tem um pedido que foi
 *    confirmado ou ficou sem resposta (nunca um recusado), todo `OK-301` está no livro, todo cancelamento tem um pedido,
 *    e ninguém leu o que não está gravado. Cada marcação tem um nome só seu, de modo que não há dúvida de qual é qual.
 * 2. Nenhuma hora teve com certeza dois donos num mesmo instante, nem um CPF dois agendamentos na mesma especialidade.
 * 3. Para cada CPF e para cada dia de uma especialidade existe uma ordem das operações (linearizabilidade: Herlihy e
 *    Wing, 1990) que respeita o tempo real e a ordem de cada conexão, em que toda resposta é a que o livro daria, e que
 *    acaba no que está gravado. É aqui que uma leitura velha aparece.
 *
 * Um pedido sem resposta pode ter efeito a qualquer momento depois do seu começo, ou nunca. Se deixou uma linha,
 * aconteceu, no mais tardar antes que a primeira leitura que a viu acabasse; se o processo morreu, antes disso.
 *
 * Passado o orçamento, uma chave é dada por indecisa, nunca por boa. Cada chave é conferida à parte: uma leitura de vários
 * dias (`VAGAS` sem data) é conferida em cada dia, e não como um retrato de todos no mesmo instante.
 *
 * @module
 */

import type { Feito, Operacao, Veredito, Violacao } from "./registro.ts";
import { chaveDoDia, descreve, type Grade, type Marcacao, passosDe, tuplasDe } from "./clinica1_passos.ts";
import { type Estado, ORCAMENTO, type Passo, procura } from "./procura.ts";
import type { PedidoNoFio, Resposta } from "../../protocolo.ts";

/** Uma linha da tabela do livro, com a data como no fio. */
export interface LinhaGravada {
  /** 11 dígitos. */
  readonly cpf: string;
  /** O nome, que identifica a operação que a criou. */
  readonly nome: string;
  /** A especialidade, como no fio. */
  readonly especialidade: string;
  /** `"dd/mm/aaaa"`. */
  readonly data: string;
  /** `"HH:MM"`. */
  readonly hora: string;
  /** Verdadeiro se está `CANCELADO`. */
  readonly cancelada: boolean;
}

/** O que pode estar errado. */
export type Errado =
  | "resposta imprópria"
  | "confirmado e não gravado"
  | "gravado sem pedido"
  | "recusado e gravado"
  | "desmarcado e ainda gravado"
  | "desmarcado sem pedido"
  | "lido e não gravado"
  | "dois donos"
  | "leitura sem ordem possível";

/** Confere a história inteira com a tabela inteira do livro. */
export function verifica(
  operacoes: readonly Operacao[],
  { livro, grade, orcamento = ORCAMENTO }: { livro: readonly LinhaGravada[]; grade: Grade; orcamento?: number },
): Veredito<Errado> {
  return new Verificador(operacoes, livro, grade).verifica(orcamento);
}

class Verificador {
  #operacoes: readonly Operacao[];
  #livro: readonly LinhaGravada[];
  #grade: Grade;
  #horarios: Map<string, readonly string[]>;
  #violacoes: Violacao<Errado>[] = [];
  /** CPFs e dias em que algo já está errado: procurar ordem neles só repetiria a notícia. */
  #estragadas = new Set<string>();
  #pedidas = new Map<string, Operacao>();
  #marcacoes = new Map<string, Marcacao>();

  constructor(operacoes: readonly Operacao[], livro: readonly LinhaGravada[], grade: Grade) {
    this.#operacoes = operacoes;
    this.#livro = livro;
    this.#grade = grade;
    this.#horarios = new Map(grade.map((dia) => [chaveDoDia(dia), dia.horarios]));
  }

  verifica(orcamento: number): Veredito<Errado> {
    this.#recolheMarcacoes();
    this.#confereCancelamentos();
    this.#confereLeituras();
    this.#procuraDonosCertos();
    const chaves = this.#passos();
    const indecisas: string[] = [];
    let estados = 0;
    for (const [chave, passos] of chaves) {
      if (this.#estragadas.has(chave)) continue;
      const achado = procura(passos, { final: this.#estadoFinal(chave), orcamento });
      estados += achado.estados;
      if (achado.tipo === "indecisa") indecisas.push(chave);
      if (achado.tipo === "nenhuma") {
        this.#viola("leitura sem ordem possível", `${chave}: ${achado.onde}`, []);
      }
    }
    return { violacoes: this.#violacoes, indecisas, chaves: chaves.size, estados };
  }

  #viola(tipo: Errado, descricao: string, chaves: readonly string[]): void {
    this.#violacoes.push({ tipo, descricao });
    for (const chave of chaves) this.#estragadas.add(chave);
  }

  /** As marcações que aconteceram, pelas respostas e pelo livro. */
  #recolheMarcacoes(): void {
    const linhas = new Map<string, LinhaGravada>();
    for (const linha of this.#livro) {
      if (linhas.has(linha.nome)) {
        this.#viola("gravado sem pedido", `duas linhas de um só pedido: ${descreveLinha(linha)}`, chavesDe(linha));
      }
      linhas.set(linha.nome, linha);
    }
    for (const operacao of this.#operacoes) {
      const { feito, resposta } = operacao;
      if (resposta !== undefined && !cabe(feito, resposta)) {
        this.#viola("resposta imprópria", descreve(operacao), chavesDoFeito(feito));
      }
      if (feito.comando !== "AGEND") continue;
      if (this.#pedidas.has(feito.nome)) throw new TypeError(`o nome ${feito.nome} foi pedido duas vezes`);
      this.#pedidas.set(feito.nome, operacao);
      const linha = linhas.get(feito.nome);
      if (resposta?.codigo === "OK-300") {
        const [, cpf, nome, especialidade, data, , hora] = resposta.agendamentos[0];
        const marcacao = { nome, cpf, especialidade, data, hora, operacao, ate: operacao.fim };
        if (!atende(feito, marcacao)) {
          this.#viola("resposta imprópria", descreve(operacao), [...chavesDoFeito(feito), ...chavesDe(marcacao)]);
        } else if (linha === undefined || !mesma(linha, marcacao)) {
          this.#viola("confirmado e não gravado", descreve(operacao), chavesDe(marcacao));
        }
        this.#marcacoes.set(nome, marcacao);
      } else if (linha !== undefined && resposta !== undefined) {
        this.#viola("recusado e gravado", `${descreve(operacao)}; no livro, ${descreveLinha(linha)}`, chavesDe(linha));
      } else if (linha !== undefined && !atende(feito, linha)) {
        this.#viola("gravado sem pedido", `${descreveLinha(linha)}; pediu-se ${descreve(operacao)}`, chavesDe(linha));
      } else if (linha !== undefined) {
        const { nome, cpf, especialidade, data, hora } = linha;
        this.#marcacoes.set(nome, { nome, cpf, especialidade, data, hora, operacao, ate: operacao.fim });
      }
    }
    for (const linha of this.#livro) {
      if (!this.#pedidas.has(linha.nome)) this.#viola("gravado sem pedido", descreveLinha(linha), chavesDe(linha));
    }
  }

  #confereCancelamentos(): void {
    const semResposta = new Map<string, Operacao[]>();
    for (const operacao of this.#operacoes) {
      const { feito, resposta } = operacao;
      if (feito.comando !== "CANCEL") continue;
      if (resposta === undefined) {
        const outras = semResposta.get(feito.cpf);
        if (outras === undefined) semResposta.set(feito.cpf, [operacao]);
        else outras.push(operacao);
      }
      if (resposta?.codigo !== "OK-301") continue;
      const [, cpf, nome, especialidade] = resposta.agendamentos[0];
      const marcacao = this.#marcacoes.get(nome);
      if (cpf !== feito.cpf || (feito.especialista !== undefined && feito.especialista !== especialidade)) {
        this.#viola("resposta imprópria", descreve(operacao), chavesDoFeito(feito));
      } else if (marcacao?.fim !== undefined) {
        this.#viola("desmarcado sem pedido", `desmarcado duas vezes: ${descreve(operacao)}`, chavesDe(marcacao));
      } else if (marcacao !== undefined) {
        marcacao.fim = { inicio: operacao.inicio, fim: operacao.fim, operacao };
      }
    }
    for (const linha of this.#livro) {
      const marcacao = this.#marcacoes.get(linha.nome);
      if (marcacao === undefined) continue;
      if (!linha.cancelada && marcacao.fim !== undefined) {
        this.#viola("desmarcado e ainda gravado", descreveLinha(linha), chavesDe(linha));
      }
      if (!linha.cancelada || marcacao.fim !== undefined) continue;
      const culpadas = (semResposta.get(linha.cpf) ?? []).filter(({ feito, fim }) =>
        feito.comando === "CANCEL" && fim > marcacao.operacao.inicio &&
        (feito.especialista === undefined || feito.especialista === linha.especialidade)
      );
      if (culpadas.length === 0) {
        this.#viola("desmarcado sem pedido", descreveLinha(linha), chavesDe(linha));
      } else {
        marcacao.fim = {
          inicio: Math.min(...culpadas.map(({ inicio }) => inicio)),
          fim: Math.max(...culpadas.map(({ fim }) => fim)),
        };
      }
    }
  }

  /** O que foi lido existe; e quem o leu prova que já existia. */
  #confereLeituras(): void {
    for (const operacao of this.#operacoes) {
      for (const tupla of tuplasDe(operacao.resposta)) {
        const [, cpf, nome, especialidade, data, , hora] = tupla;
        const marcacao = this.#marcacoes.get(nome);
        if (marcacao === undefined || !mesma(marcacao, { nome, cpf, especialidade, data, hora })) {
          this.#viola("lido e não gravado", descreve(operacao), [
            ...chavesDe({ cpf, especialidade, data }),
            ...chavesDoFeito(operacao.feito),
          ]);
        } else {
          marcacao.ate = Math.min(marcacao.ate, operacao.fim);
        }
      }
    }
  }

  /** Entre a confirmação e o começo do cancelamento, a hora e o par (CPF, especialidade) têm dono, com certeza. */
  #procuraDonosCertos(): void {
    const certas = [...this.#marcacoes.values()]
      .map((marcacao) => ({ marcacao, de: marcacao.ate, a: marcacao.fim?.inicio ?? Infinity }))
      .filter(({ de, a }) => de < a)
      .sort((x, y) => x.de - y.de);
    for (
      const chave of [
        ({ especialidade, data, hora }: Marcacao) => `${especialidade} ${data} ${hora}`,
        ({ cpf, especialidade }: Marcacao) => `${cpf} ${especialidade}`,
      ]
    ) {
      for (const [nome, grupo] of Map.groupBy(certas, ({ marcacao }) => chave(marcacao))) {
        let anterior = grupo[0];
        for (const seguinte of grupo.slice(1)) {
          if (seguinte.de < anterior.a) {
            const [um, outro] = [anterior.marcacao, seguinte.marcacao];
            this.#viola("dois donos", `${nome}: ${descreve(um.operacao)} e ${descreve(outro.operacao)}`, [
              ...chavesDe(um),
              ...chavesDe(outro),
            ]);
          }
          if (seguinte.a > anterior.a) anterior = seguinte;
        }
      }
    }
  }

  #estadoFinal(chave: string): Estado {
    const final: Estado = new Map();
    for (const { cpf, nome, especialidade, data, hora, cancelada } of this.#valendo(chave)) {
      if (cancelada) continue;
      if (cpf === chave) final.set(especialidade, nome);
      if (chaveDoDia({ especialidade, data }) === chave) final.set(hora, nome);
    }
    return final;
  }

  #porChave: Map<string, LinhaGravada[]> | undefined;

  #valendo(chave: string): readonly LinhaGravada[] {
    if (this.#porChave === undefined) {
      this.#porChave = new Map();
      for (const linha of this.#livro) {
        for (const sua of chavesDe(linha)) {
          const outras = this.#porChave.get(sua);
          if (outras === undefined) this.#porChave.set(sua, [linha]);
          else outras.push(linha);
        }
      }
    }
    return this.#porChave.get(chave) ?? [];
  }

  /** Cada operação, em cada chave que ela toca. */
  #passos(): Map<string, Passo[]> {
    const passos = new Map<string, Passo[]>();
    const poe = (chave: string, passo: Passo): void => {
      const outros = passos.get(chave);
      if (outros === undefined) passos.set(chave, [passo]);
      else outros.push(passo);
    };
    const sabido = { grade: this.#grade, horarios: this.#horarios, marcacoes: this.#marcacoes };
    for (const operacao of this.#operacoes) passosDe(operacao, sabido, poe);
    for (const { fim, hora, nome, operacao, ...marcacao } of this.#marcacoes.values()) {
      if (fim === undefined || fim.operacao !== undefined) continue;
      // Um cancelamento sem resposta que deixou sinal no livro; no CPF, a procura escolhe qual dos pedidos foi.
      poe(chaveDoDia(marcacao), {
        conexao: 0,
        pedido: fim.inicio,
        inicio: fim.inicio,
        fim: fim.fim,
        opcional: false,
        le: false,
        tenta: (estado) => estado.get(hora) === nome ? [hora, undefined] : undefined,
        descreve: () => `${descreve(operacao)}, desmarcado sem resposta`,
      });
    }
    return passos;
  }
}

/** O que cada pedido pode ter por resposta, se é bem formado e o que pede está na grade. */
const RESPOSTAS: { [C in Feito["comando"]]: ReadonlySet<string> } = {
  AGEND: new Set(["OK-300", "ERRO-110", "ERRO-111", "ERRO-131"]),
  BUSCA: new Set(["OK-302", "ERRO-112", "ERRO-131"]),
  CANCEL: new Set(["OK-301", "ERRO-113", "ERRO-114", "ERRO-131"]),
  VAGAS: new Set(["OK-304", "ERRO-131"]),
  PING: new Set(["OK-200", "ERRO-131"]),
  SAIR: new Set(["OK-201"]),
  SAUDACAO: new Set(["OK-200", "ERRO-131"]),
};

function cabe(feito: Feito, resposta: Resposta): boolean {
  return RESPOSTAS[feito.comando].has(resposta.codigo) &&
    (!("cpf" in feito) || tuplasDe(resposta).every(([, cpf]) => cpf === feito.cpf));
}

type Identidade = Pick<Marcacao, "nome" | "cpf" | "especialidade" | "data" | "hora">;

function mesma(a: Identidade, b: Identidade): boolean {
  return a.nome === b.nome && a.cpf === b.cpf && a.especialidade === b.especialidade && a.data === b.data &&
    a.hora === b.hora;
}

/** Se a marcação é a que se pediu. */
function atende(feito: PedidoNoFio & { comando: "AGEND" }, marcada: Identidade): boolean {
  const { nome, cpf, especialista, data, horario } = feito;
  return mesma(marcada, { nome, cpf, especialidade: especialista, data, hora: horario ?? marcada.hora });
}

function chavesDe(marcacao: { cpf: string; especialidade: string; data: string }): string[] {
  return [marcacao.cpf, chaveDoDia(marcacao)];
}

function chavesDoFeito(feito: Feito): string[] {
  if (feito.comando === "AGEND") {
    return [feito.cpf, chaveDoDia({ especialidade: feito.especialista, data: feito.data })];
  }
  return "cpf" in feito ? [feito.cpf] : [];
}

function descreveLinha({ cpf, nome, especialidade, data, hora, cancelada }: LinhaGravada): string {
  return `${nome}, CPF ${cpf}, ${especialidade} ${data} ${hora}${cancelada ? " (cancelada)" : ""}`;
}

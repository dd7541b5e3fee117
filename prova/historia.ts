/**
 * A história: o que muitos clientes pediram a um servidor e o que viram, e o verificador que diz se tudo isso pode ter
 * acontecido num só livro, uma coisa de cada vez. Puro: quem pede é a carga de `prova/bancada.ts`, que anota aqui cada
 * operação com o seu começo e o seu fim.
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

import type { PedidoNoFio, Resposta, Tupla } from "../protocolo.ts";

/** O que um cliente fez: um pedido, ou conectar e ler a saudação. */
export type Feito = PedidoNoFio | { readonly comando: "SAUDACAO" };

/** Uma operação da história. */
export interface Operacao {
  /** A conexão em que foi feita; as de uma conexão são executadas na ordem. */
  readonly conexao: number;
  /** O instante, no relógio da história, antes de o pedido sair. */
  readonly inicio: number;
  /** O instante em que a resposta chegou; sem resposta, aquele em que o servidor já estava morto, ou `Infinity`. */
  fim: number;
  /** O que se pediu. */
  readonly feito: Feito;
  /** O que veio; sem ela, não se sabe o que houve. */
  resposta?: Resposta;
}

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
  /** Verdadeiro se tem `cancelado_em`. */
  readonly cancelada: boolean;
}

/** Um dia de uma especialidade e as suas horas, em ordem. */
export interface DiaDaGrade {
  /** A especialidade, como no fio. */
  readonly especialidade: string;
  /** `"dd/mm/aaaa"`. */
  readonly data: string;
  /** O nome do dia da semana. */
  readonly dia: string;
  /** As horas, `"HH:MM"`. */
  readonly horarios: readonly string[];
}

/** Os dias abertos em que a carga marca, em ordem de data. */
export type Grade = readonly DiaDaGrade[];

/** O que pode estar errado. */
export type TipoDeViolacao =
  | "resposta imprópria"
  | "confirmado e não gravado"
  | "gravado sem pedido"
  | "recusado e gravado"
  | "desmarcado e ainda gravado"
  | "desmarcado sem pedido"
  | "lido e não gravado"
  | "dois donos"
  | "leitura sem ordem possível";

/** Uma promessa quebrada, com o que a mostra. */
export interface Violacao {
  /** O que está errado. */
  readonly tipo: TipoDeViolacao;
  /** Em palavras. */
  readonly descricao: string;
}

/** O que o verificador concluiu. */
export interface Veredito {
  /** O que está errado; vazia, a história é possível. */
  readonly violacoes: readonly Violacao[];
  /** As chaves em que o orçamento acabou antes da resposta. */
  readonly indecisas: readonly string[];
  /** Quantas chaves (CPFs e dias) foram procuradas. */
  readonly chaves: number;
  /** Quantos estados a procura visitou. */
  readonly estados: number;
}

/** Recolhe as operações, com um relógio que conta acontecimentos: dois nunca têm o mesmo instante. */
export class Historia {
  /** As operações, na ordem em que começaram. */
  readonly operacoes: Operacao[] = [];
  #relogio = 0;
  #conexoes = 0;
  #nomes = 0;
  #abertas = new Set<Operacao>();

  /** Um número para uma conexão nova. */
  conexao(): number {
    return ++this.#conexoes;
  }

  /** Um nome que nenhuma outra marcação desta história tem. */
  nome(): string {
    return nomeUnico(++this.#nomes);
  }

  /** Uma operação começa; chamada antes de o pedido sair. */
  comeca(conexao: number, feito: Feito): Operacao {
    const operacao: Operacao = { conexao, inicio: ++this.#relogio, fim: Infinity, feito };
    this.operacoes.push(operacao);
    this.#abertas.add(operacao);
    return operacao;
  }

  /** A resposta de uma operação chegou. */
  acaba(operacao: Operacao, resposta: Resposta): void {
    operacao.fim = ++this.#relogio;
    operacao.resposta = resposta;
    this.#abertas.delete(operacao);
  }

  /** O servidor está morto: o que ficou sem resposta aconteceu até agora, ou nunca. */
  morreu(): void {
    const agora = ++this.#relogio;
    for (const operacao of this.#abertas) operacao.fim = agora;
    this.#abertas.clear();
  }
}

/** O enésimo nome de uma sequência sem repetição, só letras. */
export function nomeUnico(n: number): string {
  let letras = "";
  for (let resto = n; resto > 0; resto = Math.floor(resto / 26)) letras = String.fromCharCode(65 + resto % 26) + letras;
  return `PACIENTE ${letras}`;
}

/** Uma marcação que aconteceu: confirmada, ou gravada sem que a resposta chegasse. */
interface Marcacao {
  readonly nome: string;
  readonly cpf: string;
  readonly especialidade: string;
  readonly data: string;
  readonly hora: string;
  /** A operação que a pediu. */
  readonly operacao: Operacao;
  /** Até quando aconteceu. */
  ate: number;
  /** Quando deixou de valer, se deixou. */
  fim?: { inicio: number; fim: number; operacao?: Operacao };
}

/** Uma mudança de estado: a chave e o novo valor, ou nenhum. `undefined`: não cabe neste estado. */
type Efeito = readonly [chave: string, valor: string | undefined] | "leitura" | undefined;

/** A ocupação de uma chave da procura: hora → nome num dia, especialidade → nome num CPF. */
type Ocupados = Map<string, string>;

/** Uma operação vista por uma só chave. */
interface Passo {
  readonly operacao: Operacao;
  readonly inicio: number;
  readonly fim: number;
  readonly opcional: boolean;
  readonly le: boolean;
  readonly tenta: (estado: Ocupados) => Efeito;
}

/** Estados visitados por chave, no máximo; uma chave boa visita pouco mais que o número de suas mudanças. */
const ORCAMENTO = 200_000;

/**
 * Confere a história inteira com a tabela inteira do livro.
 *
 * A ordem procura-se em profundidade (Wing e Gong, 1993), guardando os becos sem saída já vistos (Lowe, 2017). Decidir
 * isto é NP-completo em geral (Gibbons e Korach, 1997): o pior caso é exponencial no número de mudanças simultâneas da
 * mesma chave. Leituras não ramificam, pois uma que já pode ser explicada nunca perde em sê-lo logo.
 */
export function verifica(
  operacoes: readonly Operacao[],
  { livro, grade, orcamento = ORCAMENTO }: { livro: readonly LinhaGravada[]; grade: Grade; orcamento?: number },
): Veredito {
  return new Verificador(operacoes, livro, grade).verifica(orcamento);
}

class Verificador {
  #operacoes: readonly Operacao[];
  #livro: readonly LinhaGravada[];
  #grade: Grade;
  #horarios: Map<string, readonly string[]>;
  #violacoes: Violacao[] = [];
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

  verifica(orcamento: number): Veredito {
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

  #viola(tipo: TipoDeViolacao, descricao: string, chaves: readonly string[]): void {
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

  #estadoFinal(chave: string): Ocupados {
    const final: Ocupados = new Map();
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
    for (const operacao of this.#operacoes) this.#passosDe(operacao, poe);
    for (const marcacao of this.#marcacoes.values()) {
      if (marcacao.fim === undefined || marcacao.fim.operacao !== undefined) continue;
      // Um cancelamento sem resposta que deixou sinal no livro; no CPF, a procura escolhe qual dos pedidos foi.
      const { hora, nome, fim, operacao } = marcacao;
      poe(chaveDoDia(marcacao), {
        operacao: { ...operacao, conexao: 0 },
        inicio: fim.inicio,
        fim: fim.fim,
        opcional: false,
        le: false,
        tenta: (estado) => estado.get(hora) === nome ? [hora, undefined] : undefined,
      });
    }
    return passos;
  }

  #passosDe(operacao: Operacao, poe: (chave: string, passo: Passo) => void): void {
    const { feito, resposta, inicio, fim } = operacao;
    const le = (chave: string, serve: (estado: Ocupados) => boolean): void =>
      poe(chave, {
        operacao,
        inicio,
        fim,
        opcional: false,
        le: true,
        tenta: (estado) => serve(estado) ? "leitura" : undefined,
      });
    const muda = (chave: string, tenta: (estado: Ocupados) => Efeito, ate = fim): void =>
      poe(chave, { operacao, inicio, fim: ate, opcional: false, le: false, tenta });

    switch (feito.comando) {
      case "AGEND": {
        const { cpf, nome, especialista, horario } = feito;
        const dia = chaveDoDia({ especialidade: especialista, data: feito.data });
        const marcacao = this.#marcacoes.get(nome);
        if (marcacao !== undefined) {
          const { hora, ate } = marcacao;
          const antes = horario === undefined ? this.#antesDe(dia, hora) : [];
          muda(cpf, (estado) => estado.has(especialista) ? undefined : [especialista, nome], ate);
          muda(
            dia,
            (estado) => !estado.has(hora) && antes.every((outra) => estado.has(outra)) ? [hora, nome] : undefined,
            ate,
          );
        } else if (resposta?.codigo === "ERRO-110") {
          // ERRO-111 viria antes: o CPF não tinha nada nesta especialidade.
          le(cpf, (estado) => !estado.has(especialista));
          const todas = horario === undefined ? this.#horarios.get(dia) ?? [] : [horario];
          le(dia, (estado) => todas.every((hora) => estado.has(hora)));
        } else if (resposta?.codigo === "ERRO-111") {
          const [[, , nome]] = resposta.agendamentos;
          le(cpf, (estado) => estado.get(especialista) === nome);
        }
        break;
      }
      case "BUSCA":
        if (resposta?.codigo === "OK-302") le(feito.cpf, iguala(resposta.agendamentos));
        if (resposta?.codigo === "ERRO-112") le(feito.cpf, (estado) => estado.size === 0);
        break;
      case "CANCEL": {
        const { cpf, especialista } = feito;
        if (resposta === undefined) {
          poe(cpf, {
            operacao,
            inicio,
            fim,
            opcional: true,
            le: false,
            tenta: (estado) => {
              const alvo = especialista ?? (estado.size === 1 ? [...estado.keys()][0] : undefined);
              return alvo !== undefined && estado.has(alvo) ? [alvo, undefined] : undefined;
            },
          });
        } else if (resposta.codigo === "OK-301") {
          const [[, , nome, especialidade, data, , hora]] = resposta.agendamentos;
          muda(cpf, (estado) => {
            if (especialista === undefined && estado.size !== 1) return undefined;
            return estado.get(especialidade) === nome ? [especialidade, undefined] : undefined;
          });
          muda(
            chaveDoDia({ especialidade, data }),
            (estado) => estado.get(hora) === nome ? [hora, undefined] : undefined,
          );
        } else if (resposta.codigo === "ERRO-113") {
          le(cpf, (estado) => especialista === undefined ? estado.size === 0 : !estado.has(especialista));
        } else if (resposta.codigo === "ERRO-114") {
          le(cpf, iguala(resposta.agendamentos));
        }
        break;
      }
      case "VAGAS": {
        if (resposta?.codigo !== "OK-304") break;
        const livres = new Map(resposta.vagas.map(([data, , especialidade, horas]) => [
          chaveDoDia({ especialidade, data }),
          horas,
        ]));
        for (const { especialidade, data, horarios } of this.#grade) {
          if (feito.especialista !== undefined && feito.especialista !== especialidade) continue;
          if (feito.data !== undefined && feito.data !== data) continue;
          const chave = chaveDoDia({ especialidade, data });
          const livre = new Set(livres.get(chave));
          le(chave, (estado) => horarios.every((hora) => estado.has(hora) !== livre.has(hora)));
        }
        break;
      }
      case "SAUDACAO":
        if (resposta?.codigo === "OK-200") this.#passosDaSaudacao(resposta.primeiras ?? [], le);
        break;
      case "PING":
      case "SAIR":
        break;
    }
    if (resposta?.codigo !== "OK-300" && resposta?.codigo !== "OK-301") {
      for (const [, , nome, especialidade, data, , hora] of tuplasDe(resposta)) {
        le(chaveDoDia({ especialidade, data }), (estado) => estado.get(hora) === nome);
      }
    }
  }

  /** A primeira hora livre de uma especialidade diz que tudo o que vem antes está tomado. */
  #passosDaSaudacao(
    primeiras: readonly (readonly [data: string, dia: string, hora: string, especialidade: string])[],
    le: (chave: string, serve: (estado: Ocupados) => boolean) => void,
  ): void {
    for (const [especialidade, dias] of Map.groupBy(this.#grade, (dia) => dia.especialidade)) {
      const primeira = primeiras.find(([, , , sua]) => sua === especialidade);
      // Uma data fora da grade não diz nada da grade.
      if (primeira !== undefined && !dias.some(({ data }) => data === primeira[0])) continue;
      for (const dia of dias) {
        const chegou = dia.data === primeira?.[0];
        const antes = chegou ? this.#antesDe(chaveDoDia(dia), primeira[2]) : dia.horarios;
        le(
          chaveDoDia(dia),
          (estado) => antes.every((hora) => estado.has(hora)) && !(chegou && estado.has(primeira[2])),
        );
        if (chegou) break;
      }
    }
  }

  #antesDe(dia: string, hora: string): readonly string[] {
    return (this.#horarios.get(dia) ?? []).filter((outra) => outra < hora);
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

function tuplasDe(resposta: Resposta | undefined): readonly Tupla[] {
  return resposta !== undefined && "agendamentos" in resposta ? resposta.agendamentos : [];
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

function iguala(tuplas: readonly Tupla[]): (estado: Ocupados) => boolean {
  return (estado) =>
    estado.size === tuplas.length &&
    tuplas.every(([, , nome, especialidade]) => estado.get(especialidade) === nome);
}

function chaveDoDia({ especialidade, data }: { especialidade: string; data: string }): string {
  return `${especialidade} ${data}`;
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

/** Uma operação em palavras: o pedido, a resposta, e de quando a quando. */
export function descreve({ conexao, inicio, fim, feito, resposta }: Operacao): string {
  const { comando, ...campos } = feito;
  const pedido = [comando, ...Object.values(campos).filter((campo) => campo !== undefined)].join(" ");
  const tuplas = tuplasDe(resposta).map(([, , nome, especialidade, data, , hora]) =>
    ` [${nome} ${especialidade} ${data} ${hora}]`
  );
  return `conexão ${conexao}, de ${inicio} a ${fim}: ${pedido} → ${resposta?.codigo ?? "sem resposta"}${
    tuplas.join("")
  }`;
}

type Achado =
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

/** Procura uma ordem dos passos que explique todos e acabe no estado final. */
function procura(
  lista: readonly Passo[],
  { final, orcamento }: { final: Ocupados; orcamento: number },
): Achado {
  const passos = lista.toSorted((a, b) => a.inicio - b.inicio);
  const anteriores = mesmaConexao(passos);
  const feito = new Uint8Array(passos.length);
  const ABERTA = passos.length;
  // Os passos por fazer, encadeados na ordem do começo; tirar e pôr de volta custam o mesmo, sem copiar nada.
  const seguinte = Array.from({ length: ABERTA + 1 }, (_, i) => i === ABERTA ? 0 : i + 1);
  const previo = Array.from({ length: ABERTA + 1 }, (_, i) => i === 0 ? ABERTA : i - 1);
  const estado: Ocupados = new Map();
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
  const pronto = (i: number): boolean => anteriores[i] < 0 || feito[anteriores[i]] === 1;

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
      onde = presos.length === 0
        ? `acaba com [${tido}], e no livro não está assim`
        : `${descreve(passos[presos[0]].operacao)}; o livro tinha [${tido}]`;
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
  const ultimos = new Map<number, number>();
  return passos.map(({ operacao: { conexao }, opcional }, i) => {
    const anterior = ultimos.get(conexao) ?? -1;
    if (!opcional && conexao !== 0) ultimos.set(conexao, i);
    return anterior;
  });
}

function iguais(a: Ocupados, b: Ocupados): boolean {
  return a.size === b.size && [...a].every(([chave, valor]) => b.get(chave) === valor);
}

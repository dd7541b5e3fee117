/**
 * O livro dos testes do núcleo: listas percorridas inteiras, que a cada mudança conferem o que um banco garante, e uma vista
 * que castiga o que sai do `Alcance`. Só os arquivos `_test.ts` e o que os apoia o importam.
 *
 * @module
 */

import { assert, assertEquals, assertFalse, AssertionError } from "@std/assert";
import { agendaDe, type Agendamento, conta, tomaHora } from "../clinica/agendamento.ts";
import { escreveDiario } from "../clinica/diario.ts";
import { type Espera, naOrdem } from "../clinica/espera.ts";
import type { Excecao } from "../clinica/excecao.ts";
import {
  type Alcance,
  type Anotacao,
  type Armazem,
  CANCELADOS_DE_UM_DIA,
  type Contato,
  type Desfecho,
  type Dia,
  FILA_MOSTRADA,
  impossivel,
  type LetraDeSenha,
  LINHAS_DE_UM_CPF,
  type Liquido,
  type Lote,
  type Mudanca,
  type Pendencias,
  PENDENCIAS_MAXIMAS,
  type Periodo,
  type Quando,
  resume,
  type Vista,
} from "../clinica/livro.ts";
import { Ocupacao } from "../clinica/ocupacao.ts";
import { minutoDoDia } from "../clinica/oferta.ts";
import { type Tentativa, TENTATIVAS_APAGADAS } from "../clinica/tentativa.ts";

/** Um livro que é uma lista. */
export class Livro {
  /** As linhas, por número. */
  linhas: readonly Agendamento[] = [];
  /** Todas as exceções, as revogadas incluídas, por número. */
  excecoes: readonly Excecao[] = [];
  /** O contato de cada CPF. */
  contatos: readonly Contato[] = [];
  /** Todas as entradas das listas de espera, as que acabaram incluídas, por número. */
  esperas: readonly Espera[] = [];
  /** O maior lugar de entrada que se deu. */
  ultimaEspera = 0;
  /** O que se fez pelos direitos de alguém, na ordem; de quem se anonimizou, com o pseudônimo. */
  titulares: readonly Anotacao[] = [];
  /** O último `TICK`. */
  tique = "";
  /** O que a vista diz de si. */
  soSegura = false;
  /** As senhas que se deram, ainda que a linha já não as tenha: `"2026-11-30 A001"`. */
  senhas: readonly string[] = [];
  /** As contas do que se tentou, por CPF e rede. */
  tentativas: readonly Tentativa[] = [];
  #valem: readonly Excecao[] = [];
  /** As ocupações que a última vista mostrou, sempre as mesmas: quem as lê não as muda. */
  #mostradas = new Map<string, { readonly dia: Dia; readonly ocupacao: Ocupacao }>();

  /** Outro livro igual. */
  copia(): Livro {
    return Object.assign(new Livro(), { ...this }).#comExcecoes(this.excecoes);
  }

  #comExcecoes(excecoes: readonly Excecao[]): this {
    this.excecoes = excecoes;
    this.#valem = excecoes.filter(({ revogada }) => !revogada);
    return this;
  }

  /** A linha de um número. */
  linha(numero: number): Agendamento {
    const linha = this.linhas.find((uma) => uma.numero === numero);
    if (linha === undefined) throw new AssertionError(`não há o número ${numero}`);
    return linha;
  }

  /** O livro como o vê quem só pode tocar um alcance: ler fora dele é um erro. */
  vista(alcance: Alcance): Vista {
    confere(alcance);
    this.#mostradas.clear();
    const dias = this.#diasLidos(alcance);
    const periodos = [...alcance.periodos, ...this.#reabertos(alcance)];
    const valem = this.#valem.filter(({ ate }) => ate >= alcance.hoje);
    let numero = Math.max(0, ...this.linhas.map((linha) => linha.numero));
    let excecao = Math.max(0, ...this.excecoes.map((uma) => uma.numero));
    const ultimo = numero + alcance.novos;
    const dentro = (sim: boolean, oque: string): void => assert(sim, `fora do alcance: ${oque}`);
    const promove = this.#promove(alcance);
    const dePe = this.#dePe();
    const daLista = (especialidade: string): Espera[] =>
      dePe.filter((uma) => uma.especialidade === especialidade).sort(naOrdem);
    // O que um candidato tem, e os dias disso, só se sabe depois de ler a lista.
    const candidato = (cpf: string): boolean => promove && dePe.some((uma) => uma.cpf === cpf);
    let espera = this.ultimaEspera;
    return {
      soSegura: this.soSegura,
      alguemEspera: () => this.#alguemEspera(),
      esperaDe: (cpf, especialidade) => {
        dentro(alcance.cpfs.includes(cpf) || promove, `a espera de ${cpf}`);
        return dePe.find((uma) => uma.cpf === cpf && uma.especialidade === especialidade);
      },
      esperasDe: (cpf) => {
        dentro(alcance.cpfs.includes(cpf) && alcance.listas.length > 0, `as esperas de ${cpf}`);
        return dePe.filter((uma) => uma.cpf === cpf);
      },
      fichaDe: (cpf) => {
        dentro(alcance.fichas.includes(cpf), `a ficha de ${cpf}`);
        const guarda = this.titulares.findLast((um) => um.cpf === cpf && ["GUARDA", "SOLTA"].includes(um.ato));
        return {
          guarda: guarda?.ato === "GUARDA" ? { motivo: guarda.motivo, desde: "" } : undefined,
          acabadas: this.esperas.filter((uma) => uma.cpf === cpf && uma.terminouEm !== "").reverse(),
        };
      },
      conviteDe: ({ cpf, convite, especialidade }) => {
        dentro(
          alcance.cpfs.includes(cpf) || alcance.listas.includes(especialidade) || promove,
          `o convite de ${cpf}`,
        );
        return this.linhas.find(({ numero }) => numero === convite);
      },
      fila: ({ especialidade }) => {
        dentro(promove, `quem espera por ${especialidade}`);
        return daLista(especialidade);
      },
      listaDeEspera: (especialidade) => {
        dentro(alcance.listas.includes(especialidade), `a lista de ${especialidade}`);
        return daLista(especialidade).slice(0, FILA_MOSTRADA);
      },
      quantasAntes: (especialidade, lugar) => {
        dentro(alcance.listas.includes(especialidade), `a lista de ${especialidade}`);
        return daLista(especialidade).filter((uma) => naOrdem(uma, lugar) < 0).length;
      },
      esperasDaOrigem: (origem) => dePe.filter((uma) => uma.origem === origem).length,
      novaEspera: () => {
        dentro(alcance.listas.length > 0 || promove, "um lugar na lista");
        return ++espera;
      },
      pendencias: (quando) => {
        const { instante = "", hoje = "" } = alcance.pendencias ?? {};
        dentro(quando.instante <= instante && quando.hoje <= hoje, "o que ficou por fazer");
        return this.#pendencias(quando);
      },
      ultimoTique: () => {
        dentro(alcance.pendencias !== undefined, "o último TICK");
        return this.tique;
      },
      ativosDe: (cpf) => {
        dentro(alcance.cpfs.includes(cpf) || candidato(cpf), `os ativos de ${cpf}`);
        return this.linhas.filter((linha) => linha.ativo && linha.cpf === cpf);
      },
      historiaDe: (cpf) => {
        dentro(alcance.historias.includes(cpf) || candidato(cpf), `a história de ${cpf}`);
        return this.linhas.filter((linha) => linha.cpf === cpf).reverse().slice(0, LINHAS_DE_UM_CPF);
      },
      ocupacao: (agenda, data) => {
        dentro(dias.has(escreve([agenda, data])) || promove, `${agenda} em ${data}`);
        const dia = escreve([agenda, data]);
        const mostrada = this.#mostradas.get(dia) ?? { dia: [agenda, data], ocupacao: this.ocupacao(agenda, data) };
        this.#mostradas.set(dia, mostrada);
        return mostrada.ocupacao;
      },
      periodo: ([de, ate]) => {
        dentro(periodos.some((um) => um[0] <= de && ate <= um[1]), `de ${de} a ${ate}`);
        return this.linhas.filter((linha) => de <= linha.data && linha.data <= ate && conta(linha));
      },
      cancelados: (data) => {
        dentro(alcance.cancelados.includes(data), `os cancelados de ${data}`);
        return this.linhas.filter((linha) => linha.data === data && linha.situacao === "CANCELADO").reverse()
          .slice(0, CANCELADOS_DE_UM_DIA);
      },
      excecoes: () => {
        dentro(alcance.excecoes !== "nada" || promove, "as exceções");
        return valem.length === this.#valem.length ? this.#valem : valem;
      },
      contatoDe: (cpf) => {
        dentro(alcance.cpfs.includes(cpf), `o contato de ${cpf}`);
        return this.contatos.find((contato) => contato.cpf === cpf);
      },
      ultimaSenha: (data: string, letra: LetraDeSenha) => {
        dentro(alcance.senhas.includes(data), `as senhas de ${data}`);
        return this.#ultimaSenha(data, letra);
      },
      tentativa: (cpf, rede) => {
        dentro(alcance.tentativas.some((par) => par[0] === cpf && par[1] === rede), `a conta de ${cpf} por ${rede}`);
        return this.tentativas.find((uma) => uma.cpf === cpf && uma.rede === rede);
      },
      novoNumero: () => {
        dentro(numero < ultimo || promove, `mais de ${alcance.novos} números novos`);
        return ++numero;
      },
      novaExcecao: () => {
        dentro(alcance.excecoes === "muda", "um número de exceção novo");
        return ++excecao;
      },
    };
  }

  #dePe(): Espera[] {
    return this.esperas.filter(({ terminouEm }) => terminouEm === "");
  }

  /** Também de quem no próprio lote entra na lista. */
  #promove({ promove, listas }: Alcance): boolean {
    return promove && (this.#alguemEspera() || listas.length > 0);
  }

  #alguemEspera(): boolean {
    return this.#dePe().length > 0 || this.linhas.some(({ situacao }) => situacao === "CONVIDADO");
  }

  #pendencias({ instante, hoje, faltas }: Quando): Pendencias {
    const venceu = ({ situacao, terminouEm }: Agendamento): boolean =>
      situacao === "CONVIDADO" && Date.parse(terminouEm) <= Date.parse(instante);
    const faltou = ({ situacao, data, terminouEm }: Agendamento): boolean =>
      faltas && terminouEm === "" && (situacao === "MARCADO" || situacao === "CONFIRMADO") && data < hoje;
    return {
      convites: this.linhas.filter(venceu)
        .sort((a, b) => Date.parse(a.terminouEm) - Date.parse(b.terminouEm) || a.numero - b.numero)
        .slice(0, PENDENCIAS_MAXIMAS),
      esperas: this.#dePe().filter(({ ate }) => ate !== "" && ate < hoje).slice(0, PENDENCIAS_MAXIMAS),
      faltas: this.linhas.filter(faltou).slice(0, PENDENCIAS_MAXIMAS),
      velhas: this.tentativas.some(({ ate }) => ate <= Date.parse(instante)),
    };
  }

  /** O que está tomado num dia. */
  ocupacao(agenda: string, data: string): Ocupacao {
    const ocupacao = Ocupacao.vazia();
    for (const linha of this.linhas) if (agendaDe(linha) === agenda && linha.data === data) ocupacao.poe(linha);
    return ocupacao;
  }

  #ultimaSenha(data: string, letra: LetraDeSenha): number {
    return this.senhas.filter((senha) => senha.startsWith(`${data} ${letra}`))
      .reduce((maior, senha) => Math.max(maior, Number(senha.slice(12))), 0);
  }

  /** Os dias que se podem ler: os do alcance, e os das linhas que podem voltar, nas agendas que com elas disputam. */
  #diasLidos({ dias, voltam, vizinhas }: Alcance): Set<string> {
    const dosQueVoltam = this.linhas.filter(({ cpf }) => voltam.includes(cpf))
      .flatMap((linha) => [agendaDe(linha), ...vizinhas].map((agenda): Dia => [agenda, linha.data]));
    return new Set([...dias, ...dosQueVoltam].map(escreve));
  }

  #reabertos({ reabrem }: Alcance): Periodo[] {
    return this.excecoes.filter(({ numero }) => reabrem.includes(numero)).map(({ de, ate }): Periodo => [de, ate]);
  }

  /** Exige que as mudanças, a partir deste livro, caibam no alcance. */
  #cabem(mudancas: readonly Mudanca[], alcance: Alcance): void {
    const { cpfs, mudam, voltam } = alcance;
    const dias = new Set([
      ...alcance.dias.map(escreve),
      ...this.linhas.filter(({ cpf, ativo }) => ativo ? mudam.includes(cpf) : voltam.includes(cpf))
        .map((linha) => escreve([agendaDe(linha), linha.data])),
    ]);
    const novos = new Set<number>();
    const promove = this.#promove(alcance);
    const { faltas = [] } = alcance.pendencias === undefined ? {} : this.#pendencias(alcance.pendencias);
    const vencidos = faltas.map(({ numero }) => numero);
    for (const mudanca of mudancas) {
      switch (mudanca.sobre) {
        case "agendamento": {
          const { antes, depois } = mudanca;
          if (promove || antes !== undefined && vencidos.includes(antes.numero)) break;
          assert(cpfs.includes((antes ?? depois).cpf), "muda o que é de um CPF fora do alcance");
          if (antes === undefined) novos.add(depois.numero);
          for (const um of mudaDeLugar(antes, depois)) {
            const dia = escreve([agendaDe(um), um.data]);
            assert(dias.has(dia), `muda um dia fora do alcance: ${dia} (${mudanca.ato})`);
          }
          if (depois.senha !== "" && depois.senha !== antes?.senha) assert(alcance.senhas.includes(depois.data));
          break;
        }
        case "excecao":
          assertEquals(alcance.excecoes, "muda");
          if (mudanca.antes !== undefined) assert(alcance.reabrem.includes(mudanca.depois.numero));
          break;
        case "contato":
          assert(cpfs.includes(mudanca.depois.cpf));
          break;
        case "espera":
          assert(promove || alcance.listas.includes(mudanca.depois.especialidade), "muda uma lista fora do alcance");
          break;
        case "tique":
        case "poda":
          assert(alcance.pendencias !== undefined, "um TICK fora do alcance");
          break;
        case "tentativa": {
          const { cpf, rede } = mudanca.depois;
          assert(alcance.tentativas.some((par) => par[0] === cpf && par[1] === rede), "uma conta fora do alcance");
          break;
        }
        case "titular":
          assert(alcance.fichas.includes(mudanca.depois.cpf), "uma ficha fora do alcance");
          break;
        default:
          impossivel(mudanca);
      }
    }
    assert(novos.size <= alcance.novos, "nascem mais do que o alcance diz");
  }

  /** Põe as mudanças no livro, e confere que o líquido delas daria o mesmo e que o diário não diz o que não deve. */
  grava(mudancas: readonly Mudanca[], quando: number, alcance: Alcance): void {
    for (const { dia, ocupacao } of this.#mostradas.values()) {
      assert(ocupacao.igual(this.ocupacao(...dia)), `mudou a ocupação que se lhe mostrou: ${escreve(dia)}`);
    }
    const inteiro = this.copia();
    this.#cabem(mudancas, alcance);
    for (const mudanca of mudancas) this.#aplica(mudanca);
    inteiro.#aplicaLiquido(resume(mudancas, quando));
    if (JSON.stringify(inteiro.retrato()) !== JSON.stringify(this.retrato())) {
      assertEquals(inteiro.retrato(), this.retrato(), "o líquido de um lote dá o mesmo que as mudanças dele");
    }
    confereDiario(mudancas);
    this.confereConvites();
  }

  /** O livro para comparar com outro. */
  retrato(): unknown {
    return {
      linhas: this.linhas,
      excecoes: this.excecoes,
      contatos: this.contatos.toSorted(porCpf),
      esperas: this.esperas,
      tique: this.tique,
      tentativas: this.tentativas,
      titulares: this.titulares,
      ultimas: this.#ultimas(),
    };
  }

  /** A última senha de cada data e letra, que é o que um banco guarda. */
  #ultimas(): unknown {
    const dias = [...new Set(this.senhas.map((senha) => senha.slice(0, 12)))].sort();
    return dias.map((dia) => [dia, this.#ultimaSenha(dia.slice(0, 10), dia.endsWith("P") ? "P" : "A")]);
  }

  #aplica(mudanca: Mudanca): void {
    switch (mudanca.sobre) {
      case "agendamento": {
        const { antes, depois } = mudanca;
        const gravado = this.linhas.find(({ numero }) => numero === depois.numero);
        assertEquals(gravado, antes, "a imagem de antes é o que está gravado");
        assertEquals(depois.versao, (antes?.versao ?? 0) + 1, "a versão é a seguinte");
        this.#poe(depois);
        if (depois.senha !== "" && depois.senha !== antes?.senha) {
          assertFalse(this.senhas.includes(`${depois.data} ${depois.senha}`), "uma senha que já se deu");
          this.#da(`${depois.data} ${depois.senha}`);
        }
        this.confere();
        return;
      }
      case "excecao":
        this.#excetua(mudanca.depois);
        return;
      case "contato":
        this.#contata(mudanca.depois);
        return;
      case "espera": {
        const { antes, depois } = mudanca;
        assertEquals(this.esperas.find(({ numero }) => numero === depois.numero), antes, "a entrada é a gravada");
        assertEquals(depois.versao, (antes?.versao ?? 0) + 1, "a versão é a seguinte");
        this.#espera(depois);
        this.#confereEsperas();
        return;
      }
      case "tique":
        this.tique = mudanca.depois;
        return;
      case "tentativa":
        this.#conta(mudanca.depois);
        return;
      case "poda":
        this.#poda(mudanca.depois);
        return;
      case "titular":
        this.#anota(mudanca.depois);
        return;
      default:
        impossivel(mudanca);
    }
  }

  #aplicaLiquido(liquido: Liquido): void {
    const { novos, mudados, excecoes, contatos, senhas, esperas, tique, tentativas, poda, titulares } = liquido;
    for (const { agendamento } of novos) {
      assertFalse(this.linhas.some(({ numero }) => numero === agendamento.numero), "um número já usado");
      this.#poe(agendamento);
    }
    for (const { antes, depois } of mudados) {
      assertEquals(this.linha(depois.numero), antes);
      this.#poe(depois);
    }
    for (const excecao of excecoes) this.#excetua(excecao);
    for (const titular of titulares) this.#anota(titular);
    for (const contato of contatos) this.#contata(contato);
    for (const { antes, depois } of esperas) {
      assertEquals(this.esperas.find(({ numero }) => numero === depois.numero), antes);
      this.#espera(depois);
    }
    this.tique = tique ?? this.tique;
    for (const conta of tentativas) this.#conta(conta);
    if (poda !== undefined) this.#poda(poda);
    for (const { data, letra, ultima } of senhas) this.#da(`${data} ${letra}${String(ultima).padStart(3, "0")}`);
  }

  /** Põe uma linha como se diz, seja qual for a que lá está. */
  #poe(linha: Agendamento): void {
    const outras = this.linhas.filter(({ numero }) => numero !== linha.numero);
    this.linhas = [...outras, linha].sort((a, b) => a.numero - b.numero);
  }

  #da(senha: string): void {
    this.senhas = [...this.senhas, senha];
  }

  #excetua(excecao: Excecao): void {
    const outras = this.excecoes.filter(({ numero }) => numero !== excecao.numero);
    this.#comExcecoes([...outras, excecao].sort((a, b) => a.numero - b.numero));
  }

  #contata(contato: Contato): void {
    this.contatos = [...this.contatos.filter(({ cpf }) => cpf !== contato.cpf), contato];
  }

  #anota(anotacao: Anotacao): void {
    const { ato, cpf, pseudonimo } = anotacao;
    if (ato !== "ANONIMIZA") {
      this.titulares = [...this.titulares, anotacao];
      return;
    }
    this.contatos = this.contatos.filter((contato) => contato.cpf !== cpf);
    this.tentativas = this.tentativas.filter((conta) => conta.cpf !== cpf);
    const antes = this.titulares.map((um) => um.cpf === cpf ? { ...um, cpf: pseudonimo, motivo: "" } : um);
    this.titulares = [...antes, { ...anotacao, cpf: pseudonimo }];
  }

  #espera(espera: Espera): void {
    const outras = this.esperas.filter(({ numero }) => numero !== espera.numero);
    this.esperas = [...outras, espera].sort((a, b) => a.numero - b.numero);
    this.ultimaEspera = Math.max(this.ultimaEspera, espera.numero, espera.ordem);
  }

  #conta(conta: Tentativa): void {
    const outras = this.tentativas.filter(({ cpf, rede }) => cpf !== conta.cpf || rede !== conta.rede);
    const chave = ({ cpf, rede }: Tentativa): string => `${cpf} ${rede}`;
    this.tentativas = [...outras, conta].sort((a, b) => chave(a) < chave(b) ? -1 : 1);
  }

  #poda(ate: number): void {
    const velhas = this.tentativas.filter((conta) => conta.ate <= ate).sort((a, b) => a.ate - b.ate);
    const apagadas = velhas.slice(0, TENTATIVAS_APAGADAS);
    this.tentativas = this.tentativas.filter((conta) => !apagadas.includes(conta));
  }

  #confereEsperas(): void {
    const pares = this.#dePe().map(({ cpf, especialidade }) => `${cpf} ${especialidade}`);
    assertEquals(pares.length, new Set(pares).size, "uma entrada por CPF e especialidade");
  }

  /** Exige, no fim de um lote, que a quem espera se segure a hora que a entrada diz, e nenhuma outra. */
  confereConvites(): void {
    for (const espera of this.esperas) {
      const dela = this.linhas.filter(({ situacao, cpf, especialidade }) =>
        situacao === "CONVIDADO" && cpf === espera.cpf && especialidade === espera.especialidade
      );
      const dePe = espera.terminouEm === "";
      if (!dePe) assertEquals(espera.convite, 0, "quem acabou não segura nada");
      else assertEquals(dela.map(({ numero }) => numero), espera.convite === 0 ? [] : [espera.convite]);
    }
  }

  /** Exige o que nenhum livro pode deixar de ter. */
  confere(): void {
    const tomam = this.linhas.filter(tomaHora);
    for (const [i, um] of tomam.entries()) {
      for (const outro of tomam.slice(i + 1)) {
        assertFalse(
          agendaDe(um) === agendaDe(outro) && sobrepostos(um, outro),
          `${agendaDe(um)} em dois lugares: ${um.numero} e ${outro.numero} em ${um.data} ${um.hora}`,
        );
      }
    }
    const pares = this.linhas.filter(({ ativo }) => ativo).map(({ cpf, especialidade }) => `${cpf} ${especialidade}`);
    assertEquals(pares.length, new Set(pares).size, "um ativo por CPF e especialidade");
    const comSenha = this.linhas.filter(({ senha }) => senha !== "").map(({ data, senha }) => `${data} ${senha}`);
    assertEquals(comSenha.length, new Set(comSenha).size, "uma senha é de um só");
    const codigos = this.linhas.map(({ codigo }) => codigo);
    assertEquals(codigos.length, new Set(codigos).size, "um código é de um só");
  }
}

/** Um armazém na memória, que só deixa ver e mudar o que o alcance diz. */
export class ArmazemDeTeste implements Armazem {
  /** O que está gravado. */
  livro = new Livro();

  /** Grava o que `decide` decide. */
  lote<R>(alcance: () => Alcance, quando: number, decide: (vista: Vista) => Lote<R>): Promise<Desfecho<R>> {
    try {
      const alcancado = alcance();
      const { resultado, mudancas } = decide(this.livro.vista(alcancado));
      const antes = this.livro.copia();
      try {
        this.livro.grava(mudancas, quando, alcancado);
      } catch (causa) {
        this.livro = antes;
        throw causa;
      }
      return Promise.resolve({ tipo: "gravado", resultado });
    } catch (causa) {
      return Promise.resolve({ tipo: "nada", causa });
    }
  }

  /** Lê na hora. */
  le<R>(alcance: () => Alcance, consulta: (vista: Vista) => R): R {
    return consulta(this.livro.vista(alcance()));
  }

  /** Os que contam de uma data. */
  lista(data: string, agenda?: string): Promise<Agendamento[]> {
    return Promise.resolve(
      this.livro.linhas.filter((linha) =>
        conta(linha) && linha.data === data && (agenda === undefined || agendaDe(linha) === agenda)
      ).sort((a, b) => agendaDe(a) < agendaDe(b) ? -1 : agendaDe(a) > agendaDe(b) ? 1 : a.hora < b.hora ? -1 : 1),
    );
  }

  /** Os dias com alguém. */
  diasMarcados(desde: string): Promise<Dia[]> {
    const dias = this.livro.linhas.filter((linha) => conta(linha) && linha.data >= desde)
      .map((linha): Dia => [agendaDe(linha), linha.data]);
    return Promise.resolve([...new Map(dias.map((dia) => [escreve(dia), dia])).values()]);
  }

  /** Nada há a fechar. */
  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}

/** Os lugares de um dia que uma mudança toca: nenhum, se ele continua a ser o mesmo para quem pergunta. */
function mudaDeLugar(antes: Agendamento | undefined, depois: Agendamento): Agendamento[] {
  const lugar = (um: Agendamento): string =>
    conta(um) ? [agendaDe(um), um.data, um.hora, um.minutos, um.especialidade, um.encaixe].join(" ") : "";
  if (antes !== undefined && lugar(antes) === lugar(depois)) return [];
  return [antes, depois].filter((um) => um !== undefined).filter(conta);
}

function sobrepostos(um: Agendamento, outro: Agendamento): boolean {
  const [a, b] = [minutoDoDia(um.hora), minutoDoDia(outro.hora)];
  return um.data === outro.data && a < b + outro.minutos && b < a + um.minutos;
}

/** Um alcance em que nada se repete, e que diz de que CPFs fala. */
function confere(alcance: Alcance): void {
  const { cpfs, historias, mudam, voltam, dias, cancelados, senhas, tentativas } = alcance;
  for (const lista of [cpfs, historias, mudam, voltam, dias.map(escreve), cancelados, senhas, tentativas.map(String)]) {
    assertEquals(lista.length, new Set(lista).size, "nada se repete num alcance");
  }
  for (const lista of [historias, mudam]) for (const cpf of lista) assert(cpfs.includes(cpf));
  for (const cpf of voltam) assert(historias.includes(cpf));
  for (const [cpf] of tentativas) assert(cpf === "" || cpfs.includes(cpf));
}

/** O diário nunca diz um CPF, um nome, um motivo, uma nota ou um código. */
function confereDiario(mudancas: readonly Mudanca[]): void {
  const diario = escreveDiario(mudancas, () => "disfarce");
  for (const mudanca of mudancas) {
    switch (mudanca.sobre) {
      case "agendamento": {
        const { cpf, codigo, nome, motivo, nota, email, telefone } = deQuem(mudanca);
        for (const texto of [cpf, codigo, motivo, nota, email, telefone]) {
          assertFalse(texto !== "" && diario.includes(texto), `o diário diz ${texto}: ${diario}`);
        }
        assertFalse(new RegExp(`\\b${RegExp.escape(nome)}\\b`).test(diario), `o diário diz ${nome}: ${diario}`);
        break;
      }
      case "espera": {
        const { cpf, codigo, nome, motivo } = deQuem(mudanca);
        for (const texto of [cpf, codigo, nome, motivo]) assertFalse(texto !== "" && diario.includes(texto), diario);
        break;
      }
      case "titular": {
        const { cpf, motivo } = mudanca.depois;
        for (const texto of [cpf, motivo]) assertFalse(texto !== "" && diario.includes(texto), diario);
        break;
      }
      case "excecao":
      case "contato":
      case "tique":
      case "tentativa":
      case "poda":
        break;
      default:
        impossivel(mudanca);
    }
    assertFalse(diario.includes(mudanca.quem.origem), diario);
  }
}

/** A imagem com o que de alguém se sabe: a de antes, se deixou de ter nome. */
function deQuem<T extends { readonly cpf: string }>({ antes, depois }: { readonly antes?: T; readonly depois: T }): T {
  return antes === undefined || antes.cpf === depois.cpf ? depois : antes;
}

function escreve([agenda, data]: Dia): string {
  return `${data} ${agenda}`;
}

function porCpf(a: Contato, b: Contato): number {
  return a.cpf < b.cpf ? -1 : 1;
}

/**
 * Um livro do dia que faz o que se promete, do modo mais curto, em memória: os testes do verificador o chamam para ter histórias
 * boas, e as estragam.
 *
 * @module
 */

import type { LinhaDoDiario } from "./diario.ts";
import type { Hora, RegrasDaEspera } from "./espera.ts";
import type { FeitoNoDia, RespostaDoDia, Visto } from "./feitos.ts";
import { type Linha, ListaModelo, type LivroDaLista, type Vago } from "./lista_modelo.ts";
import { EXCECOES, Mundo } from "./retrato.ts";
import type { Estado } from "./procura.ts";
import { agendaDe, type DiaDaSemana, encaixavel, fecha, type LinhaDeExcecao, sobrepoe } from "./semana.ts";
import {
  type Agora,
  ativo,
  type Desfazer,
  horaDe,
  minutoDe,
  mostra,
  permite,
  podeMover,
  type Situacao,
  toma,
  voltaAContar,
} from "./tabela.ts";
import { type LivroDoDia, mesmoLugar, noDiario, type Versao } from "./vidas.ts";

/** Um agendamento no livro, e o que dele se pode desfazer. */
interface Guardado {
  linha: Linha;
  pilha: readonly Desfazer[];
  versoes: Versao[];
}

const RECUSA = (codigo: string, ...vistos: Visto[]): RespostaDoDia => ({ codigo, vistos });

/** Como o livro dá o que vaga. */
export const REGRAS: RegrasDaEspera = {
  antecedencia: 120,
  prazo: 120,
  fuso: "UTC",
  daCasa: { antecedencia: 0, cancelamento: 0, porCpf: 0 },
  faltaAutomatica: false,
};

/** O livro. */
export class LivroModelo implements LivroDaLista {
  #guardados = new Map<number, Guardado>();
  #excecoes: LinhaDeExcecao[] = [];
  #diario: LinhaDoDiario[] = [];
  /** Quantas senhas se deram em cada data, por letra. */
  readonly #senhas = new Map<string, number>();
  #mundo: Mundo;
  #dias: readonly DiaDaSemana[];
  #agora: Agora;
  #lista: ListaModelo;
  #relogio: number;
  #papel = "gerente";
  #autores: [papel: string, quem: string, feitas: unknown[]][] = [];
  #mudadas: { antes: Linha | undefined; depois: Linha }[] = [];
  #vagos: Vago[] = [];

  /** Um livro vazio. */
  constructor(dias: readonly DiaDaSemana[], agora: Agora, regras: RegrasDaEspera = REGRAS) {
    this.#dias = dias;
    this.#agora = agora;
    this.#mundo = this.#novoMundo();
    this.#relogio = Date.parse(`${agora.hoje}T${horaDe(agora.minuto)}Z`);
    this.#lista = new ListaModelo(this, regras);
  }

  /** Que horas são, ms desde 1970. */
  get relogio(): number {
    return this.#relogio;
  }

  /** O número que o próximo agendamento terá. */
  get proximo(): number {
    return this.#guardados.size + 1;
  }

  /** O tempo passa; o dia é o mesmo. */
  passam(minutos: number): void {
    this.#relogio += minutos * 60_000;
  }

  /** O relógio bate: trata do que venceu, até que nada falte. */
  bate(): void {
    for (let antes = -1; antes !== this.#diario.length;) {
      antes = this.#diario.length;
      this.#papel = "servidor";
      this.#lista.vence();
      this.#conclui();
    }
  }

  /** Todos os agendamentos. */
  linhas(): Linha[] {
    return [...this.#guardados.values()].map(({ linha }) => linha);
  }

  #novoMundo(): Mundo {
    const vidas = new Map([...this.#guardados].map(([numero, { versoes }]) => [numero, versoes]));
    return new Mundo({ vidas, dias: this.#dias, excecoes: this.#excecoes, agora: this.#agora });
  }

  /** Como está. */
  get livro(): LivroDoDia {
    return {
      agendamentos: this.linhas(),
      excecoes: this.#excecoes,
      diario: this.#diario,
      esperas: this.#lista.linhas,
    };
  }

  /** Executa um pedido, e dá o que ele deixa vago a quem o espera. */
  responde(feito: FeitoNoDia): RespostaDoDia {
    const resposta = this.#executa(feito);
    this.#conclui();
    return resposta;
  }

  /** O que se segue ao que se fez, na mesma linha do diário. */
  #conclui(): void {
    this.#papel = "servidor";
    for (const { antes, depois } of this.#mudadas.splice(0)) this.#lista.dispensa(depois, antes);
    this.#lista.promove(() => this.#vagos.splice(0));
    this.#mudadas = [];
    this.#papel = "gerente";
    if (this.#autores.length === 0) return;
    const quando = new Date(this.#relogio).toISOString();
    this.#diario.push({ quando, mudancas: JSON.stringify(this.#autores.splice(0)) });
  }

  #executa(feito: FeitoNoDia): RespostaDoDia {
    switch (feito.comando) {
      case "OLA":
        return RECUSA("OK-200");
      case "AGEND":
        return this.#marca(feito);
      case "REMARC":
      case "CANCEL":
      case "CORRIGE":
      case "SITUA":
        return this.#muda(feito);
      case "BUSCA":
        return this.#mostra("OK-302", ({ cpf, situacao }) => cpf === feito.cpf && ativo(situacao), "ERRO-112");
      case "HISTORIA":
        return this.#mostra("OK-315", ({ cpf, situacao }) => cpf === feito.cpf && mostra(situacao));
      case "LISTA":
        return this.#mostra(
          "OK-310",
          (linha) =>
            linha.data === feito.data && mostra(linha.situacao) &&
            (feito.especialidade ?? linha.especialidade) === linha.especialidade &&
            (feito.profissional ?? linha.profissional) === linha.profissional,
        );
      case "VAGAS": {
        const { data, especialidade } = feito;
        const estado = this.#doDia(data);
        const turnos = this.#mundo.servem(data, estado, feito);
        if (this.#mundo.servem(data, estado, { especialidade }).length === 0) return RECUSA("ERRO-103");
        const vagas = [...Map.groupBy(turnos, ({ profissional }) => profissional)].map(([profissional, seus]) => ({
          ...{ data, especialidade, profissional },
          horas: seus.flatMap((turno) => this.#mundo.livresDe(estado, turno)).sort((a, b) => a - b).map(horaDe),
        }));
        return { ...RECUSA("OK-304"), vagas: vagas.filter(({ horas }) => horas.length > 0) };
      }
      case "FECHA":
        return this.#fecha(feito);
      case "EXTRA":
        return this.#extra(feito);
      case "REABRE": {
        const excecao = this.#excecoes.find(({ numero, revogada }) => numero === feito.numero && !revogada);
        if (excecao === undefined) return RECUSA("ERRO-113");
        this.#excecoes = this.#excecoes.map((uma) => uma === excecao ? { ...uma, revogada: true } : uma);
        this.#excetuou("REABRE", excecao);
        return { codigo: "OK-314", numero: excecao.numero, vistos: [] };
      }
      case "ESPERA":
      case "DESISTE":
      case "ACEITA":
      case "RECUSA":
      case "FILA":
        return this.#lista.responde(feito);
    }
  }

  /** Escreve uma mudança no diário. */
  anota(ato: string, numero: number, versao: number, de: string, para: string): void {
    const feita = [ato, numero, versao, de, para];
    const ultimo = this.#autores.at(-1);
    if (ultimo?.[0] === this.#papel) ultimo[2].push(feita);
    else this.#autores.push([this.#papel, "h:1", [feita]]);
  }

  /** Grava um agendamento, como fica, e o que disso se desfaz já não há. */
  grava(ato: string, linha: Linha): Linha {
    return this.#grava(ato, linha, []);
  }

  #grava(ato: string, linha: Linha, pilha: readonly Desfazer[]): Linha {
    const { numero, versao } = linha;
    const antes = this.#guardados.get(numero)?.linha;
    this.anota(ato, numero, versao, noDiario(antes), noDiario(linha));
    const versoes = [...this.#guardados.get(numero)?.versoes ?? []];
    versoes.push({ imagem: linha, ato, pilha, inicio: 0, fim: 0, lote: 0, doServidor: this.#papel === "servidor" });
    this.#guardados.set(numero, { linha, pilha, versoes });
    this.#mundo = this.#novoMundo();
    if (this.#papel === "gerente") this.#mudadas.push({ antes, depois: linha });
    if (antes !== undefined && toma(antes) && !(toma(linha) && mesmoLugar(antes, linha))) {
      this.#vagos.push({ ...antes, serve: (hora) => agendaDe(hora) === agendaDe(antes) });
    }
    return linha;
  }

  #excetuou(ato: string, excecao: LinhaDeExcecao): void {
    this.#mundo = this.#novoMundo();
    this.anota(ato, excecao.numero, 0, "", `${ato} ${excecao.de} ${excecao.ate}`);
    const { inicio, fim } = excecao;
    const serve = (hora: Hora): boolean =>
      excecao.tipo === "FECHA" ? fecha(excecao, hora) : agendaDe(hora) === agendaDe(excecao);
    for (const { data } of this.#dias.filter(({ data }) => excecao.de <= data && data <= excecao.ate)) {
      this.#vagos.push({ data, hora: horaDe(inicio), minutos: fim - inicio, serve });
    }
  }

  /** As horas que se oferecem e estão livres, das que estes minutos tocam, das mais cedo às mais tarde. */
  vagasEm({ data, hora, minutos, serve }: Vago): Hora[] {
    const estado = this.#doDia(data);
    const vago = { inicio: minutoDe(hora), fim: minutoDe(hora) + minutos };
    return this.#mundo.turnos(data, estado).flatMap((turno) =>
      this.#mundo.livresDe(estado, turno).filter((inicio) => sobrepoe(inicio, inicio + turno.minutos, vago))
        .map((inicio): Hora => {
          const { especialidade, profissional, minutos } = turno;
          return { data, hora: horaDe(inicio), minutos, especialidade, profissional };
        })
    ).filter(serve).sort((a, b) => minutoDe(a.hora) - minutoDe(b.hora));
  }

  #estado(quais: (linha: Linha) => boolean): Estado {
    return new Map(
      [...this.#guardados.values()].filter(({ linha }) => quais(linha))
        .map(({ linha: { numero, versao } }) => [String(numero), String(versao)]),
    );
  }

  #doDia(data: string): Estado {
    const estado = this.#estado((linha) => linha.data === data);
    const valem = this.#excecoes.filter(({ revogada, de, ate }) => !revogada && de <= data && data <= ate);
    if (valem.length > 0) estado.set(EXCECOES, valem.map(({ numero }) => numero).join());
    return estado;
  }

  #mostra(codigo: string, quais: (linha: Linha) => boolean, seNenhum = codigo): RespostaDoDia {
    const linhas = [...this.#guardados.values()].map(({ linha }) => linha).filter(quais).sort((a, b) =>
      minutoDe(a.hora) - minutoDe(b.hora) ||
      this.#mundo.lugarDe(a.profissional) - this.#mundo.lugarDe(b.profissional) || a.numero - b.numero
    );
    return { codigo: linhas.length === 0 ? seNenhum : codigo, vistos: linhas };
  }

  #marca(feito: FeitoNoDia & { comando: "AGEND" }): RespostaDoDia {
    const { cpf, nome, especialidade, data, encaixe = false } = feito;
    const estado = this.#doDia(data);
    const fora = this.#ondeNaoHa(feito, encaixe);
    if (fora !== undefined) return RECUSA(fora);
    const convidada = this.#lista.convidadaPara(feito);
    const aceita = convidada && this.#lista.aceita(convidada, true);
    if (aceita !== undefined) return RECUSA("OK-300", aceita.vistos[0]);
    const ja = this.#mundo.ativoEm(this.#estado((linha) => linha.cpf === cpf), especialidade);
    if (ja !== undefined) return RECUSA("ERRO-111", this.#guardado(ja.numero).linha);
    const vaga = encaixe ? this.#encaixe(feito) : this.#mundo.escolhe(data, estado, { pedida: feito });
    if (vaga === undefined) return RECUSA("ERRO-110");
    const numero = this.#guardados.size + 1;
    const { profissional, hora, minutos } = vaga;
    return RECUSA(
      "OK-300",
      this.#grava("AGEND", {
        ...{ numero, versao: 1, cpf, nome, especialidade, profissional, data, hora, minutos, encaixe },
        ...{
          situacao: "MARCADO",
          codigo: `${numero}`.padStart(8, "0"),
          senha: "",
          prioridade: 0,
          chamadas: 0,
          nota: "",
        },
      }, []),
    );
  }

  #ondeNaoHa(
    feito: { data: string; hora?: string; especialidade: string; profissional?: string },
    encaixe: boolean,
  ): string | undefined {
    const { data, hora } = feito;
    const estado = this.#doDia(data);
    if (this.#mundo.servem(data, estado, feito).length === 0) return "ERRO-103";
    if (hora === undefined) return encaixe ? "ERRO-105" : undefined;
    const pedida = { ...feito, hora };
    const ha = encaixe
      ? this.#mundo.encaixe(data, estado, pedida) !== "fora"
      : this.#mundo.temHora(data, estado, pedida);
    return ha ? undefined : "ERRO-105";
  }

  #encaixe(
    feito: FeitoNoDia & { comando: "AGEND" },
  ): { profissional: string; hora: string; minutos: number } | undefined {
    const { data, hora = "" } = feito;
    const onde = this.#mundo.encaixe(data, this.#doDia(data), { ...feito, hora });
    return onde === "fora" || onde.length === 0 ? undefined : { ...onde[0], hora };
  }

  #guardado(numero: number): Guardado {
    const guardado = this.#guardados.get(numero);
    if (guardado === undefined) throw new TypeError(`não há o ${numero}`);
    return guardado;
  }

  #muda(feito: FeitoNoDia & { comando: "REMARC" | "CANCEL" | "CORRIGE" | "SITUA" }): RespostaDoDia {
    const { cpf, especialidade } = feito;
    const fora = feito.comando === "REMARC" ? this.#ondeNaoHa(feito, false) : undefined;
    if (fora !== undefined) return RECUSA(fora);
    const dele = this.#estado((linha) =>
      linha.cpf === cpf && linha.especialidade === especialidade && mostra(linha.situacao)
    );
    const deHoje = feito.comando === "SITUA";
    const numero = feito.numero ?? this.#mundo.alvo(dele, especialidade, { deHoje })?.numero;
    if (numero === undefined || !dele.has(String(numero))) return RECUSA("ERRO-113");
    const { linha: antes, pilha } = this.#guardado(numero);
    if (feito.versao !== undefined && feito.versao !== antes.versao) return RECUSA("ERRO-117", antes);
    const seguinte = { ...antes, versao: antes.versao + 1 };
    const sobe = [...pilha, { situacao: antes.situacao, chamadas: antes.chamadas }];
    const passa = (situacao: Situacao): boolean => permite(antes.situacao, situacao, { ...antes, agora: this.#agora });
    switch (feito.comando) {
      case "REMARC": {
        if (!podeMover(antes.situacao)) return RECUSA("ERRO-115", antes);
        const vaga = this.#mundo.escolhe(feito.data, this.#doDia(feito.data), { pedida: feito, movido: antes });
        if (vaga === undefined) return RECUSA("ERRO-110");
        const { data } = feito;
        const { profissional, hora, minutos } = vaga;
        const fica = !antes.encaixe && antes.data === data && antes.hora === hora &&
          antes.profissional === profissional;
        if (fica) return RECUSA("OK-303", antes, antes);
        const novo = { ...seguinte, data, profissional, hora, minutos, encaixe: false, senha: "", prioridade: 0 };
        return RECUSA("OK-303", this.#grava("REMARC", { ...novo, situacao: "MARCADO" }, []), antes);
      }
      case "CANCEL":
        if (!passa("CANCELADO")) return RECUSA("ERRO-115", antes);
        return RECUSA("OK-301", this.#grava("CANCEL", { ...seguinte, situacao: "CANCELADO" }, sobe));
      case "CORRIGE": {
        const { nome = antes.nome, nota = antes.nota } = feito;
        return RECUSA("OK-306", this.#grava("CORRIGE", { ...seguinte, nome, nota }, pilha));
      }
      case "SITUA": {
        const { situacao } = feito;
        if (situacao === "DESFAZ") return this.#desfaz(antes, pilha);
        if (!passa(situacao)) return RECUSA("ERRO-115", antes);
        const prioridade = feito.prioridade ?? antes.prioridade;
        const senha = situacao !== "CHEGOU" || antes.situacao === "CHAMADO"
          ? antes.senha
          : this.#senha(antes, prioridade);
        const chamadas = antes.chamadas + (situacao === "CHAMADO" ? 1 : 0);
        return RECUSA("OK-306", this.#grava("SITUA", { ...seguinte, situacao, prioridade, senha, chamadas }, sobe));
      }
    }
  }

  #senha({ data, senha }: Linha, prioridade: number): string {
    const letra = prioridade > 0 ? "P" : "A";
    if (senha.startsWith(letra)) return senha;
    const dadas = (this.#senhas.get(`${data} ${letra}`) ?? 0) + 1;
    this.#senhas.set(`${data} ${letra}`, dadas);
    return letra + String(dadas).padStart(3, "0");
  }

  #desfaz(antes: Linha, pilha: readonly Desfazer[]): RespostaDoDia {
    const topo = pilha.at(-1);
    if (topo === undefined) return RECUSA("ERRO-115", antes);
    const { situacao, chamadas = antes.chamadas } = topo;
    const depois = { ...antes, versao: antes.versao + 1, situacao, chamadas };
    const { data, hora, minutos, numero, especialidade, cpf } = antes;
    const estado = this.#doDia(data);
    const onde = { agenda: agendaDe(antes), inicio: minutoDe(hora), minutos };
    const volta = voltaAContar(antes, depois);
    const fechado = volta && this.#mundo.fechado(data, estado, antes);
    const tomada = volta && !antes.encaixe && !this.#mundo.livre(estado, onde, numero);
    const cheio = volta && antes.encaixe &&
      !this.#mundo.turnos(data, estado).some((turno) =>
        turno.agenda === onde.agenda && encaixavel(turno, hora) && this.#mundo.cabeEncaixe(estado, turno)
      );
    const outro = this.#mundo.ativoEm(this.#estado((linha) => linha.cpf === cpf), especialidade);
    const ocupado = ativo(situacao) && outro !== undefined && outro.numero !== numero;
    if (fechado || tomada || cheio || ocupado) return RECUSA("ERRO-115", antes);
    return RECUSA("OK-306", this.#grava("DESFAZ", depois, pilha.slice(0, -1)));
  }

  #fecha(feito: FeitoNoDia & { comando: "FECHA" }): RespostaDoDia {
    const { data: de, ate = de, inicio = "00:00", fim = "24:00", especialidade = "", profissional = "", motivo } =
      feito;
    const nova = {
      ...{ tipo: "FECHA" as const, de, ate, inicio: minutoDe(inicio), fim: minutoDe(fim), especialidade, profissional },
      ...{ vagas: 0, minutos: 0, local: "", encaixes: 0, motivo, revogada: false },
    };
    const tida = this.#excecoes.find((uma) => !uma.revogada && uma.motivo === motivo);
    const numero = tida?.numero ?? this.#excecoes.length + 1;
    if (tida === undefined) {
      this.#excecoes.push({ ...nova, numero });
      const fechada = { ...nova, numero };
      this.#excetuou("FECHA", fechada);
      this.#lista.fecha((linha) =>
        de <= linha.data && linha.data <= ate && fecha(nova, linha) &&
        sobrepoe(minutoDe(linha.hora), minutoDe(linha.hora) + linha.minutos, nova)
      );
    }
    const { vistos } = this.#mostra(
      "OK-312",
      (linha) =>
        ativo(linha.situacao) && de <= linha.data && linha.data <= ate && fecha(nova, linha) &&
        sobrepoe(minutoDe(linha.hora), minutoDe(linha.hora) + linha.minutos, nova),
    );
    return { codigo: "OK-312", numero, vistos };
  }

  #extra(feito: FeitoNoDia & { comando: "EXTRA" }): RespostaDoDia {
    const { especialidade, profissional = "", data, vagas, minutos, local, encaixes = 2 } = feito;
    const inicio = minutoDe(feito.inicio);
    const fim = inicio + vagas * minutos;
    const agenda = agendaDe({ especialidade, profissional });
    const estado = this.#doDia(data);
    const oferece = this.#mundo.turnos(data, estado).some((turno) =>
      turno.agenda === agenda && turno.horas.some((hora) => sobrepoe(hora, hora + turno.minutos, { inicio, fim }))
    );
    if (oferece || !this.#mundo.livre(estado, { agenda, inicio, minutos: fim - inicio })) return RECUSA("ERRO-121");
    const numero = this.#excecoes.length + 1;
    const extra: LinhaDeExcecao = {
      ...{
        numero,
        tipo: "EXTRA",
        de: data,
        ate: data,
        inicio,
        fim,
        especialidade,
        profissional,
        vagas,
        minutos,
        local,
      },
      ...{ encaixes, motivo: "", revogada: false },
    };
    this.#excecoes.push(extra);
    this.#excetuou("EXTRA", extra);
    return { codigo: "OK-313", numero, vistos: [] };
  }
}

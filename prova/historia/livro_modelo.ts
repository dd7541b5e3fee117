/**
 * Um livro do dia que faz o que se promete, do modo mais curto, em memória: os testes do verificador o chamam para ter histórias
 * boas, e as estragam.
 *
 * @module
 */

import type { FeitoNoDia, RespostaDoDia, Visto } from "./feitos.ts";
import { EXCECOES, Mundo } from "./retrato.ts";
import type { Estado } from "./procura.ts";
import { agendaDe, type DiaDaSemana, encaixavel, fecha, type LinhaDeExcecao, sobrepoe } from "./semana.ts";
import {
  type Agora,
  ativo,
  type Desfazer,
  horaDe,
  minutoDe,
  permite,
  podeMover,
  type Situacao,
  voltaAContar,
} from "./tabela.ts";
import { type LivroDoDia, noDiario, type Versao } from "./vidas.ts";

type Linha = Required<Omit<Visto, "local">>;

/** Um agendamento no livro, e o que dele se pode desfazer. */
interface Guardado {
  linha: Linha;
  pilha: readonly Desfazer[];
  versoes: Versao[];
}

const RECUSA = (codigo: string, ...vistos: Visto[]): RespostaDoDia => ({ codigo, vistos });

/** O livro. */
export class LivroModelo {
  #guardados = new Map<number, Guardado>();
  #excecoes: LinhaDeExcecao[] = [];
  #diario: string[] = [];
  /** Quantas senhas se deram em cada data, por letra. */
  readonly #senhas = new Map<string, number>();
  #mundo: Mundo;
  #dias: readonly DiaDaSemana[];
  #agora: Agora;

  /** Um livro vazio. */
  constructor(dias: readonly DiaDaSemana[], agora: Agora) {
    this.#dias = dias;
    this.#agora = agora;
    this.#mundo = this.#novoMundo();
  }

  #novoMundo(): Mundo {
    const vidas = new Map([...this.#guardados].map(([numero, { versoes }]) => [numero, versoes]));
    return new Mundo({ vidas, dias: this.#dias, excecoes: this.#excecoes, agora: this.#agora });
  }

  /** Como está. */
  get livro(): LivroDoDia {
    return {
      agendamentos: [...this.#guardados.values()].map(({ linha }) => linha),
      excecoes: this.#excecoes,
      diario: this.#diario,
    };
  }

  /** Executa um pedido. */
  responde(feito: FeitoNoDia): RespostaDoDia {
    this.#mundo = this.#novoMundo();
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
        return this.#mostra("OK-315", ({ cpf }) => cpf === feito.cpf);
      case "LISTA":
        return this.#mostra(
          "OK-310",
          (linha) =>
            linha.data === feito.data && (feito.especialidade ?? linha.especialidade) === linha.especialidade &&
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
        this.#anota("REABRE", excecao.numero, 0, "", "");
        return { codigo: "OK-314", numero: excecao.numero, vistos: [] };
      }
    }
  }

  #anota(ato: string, numero: number, versao: number, de: string, para: string): void {
    this.#diario.push(JSON.stringify([["gerente", "h:1", [[ato, numero, versao, de, para]]]]));
  }

  #grava(ato: string, linha: Linha, pilha: readonly Desfazer[]): Linha {
    const { numero, versao } = linha;
    this.#anota(ato, numero, versao, noDiario(this.#guardados.get(numero)?.linha), noDiario(linha));
    const versoes = [...this.#guardados.get(numero)?.versoes ?? []];
    versoes.push({ imagem: linha, ato, pilha, inicio: 0, fim: 0 });
    this.#guardados.set(numero, { linha, pilha, versoes });
    return linha;
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
    const dele = this.#estado((linha) => linha.cpf === cpf && linha.especialidade === especialidade);
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
      this.#anota("FECHA", numero, 0, "", "");
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
    this.#excecoes.push({
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
    });
    this.#anota("EXTRA", numero, 0, "", "");
    return { codigo: "OK-313", numero, vistos: [] };
  }
}

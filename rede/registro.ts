/**
 * O registro: o que o servidor conta de si no console, para pessoas (`texto`) ou para programas (`json`).
 *
 * As linhas juntam-se na memória e saem juntas, de modo que registrar não atrasa quem espera uma resposta. CPFs saem
 * mascarados e nomes reduzidos a iniciais aqui, num só lugar, qualquer que seja o evento. Usado por `ouvinte.ts` e `console.ts`.
 *
 * @module
 */

import { deadline } from "@std/async";

/** O que pode acontecer, e o que se conta de cada coisa. Os campos `cpf` e `nome` saem disfarçados. */
export interface Eventos {
  /** O servidor atende. */
  pronto: { clinica: string; versao: string; banco: string; endereco: string; porta: number; alcance: string[] };
  /** Um terminal conectou. */
  conectou: { cliente: string };
  /** Um terminal foi-se. */
  saiu: { cliente: string; pedidos: number; motivo?: string };
  /** Uma conexão foi recusada por limite. */
  recusou: { cliente: string; motivo: string };
  /** Um pedido foi respondido. */
  pedido: {
    cliente: string;
    comando: string;
    codigo: string;
    cpf?: string;
    nome?: string;
    especialista?: string;
    data?: string;
    horario?: string;
  };
  /** A lista de um dia que mudou. */
  dia: { data: string; dia: string; especialista: string; agendados: { horario: string; cpf: string; nome: string }[] };
  /** Um agendamento que a semana de hoje já não comporta. */
  orfao: { data: string; horario: string; especialista: string; cpf: string; nome: string };
  /** O armazém falhou. */
  falha: { o_que: string; causa: string };
  /** O banco, noutra máquina, saiu do alcance ou voltou. */
  banco: { no_alcance: boolean; causa?: string };
  /** O servidor foi mandado parar. */
  encerrando: { sinal: string; conexoes: number };
  /** O servidor parou. */
  encerrado: Record<never, never>;
}

/** O nome de um evento. */
export type Evento = keyof Eventos;

/** Como as linhas saem. */
export type Formato = "texto" | "json";

/** O que se conta: tudo; mudanças e conexões; só o começo, o fim e o que vai mal. */
export type Volume = "detalhado" | "normal" | "quieto";

/** Quanto as linhas esperam para sair juntas, em ms. */
const ESPERA = 100;

/** Linhas à espera, em caracteres, a partir das quais saem logo. */
const CHEIO = 64 * 1024;

/** Quem lê o console parou de ler: além disto, em caracteres, as linhas novas são contadas e descartadas. */
const TRANSBORDO = 4 * 1024 * 1024;

/** Quanto se espera, no fim, por um console que ninguém lê, em ms. */
const ESPERA_DO_FIM = 500;

const NO_QUIETO: ReadonlySet<Evento> = new Set<Evento>([
  "pronto",
  "orfao",
  "falha",
  "banco",
  "recusou",
  "encerrando",
  "encerrado",
]);

/** `"52998224725"` → `"***.982.247-**"`. */
export function mascararCpf(cpf: string): string {
  return `***.${cpf.slice(3, 6)}.${cpf.slice(6, 9)}-**`;
}

/** O que um pedido traz escrito à mão, sem o que pareça um CPF: há quem troque os campos. */
function semCpf(texto: string): string {
  return texto.replace(/\d(?:[.\- ]*\d){10}/g, "***");
}

/** Os campos que um pedido recusado traz como foram escritos. */
const ESCRITOS: ReadonlySet<string> = new Set(["especialista", "data", "dia", "horario"]);

/** `"MARIA DA SILVA"` → `"M. D. S."`. */
export function iniciais(nome: string): string {
  let letras = "";
  for (let inicio = 0; inicio < nome.length;) {
    letras += `${letras === "" ? "" : " "}${String.fromCodePoint(nome.codePointAt(inicio) ?? 0x3f)}.`;
    const espaco = nome.indexOf(" ", inicio);
    inicio = espaco < 0 ? nome.length : espaco + 1;
  }
  return letras;
}

/** Para onde as linhas vão: o que `Deno.stdout` oferece. */
export interface Destino {
  /** Escreve ao menos um byte e diz quantos. */
  write(bytes: Uint8Array): Promise<number>;
}

/** Como um `Registro` funciona. */
export interface OpcoesDoRegistro {
  /** Para pessoas ou para programas. */
  formato: Formato;
  /** Quanto se conta. */
  volume: Volume;
  /** O fuso em que a hora das linhas `texto` aparece. */
  fuso: string;
  /** O console. */
  destino: Destino;
}

/** O registro de um servidor. */
export class Registro {
  #opcoes: OpcoesDoRegistro;
  #linhas = "";
  #descartadas = 0;
  #escrevendo = false;
  #escrita: Promise<void> = Promise.resolve();
  #espera: ReturnType<typeof setTimeout> | undefined;
  #segundo = -1;
  #hora = "";

  /** Um registro num formato, com um volume, para um destino. */
  constructor(opcoes: OpcoesDoRegistro) {
    this.#opcoes = opcoes;
  }

  /** O que se conta. */
  get volume(): Volume {
    return this.#opcoes.volume;
  }

  /** Conta um evento. */
  conta<E extends Evento>(evento: E, campos: Eventos[E]): void {
    const { formato, volume } = this.#opcoes;
    if (volume === "quieto" && !NO_QUIETO.has(evento)) return;
    if (this.#linhas.length > TRANSBORDO) {
      this.#descartadas++;
      return;
    }
    const agora = Date.now();
    this.#linhas += formato === "json" ? emJson(agora, evento, campos) : this.#emTexto(agora, evento, campos);
    if (this.#linhas.length >= CHEIO) this.#descarrega();
    else this.#espera ??= setTimeout(() => this.#descarrega(), ESPERA);
  }

  /** Escreve o que falta e espera que saia, mas não para sempre: um console parado não segura o fim do servidor. */
  async fecha(): Promise<void> {
    await deadline(this.#descarrega(), ESPERA_DO_FIM).catch(() => {});
  }

  #descarrega(): Promise<void> {
    clearTimeout(this.#espera);
    this.#espera = undefined;
    if (!this.#escrevendo) this.#escrita = this.#escreve();
    return this.#escrita;
  }

  async #escreve(): Promise<void> {
    this.#escrevendo = true;
    try {
      while (this.#linhas !== "") {
        const bytes = this.#recolhe();
        for (let feito = 0; feito < bytes.length;) feito += await this.#opcoes.destino.write(bytes.subarray(feito));
      }
    } catch {
      // O console foi-se (um terminal fechado, um cano rompido); o servidor continua sem ele.
    } finally {
      this.#escrevendo = false;
    }
  }

  #recolhe(): Uint8Array {
    let linhas = this.#linhas;
    this.#linhas = "";
    if (this.#descartadas > 0) linhas += `(${this.#descartadas} linhas descartadas: o console não as lia)\n`;
    this.#descartadas = 0;
    return new TextEncoder().encode(linhas);
  }

  #emTexto<E extends Evento>(agora: number, evento: E, campos: Eventos[E]): string {
    const segundo = Math.floor(agora / 1000);
    if (segundo !== this.#segundo) {
      this.#segundo = segundo;
      const hora = Temporal.Instant.fromEpochMilliseconds(agora).toZonedDateTimeISO(this.#opcoes.fuso).toPlainTime();
      this.#hora = hora.toString({ smallestUnit: "second" });
    }
    return `${this.#hora}  ${FRASES[evento](campos)}\n`;
  }
}

/** Os disfarces valem para qualquer campo `cpf` e `nome`, onde quer que esteja. */
function emJson(agora: number, evento: Evento, campos: object): string {
  return JSON.stringify({ quando: agora, evento, ...campos }, (campo, valor) => {
    if (campo === "cpf" && typeof valor === "string") return mascararCpf(valor);
    if (campo === "nome" && typeof valor === "string") return iniciais(valor);
    if (ESCRITOS.has(campo) && typeof valor === "string") return semCpf(valor);
    if (campo === "quando") return Temporal.Instant.fromEpochMilliseconds(agora).toString();
    return valor;
  }) + "\n";
}

/** Sem caracteres que mandem no terminal de quem lê, e sem passar de uma linha razoável. */
function limpo(texto: string): string {
  return texto.slice(0, 200).replace(/\p{C}/gu, "?");
}

function quantos(agendados: number): string {
  if (agendados === 0) return "ninguém agendado";
  return agendados === 1 ? "1 agendado" : `${agendados} agendados`;
}

const FRASES: { [E in Evento]: (campos: Eventos[E]) => string } = {
  pronto: ({ clinica, versao, banco, porta, alcance }) =>
    [
      `${clinica} ${versao}: servidor no ar, porta ${porta}, livro ${banco}`,
      ...alcance.map((comando) => `          ${comando}`),
      "          Ctrl-C encerra.",
    ].join("\n"),
  conectou: ({ cliente }) => `${cliente} conectou`,
  saiu: ({ cliente, pedidos, motivo }) =>
    `${cliente} saiu depois de ${pedidos} ${pedidos === 1 ? "pedido" : "pedidos"}${
      motivo === undefined ? "" : ` (${motivo})`
    }`,
  recusou: ({ cliente, motivo }) => `${cliente} recusado: ${motivo}`,
  pedido: ({ cliente, comando, codigo, cpf, nome, especialista, data, horario }) => {
    let frase = `${cliente} ${comando}`;
    if (cpf !== undefined) frase += ` ${mascararCpf(cpf)}`;
    if (nome !== undefined) frase += ` ${iniciais(nome)}`;
    // Num pedido recusado, os campos são o que o outro lado quis escrever.
    const recusado = codigo.startsWith("ERRO");
    for (const campo of [especialista, data, horario]) {
      if (campo !== undefined) frase += ` ${recusado ? semCpf(campo) : campo}`;
    }
    // Em ASCII: um só caractere fora de Latin-1 faz o V8 guardar e converter o console inteiro em UTF-16.
    return `${recusado ? limpo(frase) : frase} -> ${codigo}`;
  },
  dia: ({ data, dia, especialista, agendados }) =>
    [
      `${especialista}, ${dia} ${data}: ${quantos(agendados.length)}`,
      ...agendados.map(({ horario, cpf, nome }) => `            ${horario}  ${mascararCpf(cpf)}  ${iniciais(nome)}`),
    ].join("\n"),
  orfao: ({ data, horario, especialista, cpf, nome }) =>
    `ATENÇÃO: ${especialista} ${data} ${horario} (${mascararCpf(cpf)} ${iniciais(nome)}) ` +
    `está marcado fora da semana de agora; avise o paciente`,
  falha: ({ o_que, causa }) => `FALHA: ${o_que} (${causa})`,
  banco: ({ no_alcance, causa }) =>
    no_alcance ? "o banco voltou; tudo como antes" : `FALHA: ${causa}; os pedidos são recusados até que ele volte`,
  encerrando: ({ sinal, conexoes }) =>
    `${sinal}: encerrando; ${conexoes === 1 ? "1 conexão aberta" : `${conexoes} conexões abertas`}`,
  encerrado: () => "encerrado; o livro está fechado",
};

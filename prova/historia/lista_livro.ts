/**
 * O livro num ponto do percurso do diário: quem está em cada hora, quem espera e em que ordem, e o que disso se pergunta.
 * `lista.ts` o leva de mudança em mudança.
 *
 * @module
 */

import { comeco, type Entrada, type Hora, naOrdem, type RegrasDaEspera, serve } from "./espera.ts";
import type { Estado } from "./procura.ts";
import { EXCECOES, type Mundo } from "./retrato.ts";
import { agendaDe, sobrepoe } from "./semana.ts";
import { conta, horaDe, minutoDe, toma } from "./tabela.ts";
import { estaAtivo, type Imagem } from "./vidas.ts";

/** Um CPF numa especialidade. */
export function daPessoa({ cpf, especialidade }: Pick<Imagem, "cpf" | "especialidade">): string {
  return `${cpf} ${especialidade}`;
}

/** O livro, agora. */
export class LivroAgora {
  /** Que horas são, ms desde 1970. */
  agora = 0;
  #mundo: Mundo;
  #regras: RegrasDaEspera;
  #linhas = new Map<number, Imagem>();
  /** Os números de cada CPF. */
  #deCpf = new Map<string, Set<number>>();
  #dias = new Map<string, Estado>();
  #entradas = new Map<number, Entrada>();
  #dePe = new Map<string, Entrada>();

  /** Um livro vazio. */
  constructor({ mundo, regras }: { readonly mundo: Mundo; readonly regras: RegrasDaEspera }) {
    this.#mundo = mundo;
    this.#regras = regras;
  }

  // --------------------------------------------------------------------------------------------------- o que muda

  /** Um agendamento fica assim. */
  poe(imagem: Imagem): void {
    const { numero, versao, cpf, data, situacao } = imagem;
    const antes = this.#linhas.get(numero);
    this.#linhas.set(numero, imagem);
    const seus = this.#deCpf.get(cpf);
    if (seus === undefined) this.#deCpf.set(cpf, new Set([numero]));
    else seus.add(numero);
    if (antes !== undefined) this.doDia(antes.data).delete(String(numero));
    if (conta(situacao)) this.doDia(data).set(String(numero), String(versao));
  }

  /** Uma entrada fica assim. */
  poeEntrada(entrada: Entrada): void {
    this.#entradas.set(entrada.linha.numero, entrada);
    const pessoa = daPessoa(entrada.linha);
    if (entrada.acabou) this.#dePe.delete(pessoa);
    else this.#dePe.set(pessoa, entrada);
  }

  /** Uma exceção passa a valer numa data, ou deixa de valer. */
  excetua(data: string, numero: number, vale: boolean): void {
    const estado = this.doDia(data);
    const valem = (estado.get(EXCECOES) ?? "").split(",").filter((uma) => uma !== "" && Number(uma) !== numero);
    if (vale) valem.push(String(numero));
    if (valem.length === 0) estado.delete(EXCECOES);
    else estado.set(EXCECOES, valem.map(Number).sort((a, b) => a - b).join());
  }

  // ------------------------------------------------------------------------------------------------ o que se pergunta

  /** O que se atende numa data, e quem nela conta. */
  doDia(data: string): Estado {
    let estado = this.#dias.get(data);
    if (estado === undefined) this.#dias.set(data, estado = new Map());
    return estado;
  }

  /** Um agendamento. */
  linha(numero: number): Imagem | undefined {
    return this.#linhas.get(numero);
  }

  /** O que um CPF tem marcado e não acabou. */
  ativosDe(cpf: string): Imagem[] {
    const seus = [...this.#deCpf.get(cpf) ?? []].flatMap((numero) => this.#linhas.get(numero) ?? []);
    return seus.filter((um) => estaAtivo(um) && !this.acabou(um));
  }

  /** Já acabou, pelo relógio. */
  acabou(um: Imagem): boolean {
    return comeco(um, this.#regras.fuso) + (um.minutos ?? 1) * 60_000 <= this.agora;
  }

  /** Quantas entradas houve. */
  get entradas(): number {
    return this.#entradas.size;
  }

  /** Uma entrada. */
  entrada(numero: number): Entrada | undefined {
    return this.#entradas.get(numero);
  }

  /** A entrada de pé de alguém, como `daPessoa`. */
  dePe(pessoa: string): Entrada | undefined {
    return this.#dePe.get(pessoa);
  }

  /** Quem está à espera numa especialidade, na ordem. */
  fila(especialidade: string): Entrada[] {
    return [...this.#dePe.values()].filter(({ linha }) => linha.especialidade === especialidade).sort(naOrdem);
  }

  /** A quem uma hora serve, na ordem. */
  aQuemServe(hora: Hora): Entrada[] {
    return this.fila(hora.especialidade).filter((entrada) => this.serve(entrada, hora));
  }

  /** Se uma hora serve a uma entrada. */
  serve(entrada: Entrada, hora: Hora): boolean {
    return serve(entrada, hora, {
      agora: this.agora,
      regras: this.#regras,
      ativos: this.ativosDe(entrada.linha.cpf),
    });
  }

  /** As horas de uma data que se oferecem. */
  horas(data: string): Hora[] {
    return this.#mundo.turnos(data, this.doDia(data)).flatMap(({ especialidade, profissional, minutos, horas }) =>
      horas.map((inicio) => ({ data, hora: horaDe(inicio), minutos, especialidade, profissional }))
    );
  }

  /** Ninguém tem esses minutos dessa agenda. */
  livre({ data, hora, minutos, ...quem }: Hora): boolean {
    return this.#mundo.livre(this.doDia(data), { agenda: agendaDe(quem), inicio: minutoDe(hora), minutos });
  }

  /** Outro que tem minutos deste na agenda dele. */
  quemToma({ numero, data, hora, minutos = 1, ...quem }: Imagem): Imagem | undefined {
    const inicio = minutoDe(hora);
    return this.doDia(data).keys().map((outro) => this.#linhas.get(Number(outro))).find((outro) => {
      if (outro === undefined || outro.numero === numero || !toma(outro) || agendaDe(outro) !== agendaDe(quem)) {
        return false;
      }
      const dele = minutoDe(outro.hora);
      return sobrepoe(inicio, inicio + minutos, { inicio: dele, fim: dele + (outro.minutos ?? 1) });
    });
  }

  /** Do que nenhuma resposta mostrou não se sabe quanto dura: o que a hora dura na oferta. */
  comMinutos(imagem: Imagem | undefined): Imagem | undefined {
    if (imagem === undefined || imagem.minutos !== undefined || imagem.encaixe) return imagem;
    const hora = this.horas(imagem.data).find((hora) =>
      hora.hora === imagem.hora && hora.especialidade === imagem.especialidade && agendaDe(hora) === agendaDe(imagem)
    );
    return hora === undefined ? imagem : { ...imagem, minutos: hora.minutos };
  }
}

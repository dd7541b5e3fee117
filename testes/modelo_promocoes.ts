/**
 * A quem o modelo dá o que vaga: acha-se olhando os dias inteiros, minuto a minuto, antes e depois de cada pedido. Ver `modelo.ts`.
 *
 * @module
 */

import { agenda, CONTAM, fim, hora, instante, type Linha, minutoDe, type Vaga } from "./modelo_dias.ts";
import {
  type Casa,
  type Entrada,
  type Entradas,
  escreve,
  type Hora,
  lugarDa,
  quando,
  quer,
} from "./modelo_entradas.ts";
import { cedoDemais, naoPodeSair, naoPodeTer } from "./modelo_regras.ts";

/** De cada agenda e data, os minutos das horas que se dão e ninguém toma. */
export type Livres = ReadonlyMap<string, readonly boolean[]>;

/** De quem são as horas seguradas para ninguém. */
export const NINGUEM = "00000000000";

/** Promoções numa transação. */
const PROMOCOES = 16;

/** A quem se dá o que vaga. */
export class Promocoes {
  #casa: Casa;
  #entradas: Entradas;

  /** As de um modelo, às entradas dele. */
  constructor(casa: Casa, entradas: Entradas) {
    this.#casa = casa;
    this.#entradas = entradas;
  }

  /** O que está livre agora; nada, se ninguém espera: então também ninguém recebe. */
  livres(): Livres | undefined {
    const { dias } = this.#casa;
    const livres = new Map<string, boolean[]>();
    if (this.#entradas.todas().length === 0) return undefined;
    for (const data of dias.janela()) {
      const linhas = dias.linhas.filter((linha) =>
        linha.data === data && !linha.encaixe && CONTAM.includes(linha.situacao)
      );
      for (const [de, minutos] of dias.grade(data)) {
        // O que sobra de um atendimento cortado não chega para uma hora.
        const daAgenda = new Array<boolean>(minutos.length).fill(false);
        for (const { bloco, inicio, minutos } of this.#horas(data)) {
          if (agenda(bloco) === de) daAgenda.fill(true, inicio, inicio + minutos);
        }
        const lugar = minutos.find((bloco) => bloco !== undefined);
        for (const linha of lugar === undefined ? [] : linhas) {
          const inicio = minutoDe(linha.hora);
          if (dias.disputam(linha, lugar ?? linha)) daAgenda.fill(false, inicio, inicio + linha.minutos);
        }
        livres.set(`${data} ${de}`, daAgenda);
      }
    }
    return livres;
  }

  /** As horas de uma data; a grade é a mesma enquanto nada a muda. */
  #horas(data: string): readonly Vaga[] {
    const { dias } = this.#casa;
    const { agora } = dias;
    const grade = dias.grade(data);
    const sabidas = this.#sabidas.get(data);
    if (sabidas?.grade === grade && sabidas.agora === agora) return sabidas.horas;
    const horas = dias.especialidades().flatMap((especialidade) => dias.horas(data, especialidade));
    this.#sabidas.set(data, { grade, agora, horas });
    return horas;
  }

  #sabidas = new Map<string, { readonly grade: unknown; readonly agora: number; readonly horas: readonly Vaga[] }>();

  /** Onde está marcado cada um que conta, antes de um pedido; e o lugar, se toma a hora. */
  #estavam = new Map<number, string>();
  #tomavam = new Map<number, string>();

  /** Antes de um pedido: olha onde cada um está, e o que está livre. */
  olha(): Livres | undefined {
    this.#estavam = new Map(this.#casa.dias.linhas.map((linha) => [linha.numero, onde(linha)]));
    this.#tomavam = new Map(
      this.#casa.dias.linhas.filter(({ ativo }) => ativo).map((linha) => [linha.numero, tomada(linha)]),
    );
    return this.livres();
  }

  /** Dá o que vagou desde antes do pedido. */
  promove(antes: Livres | undefined): void {
    if (antes === undefined) return;
    this.#dispensa();
    const vagos = new Set<string>();
    const tentadas = new Set<string>();
    let dadas = 0;
    let movidas = 0;
    for (let estava = antes;;) {
      const esta = this.livres() ?? estava;
      for (const [dia, minutos] of esta) {
        minutos.forEach((livre, minuto) => {
          if (livre && estava.get(dia)?.[minuto] !== true) vagos.add(`${dia} ${minuto}`);
        });
      }
      estava = esta;
      if (vagos.size === 0) return;
      const uma = this.#primeira(vagos, tentadas);
      if (uma === undefined) return;
      tentadas.add(chaveDa(uma));
      const entrada = this.#entradas.fila(uma.bloco.especialidade).find((uma_) => this.#serve(uma_, uma));
      if (entrada === undefined) continue;
      if (dadas === PROMOCOES) this.#segura(uma);
      else {
        const como = this.#da(entrada, uma);
        this.#entradas.vistos.add(como).add(`${como}, a ${movidas + 1}ª da cadeia`);
        if (como === "movida") movidas++;
        dadas++;
      }
    }
  }

  /** Quem marca outra hora, antes ou à mesma, dispensa a que lhe está segurada; um relógio que volta não marca nada. */
  #dispensa(): void {
    for (const entrada of this.#entradas.todas()) {
      for (const linha of this.#casa.dias.linhas) {
        const tomava = this.#tomavam.get(linha.numero) ?? "";
        if (linha.cpf !== entrada.cpf || linha.especialidade !== entrada.especialidade) continue;
        if (tomava === "" || tomava === tomada(linha)) continue;
        // A hora que deixou por si não é a que se lhe dá.
        this.#entradas.vistos.add("deixada");
        this.#entradas.lembra(entrada, tomava);
        entrada.versao++;
      }
      const convite = this.#entradas.convite(entrada);
      const la = this.#entradas.marcado(entrada.cpf, entrada.especialidade);
      if (
        convite !== undefined && la !== undefined && (quando(la) <= quando(convite) || !entrada.move) &&
        this.#estavam.get(la.numero) !== onde(la)
      ) {
        this.#entradas.vistos.add("dispensada");
        this.#entradas.deixaPassar(entrada);
      }
    }
  }

  #primeira(vagos: ReadonlySet<string>, tentadas: ReadonlySet<string>): Hora | undefined {
    const { dias } = this.#casa;
    const { antecedencia = 120 } = dias.config.espera ?? {};
    const ordem = ["", ...dias.profissionais()];
    for (const data of dias.janela()) {
      if (![...vagos].some((vago) => vago.startsWith(data))) continue;
      const horas = dias.especialidades().flatMap((especialidade) => dias.horas(data, especialidade))
        .map((vaga): Hora => ({ ...vaga, data }))
        .filter((uma) => !tentadas.has(chaveDa(uma)) && !cedoDemais(dias, antecedencia, data, hora(uma.inicio)))
        .filter(({ bloco, inicio, minutos }) =>
          dias.livre(data, bloco, inicio, minutos) &&
          Array.from({ length: minutos }, (_, i) => `${data} ${agenda(bloco)} ${inicio + i}`)
            .some((minuto) => vagos.has(minuto))
        )
        .sort((a, b) =>
          a.inicio - b.inicio || ordem.indexOf(a.bloco.profissional) - ordem.indexOf(b.bloco.profissional) ||
          (a.bloco.especialidade < b.bloco.especialidade ? -1 : 1)
        );
      if (horas.length > 0) return horas[0];
    }
    return undefined;
  }

  #serve(entrada: Entrada, { data, bloco, inicio, minutos }: Hora): boolean {
    const { dias, papel } = this.#casa;
    const horaDela = hora(inicio);
    if (!quer(entrada, { data, bloco, inicio })) return false;
    if (cedoDemais(dias, this.#entradas.antecedencia(entrada), data, horaDela)) return false;
    const seus = dias.linhas.filter((linha) => linha.ativo && linha.cpf === entrada.cpf && fim(linha) > dias.agora);
    const la = this.#entradas.marcado(entrada.cpf, entrada.especialidade);
    const junta = seus.some((linha) =>
      linha !== la && linha.data === data && minutoDe(linha.hora) < inicio + minutos &&
      inicio < minutoDe(linha.hora) + linha.minutos
    );
    if (junta) return false;
    if (la !== undefined) {
      const movel = ["MARCADO", "CONFIRMADO"].includes(la.situacao);
      if (!entrada.move) this.#entradas.vistos.add("não o pode mover");
      if (!movel || !entrada.move || quando(la) <= `${data} ${horaDela}`) return false;
    }
    if (!entrada.isenta) {
      if (la === undefined && naoPodeTer(dias, entrada.cpf) !== undefined) return false;
      if (la !== undefined && naoPodeSair(dias, la, { papel, motivo: undefined }) !== undefined) return false;
    }
    const lugar = `${data} ${horaDela} ${bloco.profissional}`;
    if (entrada.convite !== 0 || entrada.passou.length >= 64 || entrada.passou.includes(lugar)) return false;
    if (entrada.marca) return true;
    return this.#ate(entrada, { data, inicio }) >= dias.agora + 15 * 60_000;
  }

  /** Até quando se lhe seguraria. */
  #ate(entrada: Entrada, { data, inicio }: { data: string; inicio: number }): number {
    const { dias } = this.#casa;
    const { prazo = 120 } = dias.config.espera ?? {};
    const ultimo = instante(data, hora(inicio)) - this.#entradas.antecedencia(entrada) * 60_000;
    return Math.min(dias.agora + prazo * 60_000, ultimo);
  }

  #da(entrada: Entrada, uma: Hora): "convite" | "movida" | "marcada" {
    const la = this.#entradas.marcado(entrada.cpf, entrada.especialidade);
    const { data, bloco: { profissional }, inicio, minutos } = uma;
    if (!entrada.marca) {
      const codigo = this.#casa.sorteia();
      const terminouEm = escreve(this.#ate(entrada, uma));
      const linha = this.#entradas.nasce(uma, {
        ...daEntrada(entrada),
        ...{ codigo, situacao: "CONVIDADO", terminouEm, substitui: la?.numero ?? 0 },
      });
      entrada.convite = linha.numero;
      entrada.versao++;
      return "convite";
    }
    if (la !== undefined) {
      this.#entradas.move(la, { data, hora: hora(inicio), minutos, profissional, espera: entrada.numero });
    } else {
      this.#entradas.arquiva(entrada);
      this.#entradas.nasce(uma, { ...daEntrada(entrada), codigo: entrada.codigo, situacao: "MARCADO", ativo: true });
    }
    this.#entradas.acaba(entrada);
    return la === undefined ? "marcada" : "movida";
  }

  #segura(uma: Hora): void {
    this.#entradas.vistos.add("segurada para ninguém");
    this.#entradas.nasce(uma, {
      ...{
        cpf: NINGUEM,
        nome: "SEGURADA",
        codigo: this.#casa.sorteia(),
        situacao: "CONVIDADO",
        terminouEm: "1970-01-01T00:00:00Z",
      },
    });
  }
}

function daEntrada({ numero: espera, cpf, nome, motivo, email, telefone }: Entrada): Partial<Linha> {
  return { espera, cpf, nome, motivo, email, telefone };
}

function chaveDa({ data, bloco, inicio }: Hora): string {
  return `${data} ${agenda(bloco)} ${inicio}`;
}

/** A hora que toma, se toma. */
function tomada(linha: Linha): string {
  return !linha.encaixe && CONTAM.includes(linha.situacao) ? lugarDa(linha) : "";
}

/** Onde está, se está; uma linha que já não é de ninguém não está em lado nenhum. */
function onde({ ativo, data, hora, minutos, profissional }: Linha): string {
  return ativo ? `${data} ${hora} ${minutos} ${profissional}` : "";
}

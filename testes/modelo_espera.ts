/**
 * A lista de espera do modelo, de quem a pede e do relógio: quem entra e sai, quem responde a um convite, e o que vence. Ver
 * `modelo.ts`.
 *
 * @module
 */

import type { Pedido, PedidoDe } from "../clinica/pedido.ts";
import { alcanca, DIA, hora, type Linha, minutoDe, type Saida, simples } from "./modelo_dias.ts";
import { type Casa, type Entrada, Entradas, escreve, quando, quer } from "./modelo_entradas.ts";
import { NINGUEM, Promocoes } from "./modelo_promocoes.ts";
import { cedoDemais, isento, naoPodeSair, naoPodeTer } from "./modelo_regras.ts";

/** O que quem aceita diz. */
export type Dito = Partial<Pick<Linha, "motivo" | "nota" | "email" | "telefone">>;

/** Pendências de cada espécie, de cada vez. */
const PENDENCIAS = 16;

/** As listas de espera. */
export class Listas {
  /** O último `TICK`. */
  tique = "";
  /** A quem se dá o que vaga. */
  readonly promocoes: Promocoes;
  #casa: Casa;
  #entradas: Entradas;

  /** As de um modelo. */
  constructor(casa: Casa) {
    this.#casa = casa;
    this.#entradas = new Entradas(casa);
    this.promocoes = new Promocoes(casa, this.#entradas);
  }

  /** Todas as entradas. */
  get esperas(): Entrada[] {
    return this.#entradas.esperas;
  }

  /** O que aconteceu sem que ninguém o pedisse. */
  get vistos(): Set<string> {
    return this.#entradas.vistos;
  }

  /** A entrada de pé de um CPF. */
  dePe(cpf: string, especialidade: string): Entrada | undefined {
    return this.#entradas.dePe(cpf, especialidade);
  }

  /** Acaba uma entrada, e deixa passar o que lhe estava segurado. */
  termina(entrada: Entrada): void {
    this.#entradas.termina(entrada);
  }

  /** `ESPERA`. */
  espera(pedido: PedidoDe<"ESPERA">, origem: string): Saida {
    const { cpf, nome, de = "", ate = "", turno = "", marca = false, prioridade = 0, motivo = "" } = pedido;
    const { dias, papel } = this.#casa;
    const daCasa = ["balcao", "gerente", "profissional"].includes(papel);
    const especialidade = simples(pedido.especialista);
    const profissional = simples(pedido.profissional ?? "");
    const isenta = isento({ papel, motivo });
    const la = this.#entradas.marcado(cpf, especialidade);
    // Um estranho só move o de que tem o código; e um código que alguém diz tem de ser o do que lá está.
    const reconhece = (um: Linha): boolean =>
      pedido.codigo === undefined ? !this.#casa.estranho() : pedido.codigo === um.codigo;
    const move = la === undefined ? !this.#casa.estranho() : reconhece(la);
    const entrada: Entrada = {
      ...{ numero: 0, versao: 1, codigo: "", cpf, nome, especialidade, profissional, de, ate, turno },
      ...{ antecedencia: pedido.antecedencia ?? 0, marca, move, prioridade, motivo, isenta, email: "", telefone: "" },
      ...{ origem, lapsos: 0, ordem: 0, desde: this.#entradas.agora(), convite: 0, passou: [], terminouEm: "" },
    };
    if (!dias.especialidades().includes(especialidade)) return { codigo: "ERRO-103" };
    if (profissional !== "" && !dias.profissionais().includes(profissional)) return { codigo: "ERRO-103" };
    if (!this.#podeSerSatisfeita(entrada)) return { codigo: "ERRO-103" };
    if (this.#entradas.dePe(cpf, especialidade) !== undefined) return { codigo: "ERRO-118" };
    if (la !== undefined && !move) return { codigo: "ERRO-111", agendamentos: [la] };
    if (!daCasa && this.#entradas.todas().filter((uma) => uma.origem === origem).length >= 20) {
      return { codigo: "ERRO-116", regra: "espera" };
    }
    // Quem já tem um ali só o trocaria por outro.
    const mais = !isenta && la === undefined;
    const impede = mais ? naoPodeTer(dias, cpf) : undefined;
    if (impede !== undefined) return { codigo: "ERRO-116", regra: impede };
    const contato = this.#casa.contato(cpf, pedido);
    entrada.codigo = this.#casa.sorteia();
    entrada.email = contato.email;
    entrada.telefone = contato.telefone;
    this.#entradas.entra(entrada);
    this.#casa.aprende(contato);
    return { codigo: "OK-307", posicao: this.#entradas.fila(especialidade).indexOf(entrada) + 1, espera: entrada };
  }

  /** Se há a entrada a que um pedido responde. */
  temEntrada(pedido: Pedido): boolean {
    return (pedido.comando === "ACEITA" || pedido.comando === "RECUSA") && this.#achada(pedido) !== undefined;
  }

  /** `DESISTE`. */
  desiste(pedido: PedidoDe<"DESISTE">): Saida {
    const entrada = this.#achada(pedido);
    if (entrada === undefined) return { codigo: "ERRO-119" };
    this.#entradas.termina(entrada);
    return { codigo: "OK-308" };
  }

  /** `ACEITA`. */
  aceita(pedido: PedidoDe<"ACEITA">): Saida {
    const entrada = this.#achada(pedido);
    const convite = entrada === undefined ? undefined : this.#entradas.convite(entrada);
    if (entrada === undefined || convite === undefined) return { codigo: "ERRO-119" };
    return this.fica(entrada, { convite, dito: { motivo: pedido.motivo } });
  }

  /** Fica com a hora segurada, com o que disso se diz. */
  fica(entrada: Entrada, { convite, dito }: { convite: Linha; dito: Dito }): Saida {
    const { dias, papel } = this.#casa;
    const { motivo } = dito;
    const novo = Object.fromEntries(Object.entries(dito).filter(([, valor]) => valor !== undefined));
    const la = this.#entradas.marcado(entrada.cpf, entrada.especialidade);
    if (la !== undefined && !["MARCADO", "CONFIRMADO"].includes(la.situacao)) return { codigo: "ERRO-119" };
    const livre = entrada.isenta || isento({ papel, motivo });
    if (!livre) {
      const impede = la === undefined ? naoPodeTer(dias, entrada.cpf) : naoPodeSair(dias, la, { papel, motivo })?.regra;
      if (impede !== undefined) return { codigo: "ERRO-116", regra: impede };
    }
    if (la === undefined) {
      this.#entradas.arquiva(entrada);
      this.#casa.muda(convite, {
        ...{ situacao: "MARCADO", ativo: true, terminouEm: "", codigo: entrada.codigo, substitui: 0 },
        ...novo,
      });
      this.#entradas.acaba(entrada);
      return { codigo: "OK-300", agendamentos: [convite] };
    }
    const antes = { ...la };
    const { data, hora, minutos, profissional } = convite;
    this.#casa.muda(convite, { situacao: "PASSOU", terminouEm: this.#entradas.agora() });
    this.#entradas.move(la, { data, hora, minutos, profissional, espera: entrada.numero, ...novo });
    this.#entradas.acaba(entrada);
    return { codigo: "OK-303", agendamentos: [la, antes] };
  }

  /** `RECUSA`. */
  recusa(pedido: PedidoDe<"RECUSA">): Saida {
    const entrada = this.#achada(pedido);
    if (entrada === undefined || entrada.convite === 0) return { codigo: "ERRO-119" };
    this.#entradas.deixaPassar(entrada);
    return { codigo: "OK-309" };
  }

  /** `FILA`. */
  mostra({ especialista }: PedidoDe<"FILA">): Saida {
    const especialidade = simples(especialista);
    if (!this.#casa.dias.especialidades().includes(especialidade)) return { codigo: "ERRO-103" };
    const fila = this.#entradas.fila(especialidade).map((espera) => ({
      espera,
      convite: this.#entradas.convite(espera),
    }));
    return { codigo: "OK-311", fila };
  }

  /** `TICK`: no máximo um por minuto. */
  tica(): Saida {
    const { agora } = this.#casa.dias;
    // Um que está mais de um minuto por vir foi de uma hora errada.
    const desde = agora - Date.parse(this.tique);
    if (this.tique !== "" && desde < 60_000 && desde > -60_000) return { codigo: "OK-200" };
    const saida = this.prossegue();
    // O que nada fez não conta: quem vier daqui a pouco também não terá que fazer.
    if (saida.falta) this.tique = escreve(agora);
    return saida;
  }

  /** `PROSSEGUE`: o que venceu, ou só o que se segurou para ninguém. */
  prossegue({ soNinguem = false }: { soNinguem?: boolean } = {}): Saida {
    const { dias } = this.#casa;
    const hoje = soNinguem ? "" : dias.hoje();
    const vencidos = dias.linhas.filter((linha) =>
      linha.situacao === "CONVIDADO" &&
      (soNinguem ? linha.cpf === NINGUEM : Date.parse(linha.terminouEm) <= dias.agora)
    ).sort((a, b) => Date.parse(a.terminouEm) - Date.parse(b.terminouEm) || a.numero - b.numero).slice(0, PENDENCIAS);
    const acabadas = this.#entradas.todas().filter(({ ate }) => ate !== "" && ate < hoje).slice(0, PENDENCIAS);
    const faltas = soNinguem || dias.config.faltaAutomatica !== true
      ? []
      : dias.linhas.filter(({ situacao, data, terminouEm }) =>
        ["MARCADO", "CONFIRMADO"].includes(situacao) && data < hoje && terminouEm === ""
      )
        .slice(0, PENDENCIAS);
    // A que ainda tinha um convite só o deixa passar; acaba da vez seguinte.
    const semConvite = acabadas.filter(({ convite }) => convite === 0);
    for (const linha of vencidos) {
      const dona = this.#entradas.todas().find(({ convite }) => convite === linha.numero);
      if (dona === undefined) this.#casa.muda(linha, { situacao: "PASSOU", terminouEm: this.#entradas.agora() });
      else {
        this.#entradas.vistos.add("lapso");
        this.#entradas.deixaPassar(dona, { lapso: true });
      }
    }
    for (const entrada of semConvite) this.#entradas.acaba(entrada);
    if (acabadas.length > 0) this.#entradas.vistos.add("o último dia passou");
    if (faltas.length > 0) this.#entradas.vistos.add("falta automática");
    for (const linha of faltas) {
      this.#casa.passa(linha, { situacao: "FALTOU", ativo: false, terminouEm: this.#entradas.agora() });
    }
    const esquecidas = soNinguem ? 0 : this.#casa.contas.esquece(dias.agora);
    if (esquecidas > 0) this.#entradas.vistos.add("contas esquecidas");
    const falta = vencidos.length + acabadas.length + faltas.length + esquecidas > 0;
    return falta ? { codigo: "OK-200", falta } : { codigo: "OK-200" };
  }

  /** A hora segurada para um CPF a uma hora certa, ou com um profissional certo. */
  seguradaPara(
    cpf: string,
    { especialidade, data, horario, profissional }: {
      especialidade: string;
      data: string;
      horario: string | undefined;
      profissional?: string;
    },
  ): { entrada: Entrada; convite: Linha } | undefined {
    const entrada = this.#entradas.dePe(cpf, especialidade);
    const convite = entrada === undefined ? undefined : this.#entradas.convite(entrada);
    if (entrada === undefined || convite === undefined || convite.data !== data || convite.hora !== horario) return;
    if (profissional !== undefined && simples(profissional) !== convite.profissional) return;
    return { entrada, convite };
  }

  /** Um `FECHA` deixa passar o que está segurado no que fecha. */
  fecha(
    uma: { de: string; ate: string; inicio: number; fim: number; especialidade: string; profissional: string },
  ): void {
    for (const linha of this.#casa.dias.linhas) {
      const inicio = minutoDe(linha.hora);
      if (linha.situacao !== "CONVIDADO" || linha.data < uma.de || linha.data > uma.ate) continue;
      if (!alcanca(uma, linha) || inicio >= uma.fim || inicio + linha.minutos <= uma.inicio) continue;
      const dona = this.#entradas.todas().find(({ convite }) => convite === linha.numero);
      this.#entradas.vistos.add("fechada enquanto segurada");
      if (dona !== undefined) this.#entradas.deixaPassar(dona);
      else this.#casa.muda(linha, { situacao: "PASSOU", terminouEm: this.#entradas.agora() });
    }
  }

  #achada(
    { cpf, especialista, numero, codigo }: { cpf: string; especialista: string; numero?: number; codigo?: string },
  ): Entrada | undefined {
    const entrada = this.#entradas.dePe(cpf, simples(especialista));
    if (entrada === undefined || numero !== undefined && numero !== entrada.numero) return undefined;
    const disse = codigo !== undefined || this.#casa.estranho();
    return disse && codigo !== entrada.codigo ? undefined : entrada;
  }

  /** Se alguma hora que a clínica dá, esteja ou não tomada, é uma das que quer. */
  #podeSerSatisfeita(entrada: Entrada): boolean {
    const { dias } = this.#casa;
    const { cpf, especialidade, de, ate } = entrada;
    // A um estranho nada se diz do que a pessoa tem.
    const la = entrada.move ? this.#entradas.marcado(cpf, especialidade) : undefined;
    if (la !== undefined && !["MARCADO", "CONFIRMADO"].includes(la.situacao)) return false;
    const primeira = Math.max(Date.parse(dias.hoje()), de === "" ? 0 : Date.parse(de));
    for (let i = 0; i < PROCURADOS; i++) {
      const data = new Date(primeira + i * DIA).toISOString().slice(0, 10);
      if (ate !== "" && data > ate) return false;
      for (const { bloco, inicio } of dias.horas(data, especialidade)) {
        const serve = quer(entrada, { data, bloco, inicio }) &&
          !cedoDemais(dias, this.#entradas.antecedencia(entrada), data, hora(inicio)) &&
          (la === undefined || `${data} ${hora(inicio)}` < quando(la));
        if (serve) return true;
      }
    }
    return false;
  }
}

/** Dias que se procuram: mais do que qualquer período com que os testes fechem a semana. */
const PROCURADOS = 60;

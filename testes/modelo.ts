/**
 * O modelo: as regras como o design as diz, escritas de outro modo: listas percorridas inteiras a cada pergunta, e o dia minuto
 * a minuto. Não usa nada de `clinica/` além dos tipos. Só os testes por propriedade o importam.
 *
 * @module
 */

import type { Papel } from "../clinica/agendamento.ts";
import type { Contato, Quem } from "../clinica/livro.ts";
import type { Pedido, PedidoDe } from "../clinica/pedido.ts";
import {
  agenda,
  type Andado,
  type ConfigDoModelo,
  Dias,
  fim,
  hora,
  instante,
  type Linha,
  minutoDe,
  nomeDoDia,
  porHora,
  type Saida,
  simples,
  unicos,
} from "./modelo_dias.ts";
import { Contas } from "./modelo_contas.ts";
import { Listas } from "./modelo_espera.ts";
import { Andamento } from "./modelo_situacoes.ts";
import { extra, fecha, reabre } from "./modelo_excecoes.ts";
import { cedoDemais, isento, naoPodeSair, naoPodeTer } from "./modelo_regras.ts";
import { Titulares } from "./modelo_titular.ts";

/** As regras como o design as diz. */
export class Modelo {
  /** O livro e a semana. */
  readonly dias: Dias;
  /** O contato de cada CPF. */
  contatos: Contato[] = [];
  /** O que se conta de quem não é da casa. */
  readonly contas: Contas = new Contas();
  #origem = "";
  /** Quem pede. */
  papel: Papel = "gerente";
  #codigo: (n: number) => string;
  #codigos = 0;
  /** Quem espera. */
  readonly listas: Listas = new Listas(this);
  /** Os direitos de cada um sobre os seus dados. */
  readonly titulares: Titulares = new Titulares(this);
  readonly #andamento = new Andamento(this, this.listas);

  /** Com esta semana; `codigo` dá o enésimo código. */
  constructor(config: ConfigDoModelo, codigo: (n: number) => string) {
    this.dias = new Dias(config);
    this.#codigo = codigo;
  }

  /** Responde, muda o que houver a mudar, e dá o que vagar. */
  pede(pedido: Pedido, agora: number, { papel, origem }: Pick<Quem, "papel" | "origem">): Saida {
    this.dias.acerta(agora);
    const adivinha = papel === "quiosque" && pedido.comando === "BUSCA" && (pedido.codigo ?? "") !== "";
    if (!CONSULTAS.includes(pedido.comando) || adivinha) this.dias.gravado = Math.max(this.dias.gravado, agora);
    this.papel = papel;
    this.#origem = origem;
    const antes = this.#feitio();
    const livres = this.listas.promocoes.olha();
    const saida = structuredClone(this.#proibe(pedido) ? { codigo: "ERRO-120" } : this.#contada(pedido));
    if (antes !== this.#feitio()) this.listas.promocoes.promove(livres);
    return saida;
  }

  /** O que o papel não pede, seja de que agendamento for. */
  #proibe(pedido: Pedido): boolean {
    const { comando } = pedido;
    if (this.papel === "servidor") return false;
    if (comando === "TICK" || comando === "PROSSEGUE") return true;
    if (this.papel === "gerente") return false;
    if (["FECHA", "EXTRA", "REABRE", "TITULAR"].includes(comando)) return true;
    if (this.papel === "balcao") return false;
    if (["CORRIGE", "LISTA", "FILA", "HISTORIA", "EXCECOES"].includes(comando)) return true;
    if (comando === "AGEND") return pedido.encaixe === true;
    if (comando === "ESPERA") return (pedido.prioridade ?? 0) > 0;
    return comando === "SITUA" && (!["CONFIRMADO", "CHEGOU"].includes(pedido.situacao) ||
      (pedido.prioridade ?? 0) > 0 || pedido.local !== undefined);
  }

  /** Quem não é da casa não sabe por que não, se saber seria saber o que alguém tem. */
  #calada(saida: Saida): Saida {
    if (!this.estranho()) return saida;
    const fala = ["ERRO-111", "ERRO-118"].includes(saida.codigo) || ["porCpf", "faltas"].includes(saida.regra ?? "");
    return fala ? { codigo: "ERRO-116", regra: "" } : saida;
  }

  #contada(pedido: Pedido): Saida {
    const responde = (): Saida => this.#calada(this.#responde(pedido));
    if (!this.estranho()) return responde();
    const quando = { origem: this.#origem, agora: this.dias.agora, hoje: this.dias.hoje() };
    return this.contas.conta(pedido, quando, responde, () => this.listas.temEntrada(pedido));
  }

  /** Se quem pede só chega ao que é seu, com o código. */
  estranho(): boolean {
    return this.papel === "quiosque";
  }

  /** Muda com qualquer mudança. */
  #feitio(): string {
    const versoes = [...this.dias.linhas, ...this.listas.esperas].reduce((soma, { versao }) => soma + versao, 0);
    return `${versoes} ${this.dias.excecoes.length} ${this.dias.emVigor().length}`;
  }

  #responde(pedido: Pedido): Saida {
    switch (pedido.comando) {
      case "AGEND":
        return this.#agend(pedido);
      case "REMARC":
        return this.#remarc(pedido);
      case "CANCEL":
        return this.#cancel(pedido);
      case "CORRIGE":
        return this.#corrige(pedido);
      case "SITUA":
        return this.#situa(pedido);
      case "FECHA":
        return fecha(this.dias, pedido, (uma) => this.listas.fecha(uma));
      case "EXTRA":
        return extra(this.dias, pedido);
      case "REABRE":
        return reabre(this.dias, pedido);
      case "EXCECOES":
        return { codigo: "OK-200", excecoes: this.dias.emVigor() };
      case "ESPERA":
        return this.listas.espera(pedido, this.#origem);
      case "DESISTE":
        return this.listas.desiste(pedido);
      case "ACEITA":
        return this.listas.aceita(pedido);
      case "RECUSA":
        return this.listas.recusa(pedido);
      case "FILA":
        return this.listas.mostra(pedido);
      case "TICK":
        return this.listas.tica();
      case "PROSSEGUE":
        return this.listas.prossegue(pedido);
      case "TITULAR":
        return this.titulares.trata(pedido);
      case "BUSCA": {
        const { codigo } = pedido;
        const ativos = this.#ativos(pedido.cpf)
          .filter((um) => codigo === um.codigo || codigo === undefined && !this.estranho());
        return ativos.length === 0 ? { codigo: "ERRO-112" } : { codigo: "OK-302", agendamentos: ativos };
      }
      case "HISTORIA":
        return {
          codigo: "OK-315",
          agendamentos: porHora(this.#conhecidas().filter(({ cpf }) => cpf === pedido.cpf)).reverse(),
        };
      case "LISTA":
        return this.#lista(pedido);
      case "VAGAS":
        return this.#vagas(pedido);
      case "OLA":
      case "PING":
        return { codigo: "OK-200" };
      case "SAIR":
        return { codigo: "OK-201" };
    }
  }

  // ---------------------------------------------------------------------------------------------------- os atos

  #agend(pedido: PedidoDe<"AGEND">): Saida {
    const { cpf, nome, data, horario, encaixe = false } = pedido;
    const onde = this.dias.onde(pedido);
    if (onde === undefined) return { codigo: "ERRO-103" };
    const { especialidade, serve } = onde;
    const minuto = horario === undefined || !/^\d\d:\d\d$/.test(horario) ? -1 : minutoDe(horario);
    const horas = this.dias.horas(data, especialidade).filter(({ bloco }) => serve(bloco));
    const blocos = this.dias.blocos(data, especialidade).filter((bloco) =>
      serve(bloco) && this.dias.grade(data).get(agenda(bloco))?.[minuto] === bloco &&
      instante(data, hora(bloco.inicio)) + bloco.vagas * bloco.minutos * 60_000 > this.dias.agora
    );
    const pedidas = horario === undefined ? horas : horas.filter(({ inicio }) => inicio === minuto);
    if (encaixe ? blocos.length === 0 : horario !== undefined && pedidas.length === 0) return { codigo: "ERRO-105" };
    const anterior = this.dias.linhas.find((um) => um.ativo && um.cpf === cpf && um.especialidade === especialidade);
    const segurada = encaixe || this.estranho()
      ? undefined
      : this.listas.seguradaPara(cpf, { ...pedido, especialidade, horario });
    const jaEsta = anterior !== undefined && fim(anterior) > this.dias.agora &&
      ["CHEGOU", "CHAMADO"].includes(anterior.situacao);
    if (segurada !== undefined && !jaEsta) {
      this.listas.vistos.add("AGEND à hora segurada");
      const { motivo, nota, email, telefone } = pedido;
      const saida = this.listas.fica(segurada.entrada, { ...segurada, dito: { motivo, nota, email, telefone } });
      if (saida.codigo.startsWith("OK")) this.aprende(this.contato(cpf, pedido));
      return saida.codigo === "OK-303" ? { codigo: "OK-300", agendamentos: saida.agendamentos?.slice(0, 1) } : saida;
    }
    if (anterior !== undefined && fim(anterior) > this.dias.agora) {
      return { codigo: "ERRO-111", agendamentos: [anterior] };
    }
    const antecedencia = this.#antecedencia(pedido.motivo);
    const longe = pedidas.filter(({ inicio }) => !cedoDemais(this.dias, antecedencia, data, hora(inicio)));
    const vaga = encaixe
      ? this.dias.menos(
        data,
        blocos.filter((bloco) => this.dias.encaixes(data, bloco) < bloco.encaixes)
          .map((bloco) => ({ bloco, inicio: minuto, minutos: Math.min(bloco.minutos, 1440 - minuto) })),
      )
      : this.dias.escolhe(data, longe);
    if (!encaixe && vaga === undefined && this.dias.escolhe(data, pedidas) !== undefined) {
      return { codigo: "ERRO-116", regra: "antecedencia" };
    }
    const impedido = isento({ papel: this.papel, motivo: pedido.motivo }) ? undefined : naoPodeTer(this.dias, cpf);
    if (impedido !== undefined) return { codigo: "ERRO-116", regra: impedido };
    if (vaga === undefined) return { codigo: "ERRO-110" };
    if (anterior !== undefined) this.muda(anterior, { ativo: false });
    const contato = this.contato(cpf, pedido);
    const numero = this.dias.linhas.length + 1;
    const linha: Linha = {
      ...{ numero, versao: 1, codigo: this.sorteia(), cpf, nome, especialidade },
      ...{ profissional: vaga.bloco.profissional, data, hora: hora(vaga.inicio), minutos: vaga.minutos, encaixe },
      ...{ situacao: "MARCADO", ativo: true, local: "", motivo: pedido.motivo ?? "", nota: pedido.nota ?? "" },
      ...{
        senha: "",
        prioridade: 0,
        chegouEm: "",
        chamadoEm: "",
        chamadas: 0,
        terminouEm: "",
        substitui: 0,
        espera: 0,
        fotos: [],
      },
      ...{ email: contato.email, telefone: contato.telefone },
    };
    this.dias.linhas.push(linha);
    this.aprende(contato);
    return { codigo: "OK-300", agendamentos: [linha] };
  }

  #remarc(pedido: PedidoDe<"REMARC">): Saida {
    const { data, horario } = pedido;
    const onde = this.dias.onde(pedido);
    if (onde === undefined) return { codigo: "ERRO-103" };
    const minuto = horario === undefined ? -1 : minutoDe(horario);
    const horas = this.dias.horas(data, onde.especialidade)
      .filter(({ bloco, inicio }) => onde.serve(bloco) && (horario === undefined || inicio === minuto));
    if (horario !== undefined && horas.length === 0) return { codigo: "ERRO-105" };
    const linha = this.#acha(pedido, this.#ativos(pedido.cpf));
    if ("codigo" in linha && !("cpf" in linha)) return linha;
    if (!linha.ativo || !["MARCADO", "CONFIRMADO"].includes(linha.situacao) || fim(linha) <= this.dias.agora) {
      return { codigo: "ERRO-115", agendamentos: [linha] };
    }
    const escolhe = (antecedencia: number): Partial<Linha> | undefined => {
      const longe = horas.filter(({ inicio }) => !cedoDemais(this.dias, antecedencia, data, hora(inicio)));
      const suas = longe.filter(({ bloco }) => agenda(bloco) === agenda(linha));
      const vaga = this.dias.escolhe(data, suas, linha) ?? this.dias.escolhe(data, longe, linha);
      return vaga &&
        { profissional: vaga.bloco.profissional, data, hora: hora(vaga.inicio), minutos: vaga.minutos };
    };
    const novo = escolhe(this.#antecedencia(pedido.motivo));
    const semRegra = escolhe(0);
    const igual = Object.entries(novo ?? semRegra ?? { data: "" }).every(([campo, valor]) =>
      Object.entries(linha).some(([c, v]) => c === campo && v === valor)
    );
    if (igual && !linha.encaixe) return { codigo: "OK-303", agendamentos: [linha, linha] };
    const preso = naoPodeSair(this.dias, linha, { papel: this.papel, motivo: pedido.motivo });
    if (preso !== undefined) return preso;
    if (novo === undefined) {
      return semRegra === undefined ? { codigo: "ERRO-110" } : { codigo: "ERRO-116", regra: "antecedencia" };
    }
    const antes = { ...linha };
    this.muda(linha, {
      ...novo,
      ...{ situacao: "MARCADO", encaixe: false, local: "", senha: "", prioridade: 0, terminouEm: "" },
      ...{ espera: 0, fotos: [] },
      motivo: pedido.motivo ?? linha.motivo,
    });
    return { codigo: "OK-303", agendamentos: [linha, antes] };
  }

  #cancel(pedido: PedidoDe<"CANCEL">): Saida {
    const { cpf, especialista, numero, motivo, chegado } = pedido;
    const ativos = this.#ativos(cpf)
      .filter(({ especialidade }) => especialista === undefined || especialidade === simples(especialista))
      .filter((um) => !this.estranho() || um.codigo === pedido.codigo);
    if (numero === undefined && ativos.length > 1) return { codigo: "ERRO-114", agendamentos: ativos };
    const linha = this.#acha(pedido, ativos);
    if ("codigo" in linha && !("cpf" in linha)) return linha;
    const porVir = ["MARCADO", "CONFIRMADO"].includes(linha.situacao) && fim(linha) > this.dias.agora;
    if (!linha.ativo || !porVir && !(chegado === true && ["CHEGOU", "CHAMADO"].includes(linha.situacao))) {
      return { codigo: "ERRO-115", agendamentos: [linha] };
    }
    const preso = chegado ? undefined : naoPodeSair(this.dias, linha, { papel: this.papel, motivo });
    if (preso !== undefined) return preso;
    this.passa(linha, { situacao: "CANCELADO", ativo: false, motivo: motivo ?? "", terminouEm: this.#instante() });
    return { codigo: "OK-301", agendamentos: [linha] };
  }

  #corrige(pedido: PedidoDe<"CORRIGE">): Saida {
    const linha = this.#acha(pedido, this.#ativos(pedido.cpf));
    if ("codigo" in linha && !("cpf" in linha)) return linha;
    const { nome = linha.nome, nota = linha.nota, email = linha.email, telefone = linha.telefone } = pedido;
    // O que se diz; no que falta, o que se sabe da pessoa, e só depois o do agendamento.
    const sabido = this.contatos.find(({ cpf }) => cpf === linha.cpf) ?? linha;
    const contato = {
      cpf: linha.cpf,
      email: pedido.email ?? sabido.email,
      telefone: pedido.telefone ?? sabido.telefone,
    };
    if (pedido.email !== undefined || pedido.telefone !== undefined) {
      this.aprende(contato, pedido.codigo !== undefined);
    }
    const mudou = nome !== linha.nome || nota !== linha.nota || email !== linha.email || telefone !== linha.telefone;
    if (mudou) this.muda(linha, { nome, nota, email, telefone });
    return { codigo: "OK-306", agendamentos: [linha] };
  }

  #situa(pedido: PedidoDe<"SITUA">): Saida {
    const { cpf, situacao } = pedido;
    const delas = this.#conhecidas().filter((linha) => linha.cpf === cpf);
    const doDia = porHora(delas.filter(({ data, situacao }) => data === this.dias.hoje() && situacao !== "CANCELADO"))
      .reverse();
    const mudadas = delas.filter(({ fotos }) => fotos.length > 0 && this.#andamento.ehHoje(fotos[fotos.length - 1].em))
      .sort((a, b) => b.fotos[b.fotos.length - 1].em - a.fotos[a.fotos.length - 1].em || b.numero - a.numero);
    const linha = this.#acha(pedido, situacao === "DESFAZ" ? mudadas : [...doDia, ...this.#ativos(cpf)]);
    if ("codigo" in linha && !("cpf" in linha)) return linha;
    if (situacao === "CANCELADO" && ["MARCADO", "CONFIRMADO"].includes(linha.situacao)) {
      const preso = naoPodeSair(this.dias, linha, { papel: this.papel, motivo: pedido.motivo });
      if (preso !== undefined) return preso;
    }
    const feito = situacao === "DESFAZ"
      ? this.#andamento.desfaz(linha)
      : this.#andamento.vai(linha, { ...pedido, situacao });
    return { codigo: feito ? "OK-306" : "ERRO-115", agendamentos: [linha] };
  }

  #antecedencia(motivo: string | undefined): number {
    return isento({ papel: this.papel, motivo }) ? 0 : this.dias.config.regras?.antecedencia ?? 0;
  }

  // ---------------------------------------------------------------------------------------------------- as consultas

  #lista({ data, especialista, profissional }: PedidoDe<"LISTA">): Saida {
    const quem = this.dias.profissionais();
    if (data === "" || profissional !== undefined && !quem.includes(simples(profissional))) {
      return { codigo: "ERRO-103" };
    }
    const lugar = (linha: Linha): number =>
      linha.profissional === "" ? -1 : (quem.indexOf(linha.profissional) + quem.length + 1) % (quem.length + 1);
    const doDia = this.#conhecidas().filter((linha) => linha.data === data);
    const cortados = doDia.filter(({ situacao }) => situacao === "CANCELADO").slice(0, -1000);
    const agendamentos = doDia.filter((linha) =>
      !cortados.includes(linha) && (especialista === undefined || linha.especialidade === simples(especialista)) &&
      (profissional === undefined || linha.profissional === simples(profissional))
    ).sort((a, b) => minutoDe(a.hora) - minutoDe(b.hora) || lugar(a) - lugar(b) || a.numero - b.numero);
    return { codigo: "OK-310", agendamentos };
  }

  #vagas({ especialista, data, profissional, porProfissional }: PedidoDe<"VAGAS">): Saida {
    if (profissional !== undefined && !this.dias.profissionais().includes(simples(profissional))) {
      return { codigo: "ERRO-103" };
    }
    const quais = this.dias.especialidades().filter((uma) =>
      especialista === undefined || uma === simples(especialista)
    );
    if (quais.length === 0) return { codigo: "ERRO-103" };
    const datas = this.dias.janela().filter((iso) => especialista === undefined || data === undefined || iso === data);
    if (
      especialista !== undefined && data !== undefined &&
      !datas.some((iso) => this.dias.blocos(iso, quais[0]).length > 0)
    ) {
      return { codigo: "ERRO-103" };
    }
    const vagas = datas.flatMap((iso) =>
      quais.flatMap((especialidade) => {
        const livres = this.dias.horas(iso, especialidade)
          .filter((vaga) => this.dias.livre(iso, vaga.bloco, vaga.inicio, vaga.minutos));
        const grupos = porProfissional ? unicos(livres.map(({ bloco }) => bloco.profissional)) : [undefined];
        return grupos.filter((um) => !porProfissional || profissional === undefined || um === simples(profissional))
          .map((um) => {
            const horas = livres.filter(({ bloco }) => um === undefined || bloco.profissional === um)
              .map(({ inicio }) => hora(inicio));
            return [iso, nomeDoDia(iso), especialidade, um ?? "", unicos(horas).sort()] as const;
          });
      })
    );
    return { codigo: "OK-304", vagas: vagas.filter(([, , , , horas]) => horas.length > 0) };
  }

  // ---------------------------------------------------------------------------------------------------- as linhas

  /** As linhas de que se fala: não as seguradas, nem as que se deixaram passar. */
  #conhecidas(): Linha[] {
    return this.dias.linhas.filter(({ situacao }) => situacao !== "CONVIDADO" && situacao !== "PASSOU");
  }

  #ativos(cpf: string): Linha[] {
    return porHora(
      this.dias.linhas.filter((linha) => linha.ativo && linha.cpf === cpf && fim(linha) > this.dias.agora),
    );
  }

  #acha(
    { cpf, especialista, numero, versao, codigo }: {
      cpf: string;
      especialista?: string;
      numero?: number;
      versao?: number;
      codigo?: string;
    },
    preferidas: readonly Linha[],
  ): Linha | { codigo: string; agendamentos?: Linha[] } {
    const onde = numero === undefined ? preferidas : this.#conhecidas().filter((linha) => linha.numero === numero);
    const linha = onde.find((uma) =>
      uma.cpf === cpf && (especialista === undefined || uma.especialidade === simples(especialista)) &&
      (!this.estranho() || uma.codigo === codigo)
    );
    if (linha === undefined || codigo !== undefined && codigo !== linha.codigo) return { codigo: "ERRO-113" };
    if (versao !== undefined && versao !== linha.versao) return { codigo: "ERRO-117", agendamentos: [linha] };
    return linha;
  }

  /** Um código novo. */
  sorteia(): string {
    return this.#codigo(++this.#codigos);
  }

  /** Muda uma linha. */
  muda(linha: Linha, novo: Partial<Linha>): void {
    Object.assign(linha, novo, { versao: linha.versao + 1 });
  }

  /** Muda de situação e fotografa. */
  passa(linha: Linha, novo: Partial<Linha>): true {
    const antes = fotografa(linha);
    this.muda(linha, novo);
    linha.fotos = [...linha.fotos, { papel: this.papel, em: this.dias.gravado, antes, depois: fotografa(linha) }].slice(
      -32,
    );
    return true;
  }

  /** O que se diz, ou o que se sabe. */
  contato(cpf: string, { email, telefone }: { email?: string; telefone?: string }): Contato {
    const sabido = this.contatos.find((contato) => contato.cpf === cpf);
    return { cpf, email: email ?? sabido?.email ?? "", telefone: telefone ?? sabido?.telefone ?? "" };
  }

  /** Guarda o que se disse, se quem o diz pode. */
  aprende(contato: Contato, provado = false): void {
    if (!provado && !["balcao", "gerente", "profissional"].includes(this.papel)) return;
    const sabido = this.contato(contato.cpf, {});
    if (sabido.email === contato.email && sabido.telefone === contato.telefone) return;
    this.contatos = [...this.contatos.filter(({ cpf }) => cpf !== contato.cpf), contato];
  }

  #instante(): string {
    return new Date(this.dias.gravado).toISOString().replace(".000Z", "Z");
  }
}

/** O que só lê. */
const CONSULTAS: readonly Pedido["comando"][] = [
  ...["BUSCA", "HISTORIA", "LISTA", "VAGAS", "FILA", "EXCECOES", "OLA", "PING", "SAIR"] as const,
];

function fotografa(linha: Linha): Andado {
  const { situacao, ativo, local, motivo, prioridade, chegouEm, chamadoEm, chamadas, terminouEm } = linha;
  return { situacao, ativo, local, motivo, prioridade, chegouEm, chamadoEm, chamadas, terminouEm };
}

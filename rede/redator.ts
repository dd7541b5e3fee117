/**
 * O redator: veste o que a agenda responde para o fio de quem perguntou, com datas `"dd/mm/aaaa"`, dias da semana e tuplas.
 *
 * `ouvinte.ts` cria um para todas as conexões; cada `sessao.ts` lhe pede a linha a escrever. Guarda o que não muda de uma
 * resposta para a outra: cada dia livre é escrito uma vez enquanto é o mesmo, e a lista inteira, enquanto é feita dos
 * mesmos dias.
 *
 * @module
 */

import type { Agendamento, Papel } from "../clinica/agendamento.ts";
import type { Clinica } from "../clinica/clinica.ts";
import type { Quem } from "../clinica/livro.ts";
import { nomeDoDia } from "../clinica/oferta.ts";
import type { Codigo, DiaLivre, NaFila, Resultado } from "../clinica/pedido.ts";
import configuracao from "../deno.json" with { type: "json" };
import { instanteNoFio, type NaFila2, type Resposta2, type Tupla2, type Vaga2 } from "../fio/clinica2.ts";
import { codificarResposta2 } from "../fio/respostas.ts";
import {
  codificarResposta,
  dataNoFio,
  LINHA_SEM_ACESSO,
  linhaDaEspera,
  linhaDeVagas,
  type PrimeiraVaga,
  type Resposta,
  type Tupla,
  type Vaga,
} from "../protocolo.ts";

/** O que cada papel vê de um agendamento, além do que todos veem. */
const VE: { readonly [P in Papel]: { readonly daCasa: boolean; readonly codigos: boolean } } = {
  ninguem: { daCasa: false, codigos: false },
  anonimo: { daCasa: false, codigos: false },
  quiosque: { daCasa: false, codigos: false },
  paciente: { daCasa: false, codigos: false },
  integracao: { daCasa: false, codigos: false },
  profissional: { daCasa: true, codigos: false },
  balcao: { daCasa: true, codigos: true },
  gerente: { daCasa: true, codigos: true },
  servidor: { daCasa: true, codigos: true },
};

/**
 * Se o código de um agendamento vai numa resposta: nunca onde não se pediu aquele agendamento (`ERRO-111`, o dia); quem
 * marcou recebe o seu; quem trata dele vê-o, e quem disse esse mesmo também.
 */
function codigoPara(um: Agendamento, { codigo, papel, dito }: ComoSeMostra): string | undefined {
  if (um.codigo === "" || codigo === "ERRO-111" || codigo === "OK-310") return undefined;
  return codigo === "OK-300" || VE[papel].codigos || um.codigo === dito ? um.codigo : undefined;
}

/** Em que resposta, a quem, e o código que ele disse. */
interface ComoSeMostra {
  readonly codigo: Codigo;
  readonly papel: Papel;
  readonly dito: string | undefined;
}

/** De um anônimo de quem não se aceita nada não se diz mais do que isso. */
function papelNoFio(papel: Papel): Papel {
  return papel === "ninguem" ? "anonimo" : papel;
}

/** Escreve resultados como linhas. */
export class Redator {
  #agenda: { readonly clinica: Clinica };
  #palavras: Palavras;
  #vagas = new VagasEscritas(vaga);
  #vagas2 = new VagasEscritas(vaga2);

  /** Um redator que diz datas, dias e nomes como a clínica desta agenda os diz no momento. */
  constructor(agenda: { readonly clinica: Clinica }) {
    this.#agenda = agenda;
    this.#palavras = new Palavras(agenda.clinica);
  }

  /** O resultado numa linha de CLINICA/1, LF incluído. */
  linha(resultado: Resultado): string {
    if (resultado.codigo === "ERRO-120") return LINHA_SEM_ACESSO;
    if (resultado.codigo === "ERRO-130" && resultado.segundos !== undefined) return linhaDaEspera(resultado.segundos);
    return resultado.codigo === "OK-304"
      ? this.#vagas.linha(resultado.vagas)
      : codificarResposta(this.veste(resultado));
  }

  /** O resultado numa linha de CLINICA/2, LF incluído, como o pode ver `quem`, que no pedido disse ou não um código. */
  linha2(resultado: Resultado, quem: Quem, dito?: string): string {
    return resultado.codigo === "OK-304"
      ? this.#vagas2.linha(resultado.vagas)
      : codificarResposta2(this.veste2(resultado, quem, dito));
  }

  /**
   * O resultado como viaja em CLINICA/1, que só recebe os códigos que são dele.
   *
   * @throws {TypeError} se é o de um pedido que CLINICA/1 não tem.
   */
  veste(resultado: Resultado): Resposta {
    const { codigo } = resultado;
    switch (codigo) {
      case "OK-200":
        return resultado.primeiras === undefined
          ? { codigo }
          : { codigo, primeiras: resultado.primeiras.map(primeira) };
      case "OK-300":
      case "OK-301":
      case "ERRO-111":
        return { codigo, agendamentos: [this.#tupla(resultado.agendamentos[0])] };
      case "OK-302":
      case "ERRO-114":
        return { codigo, agendamentos: resultado.agendamentos.map((um) => this.#tupla(um)) };
      case "OK-304":
        return { codigo, vagas: resultado.vagas.map(vaga) };
      case "ERRO-115":
      case "ERRO-117":
        return { codigo: "ERRO-113" };
      case "ERRO-116":
      // A hora segurada para quem a pede, se já não pode ser sua.
      case "ERRO-119":
        return { codigo: "ERRO-110" };
      case "ERRO-120":
        return { codigo: "ERRO-101" };
      case "OK-303":
      case "OK-306":
      case "OK-307":
      case "OK-308":
      case "OK-309":
      case "OK-310":
      case "OK-311":
      case "OK-312":
      case "OK-313":
      case "OK-314":
      case "OK-315":
      case "ERRO-118":
      case "ERRO-121":
        throw new TypeError(`${codigo} não responde a nenhum pedido de CLINICA/1`);
      default:
        return { codigo };
    }
  }

  /** O resultado como viaja em CLINICA/2, com o que `quem` pode ver. */
  veste2(resultado: Resultado, { papel, nome }: Quem, dito?: string): Resposta2 {
    const { codigo } = resultado;
    const veste = (um: Agendamento): Tupla2 => this.#tupla2(um, { codigo, papel, dito });
    switch (codigo) {
      case "OK-200": {
        if (resultado.apresenta === undefined) return { codigo };
        const { nome: clinica, fuso } = this.#agenda.clinica.oferta;
        return {
          codigo,
          apresentacao: {
            clinica,
            versao: configuracao.version,
            fuso,
            papel: papelNoFio(papel),
            nome: nome ?? "",
          },
        };
      }
      case "OK-300":
      case "OK-301":
      case "OK-306":
      case "ERRO-111":
      case "ERRO-115":
      case "ERRO-117":
        return { codigo, agendamentos: [veste(resultado.agendamentos[0])] };
      case "OK-302":
      case "OK-310":
      case "OK-315":
      case "ERRO-114":
        return { codigo, agendamentos: resultado.agendamentos.map(veste) };
      case "OK-303": {
        const [novo, antigo] = resultado.agendamentos;
        return { codigo, agendamentos: [veste(novo), veste(antigo)] };
      }
      case "OK-304":
        return { codigo, vagas: resultado.vagas.map(vaga2) };
      case "OK-307": {
        const { numero, codigo: segredo } = resultado.espera;
        return { codigo, posicao: resultado.posicao, entrada: { numero, codigo: segredo } };
      }
      case "OK-311":
        return { codigo, fila: resultado.fila.map((um, i) => this.#naFila(um, i + 1, papel)) };
      case "OK-312":
      case "OK-314":
        return { codigo, numero: resultado.numero, agendamentos: resultado.agendamentos.map(veste) };
      default:
        return resultado;
    }
  }

  #tupla({ cpf, nome, especialidade, data, hora }: Agendamento): Tupla {
    const { clinica, datas } = this.#daClinica();
    const [noFio, dia] = datas.get(data);
    return ["AGEND", cpf, nome, clinica.nomeDe(especialidade), noFio, dia, hora];
  }

  /** O que falta fica `undefined`, que o JSON não escreve. */
  #tupla2(um: Agendamento, como: ComoSeMostra): Tupla2 {
    const { clinica, instantes } = this.#daClinica();
    const { numero, versao, situacao, minutos, encaixe, chegouEm } = um;
    const { daCasa } = VE[como.papel];
    const chegou = daCasa && chegouEm !== "";
    const casa = (texto: string): string | undefined => daCasa && texto !== "" ? texto : undefined;
    return [...this.#tupla(um), {
      numero,
      versao,
      situacao,
      profissional: clinica.profissionalDe(um.profissional),
      local: clinica.localDe(um),
      minutos,
      encaixe,
      codigo: codigoPara(um, como),
      senha: chegou ? um.senha : undefined,
      prioridade: chegou || daCasa && um.prioridade > 0 ? um.prioridade : undefined,
      chegada: chegou ? instantes.get(minuto(chegouEm)).slice("dd/mm/aaaa ".length) : undefined,
      chamadas: chegou ? um.chamadas : undefined,
      motivo: casa(um.motivo),
      nota: casa(um.nota),
      email: casa(um.email),
      telefone: casa(um.telefone),
    }];
  }

  /** Quem espera; o código é de quem entrou, e aqui não vai. O que falta fica `undefined`, que o JSON não escreve. */
  #naFila({ espera, convite }: NaFila, posicao: number, papel: Papel): NaFila2 {
    const { clinica, instantes } = this.#daClinica();
    const { cpf, nome, especialidade, profissional, de, ate, turno, antecedencia, marca, desde, lapsos } = espera;
    const { daCasa } = VE[papel];
    const casa = (texto: string): string | undefined => daCasa && texto !== "" ? texto : undefined;
    return [cpf, nome, clinica.nomeDe(especialidade), posicao, {
      profissional: profissional === "" ? undefined : clinica.profissionalDe(profissional),
      de: de === "" ? undefined : dataNoFio(de),
      ate: ate === "" ? undefined : dataNoFio(ate),
      turno: turno === "" ? undefined : turno,
      antecedencia: antecedencia === 0 ? undefined : antecedencia,
      marca: marca ? true : undefined,
      prioridade: daCasa && espera.prioridade > 0 ? espera.prioridade : undefined,
      motivo: casa(espera.motivo),
      email: casa(espera.email),
      telefone: casa(espera.telefone),
      desde: instantes.get(minuto(desde)),
      lapsos,
      convite: convite && {
        data: dataNoFio(convite.data),
        horario: convite.hora,
        profissional: clinica.profissionalDe(convite.profissional),
        prazo: instantes.get(minuto(convite.terminouEm)),
      },
    }];
  }

  /** A configuração pode ser relida, e então é outra a clínica. */
  #daClinica(): Palavras {
    if (this.#palavras.clinica !== this.#agenda.clinica) this.#palavras = new Palavras(this.#agenda.clinica);
    return this.#palavras;
  }
}

function primeira({ dia, especialidade, horas }: DiaLivre): PrimeiraVaga {
  return [dataNoFio(dia.iso), dia.nome, horas[0], especialidade.nome];
}

function vaga({ dia, especialidade, horas }: DiaLivre): Vaga {
  return [dataNoFio(dia.iso), dia.nome, especialidade.nome, horas];
}

function vaga2(livre: DiaLivre): Vaga2 {
  return [...vaga(livre), livre.profissional?.nome ?? ""];
}

/** A lista de horas livres num fio, escrita. */
class VagasEscritas {
  #forma: (livre: DiaLivre) => Vaga | Vaga2;
  #dias = new WeakMap<DiaLivre, string>();
  #ultima: { readonly vagas: readonly DiaLivre[]; readonly linha: string } = { vagas: [], linha: linhaDeVagas([]) };

  constructor(forma: (livre: DiaLivre) => Vaga | Vaga2) {
    this.#forma = forma;
  }

  linha(vagas: readonly DiaLivre[]): string {
    const { vagas: ultimas, linha } = this.#ultima;
    if (vagas.length === ultimas.length && vagas.every((livre, i) => livre === ultimas[i])) return linha;
    this.#ultima = { vagas, linha: linhaDeVagas(vagas.map((livre) => this.#dia(livre))) };
    return this.#ultima.linha;
  }

  #dia(livre: DiaLivre): string {
    let escrito = this.#dias.get(livre);
    if (escrito === undefined) this.#dias.set(livre, escrito = JSON.stringify(this.#forma(livre)));
    return escrito;
  }
}

/** O minuto de um instante: são menos, e assim guardam-se. */
function minuto(instante: string): string {
  return instante.slice(0, "aaaa-mm-ddTHH:MM".length);
}

/** Como uma clínica diz datas e horas. */
class Palavras {
  readonly clinica: Clinica;
  /** `"aaaa-mm-dd"` → a data e o dia da semana. */
  readonly datas: Guardados<readonly [data: string, dia: string]>;
  /** `"aaaa-mm-ddTHH:MM"`, em UTC → `"dd/mm/aaaa HH:MM"` na clínica. */
  readonly instantes: Guardados<string>;

  constructor(clinica: Clinica) {
    const { oferta } = clinica;
    this.clinica = clinica;
    this.datas = new Guardados((iso) => [dataNoFio(iso), nomeDoDia(oferta, iso)]);
    this.instantes = new Guardados((minuto) => instanteNoFio(`${minuto}Z`, oferta.fuso));
  }
}

/** Formas de que se guarda o que se escreveu; um livro tem as datas da janela e poucas mais, e um dia, os seus minutos. */
const GUARDADOS_MAXIMOS = 2000;

/** O que se faz de um texto, feito uma vez. */
class Guardados<V> {
  #faz: (texto: string) => V;
  #feitos = new Map<string, V>();

  constructor(faz: (texto: string) => V) {
    this.#faz = faz;
  }

  get(texto: string): V {
    let feito = this.#feitos.get(texto);
    if (feito === undefined) {
      if (this.#feitos.size >= GUARDADOS_MAXIMOS) this.#feitos.clear();
      this.#feitos.set(texto, feito = this.#faz(texto));
    }
    return feito;
  }
}

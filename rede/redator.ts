/**
 * O redator: veste o que a agenda responde para CLINICA/1, com datas `"dd/mm/aaaa"`, dias da semana e tuplas.
 *
 * `ouvinte.ts` cria um para todas as conexões; cada `sessao.ts` lhe pede a linha a escrever. Guarda o que não muda de uma resposta para a outra: cada dia livre é escrito uma vez enquanto é o mesmo, e a lista
 * inteira, enquanto é feita dos mesmos dias.
 *
 * @module
 */

import type { Clinica } from "../clinica/clinica.ts";
import type { Agendamento } from "../clinica/livro.ts";
import { nomeDoDia } from "../clinica/oferta.ts";
import type { DiaLivre, Resultado } from "../clinica/pedido.ts";
import {
  codificarResposta,
  dataNoFio,
  linhaDeVagas,
  type PrimeiraVaga,
  type Resposta,
  type Tupla,
  type Vaga,
} from "../protocolo.ts";

/** Datas de que se guarda a forma; um livro tem as da janela e poucas mais. */
const DATAS_MAXIMAS = 1000;

/** Escreve resultados como linhas. */
export class Redator {
  #clinica: Clinica;
  #datas = new Map<string, readonly [data: string, dia: string]>();
  #escritos = new WeakMap<DiaLivre, string>();
  #ultima: { readonly vagas: readonly DiaLivre[]; readonly linha: string } = { vagas: [], linha: linhaDeVagas([]) };

  /** Um redator que diz datas, dias e especialidades como a clínica os diz. */
  constructor(clinica: Clinica) {
    this.#clinica = clinica;
  }

  /** O resultado numa linha, LF incluído. */
  linha(resultado: Resultado): string {
    return resultado.codigo === "OK-304"
      ? this.#linhaDeVagas(resultado.vagas)
      : codificarResposta(this.veste(resultado));
  }

  /** O resultado como viaja. */
  veste(resultado: Resultado): Resposta {
    switch (resultado.codigo) {
      case "OK-200": {
        const { codigo, primeiras } = resultado;
        return primeiras === undefined
          ? { codigo }
          : { codigo, primeiras: primeiras.map((livre) => this.#primeira(livre)) };
      }
      case "OK-300":
      case "OK-301":
      case "ERRO-111":
        return { codigo: resultado.codigo, agendamentos: [this.#tupla(resultado.agendamentos[0])] };
      case "OK-302":
      case "ERRO-114":
        return { codigo: resultado.codigo, agendamentos: resultado.agendamentos.map((um) => this.#tupla(um)) };
      case "OK-304":
        return { codigo: resultado.codigo, vagas: resultado.vagas.map((livre) => this.#vaga(livre)) };
      default:
        return resultado;
    }
  }

  #linhaDeVagas(vagas: readonly DiaLivre[]): string {
    const { vagas: ultimas, linha } = this.#ultima;
    if (vagas.length === ultimas.length && vagas.every((livre, i) => livre === ultimas[i])) return linha;
    this.#ultima = { vagas, linha: linhaDeVagas(vagas.map((livre) => this.#escrito(livre))) };
    return this.#ultima.linha;
  }

  #escrito(livre: DiaLivre): string {
    let escrito = this.#escritos.get(livre);
    if (escrito === undefined) this.#escritos.set(livre, escrito = JSON.stringify(this.#vaga(livre)));
    return escrito;
  }

  #vaga({ dia, especialidade, horas }: DiaLivre): Vaga {
    return [dataNoFio(dia.iso), dia.nome, especialidade.nome, horas];
  }

  #primeira({ dia, especialidade, horas }: DiaLivre): PrimeiraVaga {
    return [dataNoFio(dia.iso), dia.nome, horas[0], especialidade.nome];
  }

  #tupla({ cpf, nome, especialidade, data, hora }: Agendamento): Tupla {
    const [noFio, dia] = this.#data(data);
    return ["AGEND", cpf, nome, this.#clinica.nomeDe(especialidade), noFio, dia, hora];
  }

  #data(iso: string): readonly [data: string, dia: string] {
    let data = this.#datas.get(iso);
    if (data === undefined) {
      if (this.#datas.size >= DATAS_MAXIMAS) this.#datas.clear();
      this.#datas.set(iso, data = [dataNoFio(iso), nomeDoDia(this.#clinica.oferta, iso)]);
    }
    return data;
  }
}

/**
 * As situações no modelo: por que passa um agendamento, e o que se desfaz. Ver `modelo.ts`.
 *
 * @module
 */

import type { Situacao } from "../clinica/agendamento.ts";
import type { PedidoDe } from "../clinica/pedido.ts";
import { agenda, ANDAMENTO, DIA, fim, instante, type Linha, minutoDe } from "./modelo_dias.ts";
import type { Casa } from "./modelo_entradas.ts";
import type { Listas } from "./modelo_espera.ts";
import { fechado } from "./modelo_excecoes.ts";

/** O dia de um agendamento. */
export class Andamento {
  #casa: Casa;
  #listas: Listas;
  #senhas: string[] = [];

  /** O de um modelo, cuja lista de espera larga quem é atendido. */
  constructor(casa: Casa, listas: Listas) {
    this.#casa = casa;
    this.#listas = listas;
  }

  /** Vai para outra situação, se a tabela o deixa. */
  vai(linha: Linha, pedido: PedidoDe<"SITUA"> & { situacao: Situacao }): boolean {
    const comecou = instante(linha.data, linha.hora) <= this.#casa.dias.agora;
    const porVir = linha.situacao === "MARCADO" || linha.situacao === "CONFIRMADO";
    const aqui = linha.situacao === "CHEGOU" || linha.situacao === "CHAMADO";
    const { prioridade = linha.prioridade, local = linha.local, motivo = linha.motivo, situacao } = pedido;
    const comum = { situacao, prioridade, local, motivo };
    const acaba = { ativo: false, terminouEm: this.#instante() };
    switch (situacao) {
      case "CONFIRMADO":
        return linha.situacao === "MARCADO" && !comecou && this.#casa.passa(linha, comum);
      case "CHEGOU":
        if (linha.situacao === "CHAMADO") return this.#casa.passa(linha, comum);
        if (!porVir || linha.data !== this.#casa.dias.hoje()) return false;
        this.#casa.passa(linha, { ...comum, chegouEm: this.#instante() });
        linha.senha = this.#senha(linha);
        return true;
      case "CHAMADO":
        return aqui &&
          this.#casa.passa(linha, {
            ...comum,
            chamadas: linha.chamadas + 1,
            chamadoEm: linha.chamadoEm || this.#instante(),
          });
      case "ATENDIDO":
        if (linha.situacao !== "CHAMADO") return false;
        this.#foiAtendido(linha);
        return this.#casa.passa(linha, { ...comum, ...acaba });
      case "SAIU":
        return aqui && this.#casa.passa(linha, { ...comum, ...acaba });
      case "FALTOU":
        return porVir && comecou && this.#casa.passa(linha, { ...comum, ...acaba });
      case "CANCELADO":
        return porVir && this.#casa.passa(linha, { situacao, ...acaba, motivo: pedido.motivo ?? "" });
      case "MARCADO":
      case "CONVIDADO":
      case "PASSOU":
        return false;
    }
  }

  #foiAtendido({ cpf, especialidade }: Linha): void {
    const entrada = this.#listas.dePe(cpf, especialidade);
    if (entrada === undefined) return;
    this.#listas.vistos.add("atendido enquanto esperava");
    this.#listas.termina(entrada);
  }

  /** Uma senha por chegada, menos a quem já tem uma da mesma letra. */
  #senha({ senha, data, prioridade }: Linha): string {
    const letra = prioridade > 0 ? "P" : "A";
    if (senha[0] === letra) return senha;
    let n = 1;
    while (this.#senhas.includes(`${data} ${letra}${n}`)) n++;
    this.#senhas.push(`${data} ${letra}${n}`);
    return letra + String(n).padStart(3, "0");
  }

  /** `DESFAZ`: como estava antes da última passagem. */
  desfaz(linha: Linha): boolean {
    const foto = linha.fotos.at(-1);
    if (foto === undefined) return false;
    const recepcao = this.#casa.papel === "balcao" || this.#casa.papel === "gerente";
    const falta = foto.papel === "servidor" && linha.situacao === "FALTOU" && recepcao &&
      this.#casa.dias.agora - foto.em < 7 * DIA;
    const pode = this.ehHoje(foto.em) && (this.#casa.papel === foto.papel || this.#casa.papel === "gerente");
    if (!falta && !pode) return false;
    const { antes, depois } = foto;
    const volta = Object.fromEntries(
      ANDAMENTO.filter((campo) => antes[campo] !== depois[campo])
        // O servidor lembra-se de que essa falta já se desfez.
        .filter((campo) => campo !== "terminouEm" || foto.papel !== "servidor" || linha.situacao !== "FALTOU")
        .map((c) => [c, antes[c]]),
    );
    const volta_a_contar = linha.situacao === "CANCELADO";
    const minuto = minutoDe(linha.hora);
    if (volta_a_contar && !linha.encaixe && !this.#casa.dias.livre(linha.data, linha, minuto, linha.minutos)) {
      return false;
    }
    if (volta_a_contar && fechado(this.#casa.dias, linha)) return false;
    const bloco = this.#casa.dias.grade(linha.data).get(agenda(linha))?.[minuto];
    const cheio = bloco?.especialidade === linha.especialidade &&
      this.#casa.dias.encaixes(linha.data, bloco) >= bloco.encaixes;
    if (volta_a_contar && linha.encaixe && cheio) return false;
    const outra = this.#casa.dias.linhas.find((um) =>
      um !== linha && um.ativo && um.cpf === linha.cpf && um.especialidade === linha.especialidade
    );
    if (outra !== undefined && volta.ativo === true) {
      if (fim(outra) > this.#casa.dias.agora) return false;
      this.#casa.muda(outra, { ativo: false });
    }
    this.#casa.muda(linha, { ...volta, fotos: linha.fotos.slice(0, -1) });
    return true;
  }

  /** Se um instante é de hoje. */
  ehHoje(instante: number): boolean {
    return instante >= Date.parse(`${this.#casa.dias.hoje()}T00:00:00-03:00`);
  }

  #instante(): string {
    return new Date(this.#casa.dias.gravado).toISOString().replace(".000Z", "Z");
  }
}

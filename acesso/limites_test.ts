/**
 * Testes dos limites de quem pede: quem se conta e por quê, quanto espera, e quem nunca espera. Sem nenhuma permissão; o relógio
 * é de fora.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { Papel } from "../clinica/agendamento.ts";
import type { Quem } from "../clinica/livro.ts";
import type { Erro, Pedido } from "../clinica/pedido.ts";
import { FICHAS_DA_CHAVE_ERRADA, LIMITES_DE_PEDIDOS, LimitesDePedidos } from "./limites.ts";

function teste(nome: string, fn: () => void): void {
  Deno.test({ name: `limites: ${nome}`, permissions: "none", fn });
}

const PING: Pedido = { comando: "PING" };
const OLA: Pedido = { comando: "OLA" };
const CHAVE_ERRADA: Pedido = { comando: "OLA", chave: "clinica_qualquer" };
const [CPF, OUTRO] = ["52998224725", "39053344705"];
const BUSCA: Pedido = { comando: "BUSCA", cpf: CPF };

function agend(cpf: string): Pedido {
  return {
    comando: "AGEND",
    cpf,
    nome: "ANA",
    especialista: "CLINICO GERAL",
    data: "2026-11-30",
    dia: "SEGUNDA-FEIRA",
  };
}

function quem(papel: Papel, { chave, origem = "10.0.0.7" }: { chave?: number; origem?: string } = {}): Quem {
  return { papel, origem, cliente: `${origem}:5000`, ...chave === undefined ? {} : { chave } };
}

/** Limites por gastar, com um relógio. */
class Cena {
  agora = 0;
  limites = new LimitesDePedidos(() => this.agora);

  /** Pede até que tenha de esperar, ou tantas vezes; quantas fez. */
  gasta(quem: Quem, pede: (i: number) => Pedido | Erro, vezes = 10_000): number {
    for (let i = 0; i < vezes; i++) if (this.limites.conta(quem, pede(i)) > 0) return i;
    return vezes;
  }
}

const { lugar, marcacoesDoEndereco, marcacoesDaChave, cpf } = LIMITES_DE_PEDIDOS;

teste("a casa nunca espera, de onde e o que quer que peça", () => {
  const cena = new Cena();
  for (const papel of ["gerente", "balcao", "profissional", "servidor"] as const) {
    for (const um of [quem(papel), quem(papel, { chave: 1 })]) {
      for (const pedido of [PING, BUSCA, agend(CPF), CHAVE_ERRADA]) assertEquals(cena.gasta(um, () => pedido), 10_000);
    }
  }
  assertEquals(cena.limites.conta(quem("anonimo"), PING), 0, "nem gasta o que é do endereço");
});

teste("sem chave conta-se por endereço; o que está mal escrito também, e quem espera não paga", () => {
  const cena = new Cena();
  assertEquals(cena.gasta(quem("anonimo"), (i) => i % 2 ? PING : { codigo: "ERRO-100" }), lugar.fichas);
  assertEquals(cena.limites.conta(quem("anonimo"), PING), 1);
  assertEquals(cena.limites.conta(quem("anonimo", { origem: "10.0.0.8" }), PING), 0);
  cena.agora += 1000;
  assertEquals(cena.gasta(quem("anonimo"), () => PING), lugar.fichas / lugar.em);
  // Os que se recusaram não contam: ao fim do mesmo tempo voltam os mesmos.
  for (let i = 0; i < 100; i++) cena.limites.conta(quem("anonimo"), PING);
  cena.agora += 1000;
  assertEquals(cena.gasta(quem("anonimo"), () => PING), lugar.fichas / lugar.em);
});

teste("com chave conta-se por ela, e não pelo endereço", () => {
  const cena = new Cena();
  const [um, outro] = [quem("quiosque", { chave: 1 }), quem("quiosque", { chave: 2 })];
  assertEquals(cena.gasta(um, () => PING), lugar.fichas);
  assertEquals(cena.limites.conta(um, PING), 1);
  assertEquals(cena.limites.conta(outro, PING), 0);
  assertEquals(cena.limites.conta(quem("quiosque"), PING), 0);
  assertEquals(
    cena.limites.conta(quem("quiosque", { chave: 1, origem: "10.0.0.8" }), PING),
    1,
    "noutro endereço é a mesma",
  );
});

teste("marcações contam-se à parte, por hora, e o resto continua", () => {
  const cena = new Cena();
  const cpfs = (i: number): Pedido => agend(String(i));
  const [com, sem] = [quem("quiosque", { chave: 1 }), quem("quiosque")];
  assertEquals(cena.gasta(com, cpfs), marcacoesDaChave.fichas);
  assertEquals(cena.limites.conta(com, agend(CPF)), marcacoesDaChave.em / marcacoesDaChave.fichas);
  assertEquals(cena.limites.conta(com, BUSCA), 0);
  assertEquals(cena.gasta(sem, cpfs), marcacoesDoEndereco.fichas);
  assertEquals(cena.limites.conta(sem, agend(CPF)), marcacoesDoEndereco.em / marcacoesDoEndereco.fichas);
});

teste("um CPF conta-se no lugar de onde se pede: outro lugar não o gasta", () => {
  const cena = new Cena();
  assertEquals(cena.gasta(quem("quiosque"), () => BUSCA), cpf.fichas);
  assertEquals(cena.limites.conta(quem("quiosque"), BUSCA), 1);
  assertEquals(cena.limites.conta(quem("quiosque"), { ...BUSCA, cpf: OUTRO }), 0);
  assertEquals(cena.limites.conta(quem("quiosque", { origem: "10.0.0.8" }), BUSCA), 0);
  assertEquals(cena.limites.conta(quem("quiosque", { chave: 1 }), BUSCA), 0);
});

teste("quem não acerta na chave gasta depressa o do endereço; quem a acerta, ou não a diz, entra na mesma", () => {
  const cena = new Cena();
  assertEquals(cena.gasta(quem("anonimo"), () => CHAVE_ERRADA), lugar.fichas / FICHAS_DA_CHAVE_ERRADA);
  assertEquals(cena.limites.conta(quem("anonimo"), CHAVE_ERRADA), 2);
  assertEquals(cena.limites.conta(quem("anonimo"), PING), 1);
  // A que se achou já não vai no pedido.
  for (const um of [quem("anonimo"), quem("quiosque", { chave: 1 })]) assertEquals(cena.limites.conta(um, OLA), 0);
  // Também gasta do endereço quem já entrou com outra.
  assertEquals(cena.limites.conta(quem("quiosque", { chave: 1 }), CHAVE_ERRADA), 2);
});

/**
 * Um porteiro para os testes em que não há chaves: quem chega pode tudo. Só o que testa o importa.
 *
 * @module
 */

import type { PorteiroDaPorta } from "../rede/ouvinte.ts";
import type { Contador } from "../rede/sessao.ts";

/** Deixa entrar quem vem, como gerente; chave nenhuma é de alguém. */
export const PORTA_ABERTA: PorteiroDaPorta = {
  semChave: ({ origem, cliente }) => ({ origem, cliente, papel: "gerente" }),
  comChave: () => undefined,
  agora: (quem) => quem,
};

/** Não faz esperar ninguém. */
export const SEM_LIMITES: Contador = { conta: () => 0 };

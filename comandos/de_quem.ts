/**
 * De quem é uma chave, ou quem é uma pessoa: as opções que `chave cria` e `pessoa cria` têm em comum.
 *
 * @module
 */

import type { Papel } from "../clinica/agendamento.ts";
import { Clinica } from "../clinica/clinica.ts";
import { lerNomeMostrado, NOME_MAXIMO } from "../clinica/pessoa.ts";
import { type Argumentos, ErroDeUso } from "./argumentos.ts";
import { arquivoDaSemana, lerSemana, olha } from "./semana.ts";

/**
 * O nome que se mostra de uma chave ou de uma pessoa.
 *
 * @throws {ErroDeUso} se é longo, vazio, ou tem o que não se vê.
 */
export function lerNomeDe(escrito: string): string {
  const nome = lerNomeMostrado(escrito);
  if (nome !== undefined) return nome;
  throw new ErroDeUso(`--nome espera até ${NOME_MAXIMO} letras que se vejam`);
}

/** A clínica que o servidor serve: o nome, o relógio, quem atende. */
export async function lerClinica(argumentos: Argumentos): Promise<Clinica> {
  const arquivo = arquivoDaSemana(argumentos);
  return new Clinica(lerSemana(arquivo, await olha(arquivo)));
}

/**
 * A chave de quem atende, para o papel de profissional, ou `""`. Tem de estar na semana: com um nome mal escrito não se via nada.
 *
 * @throws {ErroDeUso} se não está, se falta, ou se o papel é outro.
 */
export function lerProfissional(escrito: string | undefined, papel: Papel, clinica: Clinica): string {
  if ((escrito !== undefined) !== (papel === "profissional")) {
    throw new ErroDeUso('--papel profissional vai com --profissional "DRA. ANA LIMA", e só ele');
  }
  if (escrito === undefined) return "";
  const achado = clinica.profissional(escrito);
  if (achado !== undefined) return achado.chave;
  const nomes = clinica.oferta.profissionais.map(({ nome }) => nome).join(", ");
  throw new ErroDeUso(`não há "${escrito}" na semana; atendem ${nomes === "" ? "só especialidades" : nomes}`);
}

/**
 * O relógio como mais um pedido: `TICK`, no máximo um por minuto seja quantos forem os servidores, e `PROSSEGUE`, que faz o que
 * ficou por fazer. Deixa vencer os prazos, marca as faltas dos dias que passaram, acaba as entradas cujo último dia passou,
 * apaga as contas do que se tentou que já nada dizem, e dá o que uma transação cheia segurou para ninguém. Cada vez trata de
 * poucos, para que ninguém espere por ele; o que falta acha-se no livro, por quem quer que o procure.
 *
 * @module
 */

import { type Decisao, type Estado, instante, semMudanca, transicao } from "./estado.ts";
import type { Mudanca, Quando } from "./livro.ts";
import type { PedidoDe } from "./pedido.ts";
import { JA, PARA_NINGUEM, passada, solta, terminada } from "./promover.ts";

/** Entre dois `TICK`, no mínimo, em ms. */
const ENTRE_TIQUES = 60_000;

/** Trata do que venceu, se o último foi há um minuto; um que está por vir é de uma hora errada, que se acertou. */
export function tique(estado: Estado): Decisao {
  const { clinica, vista, agora, quem } = estado;
  const ultimo = vista.ultimoTique();
  if (ultimo !== "" && Math.abs(agora - Date.parse(ultimo)) < ENTRE_TIQUES) return semMudanca({ codigo: "OK-200" });
  const { resultado, mudancas } = prosseguir(estado);
  // Sem nada que fazer não se escreve nada: quem vier daqui a pouco também não terá.
  if (mudancas.length === 0) return semMudanca(resultado);
  const depois = clinica.calendario.escreve(agora);
  return { resultado, mudancas: [{ sobre: "tique", ato: "TICK", depois, quem }, ...mudancas] };
}

/** Trata de algumas das pendências do livro. */
export function prosseguir(estado: Estado, pedido: Partial<PedidoDe<"PROSSEGUE">> = {}): Decisao {
  const { vista, agora, quem } = estado;
  const { convites, esperas, faltas, velhas, haMais = false } = vista.pendencias(pendentesDe(estado, pedido));
  const mudancas: Mudanca[] = [];
  for (const convite of convites) {
    const espera = convite.cpf === PARA_NINGUEM ? undefined : vista.esperaDe(convite.cpf, convite.especialidade);
    mudancas.push(
      ...espera?.convite === convite.numero
        ? passada(estado, { ato: "VENCE", espera, convite, lapso: true })
        : [solta(estado, { ato: "VENCE", convite })],
    );
  }
  // A que ainda tinha um convite só o deixa passar; acaba da vez seguinte.
  for (const espera of esperas) {
    if (vista.conviteDe(espera) === undefined) mudancas.push(terminada(estado, { ato: "VENCE", antes: espera }));
  }
  for (const antes of faltas) {
    mudancas.push(transicao(estado, {
      ato: "SITUA",
      antes,
      novo: { situacao: "FALTOU", ativo: false, terminouEm: instante(estado) },
    }));
  }
  if (velhas) mudancas.push({ sobre: "poda", ato: "TICK", depois: agora, quem });
  // Um só de cada vez não diz se era o último: com mudanças, pergunta-se outra vez.
  const falta = haMais || mudancas.length > 0;
  return { resultado: falta ? { codigo: "OK-200", falta } : { codigo: "OK-200" }, mudancas };
}

/** Até quando se procura o que ficou por fazer. */
export function pendentesDe(
  { clinica, agora }: Pick<Estado, "clinica" | "agora">,
  { soNinguem = false }: Partial<PedidoDe<"PROSSEGUE">> = {},
): Quando {
  if (soNinguem) return { instante: JA, hoje: "", faltas: false };
  return {
    instante: clinica.calendario.escreve(agora),
    hoje: clinica.calendario.janela(agora).hoje,
    faltas: clinica.oferta.faltaAutomatica,
  };
}

/**
 * Procurar alguém por parte do nome, ou pelo código. O livro acha por CPF; por nome lê-se dia a dia o que está marcado de há
 * `DIAS_ATRAS` até ao fim da janela, e as listas de espera. Só o que se mostra vai à trilha, e é quem chama que o diz.
 *
 * @module
 */

import { type Agendamento, lerCodigo, mesmoCodigo } from "../../clinica/agendamento.ts";
import type { Espera } from "../../clinica/espera.ts";
import { comparar } from "../../clinica/estado.ts";
import type { Quem } from "../../clinica/livro.ts";
import type { PedidoDe } from "../../clinica/pedido.ts";
import { chave } from "../../clinica/texto.ts";
import { type Casa, pedeTudo } from "../casa.ts";
import { maisDias } from "../datas.ts";

/** Dias para trás em que se procura: quem veio há mais tempo acha-se pelo CPF. */
const DIAS_ATRAS = 60;

/** Pessoas que se mostram, no máximo: com mais, escreve-se mais do nome. */
export const MOSTRADAS = 50;

/** Letras que se têm de dar. */
const LETRAS_MINIMAS = 2;

/** Dias que se leem de uma vez: entre uma leitura e a seguinte ouve-se quem está à espera. */
const DIAS_POR_LEITURA = 14;

/** Uma pessoa que se achou. */
export interface Achada {
  /** 11 dígitos. */
  readonly cpf: string;
  /** O nome, como se disse da última vez. */
  readonly nome: string;
  /** O que tem nesses dias, do primeiro ao último. */
  readonly agendamentos: readonly Agendamento[];
  /** Onde espera. */
  readonly esperas: readonly Espera[];
}

/** O que se achou. */
export interface Procura {
  /** As pessoas, por nome; no máximo `MOSTRADAS`. */
  readonly achadas: readonly Achada[];
  /** Há mais do que se mostra. */
  readonly haMais: boolean;
}

/** Verdadeiro se dá para procurar. */
export function daParaProcurar(texto: string): boolean {
  return chave(texto).replace(/[^\p{L}\p{N}]/gu, "").length >= LETRAS_MINIMAS;
}

/** Procura. Cada palavra tem de estar no nome, sem caixa nem acentos, onde quer que seja. */
export async function procura(casa: Casa, quem: Quem, texto: string): Promise<Procura> {
  const { clinica } = casa.agenda;
  const agora = casa.relogio();
  const { hoje } = clinica.calendario.janela(agora);
  const serve = quemServe(texto);
  const atras = Array.from({ length: DIAS_ATRAS }, (_, i) => maisDias(hoje, i - DIAS_ATRAS));
  const datas = [...atras, ...clinica.datas(agora)];
  const agendamentos: Agendamento[] = [];
  for (let i = 0; i < datas.length; i += DIAS_POR_LEITURA) {
    const pedidos = datas.slice(i, i + DIAS_POR_LEITURA).map((data): PedidoDe<"LISTA"> => ({ comando: "LISTA", data }));
    for (const lida of await pedeTudo(casa, quem, pedidos)) {
      if (lida.codigo === "OK-310") agendamentos.push(...lida.agendamentos.filter(serve));
    }
  }
  const filas = await pedeTudo(
    casa,
    quem,
    clinica.oferta.especialidades.map(({ chave }): PedidoDe<"FILA"> => ({
      ...{ comando: "FILA", especialista: chave },
    })),
  );
  const esperas = filas.flatMap((uma) => uma.codigo === "OK-311" ? uma.fila.map(({ espera }) => espera) : [])
    .filter(serve);
  const nomes = new Map([...agendamentos, ...esperas].map(({ cpf, nome }) => [cpf, nome]));
  const [marcados, esperam] = [Map.groupBy(agendamentos, ({ cpf }) => cpf), Map.groupBy(esperas, ({ cpf }) => cpf)];
  const porNome = [...nomes].sort(([, a], [, b]) => comparar(a, b));
  const achadas = porNome.slice(0, MOSTRADAS).map(([cpf, nome]): Achada => ({
    ...{ cpf, nome, agendamentos: marcados.get(cpf) ?? [], esperas: esperam.get(cpf) ?? [] },
  }));
  return { achadas, haMais: porNome.length > MOSTRADAS };
}

/** Cada nome lê-se uma vez, que tirar-lhe os acentos é o que mais custa. */
function quemServe(texto: string): (um: { readonly nome: string; readonly codigo: string }) => boolean {
  const palavras = chave(texto).split(" ").filter((palavra) => palavra !== "");
  const codigo = lerCodigo(texto);
  const servem = new Map<string, boolean>();
  return (um) => {
    if (codigo !== undefined && mesmoCodigo(codigo, um.codigo)) return true;
    let serve = servem.get(um.nome);
    if (serve === undefined) {
      const nome = chave(um.nome);
      servem.set(um.nome, serve = palavras.every((palavra) => nome.includes(palavra)));
    }
    return serve;
  };
}

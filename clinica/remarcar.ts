/**
 * `REMARC`: move, num passo só. A hora antiga conta como livre enquanto se procura a nova; o número e o código ficam, e numa
 * recusa nada mudou.
 *
 * @module
 */

import { agendaDe, type Agendamento } from "./agendamento.ts";
import {
  acha,
  ativosEmOrdem,
  DE_NOVO,
  type Decisao,
  type Estado,
  jaTerminou,
  mudanca,
  naoPermitido,
  semMudanca,
} from "./estado.ts";
import { antecedenciaPara, foraDasRegras, impedeSair } from "./impedimento.ts";
import type { Vista } from "./livro.ts";
import type { Ocupacao } from "./ocupacao.ts";
import type { PedidoDe } from "./pedido.ts";
import { acharAtendimento, atende, type Atendimento, escolher, lugar, type Vaga } from "./vaga.ts";

/** Quando vários erros cabem, vale o primeiro na ordem 103, 105, 113, 117, 115, 116, 110. */
export function remarcar(estado: Estado, pedido: PedidoDe<"REMARC">): Decisao {
  const onde = acharAtendimento(estado, pedido);
  if (onde === undefined) return semMudanca({ codigo: "ERRO-103" });
  if (pedido.horario !== undefined && !atende(estado, onde, pedido.horario)) return semMudanca({ codigo: "ERRO-105" });
  const achado = acha(estado, pedido, () => ativosEmOrdem(estado, pedido.cpf));
  if ("recusa" in achado) return semMudanca(achado.recusa);
  const antes = achado.agendamento;
  if (!movivel(estado, antes)) return naoPermitido(antes);

  const { motivo } = pedido;
  const antecedencia = antecedenciaPara(estado, motivo);
  const escolhe = (antecedencia: number): Vaga | undefined =>
    escolherPara(estado, onde, { antes, horario: pedido.horario, antecedencia });
  const vaga = escolhe(antecedencia);
  const perto = vaga === undefined && antecedencia > 0 ? escolhe(0) : undefined;
  const achada = vaga ?? perto;
  // Onde já está nada muda, e regra nenhuma o impede: a resposta que se perdeu repete-se.
  if (achada !== undefined && !antes.encaixe && mesmoLugar(antes, lugar(onde.dia.iso, achada))) {
    return semMudanca({ codigo: "OK-303", agendamentos: [antes, antes] });
  }
  const regra = impedeSair(estado, antes, motivo) ?? (perto && "antecedencia");
  if (regra !== undefined) return semMudanca(foraDasRegras(regra));
  if (vaga === undefined) return semMudanca({ codigo: "ERRO-110" });
  const feita = mudanca(estado, {
    ato: "REMARC",
    antes,
    novo: {
      ...lugar(onde.dia.iso, vaga),
      ...DE_NOVO,
      motivo: motivo ?? antes.motivo,
    },
  });
  return { resultado: { codigo: "OK-303", agendamentos: [feita.depois, antes] }, mudancas: [feita] };
}

/** Só quem está por vir se move. */
export function movivel(estado: Pick<Estado, "clinica" | "agora">, agendamento: Agendamento): boolean {
  const { situacao, ativo } = agendamento;
  return ativo && (situacao === "MARCADO" || situacao === "CONFIRMADO") && !jaTerminou(estado, agendamento);
}

/** Sem dizer com quem, fica com quem está, se ele tem hora; senão, como em `AGEND`. */
function escolherPara(
  estado: Estado,
  onde: Atendimento,
  { antes, horario: hora, antecedencia }: { antes: Agendamento; horario: string | undefined; antecedencia: number },
): Vaga | undefined {
  const escolha = { vista: semEle(estado.vista, antes), hora, antecedencia };
  const dele = onde.agendas.filter(({ agenda }) => agenda === agendaDe(antes));
  return escolher(estado, { ...onde, agendas: dele }, escolha) ?? escolher(estado, onde, escolha);
}

/** O livro como seria sem o agendamento. */
function semEle(vista: Vista, agendamento: Agendamento): Pick<Vista, "ocupacao"> {
  const dele = agendaDe(agendamento);
  return {
    ocupacao(agenda, data): Ocupacao {
      const ocupacao = vista.ocupacao(agenda, data);
      if (agenda !== dele || data !== agendamento.data) return ocupacao;
      const sem = ocupacao.copia();
      sem.tira(agendamento);
      return sem;
    },
  };
}

function mesmoLugar(antes: Agendamento, novo: ReturnType<typeof lugar>): boolean {
  return antes.profissional === novo.profissional && antes.data === novo.data && antes.hora === novo.hora &&
    antes.minutos === novo.minutos;
}

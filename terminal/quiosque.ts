/**
 * O que o menu oferece a quem não é da recepção: ver as horas livres e, com o CPF e o código, dizer que vem ou que chegou, e
 * responder pela lista de espera. Ver, remarcar e desmarcar com o código estão em `menu.ts`, com o resto.
 *
 * @module
 */

import { altera, alteraNaLista, consultaAgendamentos, consultaVagas, recusaCom } from "./balcao.ts";
import { perguntaQualEspecialidade } from "./avise.ts";
import { escolhe, perguntaCodigo, perguntaCpf } from "./perguntas.ts";
import { VOLTAR } from "./teclado.ts";
import type { Balcao } from "./tela.ts";
import { agendamentoDe, cartaoDe, tabelaDeVagas } from "./telas.ts";
import { agendamentosEm } from "./tubo.ts";
import { inofensivo } from "../clinica/texto.ts";

/** As horas livres, de uma especialidade ou de todas. */
export async function horasLivres(balcao: Balcao): Promise<void> {
  const { tela } = balcao;
  tela.titulo("Horas livres");
  const vagas = await consultaVagas(balcao, { comando: "VAGAS" });
  if (vagas.length === 0) return tela.frase("aviso", "Não há horários livres nas próximas semanas.");
  const nomes = [...new Set(vagas.map(([, , especialista]) => especialista))];
  const opcoes = nomes.map((nome) => ({ name: inofensivo(nome), value: nome }));
  const qual = nomes.length === 1 ? nomes[0] : await escolhe(balcao, "Especialidade", opcoes);
  if (qual === VOLTAR) return tela.desfaz();
  tela.quadro(tabelaDeVagas(vagas.filter(([, , especialista]) => especialista === qual)));
}

/** Diz que vem. */
export async function confirmaQueVem(balcao: Balcao): Promise<void> {
  balcao.tela.titulo("Confirmar que vem");
  await situa(balcao, "CONFIRMADO", "Confirmado: a clínica conta com a sua vinda.");
}

/** Diz que chegou. */
export async function dizQueChegou(balcao: Balcao): Promise<void> {
  balcao.tela.titulo("Dizer que chegou");
  await situa(balcao, "CHEGOU", "Chegada registrada. Aguarde que o chamem.");
}

async function situa(balcao: Balcao, situacao: "CONFIRMADO" | "CHEGOU", feito: string): Promise<void> {
  const quem = await perguntaQuem(balcao);
  if (quem === VOLTAR) return;
  const antes = await consultaAgendamentos(balcao, quem);
  if (antes.length === 0) return;
  const [[, cpf, , especialista, , , , detalhes]] = antes;
  const pedido = {
    comando: "SITUA",
    cpf,
    especialista,
    situacao,
    numero: detalhes?.numero,
    codigo: quem.codigo,
  } as const;
  const resposta = await altera(balcao, pedido, { antes });
  if (resposta === undefined) return;
  if (resposta.codigo !== "OK-306") return recusaCom(balcao, resposta);
  balcao.tela.quadro(cartaoDe("O seu agendamento", agendamentoDe(agendamentosEm(resposta)[0])));
  balcao.tela.frase("ok", feito);
}

/** O CPF e o código; `VOLTAR` com a tela como estava antes do título. */
async function perguntaQuem(
  balcao: Balcao,
): Promise<{ readonly cpf: string; readonly codigo: string } | typeof VOLTAR> {
  const { tela } = balcao;
  for (let anterior = "";;) {
    const cpf = await perguntaCpf(balcao, anterior);
    if (cpf === VOLTAR) {
      tela.desfaz();
      return VOLTAR;
    }
    const codigo = await perguntaCodigo(balcao);
    if (codigo !== VOLTAR) return { cpf, codigo };
    tela.desfaz();
    anterior = cpf;
  }
}

/** Aceita ou recusa a hora segurada, ou sai da lista de espera: sem a ver, que é da recepção. */
export async function respondePelaLista(balcao: Balcao): Promise<void> {
  const { tela } = balcao;
  tela.titulo("Lista de espera");
  const quem = await perguntaQuem(balcao);
  if (quem === VOLTAR) return;
  const especialista = await perguntaQualEspecialidade(balcao);
  if (especialista === VOLTAR) return;
  const comando = await escolhe<"ACEITA" | "RECUSA" | "DESISTE">(balcao, "O que fazer", [
    { name: "Ficar com a hora que me seguraram", value: "ACEITA" },
    { name: "Recusá-la, e continuar à espera", value: "RECUSA" },
    { name: "Sair da lista de espera", value: "DESISTE" },
  ]);
  if (comando === VOLTAR) return;
  const resposta = await alteraNaLista(balcao, { comando, ...quem, especialista });
  if (typeof resposta === "string") return;
  switch (resposta.codigo) {
    case "OK-300":
    case "OK-303": {
      const titulo = resposta.codigo === "OK-300" ? "Agendamento realizado" : "Agendamento remarcado";
      return tela.quadro(cartaoDe(titulo, agendamentoDe(agendamentosEm(resposta)[0])));
    }
    case "OK-308":
      return tela.frase("ok", "Fora da lista de espera.");
    case "OK-309":
      return tela.frase("ok", "Convite recusado; continua na lista de espera.");
    default:
      return recusaCom(balcao, resposta);
  }
}

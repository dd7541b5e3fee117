/**
 * Os direitos de uma pessoa sobre os seus dados (LGPD, Lei 13.709/2018, art. 18): corrigir o que dela se sabe, tirar-lhe o
 * nome e o CPF, e guardá-los enquanto uma guarda legal o mande. Pede-o `servidor.ts titular`, e a varredura da noite, que
 * anonimiza aqueles cujo prazo passou. Tudo fica escrito por uma mudança só, `DoTitular`: por ela passa quem quiser o rasto.
 *
 * O prazo conta-se por pessoa, do último registro dela (Lei 13.787/2018, art. 6.º): enquanto o mais novo se guarda, guardam-se
 * todos. Quem foi anonimizado e volta a marcar é outra pessoa.
 *
 * @module
 */

import { type Agendamento, espera as esperado } from "./agendamento.ts";
import type { Espera } from "./espera.ts";
import { ativosEmOrdem, type Decisao, type Estado, mudanca, semMudanca } from "./estado.ts";
import { type Contato, impossivel, LINHAS_DE_UM_CPF, type Mudanca } from "./livro.ts";
import type { FeitoPeloTitular, PedidoDe } from "./pedido.ts";
import { daEspera } from "./promover.ts";

/** O nome de quem já não o tem. */
export const ANONIMIZADO = "ANONIMIZADO";

const LETRA = "X";

/** Bits ao acaso de um pseudônimo: dez letras de um código. */
const LETRAS_DO_PSEUDONIMO = 10;

/**
 * O que fica no lugar de um CPF: um `X` e cinquenta bits ao acaso, no mesmo espaço. Não vem do CPF, e por isso não há como o
 * desfazer tentando todos.
 */
export function pseudonimo(sorteia: () => string): string {
  return LETRA + (sorteia() + sorteia()).slice(0, LETRAS_DO_PSEUDONIMO);
}

/** Verdadeiro se já não é o CPF de ninguém. */
export function ehPseudonimo(cpf: string): boolean {
  return cpf.startsWith(LETRA);
}

/** A data de antes da qual já nada se guarda, `"aaaa-mm-dd"`. */
export function limiteDaGuarda({ clinica, agora }: Pick<Estado, "clinica" | "agora">): string {
  const { hoje } = clinica.calendario.janela(agora);
  return Temporal.PlainDate.from(hoje).subtract({ months: clinica.oferta.guarda.meses }).toString();
}

/** Trata de um pedido sobre uma pessoa. */
export function tratarDoTitular(estado: Estado, pedido: PedidoDe<"TITULAR">): Decisao {
  const tudo = tudoDe(estado, pedido.cpf);
  if (!tudo.ha && pedido.ato !== "GUARDA" && pedido.ato !== "SOLTA") return responde({ recusa: "nada" });
  switch (pedido.ato) {
    case "EXPORTA":
      return responde({ feito: 0 }, [anota(estado, pedido)]);
    case "RETIFICA":
      return retifica(estado, pedido, tudo);
    case "ANONIMIZA":
      return anonimiza(estado, pedido, tudo);
    case "GUARDA":
      if (tudo.guarda !== undefined) return responde({ recusa: "guarda", guarda: tudo.guarda });
      return responde({ feito: 0 }, [anota(estado, pedido)]);
    case "SOLTA":
      if (tudo.guarda === undefined) return responde({ recusa: "nada" });
      return responde({ feito: 0 }, [anota(estado, pedido)]);
    default:
      return impossivel(pedido);
  }
}

function responde(titular: FeitoPeloTitular, mudancas: readonly Mudanca[] = []): Decisao {
  if (mudancas.length === 0) return semMudanca({ codigo: "OK-200", titular });
  return { resultado: { codigo: "OK-200", titular }, mudancas };
}

/** O rasto. */
function anota({ quem }: Estado, pedido: PedidoDe<"TITULAR">): Mudanca {
  const { ato, cpf } = pedido;
  const motivo = "motivo" in pedido ? pedido.motivo ?? "" : "";
  const pseudonimo = ato === "ANONIMIZA" ? pedido.pseudonimo : "";
  return { sobre: "titular", ato, depois: { ato, cpf, pseudonimo, motivo }, quem };
}

/** O que o livro tem de uma pessoa; dos agendamentos e das entradas que acabaram, os mais novos. */
interface Tudo extends ReturnType<Estado["vista"]["fichaDe"]> {
  readonly agendamentos: readonly Agendamento[];
  readonly esperas: readonly Espera[];
  readonly contato: Contato | undefined;
  readonly ha: boolean;
}

function tudoDe({ vista }: Estado, cpf: string): Tudo {
  const novos = vista.historiaDe(cpf);
  // Um ativo pode ser mais antigo do que a história alcança.
  const antigos = vista.ativosDe(cpf).filter(({ numero }) => !novos.some((um) => um.numero === numero));
  const agendamentos = [...novos, ...antigos];
  const [esperas, ficha, contato] = [vista.esperasDe(cpf), vista.fichaDe(cpf), vista.contatoDe(cpf)];
  const ha = agendamentos.length + esperas.length + ficha.acabadas.length > 0 || contato !== undefined;
  return { ...ficha, agendamentos, esperas, contato, ha };
}

// ------------------------------------------------------------------------------------------------------ a correção

/**
 * O nome muda em tudo o que se lê dela, que são as mil linhas mais novas; o contato, onde há um, e no que está por vir. O que
 * já está como se pede não se escreve.
 */
function retifica(
  estado: Estado,
  pedido: PedidoDe<"TITULAR"> & { readonly ato: "RETIFICA" },
  { agendamentos, esperas, acabadas, contato }: Tudo,
): Decisao {
  const { cpf, nome, email, telefone } = pedido;
  const corrigido = <T extends Agendamento | Espera>(um: T, porVir: boolean): Partial<Agendamento & Espera> => ({
    ...nome === undefined || um.nome === nome ? {} : { nome },
    ...email === undefined || um.email === email || um.email === "" && !porVir ? {} : { email },
    ...telefone === undefined || um.telefone === telefone || um.telefone === "" && !porVir ? {} : { telefone },
  });
  const mudancas: Mudanca[] = [];
  for (const antes of agendamentos) {
    const novo = corrigido(antes, antes.ativo);
    if (Object.keys(novo).length > 0) mudancas.push(mudanca(estado, { ato: "RETIFICA", antes, novo }));
  }
  for (const antes of [...esperas, ...acabadas]) {
    const novo = corrigido(antes, antes.terminouEm === "");
    if (Object.keys(novo).length > 0) mudancas.push(daEspera(estado, { ato: "RETIFICA", antes, novo }));
  }
  const novo = { cpf, email: email ?? contato?.email ?? "", telefone: telefone ?? contato?.telefone ?? "" };
  if (novo.email !== (contato?.email ?? "") || novo.telefone !== (contato?.telefone ?? "")) {
    mudancas.push({ sobre: "contato", ato: "RETIFICA", depois: novo, quem: estado.quem });
  }
  if (mudancas.length === 0) return responde({ feito: 0 });
  return responde({ feito: mudancas.length }, [...mudancas, anota(estado, pedido)]);
}

// ------------------------------------------------------------------------------------------------------ anonimizar

/**
 * Recusa-se enquanto há algo por vir ou uma guarda legal, haja o motivo que houver; e antes do prazo, sem um motivo.
 */
function anonimiza(
  estado: Estado,
  pedido: PedidoDe<"TITULAR"> & { readonly ato: "ANONIMIZA" },
  tudo: Tudo,
): Decisao {
  const { agendamentos, esperas, acabadas, guarda } = tudo;
  // Primeiro a guarda legal: do resto, quem força desmarca o que há.
  if (guarda !== undefined) return responde({ recusa: "guarda", guarda });
  const marcados = porVir(estado, pedido.cpf);
  if (marcados.length + esperas.length > 0) return responde({ recusa: "de pé", marcados, esperas });
  const ate = guardaAte(estado, tudo);
  if (ate !== undefined && (pedido.motivo === undefined || pedido.porPrazo)) return responde({ recusa: "prazo", ate });
  const mudancas: Mudanca[] = [
    ...agendamentos.map((antes) =>
      mudanca(estado, { ato: "ANONIMIZA", antes, novo: semDono(pedido.pseudonimo, estado.sorteia()) })
    ),
    ...acabadas.map((antes) =>
      daEspera(estado, { ato: "ANONIMIZA", antes, novo: semQuemEspere(pedido.pseudonimo, estado.sorteia()) })
    ),
  ];
  const feito = mudancas.length;
  // De quem tem mais linhas do que se leem de uma vez, as outras ainda têm o CPF: são da vez seguinte.
  const falta = agendamentos.length >= LINHAS_DE_UM_CPF || acabadas.length >= LINHAS_DE_UM_CPF;
  return responde(falta ? { feito, falta } : { feito }, [...mudancas, anota(estado, pedido)]);
}

/** O que a pessoa tem por vir, ou por que está na clínica. */
function porVir(estado: Estado, cpf: string): readonly Agendamento[] {
  const { hoje } = estado.clinica.calendario.janela(estado.agora);
  const aqui = estado.vista.ativosDe(cpf).filter((um) =>
    esperado(um) && um.data === hoje && um.situacao !== "MARCADO" && um.situacao !== "CONFIRMADO"
  );
  return [...new Set([...ativosEmOrdem(estado, cpf), ...aqui])];
}

/** Até quando se guarda o que há; nada, se já passou. */
function guardaAte({ clinica, agora }: Estado, { agendamentos, acabadas }: Tudo): string | undefined {
  const datas = [
    ...agendamentos.map(({ data }) => data),
    // A data em UTC: de anos, umas horas não contam.
    ...acabadas.map(({ terminouEm }) => terminouEm.slice(0, 10)),
  ];
  const ultima = datas.reduce((maior, data) => data > maior ? data : maior, "");
  if (ultima === "" || ultima < limiteDaGuarda({ clinica, agora })) return undefined;
  return Temporal.PlainDate.from(ultima).add({ months: clinica.oferta.guarda.meses }).toString();
}

/** Um agendamento sem nada de quem foi: ficam a especialidade, quem atendeu, quando, e como acabou. */
function semDono(cpf: string, codigo: string): Partial<Agendamento> {
  return {
    ...{ cpf, nome: ANONIMIZADO, codigo, ativo: false },
    ...{ motivo: "", nota: "", email: "", telefone: "", senha: "", prioridade: 0 },
    // As mudanças que se podiam desfazer têm os motivos.
    pilha: [],
  };
}

/** Uma entrada sem nada de quem esperou. */
function semQuemEspere(cpf: string, codigo: string): Partial<Espera> {
  return { cpf, nome: ANONIMIZADO, codigo, motivo: "", email: "", telefone: "", origem: "", prioridade: 0 };
}

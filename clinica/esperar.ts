/**
 * A lista de espera de quem a pede: `ESPERA` entra, `DESISTE` sai, `ACEITA` e `RECUSA` respondem a um convite, `FILA` mostra-a.
 * O que um deles deixa vago é do seguinte, que `promover.ts` acha.
 *
 * @module
 */

import { type Agendamento, mesmoCodigo } from "./agendamento.ts";
import { ehData } from "./calendario.ts";
import { aprendizado, contatoPara } from "./corrigir.ts";
import { type Espera, quer } from "./espera.ts";
import { arquivamento, type Decisao, type Estado, instante, mudanca, semMudanca } from "./estado.ts";
import { dispensado, foraDasRegras, impedeSair, impedeTer } from "./impedimento.ts";
import type { DaEspera, Mudanca } from "./livro.ts";
import type { Especialidade } from "./oferta.ts";
import type { AEsperar, ParaAvisos, PedidoDe, Resultado } from "./pedido.ts";
import { alcanca, alcancaTodos, daCasa } from "./permissao.ts";
import {
  antecedencia,
  aTempo,
  depoisDe,
  horaDe,
  marcadoAqui,
  movida,
  passada,
  podeMover,
  solta,
  terminada,
} from "./promover.ts";

/** Entradas de pé que um endereço pode ter, se quem pede não é da casa. */
const POR_ENDERECO = 20;

/** Entradas de pé numa especialidade, no máximo. */
const POR_ESPECIALIDADE = 200_000;

/** Dias adiante em que se procura uma hora que sirva a quem entra. */
const DIAS_ADIANTE = 371;

const SEM_CONVITE: Decisao = semMudanca({ codigo: "ERRO-119" });

/** Quando vários erros cabem, vale o primeiro na ordem 103, 118, 111, 116. */
export function esperar(estado: Estado, pedido: PedidoDe<"ESPERA">): Decisao {
  const { clinica, vista, quem } = estado;
  const { cpf, motivo = "", prioridade = 0 } = pedido;
  const especialidade = clinica.especialidade(pedido.especialista);
  const profissional = pedido.profissional === undefined ? "" : clinica.profissional(pedido.profissional)?.chave;
  if (especialidade === undefined || profissional === undefined) return semMudanca({ codigo: "ERRO-103" });
  const contato = contatoPara(estado, pedido);
  // O número e o código são de quem entra: quem é recusado não gasta nenhum.
  const pretende: Espera = {
    numero: 0,
    versao: 1,
    codigo: "",
    cpf,
    nome: pedido.nome,
    especialidade: especialidade.chave,
    profissional,
    de: pedido.de ?? "",
    ate: pedido.ate ?? "",
    turno: pedido.turno ?? "",
    antecedencia: pedido.antecedencia ?? 0,
    marca: pedido.marca ?? false,
    move: alcancaTodos(quem, "BUSCA"),
    prioridade,
    motivo,
    isenta: dispensado(estado, motivo),
    email: contato?.email ?? "",
    telefone: contato?.telefone ?? "",
    origem: quem.origem,
    lapsos: 0,
    ordem: 0,
    desde: instante(estado),
    convite: 0,
    passou: [],
    terminouEm: "",
  };
  const aqui = marcadoAqui(estado, pretende);
  const move = aqui === undefined ? pretende.move : alcanca(quem, { comando: "BUSCA", codigo: pedido.codigo }, aqui);
  // O que se tem marcado só conta para quem o podia ver: a outro, perguntar com um período e outro diria quando é.
  if (!podeServir(estado, pretende, { especialidade, aqui: move ? aqui : undefined })) {
    return semMudanca({ codigo: "ERRO-103" });
  }
  const ja = vista.esperaDe(cpf, especialidade.chave);
  if (ja !== undefined) {
    const repetido = pedido.proposto !== undefined && mesmoCodigo(pedido.proposto, ja.codigo);
    return semMudanca(
      repetido ? { codigo: "OK-307", posicao: posicaoDe(estado, ja), espera: ja } : { codigo: "ERRO-118" },
    );
  }
  if (aqui !== undefined && !move) return semMudanca({ codigo: "ERRO-111", agendamentos: [aqui] });
  const cheia = vista.quantasAntes(especialidade.chave, FIM_DA_LISTA) >= POR_ESPECIALIDADE ||
    !daCasa(quem.papel) && vista.esperasDaOrigem(quem.origem) >= POR_ENDERECO;
  if (cheia) return semMudanca({ codigo: "ERRO-116", regra: "espera" });
  // Quem já tem um marcado aqui não terá mais um.
  const regra = aqui === undefined ? impedeTer(estado, pedido) : undefined;
  if (regra !== undefined) return semMudanca(foraDasRegras(regra));
  const numero = vista.novaEspera();
  const espera: Espera = { ...pretende, move, numero, ordem: numero, codigo: pedido.proposto ?? estado.sorteia() };
  const posicao = posicaoDe(estado, espera);
  const entra: DaEspera = { sobre: "espera", ato: "ESPERA", depois: espera, quem };
  return { resultado: { codigo: "OK-307", posicao, espera }, mudancas: [entra, ...aprendizado(estado, contato)] };
}

/** O lugar de uma entrada na lista dela; 1 é o primeiro. */
function posicaoDe({ vista }: Estado, espera: Espera): number {
  return 1 + vista.quantasAntes(espera.especialidade, espera);
}

/** As entradas de um CPF a que quem busca chega. */
export function aEsperarDe(estado: Estado, pedido: PedidoDe<"BUSCA">): readonly AEsperar[] {
  return estado.vista.esperasDe(pedido.cpf).filter((espera) => alcanca(estado.quem, pedido, espera))
    .map((espera) => ({ espera, convite: estado.vista.conviteDe(espera), posicao: posicaoDe(estado, espera) }));
}

const FIM_DA_LISTA = { prioridade: -1, ordem: 0 };

/** Se há na oferta alguma hora, livre ou não, que um dia possa servir a uma entrada, mais cedo do que a que move. */
function podeServir(
  estado: Estado,
  espera: Espera,
  { especialidade, aqui }: { especialidade: Especialidade; aqui?: Agendamento },
): boolean {
  const { clinica, vista, agora } = estado;
  const { hoje } = clinica.calendario.janela(agora);
  const { de, ate } = espera;
  if (de !== "" && !ehData(de) || ate !== "" && (!ehData(ate) || ate < hoje)) return false;
  if (aqui !== undefined && !podeMover(aqui)) return false;
  const excecoes = vista.excecoes();
  const minimo = antecedencia(estado, espera);
  const inicio = Temporal.PlainDate.from(de > hoje ? de : hoje);
  for (let i = 0; i < DIAS_ADIANTE; i++) {
    const data = inicio.add({ days: i }).toString();
    if (ate !== "" && data > ate) return false;
    const agendas = clinica.dia(data, excecoes)?.atendimentos.get(especialidade.chave) ?? [];
    const serve = agendas.some(({ profissional, horarios }) =>
      horarios.some((horario) => {
        const hora = horaDe(data, {
          especialidade: especialidade.chave,
          profissional: profissional?.chave ?? "",
          horario,
        });
        return quer(espera, hora) && aTempo(estado, minimo, hora) && (aqui === undefined || depoisDe(aqui, hora));
      })
    );
    if (serve) return true;
    if (aqui !== undefined && data > aqui.data) return false;
  }
  return false;
}

/** Sai da lista; a hora que lhe estava segurada é do seguinte. */
export function desistir(estado: Estado, pedido: PedidoDe<"DESISTE">): Decisao {
  const espera = acha(estado, pedido);
  if (espera === undefined) return SEM_CONVITE;
  const convite = estado.vista.conviteDe(espera);
  const mudancas: Mudanca[] = [terminada(estado, { ato: "DESISTE", antes: espera })];
  if (convite !== undefined) mudancas.unshift(solta(estado, { ato: "DESISTE", convite }));
  return { resultado: { codigo: "OK-308" }, mudancas };
}

/** Deixa passar a hora segurada, e continua à espera; não é um lapso. */
export function recusar(estado: Estado, pedido: PedidoDe<"RECUSA">): Decisao {
  const espera = acha(estado, pedido);
  const convite = espera && estado.vista.conviteDe(espera);
  if (espera === undefined || convite === undefined) return SEM_CONVITE;
  return {
    resultado: { codigo: "OK-309" },
    mudancas: passada(estado, { ato: "RECUSA", espera, convite, lapso: false }),
  };
}

/** Fica com a hora segurada, enquanto o está, por mais tarde que seja. Quando vários erros cabem, a ordem é 119, 116. */
export function aceitar(estado: Estado, pedido: PedidoDe<"ACEITA">): Decisao {
  const espera = acha(estado, pedido);
  return espera === undefined ? SEM_CONVITE : aceita(estado, espera, pedido);
}

/** O que quem aceita diz do agendamento, por cima do que disse ao entrar na lista; o nome é o de então. */
export type Dito = ParaAvisos & Partial<Pick<Agendamento, "motivo" | "nota">>;

/** O mesmo, de uma entrada que já se achou: `AGEND` à hora segurada também é aceitar. */
export function aceita(estado: Estado, espera: Espera, { motivo, nota, email, telefone }: Dito): Decisao {
  const convite = estado.vista.conviteDe(espera);
  if (convite === undefined) return SEM_CONVITE;
  const aqui = marcadoAqui(estado, espera);
  if (aqui !== undefined && !podeMover(aqui)) return SEM_CONVITE;
  const livre = espera.isenta || dispensado(estado, motivo);
  const regra = livre ? undefined : aqui === undefined
    // O motivo por que se espera não é um de quem aceita.
    ? impedeTer(estado, { cpf: espera.cpf })
    : impedeSair(estado, aqui, undefined);
  if (regra !== undefined) return semMudanca(foraDasRegras(regra));
  const acaba = terminada(estado, { ato: "ACEITA", antes: espera });
  const com = (um: Agendamento): Required<Dito> => ({
    motivo: motivo ?? um.motivo,
    nota: nota ?? um.nota,
    email: email ?? um.email,
    telefone: telefone ?? um.telefone,
  });
  if (aqui === undefined) {
    const anterior = estado.vista.ativosDe(espera.cpf).find((um) => um.especialidade === espera.especialidade);
    const feita = mudanca(estado, {
      ato: "ACEITA",
      antes: convite,
      novo: {
        ...{ situacao: "MARCADO", ativo: true, terminouEm: "", substitui: 0, codigo: espera.codigo },
        ...com(convite),
      },
    });
    const arquiva = anterior === undefined ? [] : [arquivamento(estado, anterior)];
    return { resultado: { codigo: "OK-300", agendamentos: [feita.depois] }, mudancas: [...arquiva, feita, acaba] };
  }
  // A hora passa do convite para quem já tinha número e código.
  const feita = movida(estado, { ato: "ACEITA", espera, antes: aqui, lugar: convite, novo: com(aqui) });
  const mudancas = [solta(estado, { ato: "ACEITA", convite }), feita, acaba];
  return { resultado: { codigo: "OK-303", agendamentos: [feita.depois, aqui] }, mudancas };
}

/** A lista de uma especialidade, na ordem; as mil primeiras. */
export function mostrarFila({ clinica, vista }: Estado, { especialista }: PedidoDe<"FILA">): Resultado {
  const especialidade = clinica.especialidade(especialista);
  if (especialidade === undefined) return { codigo: "ERRO-103" };
  const fila = vista.listaDeEspera(especialidade.chave)
    .map((espera) => ({ espera, convite: vista.conviteDe(espera) }));
  return { codigo: "OK-311", fila };
}

/** Verdadeiro se a entrada de que um pedido fala está na lista, e quem pede a alcança. */
export function temEntrada(estado: Estado, pedido: PedidoDe<"ACEITA" | "RECUSA">): boolean {
  return acha(estado, pedido) !== undefined;
}

/** A entrada de que um pedido fala; um código errado responde como se não houvesse nenhuma. */
function acha(
  { clinica, vista, quem }: Estado,
  pedido: PedidoDe<"DESISTE" | "ACEITA" | "RECUSA">,
): Espera | undefined {
  const { cpf, especialista, numero } = pedido;
  const espera = vista.esperaDe(cpf, clinica.chaveDe(especialista));
  if (espera === undefined || numero !== undefined && numero !== espera.numero) return undefined;
  return alcanca(quem, pedido, espera) ? espera : undefined;
}

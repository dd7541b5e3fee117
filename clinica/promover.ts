/**
 * A quem se dá o que vaga. Toda mudança que deixa minutos livres passa por aqui: as horas que deles resultam são, na mesma
 * transação, de quem espera por elas, na ordem da lista. Quem o quis marca-se, ou move-se, logo, e o que assim deixa vaga
 * também; aos outros segura-se a hora até que respondam.
 *
 * `regras.ts` chama-o depois de cada ato; `esperar.ts` e `tique.ts`, para deixar passar um convite.
 *
 * @module
 */

import { agendaDe, type Agendamento, nasce, tomaHora } from "./agendamento.ts";
import { convidavel, deixaPassar, type Espera, type HoraVaga, type Lugar, lugarDe, quer } from "./espera.ts";
import { arquivamento, comparar, DE_NOVO, type Decisao, type Estado, instante, jaTerminou, mudanca } from "./estado.ts";
import { alcanca } from "./excecao.ts";
import { faltam, impedeSair, impedeTer } from "./impedimento.ts";
import { type DaEspera, type DoAgendamento, impossivel, type Intencao, type Mudanca, type Quem } from "./livro.ts";
import { estaLivre } from "./ocupacao.ts";
import { type Horario, minutoDoDia } from "./oferta.ts";
import { PRAZO_MINIMO } from "./politica.ts";
import { Sobreposta } from "./sobreposta.ts";

/** Promoções numa transação, no máximo: o que vaga além delas segura-se para ninguém, e continua-se noutra. */
export const PROMOCOES_MAXIMAS = 16;

/** O CPF de uma hora segurada para ninguém; não é o de nenhuma pessoa. */
export const PARA_NINGUEM = "00000000000";

/** O prazo dela: já passou, seja qual for a hora do servidor que a acha. */
export const JA = "1970-01-01T00:00:00Z";

/** Quem promove, e quem faz o que o relógio manda: o próprio servidor, por conta de quem quer que tenha deixado a hora. */
export const SERVIDOR: Quem = { origem: "a própria clínica", cliente: "a própria clínica", papel: "servidor" };

/** A decisão, e o que o que ela deixa vago dá a quem espera. */
export function comPromocoes(estado: Estado, decisao: Decisao): Decisao {
  if (decisao.mudancas.length === 0 || !estado.vista.alguemEspera()) return decisao;
  const sobreposta = new Sobreposta(estado.vista);
  for (const uma of decisao.mudancas) sobreposta.aplica(uma);
  const depois: Estado = { ...estado, vista: sobreposta, quem: SERVIDOR };
  const caem = decisao.mudancas.flatMap((uma) => dispensa(depois, uma));
  for (const uma of caem) sobreposta.aplica(uma);
  const mudancas = [...decisao.mudancas, ...caem];
  const dadas: Mudanca[] = [];
  const porDar = horasVagas(estado, depois, mudancas);
  const cabem = estado.vista.soSegura ? 0 : PROMOCOES_MAXIMAS;
  for (let promocoes = 0; porDar.length > 0;) {
    const [hora] = porDar.splice(0, 1);
    const espera = livre(depois, hora) ? primeiro(depois, hora) : undefined;
    if (espera === undefined) continue;
    const feitas = promocoes++ < cabem ? promove(depois, espera, hora) : [segura(depois, hora)];
    for (const uma of feitas) sobreposta.aplica(uma);
    dadas.push(...feitas);
    // A hora que alguém deixou para vir para esta é de quem espera por ela.
    const deixadas = horasVagas(depois, depois, feitas);
    if (deixadas.length === 0) continue;
    porDar.push(...deixadas);
    porDar.sort(daMaisCedo(depois));
  }
  return { ...decisao, mudancas: [...mudancas, ...dadas] };
}

/**
 * O que se marcou dispensa um convite para a mesma hora ou para mais tarde, e o de quem não o pode mover; a hora que alguém deixou por si não volta a ser
 * dele; e quem foi atendido já não espera.
 */
function dispensa(estado: Estado, mudanca: Mudanca): readonly Mudanca[] {
  if (mudanca.sobre !== "agendamento") return [];
  const { antes, depois } = mudanca;
  // Quem foi anonimizado não espera por nada.
  if (antes !== undefined && antes.cpf !== depois.cpf) return [];
  const espera = estado.vista.esperaDe(depois.cpf, depois.especialidade);
  if (espera === undefined) return [];
  const convite = estado.vista.conviteDe(espera);
  if (depois.situacao === "ATENDIDO" && antes?.situacao !== "ATENDIDO") {
    const solto = convite === undefined ? [] : [solta(estado, { ato: "PROMOVE", convite })];
    return [...solto, terminada(estado, { ato: "PROMOVE", antes: espera })];
  }
  const fica = antes !== undefined && tomaHora(depois) && lugarDe(antes) === lugarDe(depois);
  const deixada = antes?.ativo && tomaHora(antes) && !fica ? [passaAdiante(estado, espera, antes)] : [];
  const outro = antes === undefined || !antes.ativo || !mesmosMinutos(antes, depois);
  // Um que se desfez depois de acabar já não é de ninguém.
  const vale = depois.ativo && outro && !jaTerminou(estado, depois);
  if (convite === undefined || !vale || espera.move && depoisDe(depois, convite)) return deixada;
  const agora = deixada[0]?.depois ?? espera;
  return [...deixada, ...passada(estado, { ato: "PROMOVE", espera: agora, convite, lapso: false })];
}

/** A entrada que não se convida para uma hora que deixou. */
function passaAdiante(estado: Estado, antes: Espera, lugar: Lugar): DaEspera {
  const { hoje } = estado.clinica.calendario.janela(estado.agora);
  return daEspera(estado, { ato: "PROMOVE", antes, novo: { passou: deixaPassar(antes, lugar, hoje) } });
}

/** Minutos que deixaram de estar tomados, ou passaram a ser atendidos, e de quem. */
interface Vago {
  readonly data: string;
  readonly inicio: number;
  readonly fim: number;
  readonly de: (agenda: string, especialidade: string, profissional: string) => boolean;
  /** São de uma exceção: só vaga a hora de que algum minuto não se oferecia já. */
  readonly daExcecao: boolean;
}

/** O que uma série de mudanças deixa vago, em datas abertas. */
function vagaram({ clinica, agora }: Estado, mudancas: readonly Mudanca[]): readonly Vago[] {
  return mudancas.flatMap((mudanca): readonly Vago[] => {
    switch (mudanca.sobre) {
      case "agendamento": {
        const { antes, depois } = mudanca;
        if (antes === undefined || !tomaHora(antes) || tomaHora(depois) && mesmosMinutos(antes, depois)) return [];
        const inicio = minutoDoDia(antes.hora);
        const agendas = [agendaDe(antes), ...clinica.vizinhas(agendaDe(antes))];
        return [{
          data: antes.data,
          inicio,
          fim: inicio + antes.minutos,
          de: (agenda) => agendas.includes(agenda),
          daExcecao: false,
        }];
      }
      case "excecao": {
        const { depois: excecao } = mudanca;
        const { inicio, fim } = excecao;
        // Um EXTRA toma a agenda inteira de quem atende, e desfeito devolve-a também às outras especialidades dele.
        const de: Vago["de"] = (agenda, ...quem) =>
          excecao.tipo === "EXTRA" ? agenda === agendaDe(excecao) : alcanca(excecao, ...quem);
        return clinica.datas(agora).filter((data) => data >= excecao.de && data <= excecao.ate)
          .map((data) => ({ data, inicio, fim, de, daExcecao: true }));
      }
      case "espera":
      case "contato":
      case "tique":
      case "tentativa":
      case "poda":
      case "titular":
        return [];
      default:
        impossivel(mudanca);
    }
  });
}

function mesmosMinutos(antes: Agendamento, depois: Agendamento): boolean {
  return antes.data === depois.data && antes.hora === depois.hora && antes.minutos === depois.minutos &&
    agendaDe(antes) === agendaDe(depois);
}

/** As horas que uma série de mudanças deixa vagas, da mais cedo à mais tarde, seja qual for a mudança de que vêm. */
function horasVagas(antes: Estado, depois: Estado, mudancas: readonly Mudanca[]): HoraVaga[] {
  return vagaram(depois, mudancas).flatMap((vago) => {
    if (!vago.daExcecao) return horasDe(depois, vago);
    const ofereciam = horasDe(antes, vago);
    return horasDe(depois, vago).filter((hora) => !cobrem(ofereciam, hora));
  }).sort(daMaisCedo(depois));
}

/** Verdadeiro se as horas têm todos os minutos de uma; numa agenda não se sobrepõem. */
function cobrem(horas: readonly HoraVaga[], uma: HoraVaga): boolean {
  const comuns = horas.filter((outra) => agendaDe(outra) === agendaDe(uma)).map(({ inicio, minutos }) =>
    Math.min(inicio + minutos, uma.inicio + uma.minutos) - Math.max(inicio, uma.inicio)
  );
  return comuns.reduce((soma, minutos) => soma + Math.max(0, minutos), 0) >= uma.minutos;
}

/** À mesma hora, a ordem da configuração. */
function daMaisCedo({ clinica }: Estado): (a: HoraVaga, b: HoraVaga) => number {
  return (a, b) =>
    comparar(a.data, b.data) || a.inicio - b.inicio ||
    clinica.ordemDe(a.profissional) - clinica.ordemDe(b.profissional) || comparar(a.especialidade, b.especialidade);
}

/** As horas da oferta de agora que esses minutos tocam. */
function horasDe({ clinica, vista, agora }: Estado, { data, inicio, fim, de }: Vago): HoraVaga[] {
  const horas: HoraVaga[] = [];
  for (const [especialidade, agendas] of clinica.dias(vista, agora).get(data)?.atendimentos ?? []) {
    for (const { agenda, profissional, horarios } of agendas) {
      const quem = profissional?.chave ?? "";
      if (!de(agenda, especialidade, quem)) continue;
      for (const horario of horarios) {
        if (horario.inicio >= fim || horario.inicio + horario.minutos <= inicio) continue;
        horas.push(horaDe(data, { especialidade, profissional: quem, horario }));
      }
    }
  }
  return horas;
}

/** Uma hora de uma agenda, como a lista de espera a olha. */
export function horaDe(
  data: string,
  { horario, ...quem }: { especialidade: string; profissional: string; horario: Horario },
): HoraVaga {
  return { ...horario, ...quem, data };
}

/** Verdadeiro se ninguém tem a hora, e ainda falta o bastante para que se dê a alguém. */
function livre(estado: Estado, hora: HoraVaga): boolean {
  return aTempo(estado, estado.clinica.oferta.espera.antecedencia, hora) &&
    estaLivre(estado.clinica.tomado(estado.vista, hora.data, agendaDe(hora)), hora);
}

/** Verdadeiro se a hora está por vir, e faltam ao menos estes minutos para ela. */
export function aTempo(estado: Estado, minutos: number, hora: HoraVaga): boolean {
  const { clinica, agora } = estado;
  return faltam(estado, minutos, hora) && !clinica.calendario.comecou(hora.data, hora.hora, agora);
}

/** O primeiro da lista a quem a hora serve; ou só que a quer, se mais não se pode ler. */
function primeiro(estado: Estado, hora: HoraVaga): Espera | undefined {
  const { soSegura } = estado.vista;
  for (const espera of estado.vista.fila(hora)) {
    if (quer(espera, hora) && convidavel(espera, hora) && (soSegura || serve(estado, espera, hora))) return espera;
  }
  return undefined;
}

/** Se o tempo, as regras e o que a pessoa já tem marcado deixam que a hora seja dela. */
function serve(estado: Estado, espera: Espera, hora: HoraVaga): boolean {
  if (!faltam(estado, antecedencia(estado, espera), hora)) return false;
  if (!espera.marca && prazo(estado, espera, hora) === undefined) return false;
  const aqui = marcadoAqui(estado, espera);
  if (aqui !== undefined && (!espera.move || !podeMover(aqui) || !depoisDe(aqui, hora))) return false;
  const outros = estado.vista.ativosDe(espera.cpf).filter(({ numero }) => numero !== aqui?.numero);
  if (outros.some((um) => sobrepoe(um, hora))) return false;
  if (espera.isenta) return true;
  const impede = aqui === undefined ? impedeTer(estado, espera) : impedeSair(estado, aqui, undefined);
  return impede === undefined;
}

/** O que a pessoa tem marcado na especialidade por que espera, se ainda não acabou. */
export function marcadoAqui(estado: Estado, { cpf, especialidade }: Espera): Agendamento | undefined {
  return estado.vista.ativosDe(cpf).find((um) => um.especialidade === especialidade && !jaTerminou(estado, um));
}

/** Só quem está por vir se move. */
export function podeMover({ situacao }: Agendamento): boolean {
  return situacao === "MARCADO" || situacao === "CONFIRMADO";
}

/** Verdadeiro se é estritamente mais tarde do que a hora. */
export function depoisDe({ data, hora }: Agendamento, vaga: Pick<HoraVaga, "data" | "hora">): boolean {
  return (comparar(data, vaga.data) || comparar(hora, vaga.hora)) > 0;
}

function sobrepoe({ data, hora, minutos }: Agendamento, vaga: HoraVaga): boolean {
  const inicio = minutoDoDia(hora);
  return data === vaga.data && inicio < vaga.inicio + vaga.minutos && vaga.inicio < inicio + minutos;
}

/** Minutos que têm de faltar: os da lista, os que ela pediu, e os das regras, se lhe valem. */
export function antecedencia({ clinica: { oferta } }: Estado, espera: Espera): number {
  const dasRegras = espera.isenta ? 0 : oferta.regras.antecedencia;
  return Math.max(oferta.espera.antecedencia, espera.antecedencia, dasRegras);
}

/** Até quando se espera pela resposta; nada, se não dá tempo. */
function prazo(estado: Estado, espera: Espera, { data, hora }: HoraVaga): number | undefined {
  const { clinica, agora } = estado;
  const comeco = clinica.calendario.instante(data, hora, agora);
  const ate = Math.min(
    agora + clinica.oferta.espera.prazo * 60_000,
    comeco - antecedencia(estado, espera) * 60_000,
  );
  return ate - agora >= PRAZO_MINIMO * 60_000 ? ate : undefined;
}

/** Dá a hora: marca, move ou segura. */
function promove(estado: Estado, espera: Espera, hora: HoraVaga): readonly Mudanca[] {
  const aqui = marcadoAqui(estado, espera);
  if (!espera.marca) {
    const ate = prazo(estado, espera, hora) ?? estado.agora;
    // O código da entrada só passa para o agendamento se for aceito: até lá é um convite, e pode haver outros.
    const convite = segurada(estado, hora, {
      ...daPessoa(espera),
      codigo: estado.sorteia(),
      substitui: aqui?.numero ?? 0,
      terminouEm: Temporal.Instant.fromEpochMilliseconds(ate).toString(),
    });
    return [convite, daEspera(estado, { ato: "PROMOVE", antes: espera, novo: { convite: convite.depois.numero } })];
  }
  const acaba = terminada(estado, { ato: "PROMOVE", antes: espera });
  if (aqui !== undefined) return [movida(estado, { ato: "PROMOVE", espera, antes: aqui, lugar: hora }), acaba];
  // Um que já acabou pelo relógio ainda é o ativo do par.
  const anterior = estado.vista.ativosDe(espera.cpf).find((um) => um.especialidade === espera.especialidade);
  const { quem } = estado;
  const depois = nasce({ ...daPessoa(espera), ...doLugar(hora), numero: estado.vista.novoNumero() });
  return [
    ...anterior === undefined ? [] : [arquivamento(estado, anterior)],
    { sobre: "agendamento", ato: "PROMOVE", depois, quem },
    acaba,
  ];
}

/** O que da entrada passa para o agendamento. */
function daPessoa(
  { numero: espera, codigo, cpf, nome, motivo, email, telefone }: Espera,
): Pick<Agendamento, "espera" | "codigo" | "cpf" | "nome" | "motivo" | "email" | "telefone"> {
  return { espera, codigo, cpf, nome, motivo, email, telefone };
}

function doLugar(
  { especialidade, profissional, data, hora, minutos }: Lugar & Pick<HoraVaga, "minutos">,
): Pick<Agendamento, "especialidade" | "profissional" | "data" | "hora" | "minutos"> {
  return { especialidade, profissional, data, hora, minutos };
}

/** Leva um agendamento para o lugar que a entrada lhe dá, como `REMARC`. */
export function movida(
  estado: Estado,
  { ato, espera, antes, lugar, novo = {} }: {
    ato: Intencao;
    espera: Espera;
    antes: Agendamento;
    lugar: Lugar & Pick<HoraVaga, "minutos">;
    novo?: Partial<Agendamento>;
  },
): DoAgendamento {
  return mudanca(estado, { ato, antes, novo: { ...doLugar(lugar), ...DE_NOVO, espera: espera.numero, ...novo } });
}

/** Verdadeiro se a mudança segura uma hora para ninguém: há que prosseguir. */
export function fazProsseguir(mudanca: Mudanca): boolean {
  return mudanca.sobre === "agendamento" && mudanca.antes === undefined && mudanca.depois.cpf === PARA_NINGUEM;
}

/** Segura a hora para ninguém: há quem espere por ela, e já se deram as que cabem numa transação. */
function segura(estado: Estado, hora: HoraVaga): Mudanca {
  const codigo = estado.sorteia();
  return segurada(estado, hora, { codigo, cpf: PARA_NINGUEM, nome: "SEGURADA", terminouEm: JA });
}

function segurada(
  estado: Estado,
  hora: HoraVaga,
  quem: Pick<Agendamento, "codigo" | "cpf" | "nome" | "terminouEm"> & Partial<Agendamento>,
): DoAgendamento {
  const depois = nasce({
    ...quem,
    ...doLugar(hora),
    numero: estado.vista.novoNumero(),
    situacao: "CONVIDADO",
    ativo: false,
  });
  return { sobre: "agendamento", ato: "PROMOVE", depois, quem: estado.quem };
}

// ------------------------------------------------------------------------------------------------------ as entradas

/** A mudança que leva uma entrada a ter estes valores, na versão seguinte. */
export function daEspera(
  { quem }: Estado,
  { ato, antes, novo }: { ato: Intencao; antes: Espera; novo: Partial<Espera> },
): DaEspera {
  return { sobre: "espera", ato, antes, depois: { ...antes, ...novo, versao: antes.versao + 1 }, quem };
}

/** A entrada que acaba. */
export function terminada(estado: Estado, { ato, antes }: { ato: Intencao; antes: Espera }): DaEspera {
  return daEspera(estado, { ato, antes, novo: { convite: 0, terminouEm: instante(estado) } });
}

/** Lapsos que levam uma entrada para o fim da lista. */
const LAPSOS_MAXIMOS = 3;

/** Deixa passar a hora segurada de uma entrada, que continua a esperar; um `lapso` é um prazo que se deixou vencer. */
export function passada(
  estado: Estado,
  { ato, espera, convite, lapso }: { ato: Intencao; espera: Espera; convite: Agendamento; lapso: boolean },
): readonly Mudanca[] {
  const { hoje } = estado.clinica.calendario.janela(estado.agora);
  const lapsos = espera.lapsos + (lapso ? 1 : 0);
  const paraOFim = lapsos >= LAPSOS_MAXIMOS;
  return [
    solta(estado, { ato, convite }),
    daEspera(estado, {
      ato,
      antes: espera,
      novo: {
        convite: 0,
        passou: deixaPassar(espera, convite, hoje),
        lapsos: paraOFim ? 0 : lapsos,
        ordem: paraOFim ? estado.vista.novaEspera() : espera.ordem,
      },
    }),
  ];
}

/** A hora segurada que deixa de o ser. */
export function solta(estado: Estado, { ato, convite }: { ato: Intencao; convite: Agendamento }): DoAgendamento {
  return mudanca(estado, { ato, antes: convite, novo: { situacao: "PASSOU", terminouEm: instante(estado) } });
}

/**
 * O que as respostas disseram da lista de espera e das horas livres, posto ao lado do percurso do diário (`lista.ts`): cada uma é o
 * que havia nalgum ponto entre o pedido e ela, e entre um pedido e o que dele se seguiu não há ponto nenhum. E cada entrada que
 * nasceu, saiu ou recusou teve quem o pedisse.
 *
 * @module
 */

import { leDiario } from "./diario.ts";
import { descreve, type OperacaoDoDia } from "./feitos.ts";
import { type Momento, type OpcoesDoPercurso, percorre } from "./lista.ts";
import { daPessoa, type LivroAgora } from "./lista_livro.ts";
import { horaDe, podeMover } from "./tabela.ts";
import type { LivroDoDia, Versao, Viola } from "./vidas.ts";

/** O que se percorre, e o que se respondeu. */
export interface OpcoesDaLista extends Omit<OpcoesDoPercurso, "aoFim"> {
  /** O que cada operação fez aos agendamentos. */
  readonly obras: ReadonlyMap<OperacaoDoDia, Versao>;
}

/** Confere a lista de espera de uma história inteira. */
export function confereLista(operacoes: readonly OperacaoDoDia[], opcoes: OpcoesDaLista): void {
  const { livro, obras, datas, mundo, umSo, viola } = opcoes;
  const prazos = livro.diario.map((): Prazo => ({ inicio: -Infinity, fim: Infinity }));
  for (const { lote, inicio, fim } of obras.values()) aperta(prazos[lote], { inicio, fim });
  aBem(operacoes, { livro, prazos, viola });
  seguem(prazos);
  if (!umSo) return percorre({ ...opcoes, viaSe: (linha, de) => prazos[linha].fim < prazos[de].inicio });
  emOrdem(prazos, viola);

  const especialidades = new Set(
    datas.flatMap((data) => mundo.turnos(data, new Map()).map(({ especialidade }) => especialidade)),
  );
  const pontos = new Pontos();
  percorre({
    ...opcoes,
    aoFim(momento): void {
      const { agora, lote } = momento;
      pontos.mais(lote);
      for (const [nome, dito] of oQueSeVe(momento, opcoes, especialidades)) pontos.diz(nome, dito);
      for (const { sobre, versao, numero } of momento.feitas) {
        if (sobre === "espera" && versao === 1) pontos.nasceu(numero, posicaoDe(agora, numero, livro));
      }
    },
  });
  for (const operacao of operacoes) confere(operacao, { pontos, prazos, opcoes, especialidades });
}

/** Não antes de um instante, nem depois de outro. */
interface Prazo {
  inicio: number;
  fim: number;
}

function aperta(prazo: Prazo, { inicio, fim }: Prazo): void {
  prazo.inicio = Math.max(prazo.inicio, inicio);
  prazo.fim = Math.min(prazo.fim, fim);
}

/** Uma linha do diário não tem o seu número antes da anterior. */
function seguem(prazos: readonly Prazo[]): void {
  for (let i = 1; i < prazos.length; i++) prazos[i].inicio = Math.max(prazos[i].inicio, prazos[i - 1].inicio);
}

/** Com um servidor de cada vez, nem se grava antes da anterior: a ordem do diário é a do tempo. */
function emOrdem(prazos: readonly Prazo[], viola: Viola): void {
  for (let i = prazos.length - 2; i >= 0; i--) prazos[i].fim = Math.min(prazos[i].fim, prazos[i + 1].fim);
  const errado = prazos.findIndex(({ inicio, fim }) => inicio > fim);
  if (errado >= 0) viola("diário infiel", `a linha ${errado + 1} está depois de uma que só se pediu mais tarde`);
}

// ------------------------------------------------------------------------------------------------- quem pediu o quê

/** De cada entrada, o que alguém pediu. */
function aBem(
  operacoes: readonly OperacaoDoDia[],
  { livro, prazos, viola }: { livro: LivroDoDia; prazos: readonly Prazo[]; viola: Viola },
): void {
  const linhas = new Map(livro.esperas.map((linha) => [linha.numero, linha]));
  const feitas = new Map<string, { lote: number; numero: number }[]>();
  for (const { sobre, ato, numero, versao, lote } of leDiario(livro.diario)) {
    const linha = linhas.get(numero);
    if (sobre !== "espera" || linha === undefined) continue;
    if (ato === "ESPERA" && versao === 1 || ato === "DESISTE" || ato === "RECUSA") {
      junta(feitas, `${ato} ${daPessoa(linha)}`, { lote, numero });
    }
  }
  const pedidas = new Map<string, OperacaoDoDia[]>();
  for (const operacao of operacoes) {
    const { feito: { comando }, feito, resposta } = operacao;
    if (comando !== "ESPERA" && comando !== "DESISTE" && comando !== "RECUSA") continue;
    if (resposta === undefined || CONFIRMA[comando] === resposta.codigo) {
      if ("cpf" in feito && "especialidade" in feito) junta(pedidas, `${comando} ${cpfDe(feito)}`, operacao);
    }
  }
  for (const operacao of operacoes) {
    if (operacao.resposta?.codigo !== "OK-307" || operacao.feito.comando !== "ESPERA") continue;
    const { feito, resposta: { numero } } = operacao;
    const linha = linhas.get(numero ?? 0);
    if (
      linha === undefined || daPessoa(linha) !== daPessoa(feito) || linha.nome !== feito.nome || !eAPedida(linha, feito)
    ) {
      viola("confirmado e não gravado", descreve(operacao));
    }
  }
  for (const [qual, versoes] of feitas) {
    const suas = pedidas.get(qual) ?? [];
    const nomes = new Set(suas.flatMap(({ feito }) => feito.comando === "ESPERA" ? [feito.nome] : []));
    const deNinguem = versoes.filter(({ numero }) =>
      qual.startsWith("ESPERA ") && !nomes.has(linhas.get(numero)?.nome ?? "")
    );
    if (versoes.length > suas.length || deNinguem.length > 0) {
      viola("gravado sem pedido", `${qual}: ${versoes.length} vezes, e pediu-se ${suas.length}`);
    }
  }
  for (const [qual, suas] of pedidas) {
    const versoes = feitas.get(qual) ?? [];
    const confirmadas = suas.filter(({ resposta }) => resposta !== undefined);
    if (confirmadas.length > versoes.length) {
      viola("confirmado e não gravado", `${qual}: ${versoes.length} vezes, e confirmou-se ${confirmadas.length}`);
    }
    // A enésima não veio antes do enésimo pedido, nem depois da enésima confirmação.
    const inicios = suas.map(({ inicio }) => inicio).sort((a, b) => a - b);
    const fins = confirmadas.map(({ fim }) => fim).sort((a, b) => a - b);
    versoes.forEach(({ lote }, i) =>
      aperta(prazos[lote], { inicio: inicios[i] ?? -Infinity, fim: fins[i] ?? Infinity })
    );
  }
}

const CONFIRMA = { ESPERA: "OK-307", DESISTE: "OK-308", RECUSA: "OK-309" } as const;

type PedidoDeEspera = Extract<OperacaoDoDia["feito"], { readonly comando: "ESPERA" }>;

/** A entrada tem o que se pediu. */
function eAPedida(linha: LivroDoDia["esperas"][number], feito: PedidoDeEspera): boolean {
  const { profissional = "", de = "", ate = "", turno = "", antecedencia = 0, marca = false, prioridade = 0 } = feito;
  if (linha.isenta !== (feito.motivo !== undefined)) return false;
  return linha.profissional === profissional && linha.de === de && linha.ate === ate && linha.turno === turno &&
    linha.antecedencia === antecedencia && linha.marca === marca && linha.prioridade === prioridade;
}

function cpfDe({ cpf, especialidade }: { cpf: string; especialidade?: string }): string {
  return `${cpf} ${especialidade}`;
}

function junta<T>(onde: Map<string, T[]>, qual: string, um: T): void {
  const tidos = onde.get(qual);
  if (tidos === undefined) onde.set(qual, [um]);
  else tidos.push(um);
}

// ----------------------------------------------------------------------------------------------------- os pontos

/** O que se podia ver em cada ponto: depois de cada pedido, e antes do primeiro. */
class Pontos {
  #lotes: number[] = [];
  /** De cada coisa, o que se via a partir de cada ponto em que mudou. */
  #ditos = new Map<string, { desde: number; dito: string }[]>();
  #posicoes = new Map<number, number>();

  /** Outro ponto, ao fim de um pedido desta linha do diário. */
  mais(lote: number): void {
    this.#lotes.push(lote);
  }

  diz(nome: string, dito: string): void {
    const ditos = this.#ditos.get(nome);
    const desde = this.#lotes.length;
    if (ditos === undefined) this.#ditos.set(nome, [{ desde, dito }]);
    else if (ditos.at(-1)?.dito !== dito) ditos.push({ desde, dito });
  }

  nasceu(numero: number, posicao: number): void {
    this.#posicoes.set(numero, posicao);
  }

  posicaoDe(numero: number): number | undefined {
    return this.#posicoes.get(numero);
  }

  /** O que se podia ver de uma coisa entre dois instantes; `aoPrincipio` antes de tudo. */
  vistos(nome: string, { inicio, fim }: Prazo, prazos: readonly Prazo[], aoPrincipio: string): string[] {
    // O que estava confirmado antes do pedido já se via; o que se pediu depois da resposta ainda não.
    const primeiro = this.#lotes.findLastIndex((lote) => prazos[lote].fim < inicio) + 1;
    const depois = this.#lotes.findIndex((lote) => prazos[lote].inicio > fim);
    const ultimo = depois < 0 ? this.#lotes.length : depois;
    const ditos = [{ desde: 0, dito: aoPrincipio }, ...this.#ditos.get(nome) ?? []];
    return ditos.filter(({ desde }, i) => desde <= ultimo && (ditos[i + 1]?.desde ?? Infinity) > primeiro)
      .map(({ dito }) => dito);
  }
}

/** O que mudou do que se pode ver. */
function* oQueSeVe(
  { agora, datas, pessoas }: Momento,
  { mundo, datas: abertas }: OpcoesDaLista,
  especialidades: ReadonlySet<string>,
): Generator<[nome: string, dito: string]> {
  for (const pessoa of pessoas) {
    const entrada = agora.dePe(pessoa);
    const [cpf] = pessoa.split(" ", 1);
    const aqui = agora.ativosDe(cpf).find((um) => daPessoa(um) === pessoa);
    const preso = aqui !== undefined && !podeMover(aqui.situacao);
    yield [`marcados de ${cpf}`, marcadosDe(agora, cpf)];
    yield [`de ${pessoa}`, entrada === undefined ? FORA : entrada.convite === 0 ? DENTRO : preso ? PRESO : CONVIDADO];
  }
  for (const especialidade of new Set([...pessoas].map((pessoa) => pessoa.slice(pessoa.indexOf(" ") + 1)))) {
    yield [`fila ${especialidade}`, filaDe(agora, especialidade)];
  }
  for (const data of datas) {
    if (!abertas.includes(data)) continue;
    for (const especialidade of especialidades) {
      yield [`vagas ${data} ${especialidade}`, livresDe(data, especialidade, mundo, agora.doDia(data))];
    }
  }
}

/** As especialidades em que um CPF tem algo marcado. */
function marcadosDe(agora: LivroAgora, cpf: string): string {
  return agora.ativosDe(cpf).map(({ especialidade }) => especialidade).sort().join();
}

const FORA = "fora";
const DENTRO = "à espera";
const CONVIDADO = "convidado";
/** Convidado, mas já chegou para o que tem marcado. */
const PRESO = "convidado e presente";

function filaDe(agora: LivroAgora, especialidade: string): string {
  return agora.fila(especialidade).map(({ linha: { cpf, nome }, convite }, i) => {
    const segurada = agora.linha(convite);
    const hora = segurada === undefined ? "" : `${segurada.data} ${segurada.hora} ${segurada.profissional}`;
    return `${i + 1} ${cpf} ${nome} {${hora}}`;
  }).join("; ");
}

function livresDe(
  data: string,
  especialidade: string,
  mundo: OpcoesDaLista["mundo"],
  estado: ReturnType<LivroAgora["doDia"]>,
): string {
  const turnos = mundo.servem(data, estado, { especialidade });
  if (turnos.length === 0) return "nada se atende";
  return turnos.flatMap((turno) => mundo.livresDe(estado, turno).map((hora) => `${turno.profissional} ${horaDe(hora)}`))
    .sort().join();
}

function posicaoDe(agora: LivroAgora, numero: number, { esperas }: LivroDoDia): number {
  const especialidade = esperas.find((linha) => linha.numero === numero)?.especialidade ?? "";
  return 1 + agora.fila(especialidade).findIndex(({ linha }) => linha.numero === numero);
}

// ---------------------------------------------------------------------------------------------------- as respostas

/** Se uma resposta é o que se podia ver nalgum ponto. */
function confere(
  operacao: OperacaoDoDia,
  { pontos, prazos, opcoes: { mundo, regras: { daCasa }, viola }, especialidades }: {
    pontos: Pontos;
    prazos: readonly Prazo[];
    opcoes: OpcoesDaLista;
    especialidades: ReadonlySet<string>;
  },
): void {
  const { feito, resposta } = operacao;
  if (resposta === undefined) return;
  const { codigo, numero, posicao, regra, fila = [], vagas = [] } = resposta;
  const ve = (nome: string, aoPrincipio: string, serve: (dito: string) => boolean): void => {
    const vistos = pontos.vistos(nome, operacao, prazos, aoPrincipio);
    if (vistos.some(serve)) return;
    viola("leitura sem ordem possível", `${descreve(operacao)}; havia: ${vistos.slice(0, 3).join(" | ")}`);
  };
  /** Os que se podem ter já se tinham, e nenhum é desta especialidade; de quem tem um aqui, que já não o podia mover. */
  const veRegra = ({ cpf, especialidade }: { cpf: string; especialidade: string }): void => {
    const { porCpf } = daCasa;
    ve(`marcados de ${cpf}`, "", (dito) => {
      const marcados = dito === "" ? [] : dito.split(",");
      const aqui = marcados.includes(especialidade);
      return regra === "porCpf" ? porCpf > 0 && marcados.length >= porCpf && !aqui : regra === "cancelamento" && aqui;
    });
  };
  switch (feito.comando) {
    case "ESPERA":
      if (codigo === "ERRO-116") veRegra(feito);
      if (codigo === "ERRO-118") ve(`de ${daPessoa(feito)}`, FORA, (dito) => dito !== FORA);
      if (codigo === "OK-307" && posicao !== pontos.posicaoDe(numero ?? 0)) {
        viola("leitura sem ordem possível", `${descreve(operacao)}: era o ${pontos.posicaoDe(numero ?? 0)}º`);
      }
      return;
    case "DESISTE":
      if (codigo === "ERRO-119") ve(`de ${daPessoa(feito)}`, FORA, (dito) => dito === FORA);
      return;
    case "ACEITA":
      if (codigo === "ERRO-116") {
        veRegra(feito);
        ve(`de ${daPessoa(feito)}`, FORA, (dito) => dito === CONVIDADO);
      }
      if (codigo === "ERRO-119") ve(`de ${daPessoa(feito)}`, FORA, (dito) => dito !== CONVIDADO);
      return;
    case "RECUSA":
      if (codigo === "ERRO-119") ve(`de ${daPessoa(feito)}`, FORA, (dito) => dito === FORA || dito === DENTRO);
      return;
    case "FILA": {
      if (codigo !== "OK-311") return;
      const lida = fila.map(({ cpf, nome, posicao, convite }) => `${posicao} ${cpf} ${nome} {${convite}}`).join("; ");
      return ve(`fila ${feito.especialidade}`, "", (dito) => dito === lida);
    }
    case "VAGAS": {
      const { data, especialidade, profissional } = feito;
      if (codigo !== "OK-304" || profissional !== undefined || !especialidades.has(especialidade)) return;
      const lidas = vagas.flatMap(({ profissional, horas }) => horas.map((hora) => `${profissional} ${hora}`)).sort()
        .join();
      const aoPrincipio = livresDe(data, especialidade, mundo, new Map());
      return ve(`vagas ${data} ${especialidade}`, aoPrincipio, (dito) => dito === lidas);
    }
  }
}

/**
 * As mudanças do dia como passos: cada versão do livro e cada exceção, em cada chave que toca, com o que as regras pedem para
 * que caiba ali. As chaves são três: um CPF, com os seus agendamentos; uma data, com os seus e as exceções que nela valem; e
 * um agendamento que mudou de data, em que se vê se uma leitura o mostrou em duas, ou em nenhuma. `dia.ts` o chama.
 *
 * @module
 */

import { descreve, descreveVisto, mudaUm, type OperacaoDoDia } from "./feitos.ts";
import type { Efeito, Estado, Passo } from "./procura.ts";
import { EXCECOES, type Mundo } from "./retrato.ts";
import { agendaDe, encaixavel, type LinhaDeExcecao } from "./semana.ts";
import { ativo, minutoDe, voltaAContar } from "./tabela.ts";
import {
  type Acha,
  cabeExtra,
  type Chave,
  doCpf,
  doDia,
  type Fonte,
  leiturasDe,
  lidas,
  type Mostrado,
  MOVIDO,
  mudouDeData,
  porData,
} from "./dia_leituras.ts";
import { autoresDe, type Imagem, mesmoLugar, type Versao, type Vida } from "./vidas.ts";

/** Todas as chaves, pelo nome. */
export function chavesDe(fonte: Fonte): Map<string, Chave> {
  const chaves = new Map<string, Chave>();
  const chave = (nome: string): Chave => {
    const tida = chaves.get(nome);
    if (tida !== undefined) return tida;
    const nova: Chave = { passos: [], final: new Map(), mostrados: [], mudancas: new Map(), contadas: [] };
    chaves.set(nome, nova);
    return nova;
  };
  for (const vida of fonte.vidas.values()) mudancasDe(vida, fonte, chave);
  for (const excecao of fonte.excecoes) excetuadas(excecao, fonte, chave);
  const vidasPorData = porData(fonte.vidas);
  for (const operacao of fonte.operacoes) {
    if (operacao.resposta !== undefined) leiturasDe(operacao, { ...fonte, vidasPorData }, chave);
  }
  for (const { mostrados, mudancas, contadas } of chaves.values()) {
    ordena(mostrados, mudancas);
    if (fonte.ordem !== undefined) encadeia(contadas, fonte.umSo === true);
  }
  return chaves;
}

/** Cada mudança veio depois das que o diário conta antes nas mesmas agendas: as leituras encontram o seu lugar entre elas. */
function encadeia(contadas: Chave["contadas"], umSo: boolean): void {
  let deTodas: Passo | undefined;
  const ultimas = new Map<string, Passo>();
  for (const { passo, agendas } of contadas.toSorted((a, b) => a.ordem - b.ordem)) {
    if (umSo || agendas === undefined) {
      passo.depoisDe.push(...deTodas === undefined ? [] : [deTodas], ...ultimas.values());
      ultimas.clear();
      deTodas = passo;
      continue;
    }
    for (const agenda of agendas) {
      const anterior = ultimas.get(agenda) ?? deTodas;
      if (anterior !== undefined) passo.depoisDe.push(anterior);
      ultimas.set(agenda, passo);
    }
  }
}

/** O que uma leitura mostrou, mudou depois dela. */
function ordena(mostrados: readonly Mostrado[], mudancas: Chave["mudancas"]): void {
  for (const { passo, vistos } of mostrados) {
    for (const { numero, versao } of vistos) {
      const seguinte = mudancas.get(`${numero} ${versao + 1}`);
      if (seguinte !== undefined && seguinte.inicio < passo.fim) seguinte.depoisDe.push(passo);
    }
  }
}

// ------------------------------------------------------------------------------------------------------- as mudanças

/** Cada versão, no CPF, nos dias de antes e de depois e, se a vida teve mais de uma data, nela. */
function mudancasDe(vida: Vida, { mundo, datas, ordem }: Fonte, chave: Acha): void {
  const mudaDeData = mudouDeData(vida);
  vida.forEach((versao, i) => {
    const { imagem, autor, inicio, fim } = versao;
    const antes = vida[i - 1]?.imagem;
    const numero = String(imagem.numero);
    const dito = autor === undefined ? "" : `; ${descreve(autor)}`;
    const poe = (nome: string, tenta: Passo["tenta"], agendas?: readonly string[]): void => {
      const passo = {
        ...{ conexao: autor?.conexao ?? 0, pedido: autor?.inicio ?? inicio, inicio, fim, opcional: false, le: false },
        ...{ tenta, depoisDe: [] },
        descreve: () => `${versao.ato} de ${descreveVisto(imagem)}${dito}`,
      };
      const { passos, mudancas, contadas } = chave(nome);
      passos.push(passo);
      mudancas.set(`${numero} ${i + 1}`, passo);
      contadas.push({ passo, ordem: ordem?.get(`agendamento ${numero} ${i + 1}`) ?? 0, agendas });
    };
    const de = (estado: Estado, data?: string): boolean =>
      estado.get(numero) === (antes === undefined || data !== undefined && antes.data !== data ? undefined : String(i));
    const muda: Efeito = [numero, String(i + 1)];

    poe(doCpf(imagem.cpf), (estado) => de(estado) && valeNoCpf(versao, { antes, estado, mundo }) ? muda : undefined);
    for (const data of new Set([antes?.data ?? imagem.data, imagem.data])) {
      if (!datas.includes(data)) continue;
      const tenta = imagem.data !== data
        ? (estado: Estado): Efeito => de(estado, data) ? [numero, undefined] : undefined
        : (estado: Estado): Efeito =>
          de(estado, data) && valeNoDia(versao, { antes, estado, mundo }) ? muda : undefined;
      poe(doDia(data), tenta, [...new Set([antes ?? imagem, imagem].map(agendaDe))]);
    }
    if (mudaDeData) poe(MOVIDO + numero, (estado) => de(estado) ? muda : undefined);
  });
  const ultima = vida.at(-1);
  if (ultima === undefined) return;
  const { numero, cpf, data } = ultima.imagem;
  const nomes = [doCpf(cpf), ...datas.includes(data) ? [doDia(data)] : [], ...mudaDeData ? [MOVIDO + numero] : []];
  for (const nome of nomes) chave(nome).final.set(String(numero), String(vida.length));
}

interface Cena {
  readonly antes: Imagem | undefined;
  readonly estado: Estado;
  readonly mundo: Mundo;
}

/** Um ativo por especialidade, e sem dizer o número fala-se de quem se deve. */
function valeNoCpf({ ato, imagem, autor }: Versao, { antes, estado, mundo }: Cena): boolean {
  const { especialidade } = imagem;
  if (ativo(imagem.situacao) && !(antes !== undefined && ativo(antes.situacao))) {
    if (mundo.ativoEm(estado, especialidade) !== undefined) return false;
  }
  if (antes === undefined || autor === undefined) return true;
  const { feito } = autor;
  // O DESFAZ fala de quem mudou por último, e não de quem está ativo.
  if (!mudaUm(feito) || feito.numero !== undefined || ato === "DESFAZ") return true;
  return mundo.alvo(estado, especialidade, { deHoje: feito.comando === "SITUA" })?.numero === imagem.numero;
}

/** A hora que se deu é a que se devia, e o que volta a contar encontra o seu lugar livre, e aberto. */
function valeNoDia({ ato, imagem, autor }: Versao, { antes, estado, mundo }: Cena): boolean {
  const { data, hora, profissional, encaixe, especialidade, minutos = 1 } = imagem;
  if (ato === "AGEND" && encaixe) {
    const onde = mundo.encaixe(data, estado, { especialidade, profissional, hora });
    return onde !== "fora" && onde.length > 0;
  }
  if (ato === "AGEND" || ato === "REMARC") {
    const feito = autor?.feito;
    const pedida = feito?.comando === "AGEND" || feito?.comando === "REMARC" ? feito : { ...imagem };
    const vaga = mundo.escolhe(data, estado, { pedida, movido: ato === "REMARC" ? antes : undefined });
    return vaga?.hora === hora && vaga.profissional === profissional;
  }
  const onde = { agenda: agendaDe(imagem), inicio: minutoDe(hora), minutos };
  if ((ato === "PROMOVE" || ato === "ACEITA") && (antes === undefined || !mesmoLugar(imagem, antes))) {
    // O que estava segurado pode já não se oferecer; o que se dá agora, sim.
    return mundo.livre(estado, onde, imagem.numero) &&
      (ato === "ACEITA" || mundo.temHora(data, estado, { especialidade, profissional, hora }));
  }
  if (antes === undefined) return false;
  if (!voltaAContar(antes, imagem)) return true;
  if (mundo.fechado(data, estado, imagem)) return false;
  if (!encaixe) {
    return mundo.livre(estado, onde, imagem.numero);
  }
  const dele = mundo.servem(data, estado, { especialidade, profissional }).find((turno) => encaixavel(turno, hora));
  return dele === undefined || mundo.cabeEncaixe(estado, dele);
}

/** Uma exceção nasce, e talvez deixe de valer, em cada data que alcança. */
function excetuadas(excecao: LinhaDeExcecao, { operacoes, datas, mundo, ordem }: Fonte, chave: Acha): void {
  const { numero, tipo } = excecao;
  const { nascem, morrem } = autoresDe(excecao, operacoes);
  const confirmados = morrem.filter(({ resposta }) => resposta !== undefined);
  const reabriu = confirmados.length > 0 ? confirmados : morrem;
  for (const data of datas.filter((data) => data >= excecao.de && data <= excecao.ate)) {
    const poe = (ato: string, quem: readonly OperacaoDoDia[], fim: number, tenta: Passo["tenta"]): void => {
      const passo = {
        ...{ conexao: 0, pedido: 0, inicio: Math.min(...quem.map(({ inicio }) => inicio)), fim },
        ...{ opcional: false, le: false, tenta, depoisDe: [] },
        descreve: () => quem.map(descreve).join(" ou ") || `${tipo} ${numero}`,
      };
      const { passos, contadas } = chave(doDia(data));
      passos.push(passo);
      contadas.push({ passo, ordem: ordem?.get(`${ato} ${numero}`) ?? 0 });
    };
    const vistos = nascem.filter(({ resposta }) => resposta !== undefined);
    const visto = vistos.length === 0
      ? Math.max(...nascem.map(({ fim }) => fim))
      : Math.min(...vistos.map(({ fim }) => fim));
    poe(tipo, nascem, visto, (estado) => {
      const valem = lidas(estado);
      if (valem.includes(numero) || tipo === "EXTRA" && !cabeExtra(data, excecao, { estado, mundo })) return undefined;
      return [EXCECOES, escritas([...valem, numero])];
    });
    if (excecao.revogada) {
      poe("REABRE", reabriu, Math.max(...reabriu.map(({ fim }) => fim)), (estado) => {
        const valem = lidas(estado);
        return valem.includes(numero) ? [EXCECOES, escritas(valem.filter((uma) => uma !== numero))] : undefined;
      });
    } else {
      const { final } = chave(doDia(data));
      final.set(EXCECOES, escritas([...lidas(final), numero]) ?? "");
    }
  }
}

function escritas(numeros: readonly number[]): string | undefined {
  return numeros.length === 0 ? undefined : numeros.toSorted((a, b) => a - b).join();
}

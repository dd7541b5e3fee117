/**
 * A vida de cada agendamento, versão a versão, com a operação que fez cada uma: do livro, do diário e do que as respostas
 * mostraram. As versões de um agendamento têm uma ordem só, e é isso que torna a história do dia verificável em tempo quase
 * linear. Aqui se descobre o que se perdeu, o que ninguém pediu e o que mudou sem mudar de versão.
 *
 * @module
 */

import { type ComandoDoDia, descreve, descreveVisto, type OperacaoDoDia, type Visto } from "./feitos.ts";
import { leDiario, type LinhaDoDiario, type Registrada } from "./diario.ts";
import { agendaDe, type LinhaDeEspera, type LinhaDeExcecao } from "./semana.ts";
import { ativo, type Desfazer, type Situacao } from "./tabela.ts";

/** Um livro inteiro, como ficou. */
export interface LivroDoDia {
  /** A tabela `agendamento`, como a última versão de cada um. */
  readonly agendamentos: readonly Required<Omit<Visto, "local">>[];
  /** A tabela `excecao`. */
  readonly excecoes: readonly LinhaDeExcecao[];
  /** A tabela `diario`, na ordem dela. */
  readonly diario: readonly LinhaDoDiario[];
  /** A tabela `espera`. */
  readonly esperas: readonly LinhaDeEspera[];
}

/** O que pode estar errado num dia. */
export type ErradoNoDia =
  | "resposta imprópria"
  | "confirmado e não gravado"
  | "gravado sem pedido"
  | "lido e não gravado"
  | "uma versão com dois conteúdos"
  | "situação fora da tabela"
  | "em dois lugares"
  | "duas vezes na especialidade"
  | "movido em duas horas ou em nenhuma"
  | "marcado no que estava fechado"
  | "senha repetida"
  | "diário infiel"
  | "hora segurada tomada por outro"
  | "vaga que não foi de quem a esperava"
  | "promoção fora da ordem"
  | "promoção indevida"
  | "convite a mais"
  | "promovido e ainda à espera"
  | "hora segurada para sempre"
  | "fora das regras"
  | "relógio infiel"
  | "leitura sem ordem possível";

/** Recebe o que está errado. */
export type Viola = (tipo: ErradoNoDia, descricao: string) => void;

/** O que se sabe de uma versão. */
export type Imagem =
  & Pick<
    Visto,
    "numero" | "versao" | "cpf" | "especialidade" | "profissional" | "situacao" | "encaixe" | "data" | "hora"
  >
  & Partial<Visto>
  & {
    /** Acabou pelo relógio, e a pessoa já tem outro: não está ativo, seja qual for a situação. */
    readonly arquivado?: boolean;
  };

/** Uma versão de um agendamento. */
export interface Versao {
  /** O que dela se sabe. */
  imagem: Imagem;
  /** O que se quis, como o diário diz. */
  readonly ato: string;
  /** Foi o relógio, ou o que se seguiu a outra coisa: ninguém o pediu. */
  readonly doServidor: boolean;
  /** O que depois dela se pode desfazer. */
  pilha: readonly Desfazer[];
  /** Quem a fez, se se sabe. */
  autor?: OperacaoDoDia;
  /** Não aconteceu antes disto. */
  inicio: number;
  /** Nem depois disto. */
  fim: number;
  /** Em que linha do diário está. */
  readonly lote: number;
}

/** Todas as versões de um agendamento; a primeira é a 1. */
export type Vida = readonly Versao[];

/** As vidas por número, e o que cada operação fez. */
export interface Vidas {
  /** Por número. */
  readonly vidas: ReadonlyMap<number, Vida>;
  /** O que as operações que mudaram algo fizeram. */
  readonly obras: ReadonlyMap<OperacaoDoDia, Versao>;
}

/** Os comandos que deixam cada ato no diário. */
const COMANDOS_DO_ATO: Readonly<Record<string, readonly ComandoDoDia[]>> = {
  AGEND: ["AGEND"],
  REMARC: ["REMARC"],
  CANCEL: ["CANCEL"],
  CORRIGE: ["CORRIGE"],
  SITUA: ["SITUA"],
  DESFAZ: ["SITUA"],
  // Marcar a hora que está segurada para quem a marca é aceitá-la.
  ACEITA: ["ACEITA", "AGEND"],
};

/** Se uma versão é o que alguém pediu, e não o que disso se seguiu para quem espera, ou o que o relógio mandou. */
function foiPedida({ ato, doServidor, imagem: { situacao } }: Versao): boolean {
  return !doServidor && ato in COMANDOS_DO_ATO && !(ato === "ACEITA" && situacao === "PASSOU");
}

/** As confirmações que fazem uma versão nova: o primeiro agendamento que trazem. */
const MUDA: ReadonlySet<string> = new Set(["OK-300", "OK-301", "OK-303", "OK-306"]);

/** Reconstrói a vida de cada agendamento. */
export function vidasDe(operacoes: readonly OperacaoDoDia[], livro: LivroDoDia, viola: Viola): Vidas {
  const vidas = new Map<number, Versao[]>();
  for (const linha of livro.agendamentos) vidas.set(linha.numero, []);
  const ondes = new Map<number, string>();
  for (const registrada of dosAgendamentos(livro, viola)) {
    const vida = vidas.get(registrada.numero);
    if (vida === undefined) viola("diário infiel", `fala do agendamento ${registrada.numero}, que não está no livro`);
    else if (registrada.versao !== vida.length + 1) {
      viola("diário infiel", `versão ${registrada.versao} de ${registrada.numero} depois da ${vida.length}`);
    } else {
      const { numero, versao, de, para } = registrada;
      const estava = ondes.get(numero) ?? "";
      // Se o lugar é o mesmo, só se dizem as situações.
      const dito = para.includes(" ") ? estava : estava.split(" ", 1)[0];
      if (de !== dito) viola("diário infiel", `versão ${versao} de ${numero}: vem de "${de}", e estava "${dito}"`);
      ondes.set(numero, para.includes(" ") ? para : estava.replace(dito, para));
      vida.push(versaoDoDiario(registrada, vida.at(-1)));
    }
  }
  for (const linha of livro.agendamentos) {
    const vida = vidas.get(linha.numero) ?? [];
    if (vida.length !== linha.versao) {
      viola("diário infiel", `${descreveVisto(linha)} está na versão ${linha.versao}, e o diário conta ${vida.length}`);
    }
    for (const versao of vida) {
      versao.imagem = { ...versao.imagem, cpf: linha.cpf, especialidade: linha.especialidade };
    }
    const ultima = vida[linha.versao - 1];
    if (ultima !== undefined) junta(ultima, linha, { fonte: "o livro", viola });
  }
  const obras = atribui(operacoes, vidas, viola);
  for (const operacao of operacoes) {
    for (const visto of operacao.resposta?.vistos ?? []) {
      const versao = vidas.get(visto.numero)?.[visto.versao - 1];
      if (versao === undefined) {
        const tipo = obras.has(operacao) || !MUDA.has(operacao.resposta?.codigo ?? "")
          ? "lido e não gravado"
          : "confirmado e não gravado";
        viola(tipo, descreve(operacao));
      } else {
        junta(versao, visto, { fonte: descreve(operacao), viola });
        versao.fim = Math.min(versao.fim, operacao.fim);
      }
    }
  }
  situaNoTempo(operacoes, livro, vidas);
  for (const vida of vidas.values()) completa(vida);
  return { vidas, obras };
}

/** O que se seguiu ao que alguém pediu aconteceu com ele, na mesma transação, e depois do que o diário conta antes. */
function situaNoTempo(
  operacoes: readonly OperacaoDoDia[],
  livro: LivroDoDia,
  vidas: ReadonlyMap<number, readonly Versao[]>,
): void {
  const lotes = livro.diario.map(() => ({ inicio: -Infinity, fim: Infinity }));
  const todas = [...vidas.values()].flat();
  const entradas = new Map(
    operacoes.flatMap((uma) =>
      uma.resposta?.codigo === "OK-307" && uma.resposta.numero !== undefined ? [[uma.resposta.numero, uma]] : []
    ),
  );
  const marca = (lote: number, { inicio, fim }: { inicio: number; fim: number }): void => {
    lotes[lote].inicio = Math.max(lotes[lote].inicio, inicio);
    lotes[lote].fim = Math.min(lotes[lote].fim, fim);
  };
  for (const versao of todas) if (foiPedida(versao) && versao.autor !== undefined) marca(versao.lote, versao);
  for (const { sobre, numero, versao, lote } of leDiario(livro.diario)) {
    const entrada = sobre === "espera" && versao === 1 ? entradas.get(numero) : undefined;
    if (entrada !== undefined) marca(lote, entrada);
  }
  lotes.forEach((lote, i) => lote.inicio = Math.max(lote.inicio, lotes[i - 1]?.inicio ?? -Infinity));
  for (const versao of todas) {
    if (foiPedida(versao)) continue;
    versao.inicio = Math.max(versao.inicio, lotes[versao.lote].inicio);
    versao.fim = Math.min(versao.fim, lotes[versao.lote].fim);
  }
}

/** As linhas do diário sobre agendamentos, na ordem dele. O que de ninguém deve dizer, não diz. */
function dosAgendamentos({ diario, agendamentos, excecoes, esperas }: LivroDoDia, viola: Viola): Registrada[] {
  const numeros = new Map<number, string[]>(excecoes.map(({ numero }) => [numero, []]));
  const registradas = leDiario(diario);
  for (const { ato, numero } of registradas.filter(({ sobre }) => sobre === "excecao")) {
    const atos = numeros.get(numero);
    if (atos === undefined) viola("diário infiel", `fala da exceção ${numero}, que não está no livro`);
    else atos.push(ato);
  }
  for (const { numero, tipo, revogada } of excecoes) {
    const esperados = [tipo, ...revogada ? ["REABRE"] : []].join(" ");
    const atos = numeros.get(numero)?.join(" ");
    if (atos !== esperados) viola("diário infiel", `a exceção ${numero} é "${esperados}", e o diário diz "${atos}"`);
  }
  const tudo = diario.map(({ mudancas }) => mudancas).join("\n");
  const dito = [...agendamentos, ...esperas].find(({ cpf, nome }) => tudo.includes(cpf) || tudo.includes(nome));
  if (dito !== undefined) viola("diário infiel", `diz o CPF ou o nome de ${dito.cpf} ${dito.nome}`);
  return registradas.filter(({ sobre }) => sobre === "agendamento");
}

/** `"MARCADO ENCAIXE 2026-11-30 08:00 P:ANA"`: o que o diário diz de como ficou; só a situação, no lugar da anterior. */
function versaoDoDiario({ ato, papel, numero, versao, para, lote }: Registrada, anterior: Versao | undefined): Versao {
  const [, dita, encaixe, data, hora, agenda] = /^([A-Z]+)(?:( ENCAIXE)? (\S+) (\S+) (.+))?$/.exec(para) ?? [];
  if (dita === undefined || agenda === undefined && anterior === undefined) {
    throw new TypeError(`o diário não tem a forma que se espera: ${para}`);
  }
  const lugar = agenda === undefined && anterior !== undefined
    ? umLugar(anterior.imagem)
    : { data, hora, encaixe: encaixe !== undefined, profissional: agenda.startsWith("P:") ? agenda.slice(2) : "" };
  // Uma situação que a prova não conhece não está na tabela dela, e é lá que se vê.
  const situacao = dita as Situacao;
  const arquivado = ato === "ARQUIVA" || anterior?.imagem.arquivado === true;
  return {
    ato,
    doServidor: papel === "servidor",
    imagem: { numero, versao, cpf: "", especialidade: "", situacao, ...lugar, arquivado },
    pilha: [],
    inicio: -Infinity,
    fim: Infinity,
    lote,
  };
}

/** A situação e o lugar, como o diário os diz; de um que não havia, nada. */
export function noDiario(imagem: Imagem | undefined): string {
  if (imagem === undefined) return "";
  const { situacao, encaixe, data, hora } = imagem;
  return `${situacao}${encaixe ? " ENCAIXE" : ""} ${data} ${hora} ${agendaDe(imagem)}`;
}

function umLugar(
  { data, hora, encaixe, profissional }: Imagem,
): Pick<Imagem, "data" | "hora" | "encaixe" | "profissional"> {
  return { data, hora, encaixe, profissional };
}

/** Junta o que mais se sabe de uma versão; uma versão tem um só conteúdo. */
function junta(versao: Versao, visto: Partial<Visto>, { fonte, viola }: { fonte: string; viola: Viola }): void {
  // O local é o do atendimento, se a pessoa não foi chamada a outro: não é da versão.
  const { local: _local, ...conteudo } = visto;
  const tida: Record<string, unknown> = { ...versao.imagem };
  for (const [campo, valor] of Object.entries(conteudo)) {
    if (tida[campo] !== undefined && tida[campo] !== valor) {
      const eDe = `${campo} era "${tida[campo]}" e é "${valor}"`;
      return viola("uma versão com dois conteúdos", `${descreveVisto(versao.imagem)}: ${eDe} em ${fonte}`);
    }
  }
  versao.imagem = { ...versao.imagem, ...conteudo };
}

/** As duas primeiras palavras de um nome: quem o marcou. O que se corrige vem depois. */
export function identidade(nome: string): string {
  return nome.split(" ").slice(0, 2).join(" ");
}

// ------------------------------------------------------------------------------------------------------ de quem é

/** Diz que operação fez cada versão: a que foi confirmada ou, das que ficaram sem resposta, uma que a possa ter feito. */
function atribui(
  operacoes: readonly OperacaoDoDia[],
  vidas: ReadonlyMap<number, readonly Versao[]>,
  viola: Viola,
): Map<OperacaoDoDia, Versao> {
  const obras = new Map<OperacaoDoDia, Versao>();
  const perdidas = new Map<string, OperacaoDoDia[]>();
  for (const operacao of operacoes) {
    const { feito, resposta, fim, inicio } = operacao;
    if (resposta === undefined) {
      if (!("cpf" in feito)) continue;
      perdidas.set(feito.cpf, [...perdidas.get(feito.cpf) ?? [], operacao]);
      continue;
    }
    const [novo, antigo] = resposta.vistos;
    // Mover para onde já se está não muda nada.
    if (!MUDA.has(resposta.codigo) || novo === undefined || novo.versao === antigo?.versao) continue;
    const versao = vidas.get(novo.numero)?.[novo.versao - 1];
    if (versao === undefined) continue;
    if (versao.autor !== undefined) {
      viola(
        "gravado sem pedido",
        `duas confirmações de uma só versão: ${descreve(versao.autor)} e ${descreve(operacao)}`,
      );
      continue;
    }
    if (!foiPedida(versao) || !COMANDOS_DO_ATO[versao.ato].includes(feito.comando)) {
      viola("diário infiel", `diz ${versao.ato} do que foi ${descreve(operacao)}`);
    }
    versao.autor = operacao;
    versao.inicio = inicio;
    versao.fim = fim;
    obras.set(operacao, versao);
  }
  const orfas = [...vidas.values()].flat().filter((versao) => versao.autor === undefined && foiPedida(versao));
  const candidatas = new Map(
    orfas.map((orfa) => [orfa, candidatasA(orfa, perdidas.get(orfa.imagem.cpf) ?? [], vidas)]),
  );
  const escolhidas = emparelha(candidatas);
  for (const [orfa, suas] of candidatas) {
    if (!escolhidas.has(orfa)) viola("gravado sem pedido", `${orfa.ato} de ${descreveVisto(orfa.imagem)}`);
    orfa.inicio = Math.min(...suas.map(({ inicio }) => inicio), Infinity);
    orfa.fim = Math.max(...suas.map(({ fim }) => fim), -Infinity);
    if (suas.length === 1) {
      orfa.autor = suas[0];
      obras.set(suas[0], orfa);
    }
  }
  return obras;
}

/** As operações sem resposta que podem ter feito esta versão. */
function candidatasA(
  { ato, imagem }: Versao,
  perdidas: readonly OperacaoDoDia[],
  vidas: ReadonlyMap<number, readonly Versao[]>,
): OperacaoDoDia[] {
  return perdidas.filter(({ feito }) => {
    if (!("especialidade" in feito) || !COMANDOS_DO_ATO[ato].includes(feito.comando)) return false;
    if (feito.especialidade !== imagem.especialidade) return false;
    if ("numero" in feito && feito.numero !== undefined && feito.numero !== imagem.numero) return false;
    if ("versao" in feito && feito.versao !== undefined && feito.versao + 1 !== imagem.versao) return false;
    switch (feito.comando) {
      case "AGEND": {
        if (ato === "ACEITA") return feito.hora !== undefined && vaiPara(feito, imagem);
        const nome = vidas.get(imagem.numero)?.findLast((versao) => versao.imagem.nome !== undefined)?.imagem.nome;
        return nome !== undefined && identidade(nome) === identidade(feito.nome) && vaiPara(feito, imagem) &&
          imagem.encaixe === (feito.encaixe ?? false);
      }
      case "REMARC":
        return vaiPara(feito, imagem);
      case "SITUA":
        return feito.situacao === "DESFAZ" ? ato === "DESFAZ" : ato === "SITUA" && feito.situacao === imagem.situacao;
      default:
        return true;
    }
  });
}

/** Está onde se pediu. */
export function vaiPara(
  feito: { data: string; hora?: string; profissional?: string },
  imagem: Partial<Visto>,
): boolean {
  return feito.data === imagem.data && (feito.hora ?? imagem.hora) === imagem.hora &&
    (feito.profissional ?? imagem.profissional) === imagem.profissional;
}

/** Dá a cada versão uma operação só sua, a quantas se possa (Kuhn, 1955); devolve as que a têm. */
function emparelha(candidatas: ReadonlyMap<Versao, readonly OperacaoDoDia[]>): Set<Versao> {
  const dono = new Map<OperacaoDoDia, Versao>();
  const tenta = (orfa: Versao, vistas: Set<OperacaoDoDia>): boolean =>
    (candidatas.get(orfa) ?? []).some((candidata) => {
      if (vistas.has(candidata)) return false;
      vistas.add(candidata);
      const outra = dono.get(candidata);
      if (outra !== undefined && !tenta(outra, vistas)) return false;
      dono.set(candidata, orfa);
      return true;
    });
  return new Set([...candidatas.keys()].filter((orfa) => tenta(orfa, new Set())));
}

/** O que se sabe de uma versão pelas vizinhas: uma versão não acontece antes da anterior, e só mover muda quanto dura. */
function completa(vida: readonly Versao[]): void {
  for (let i = 1; i < vida.length; i++) {
    vida[i].inicio = Math.max(vida[i].inicio, vida[i - 1].inicio);
    if (mesmoLugar(vida[i].imagem, vida[i - 1].imagem)) herda(vida[i], vida[i - 1]);
  }
  for (let i = vida.length - 2; i >= 0; i--) {
    vida[i].fim = Math.min(vida[i].fim, vida[i + 1].fim);
    if (mesmoLugar(vida[i].imagem, vida[i + 1].imagem)) herda(vida[i], vida[i + 1]);
  }
  for (let i = 1; i < vida.length; i++) vida[i].pilha = pilhaDepois(vida[i].ato, vida[i - 1]);
}

/** Ainda é esperado, ou está aqui, e não acabou. */
export function estaAtivo({ situacao, arquivado }: Pick<Imagem, "situacao" | "arquivado">): boolean {
  return ativo(situacao) && arquivado !== true;
}

/** Está onde estava. */
export function mesmoLugar(a: Imagem, b: Imagem): boolean {
  return a.data === b.data && a.hora === b.hora && a.profissional === b.profissional && a.encaixe === b.encaixe;
}

function herda(versao: Versao, { imagem: { minutos } }: Versao): void {
  if (minutos !== undefined) versao.imagem = { minutos, ...versao.imagem };
}

/** Mover esvazia a pilha; o resto que muda a situação fica em cima dela. */
function pilhaDepois(ato: string, { imagem: { situacao, chamadas }, pilha }: Versao): readonly Desfazer[] {
  switch (ato) {
    case "REMARC":
    case "ACEITA":
    case "PROMOVE":
      return [];
    case "DESFAZ":
      return pilha.slice(0, -1);
    case "SITUA":
    case "CANCEL":
      return [...pilha, { situacao, chamadas }];
    default:
      return pilha;
  }
}

/** As operações que podem ter feito uma exceção, e as que a podem ter desfeito. */
export function autoresDe(
  { numero, tipo, motivo, local }: LinhaDeExcecao,
  operacoes: readonly OperacaoDoDia[],
): { nascem: readonly OperacaoDoDia[]; morrem: readonly OperacaoDoDia[] } {
  return {
    nascem: operacoes.filter(({ feito, resposta }) => {
      if (feito.comando !== tipo) return false;
      if (resposta !== undefined) return resposta.numero === numero;
      return feito.comando === "FECHA" ? feito.motivo === motivo : feito.comando === "EXTRA" && feito.local === local;
    }),
    morrem: operacoes.filter(({ feito, resposta }) =>
      feito.comando === "REABRE" && feito.numero === numero && (resposta === undefined || resposta.codigo === "OK-314")
    ),
  };
}

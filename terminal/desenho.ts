/**
 * O dia da recepção, desenhado: do que a tela sabe (`dia.ts`) e do tamanho dela às linhas que a enchem, exatamente. Função
 * pura; quem as escreve no terminal é `recepcao.ts`.
 *
 * @module
 */

import { DA_RECEPCAO, type Dia, escolhidoDe, type Marcado, type Recado, visiveis } from "./dia.ts";
import { type Estilo, PRIORIDADES, SITUACOES } from "./frases.ts";
import {
  codigoPorExtenso,
  comEstilo,
  corta,
  cpfPorExtenso,
  horarioComMarca,
  larguraDe,
  pinta,
  preenche,
  quebra,
  situacaoPorExtenso,
} from "./telas.ts";
import { espera } from "../clinica/agendamento.ts";
import { DIAS_DA_SEMANA } from "../clinica/oferta.ts";
import { inofensivo } from "../clinica/texto.ts";
import { dataNoFio } from "../protocolo.ts";

/** O tamanho da tela e a hora na clínica. */
export interface Quadro {
  /** Colunas da tela. */
  readonly colunas: number;
  /** Linhas da tela. */
  readonly linhas: number;
  /** `"HH:MM"`: quem já devia ter chegado aparece de outra cor. */
  readonly agora: string;
}

/** As linhas que não são da lista: título e cabeçalho em cima, recado e teclas embaixo. */
const MOLDURA = 4;

/** Uma tela com menos linhas mostra o escolhido numa só; com mais, em três e um espaço. */
const TELA_ALTA = 16;

/** As linhas do escolhido, numa tela com tantas. */
export function linhasDoDetalhe(linhas: number): number {
  return linhas < TELA_ALTA ? 1 : 4;
}

/** Quantas linhas da lista cabem numa tela. */
export function alturaDaLista(linhas: number): number {
  return Math.max(linhas - MOLDURA - linhasDoDetalhe(linhas), 1);
}

/** A tela inteira, linha por linha; nenhuma passa da largura. */
export function desenha(dia: Dia, quadro: Quadro): string[] {
  const { colunas, linhas } = quadro;
  const altura = alturaDaLista(linhas);
  const lugar = linhasDoDetalhe(linhas);
  const meio = dia.modo.tipo === "ajuda" ? ajuda(dia, colunas) : [
    ...exatamente(lista(dia, quadro, altura), altura + 1),
    ...exatamente(detalheDe(escolhidoDe(dia), quadro), lugar),
  ];
  const recado = recadoDe(dia, colunas);
  return exatamente([
    titulo(dia, quadro),
    // Um recado comprido toma a última linha do que está acima.
    ...exatamente(meio, altura + 1 + lugar - (recado.length - 1)),
    ...recado,
    pinta("fraco", corta(teclasDe(dia, colunas), colunas)),
  ], linhas);
}

/** Exatamente tantas linhas. */
export function exatamente(linhas: readonly string[], quantas: number): string[] {
  return Array.from({ length: quantas }, (_, i) => linhas[i] ?? "");
}

// ---------------------------------------------------------------------------------------------------- o título

function titulo(dia: Dia, { colunas }: Quadro): string {
  const nome = DIAS_DA_SEMANA[Temporal.PlainDate.from(dia.data).dayOfWeek - 1].toLowerCase();
  const inteiro = `${colunas < 60 ? nome.slice(0, 3) : nome}, ${dataNoFio(dia.data)}`;
  const ordem = dia.ordem === "chamada" ? ", por ordem de chamar" : "";
  const esquerda = `${dia.data === dia.hoje ? `${inteiro} (hoje)` : inteiro}${ordem}`;
  const direita = contas(dia, Math.max(colunas - larguraDe(esquerda) - 3, 0));
  const espaco = colunas - larguraDe(esquerda) - larguraDe(direita);
  return pinta("negrito", corta(esquerda, colunas)) + (espaco > 0 ? " ".repeat(espaco) + pinta("fraco", direita) : "");
}

/** A quantos da lista de espera telefonar, e quantos em cada ponto do dia, o que couber. */
function contas({ lista = [], porTelefonar = 0 }: Dia, largura: number): string {
  const quantos = (...situacoes: Marcado["situacao"][]): number =>
    lista.filter(({ situacao }) => situacoes.includes(situacao)).length;
  const doDia = lista.length === 0 ? [] : [
    [quantos("CHEGOU", "CHAMADO"), "na sala"],
    [quantos("MARCADO", "CONFIRMADO"), "por chegar"],
    [quantos("ATENDIDO"), quantos("ATENDIDO") === 1 ? "atendido" : "atendidos"],
    [quantos("FALTOU"), quantos("FALTOU") === 1 ? "falta" : "faltas"],
  ];
  const partes = [...porTelefonar > 0 ? [[porTelefonar, "por telefonar (E)"]] : [], ...doDia]
    .map(([quantas, oque]) => `${quantas} ${oque}`);
  while (partes.length > 0 && larguraDe(partes.join(" · ")) > largura) partes.pop();
  return partes.join(" · ");
}

// ---------------------------------------------------------------------------------------------------- a lista

interface Coluna {
  readonly titulo: string;
  /** Com menos que isto a coluna não se lê, e não se mostra. */
  readonly minimo: number;
  /** O que diz de um agendamento, em tantas colunas. */
  readonly celula: (um: Marcado, largura: number) => string;
}

/** As colunas, da mais à menos importante: as primeiras que cabem mostram-se; a ordem na tela é `NA_TELA`. */
const COLUNAS = {
  hora: { titulo: "HORA", minimo: 6, celula: horarioComMarca },
  paciente: { titulo: "PACIENTE", minimo: 13, celula: ({ nome }) => nome },
  situacao: { titulo: "SITUAÇÃO", minimo: 10, celula: situacaoPorExtenso },
  senha: { titulo: "SENHA", minimo: 5, celula: ({ senha = "" }) => senha },
  chegou: { titulo: "CHEGOU", minimo: 6, celula: ({ chegada = "" }) => chegada },
  quem: { titulo: "COM QUEM", minimo: 11, celula: quemAtende },
  sala: { titulo: "SALA", minimo: 6, celula: ({ local = "" }) => local },
  cpf: { titulo: "CPF", minimo: 11, celula: ({ cpf }, largura) => largura < 14 ? cpf : cpfPorExtenso(cpf) },
} as const satisfies Record<string, Coluna>;
type NomeDeColuna = keyof typeof COLUNAS;

const POR_IMPORTANCIA: readonly NomeDeColuna[] = [
  ...["hora", "paciente", "situacao", "senha", "quem", "sala", "cpf", "chegou"] as const,
];
const NA_TELA: readonly NomeDeColuna[] = [
  ...["hora", "senha", "paciente", "cpf", "situacao", "chegou", "quem", "sala"] as const,
];

/** Quem recebe as colunas que sobram, nesta ordem, até caber o mais comprido, ou até um limite: um nome tem também o detalhe. */
const QUE_CRESCEM: readonly (readonly [nome: NomeDeColuna, limite: number])[] = [
  ...[["paciente", 20], ["quem", 24], ["sala", 12], ["cpf", 14]] as const,
  ...[["paciente", Infinity], ["quem", Infinity], ["sala", Infinity]] as const,
];

/** As da marca do escolhido, à esquerda. */
const MARGEM = 2;

function quemAtende({ profissional = "", especialista }: Marcado): string {
  return profissional === "" ? especialista : profissional;
}

/** A largura de cada coluna que se mostra. */
function larguras(lista: readonly Marcado[], colunas: number): ReadonlyMap<NomeDeColuna, number> {
  const escolhidas = new Map<NomeDeColuna, number>();
  let sobra = colunas - MARGEM;
  for (const nome of POR_IMPORTANCIA) {
    const { minimo } = COLUNAS[nome];
    const custo = minimo + (escolhidas.size > 0 ? 1 : 0);
    if (custo > sobra) break;
    sobra -= custo;
    escolhidas.set(nome, minimo);
  }
  for (const [nome, limite] of QUE_CRESCEM) {
    const atual = escolhidas.get(nome);
    if (atual === undefined) continue;
    const { titulo, celula } = COLUNAS[nome];
    const ideal = lista.reduce((maior, um) => Math.max(maior, larguraDe(celula(um, colunas))), larguraDe(titulo));
    const mais = Math.min(Math.max(Math.min(ideal, limite) - atual, 0), sobra);
    sobra -= mais;
    escolhidas.set(nome, atual + mais);
  }
  return escolhidas;
}

/** O cabeçalho e as linhas à vista. */
function lista(dia: Dia, { colunas, agora }: Quadro, altura: number): string[] {
  if (dia.lista === undefined) return ["", "  Lendo a lista…"];
  const mostrados = visiveis(dia);
  if (mostrados.length === 0) {
    const vazio = dia.filtro === "" ? "Ninguém marcado neste dia." : `Ninguém com "${dia.filtro}". Esc mostra todos.`;
    return ["", ...quebra(inofensivo(vazio), colunas - MARGEM).map((linha) => `  ${linha}`)];
  }
  const nasColunas = larguras(dia.lista, colunas);
  const nomes = NA_TELA.filter((nome) => nasColunas.has(nome));
  const celula = (nome: NomeDeColuna, texto: string): string => {
    const largura = nasColunas.get(nome) ?? 0;
    return preenche(corta(inofensivo(texto), largura), largura);
  };
  const cabecalho = nomes.map((nome) => celula(nome, COLUNAS[nome].titulo)).join(" ");
  return [
    pinta("fraco", corta(`  ${cabecalho}`, colunas)),
    ...mostrados.slice(dia.topo, dia.topo + altura).map((um) => {
      const escolhido = um.numero === dia.escolhido;
      const cor = (nome: NomeDeColuna): Estilo | undefined => {
        if (nome === "situacao") return SITUACOES[um.situacao].estilo;
        if (nome === "hora" && atrasado(um, dia, agora)) return "vermelho";
        return espera(um) ? undefined : "fraco";
      };
      const celulas = nomes.map((nome) =>
        comEstilo(cor(nome), celula(nome, COLUNAS[nome].celula(um, nasColunas.get(nome) ?? 0)))
      );
      const linha = `${escolhido ? pinta("ciano", "❯") : " "} ${celulas.join(" ")}`;
      return escolhido ? pinta("negrito", linha) : linha;
    }),
  ];
}

/** A hora passou e ainda não chegou. */
function atrasado({ situacao, horario }: Marcado, { data, hoje }: Dia, agora: string): boolean {
  return data === hoje && horario < agora && (situacao === "MARCADO" || situacao === "CONFIRMADO");
}

// ---------------------------------------------------------------------------------------------------- o escolhido

/** Tudo do escolhido, no que couber; em cima fica um espaço. */
function detalheDe(um: Marcado | undefined, { colunas, linhas }: Quadro): string[] {
  if (um === undefined) return [];
  const { nome, cpf, especialista, profissional, local, horario, minutos, codigo, prioridade = 0 } = um;
  const ditos = [
    nome,
    cpfPorExtenso(cpf),
    especialista,
    profissional,
    local,
    `${horario}${minutos === undefined ? "" : `, ${minutos} min`}${um.encaixe ? ", encaixe" : ""}`,
    um.situacao === "CHEGOU" ? "" : situacaoPorExtenso(um),
    um.senha && `senha ${um.senha}`,
    prioridade > 0 ? `prioridade: ${PRIORIDADES[prioridade]}` : "",
    um.chegada && `chegou às ${um.chegada}`,
    um.motivo && `motivo: ${um.motivo}`,
    um.nota && `nota: ${um.nota}`,
    um.telefone,
    um.email,
    codigo && `código ${codigoPorExtenso(codigo)}`,
  ];
  const texto = inofensivo(ditos.filter((dito) => dito !== undefined && dito !== "").join(" · "));
  const cabem = linhasDoDetalhe(linhas);
  if (cabem === 1) return [corta(texto, colunas)];
  const partes = quebra(texto, colunas);
  const mostradas = partes.slice(0, cabem - 1);
  if (partes.length > mostradas.length) mostradas.push(corta(`${mostradas.pop()} …`, colunas));
  return ["", ...mostradas];
}

// ---------------------------------------------------------------------------------------------------- as últimas

const MARCAS = { ok: ["verde", "✔"], aviso: ["amarelo", "!"], erro: ["vermelho", "✖"] } as const;

/** O que se pergunta, o que se digita, ou o que acabou de acontecer, em uma linha ou duas. */
function recadoDe({ modo, filtro, recado, semServidor }: Dia, colunas: number): string[] {
  switch (modo.tipo) {
    case "filtro":
      return [digitado("Nome ou CPF: ", filtro, colunas)];
    case "motivo":
      return [digitado(`Cancelar ${modo.alvo.nome}? Motivo: `, modo.texto, colunas)];
    case "prioridade": {
      const [, ...nomes] = PRIORIDADES;
      return [corta(`Prioridade: ${nomes.map((nome, i) => `${i + 1} ${nome}`).join("  ")}`, colunas)];
    }
    case "lista":
    case "ajuda": {
      const dito = semServidor === undefined ? recado : { marca: "erro", texto: semServidor } as const;
      if (dito === undefined && filtro !== "") return [pinta("fraco", corta(`Só quem tem "${filtro}".`, colunas))];
      return linhasDoRecado(dito, colunas);
    }
  }
}

/** Um recado, numa linha ou em duas; uma vazia, se não há. */
export function linhasDoRecado(recado: Recado | undefined, colunas: number): string[] {
  if (recado === undefined) return [""];
  const [estilo, sinal] = MARCAS[recado.marca];
  const [primeira, ...resto] = quebra(inofensivo(recado.texto), Math.max(colunas - 2, 1));
  const segunda = resto.length === 0 ? [] : [`  ${corta(resto.join(" "), colunas - 2)}`];
  return [`${pinta(estilo, sinal)} ${primeira}`, ...segunda];
}

/** A pergunta e o fim do que se digitou, com um cursor. */
export function digitado(pergunta: string, texto: string, colunas: number): string {
  const inicio = corta(inofensivo(pergunta), Math.max(colunas - 12, 1));
  let resto = inofensivo(texto);
  while (larguraDe(resto) > colunas - larguraDe(inicio) - 1) resto = [...resto].slice(1).join("");
  return `${pinta("negrito", inicio)}${pinta("ciano", resto)}▏`;
}

function teclasDe({ modo, soAtende }: Dia, colunas: number): string {
  switch (modo.tipo) {
    case "filtro":
      return "Enter fica com o filtro • Esc mostra todos";
    case "motivo":
      return "Enter cancela o agendamento • Esc não";
    case "prioridade":
      return "1 a 4 escolhe • Esc desiste";
    case "ajuda":
      return "qualquer tecla volta à lista";
    case "lista":
      if (soAtende) return "H chama  A atendido  D desfaz  ? mais";
      if (colunas < 57) return "C chegou H chama A atendido ? mais Esc";
      return colunas < 79
        ? "C chegou  H chama  A atendido  F faltou  D desfaz  ? mais"
        : "C chegou  H chama  A atendido  F faltou  D desfaz  R remarca  N encaixe  ? mais";
  }
}

/** As teclas, para quem aperta `?`. */
const TECLAS: readonly (readonly [tecla: string, oque: string])[] = [
  ["C", "chegou; se já chamado, espera"],
  ["P", "chegou, com prioridade"],
  ["H", "chama, ou chama de novo"],
  ["A", "foi atendido"],
  ["S", "saiu antes do atendimento"],
  ["F", "faltou"],
  ["O", "confirmou que vem"],
  ["X", "cancela, dizendo o motivo"],
  ["D", "desfaz a última mudança"],
  ["R", "remarca"],
  ["N", "encaixa alguém"],
  ["E", "a lista de espera"],
  ["/", "procura por nome ou CPF"],
  ["L", "por hora ou ordem de chamar"],
  ["← → T", "dia anterior, seguinte, hoje"],
  ["↑ ↓", "escolhe; PgUp e PgDn, de longe"],
  ["Esc", "volta ao menu"],
];

function ajuda({ soAtende }: Dia, colunas: number): string[] {
  const largura = 6;
  const teclas = soAtende ? TECLAS.filter(([tecla]) => !DA_RECEPCAO.includes(tecla)) : TECLAS;
  return teclas.map(([tecla, oque]) => corta(`  ${preenche(corta(tecla, largura), largura)} ${oque}`, colunas));
}

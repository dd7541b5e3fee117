/**
 * A lista de espera na recepção, desenhada: do que a tela sabe (`fila.ts`) e do tamanho dela às linhas que a enchem. Função
 * pura; quem as escreve no terminal é `recepcao_da_fila.ts`.
 *
 * @module
 */

import { alturaDaLista, digitado, exatamente, linhasDoDetalhe, linhasDoRecado } from "./desenho.ts";
import { avisoDe, type Esperando, horaDoConvite, oQueQuer, porTelefonar, prazoDe } from "./espera.ts";
import { type AtoNaFila, aVistaNa, contasDa, ehOEscolhido, escolhidoNa, especialidadeDa, type Fila } from "./fila.ts";
import { PRIORIDADES } from "./frases.ts";
import { comEstilo, corta, cpfPorExtenso, larguraDe, maiorLargura, pinta, preenche, quebra } from "./telas.ts";
import { inofensivo } from "../clinica/texto.ts";

/** O tamanho da tela e o dia de hoje na clínica. */
export interface QuadroDaFila {
  /** Colunas da tela. */
  readonly colunas: number;
  /** Linhas da tela. */
  readonly linhas: number;
  /** `"dd/mm/aaaa"`: de um prazo de hoje só se diz a hora. */
  readonly hoje: string;
}

/** A tela inteira, linha por linha; nenhuma passa da largura. */
export function desenhaFila(fila: Fila, quadro: QuadroDaFila): string[] {
  const { colunas, linhas } = quadro;
  const altura = alturaDaLista(linhas);
  const lugar = linhasDoDetalhe(linhas);
  const meio = fila.modo.tipo === "ajuda" ? ajuda(colunas) : [
    ...exatamente(lista(fila, quadro, altura), altura + 1),
    ...exatamente(detalhe(fila, quadro), lugar),
  ];
  const recado = recadoDa(fila, colunas);
  return exatamente([
    titulo(fila, colunas),
    ...exatamente(meio, altura + 1 + lugar - (recado.length - 1)),
    ...recado,
    pinta("fraco", corta(teclasDa(fila, colunas), colunas)),
  ], linhas);
}

function titulo(fila: Fila, colunas: number): string {
  const { especialidades, mostrada, soConvites } = fila;
  const qual = especialidades.length > 1 ? ` (${mostrada + 1} de ${especialidades.length})` : "";
  const esquerda = soConvites ? "Convites por responder" : inofensivo(`À espera: ${especialidadeDa(fila)}${qual}`);
  const { esperam, convites, porTelefonar } = contasDa(fila);
  const partes = [
    porTelefonar > 0 ? `${porTelefonar} por telefonar` : "",
    convites === 1 ? "1 convite" : `${convites} convites`,
    esperam === 1 ? "1 espera" : `${esperam} esperam`,
  ].filter((parte) => parte !== "");
  while (partes.length > 0 && larguraDe(partes.join(" · ")) > colunas - larguraDe(esquerda) - 2) partes.pop();
  const direita = fila.lista === undefined ? "" : partes.join(" · ");
  const espaco = colunas - larguraDe(esquerda) - larguraDe(direita);
  return pinta("negrito", corta(esquerda, colunas)) + (espaco > 0 ? " ".repeat(espaco) + pinta("fraco", direita) : "");
}

interface Coluna {
  readonly titulo: string;
  /** Com menos que isto não se lê. */
  readonly minimo: number;
  /** Com mais que isto não se precisa. */
  readonly maximo: number;
  readonly celula: (um: Esperando, hoje: string) => string;
  /** Mostra-se ainda que ninguém tenha nada nela. */
  readonly sempre?: true;
  /** Só onde se mostram várias listas. */
  readonly soNosConvites?: true;
}

/** Na ordem da tela; a última que não cabe sai primeiro. */
const COLUNAS: readonly Coluna[] = [
  { titulo: "Nº", minimo: 3, maximo: 6, celula: ({ posicao }) => `${posicao}º`, sempre: true },
  { titulo: "PACIENTE", minimo: 13, maximo: 30, celula: ({ nome }) => nome, sempre: true },
  { titulo: "CONVITE", minimo: 11, maximo: 16, celula: ({ convite }) => convite ? semAno(horaCurta(convite)) : "" },
  {
    titulo: "ATÉ",
    minimo: 5,
    maximo: 11,
    celula: ({ convite }, hoje) => convite ? semAno(prazoDe(convite, hoje)) : "",
  },
  { titulo: "AVISO", minimo: 10, maximo: 30, celula: avisoDe },
  { titulo: "ESPECIALIDADE", minimo: 13, maximo: 24, celula: ({ especialista }) => especialista, soNosConvites: true },
  { titulo: "QUER", minimo: 12, maximo: 60, celula: (um) => oQueQuer(um) || "a primeira" },
];

function horaCurta({ data, horario }: { readonly data: string; readonly horario: string }): string {
  return `${data} ${horario}`;
}

/** `"01/12/2026 08:00"` → `"01/12 08:00"`. */
function semAno(instante: string): string {
  return instante.replace(/\/\d{4}(?= )/, "");
}

const MARGEM = 2;

/** As colunas que cabem, e a largura de cada uma. */
function colunasPara(fila: Fila, { colunas, hoje }: QuadroDaFila): readonly (readonly [Coluna, number])[] {
  const mostradas = aVistaNa(fila);
  const medidas = COLUNAS.map((coluna) => {
    const celulas = mostradas.map((um) => coluna.celula(um, hoje));
    const maior = maiorLargura([coluna.titulo, ...celulas]);
    const ideal = Math.min(Math.max(maior, coluna.minimo), coluna.maximo);
    return { coluna, ideal, vazia: celulas.every((celula) => celula === "") };
  }).filter(({ coluna, vazia }) => coluna.sempre || (!vazia && (fila.soConvites || !coluna.soNosConvites)));
  const minima = (): number => medidas.reduce((soma, { coluna }) => soma + coluna.minimo + 1, MARGEM);
  while (medidas.length > 1 && minima() > colunas + 1) medidas.pop();
  let sobra = Math.max(colunas + 1 - minima(), 0);
  return medidas.map(({ coluna, ideal }) => {
    const mais = Math.min(ideal - coluna.minimo, sobra);
    sobra -= mais;
    return [coluna, coluna.minimo + mais] as const;
  });
}

function lista(fila: Fila, quadro: QuadroDaFila, altura: number): string[] {
  const { colunas, hoje } = quadro;
  const vazio = especialidadeDa(fila) === ""
    ? "Não se sabe de nenhuma especialidade. N põe alguém na lista."
    : fila.lista === undefined
    ? "Lendo a lista…"
    : fila.soConvites
    ? "Nenhum convite por responder. C volta à lista."
    : "Ninguém à espera.";
  const mostrados = aVistaNa(fila);
  if (mostrados.length === 0) return ["", ...quebra(vazio, colunas - MARGEM).map((linha) => `  ${linha}`)];
  const medidas = colunasPara(fila, quadro);
  const celula = (texto: string, largura: number): string => preenche(corta(inofensivo(texto), largura), largura);
  const cabecalho = medidas.map(([{ titulo }, largura]) => celula(titulo, largura)).join(" ");
  return [
    pinta("fraco", corta(`  ${cabecalho}`, colunas)),
    ...mostrados.slice(fila.topo, fila.topo + altura).map((um) => {
      const escolhido = ehOEscolhido(fila, um);
      const celulas = medidas.map(([coluna, largura]) => {
        const estilo = coluna.celula === avisoDe && porTelefonar(um) ? "vermelho" : um.convite && "amarelo";
        return comEstilo(estilo, celula(coluna.celula(um, hoje), largura));
      });
      const linha = `${escolhido ? pinta("ciano", "❯") : " "} ${celulas.join(" ")}`;
      return escolhido ? pinta("negrito", linha) : linha;
    }),
  ];
}

/** Tudo do escolhido, no que couber. */
function detalhe(fila: Fila, { colunas, linhas, hoje }: QuadroDaFila): string[] {
  const um = escolhidoNa(fila);
  if (um === undefined) return [];
  const { nome, cpf, convite, prioridade = 0, lapsos } = um;
  const ditos = [
    nome,
    cpfPorExtenso(cpf),
    fila.soConvites ? um.especialista : "",
    convite && `convite: ${horaDoConvite(convite)}, até ${prazoDe(convite, hoje)}`,
    porTelefonar(um) ? "sem telefone nem e-mail: telefonar" : um.telefone,
    um.email,
    oQueQuer(um) === "" ? "" : `quer: ${oQueQuer(um)}`,
    um.marca === true ? "marca-se sem perguntar" : "",
    prioridade > 0 ? `prioridade: ${PRIORIDADES[prioridade] ?? prioridade}` : "",
    `desde ${um.desde}`,
    lapsos > 0 ? `deixou vencer ${lapsos}` : "",
    um.motivo && `motivo: ${um.motivo}`,
  ];
  const texto = inofensivo(ditos.filter((dito) => dito !== undefined && dito !== "").join(" · "));
  const cabem = linhasDoDetalhe(linhas);
  if (cabem === 1) return [corta(texto, colunas)];
  const partes = quebra(texto, colunas);
  const mostradas = partes.slice(0, cabem - 1);
  if (partes.length > mostradas.length) mostradas.push(corta(`${mostradas.pop()} …`, colunas));
  return ["", ...mostradas];
}

function recadoDa({ modo, recado, semServidor }: Fila, colunas: number): string[] {
  switch (modo.tipo) {
    case "confirma": {
      return [pinta("negrito", corta(inofensivo(pergunta(modo.ato)), colunas))];
    }
    case "motivo":
      return [digitado("Contra as regras da clínica; motivo: ", modo.texto, colunas)];
    case "lista":
    case "ajuda":
      return linhasDoRecado(semServidor === undefined ? recado : { marca: "erro", texto: semServidor }, colunas);
  }
}

function pergunta({ comando, alvo: { nome, convite } }: AtoNaFila): string {
  switch (comando) {
    case "ACEITA":
      return `Marcar ${nome}${convite === undefined ? "" : `, ${semAno(horaCurta(convite))}`}? S marca`;
    case "RECUSA":
      return `Recusar por ${nome}? S recusa`;
    case "DESISTE":
      return `Tirar ${nome} da lista? S tira`;
  }
}

function teclasDa({ modo, soConvites }: Fila, colunas: number): string {
  switch (modo.tipo) {
    case "confirma":
      return "S faz • outra tecla desiste";
    case "motivo":
      return "Enter marca com este motivo • Esc não";
    case "ajuda":
      return "qualquer tecla volta à lista";
    case "lista": {
      const outra = soConvites ? "C volta à lista" : "← → outra";
      if (colunas < 57) return `A aceita R recusa ${soConvites ? "C lista" : outra} ? mais Esc`;
      if (colunas < 79) return `A aceita  R recusa  X tira  N põe  ${outra}  ? mais`;
      return soConvites
        ? `A aceita  R recusa  X tira da lista  N põe alguém  ${outra}  ? mais`
        : `A aceita  R recusa  X tira da lista  N põe alguém  C convites  ${outra}  ? mais`;
    }
  }
}

/** As teclas, para quem aperta `?`. */
const TECLAS: readonly (readonly [tecla: string, oque: string])[] = [
  ["A", "aceita a hora segurada, pelo paciente"],
  ["R", "recusa-a; continua à espera"],
  ["X", "tira da lista"],
  ["N", "põe alguém na lista"],
  ["C", "os convites por responder, em todas as listas"],
  ["← →", "a lista de outra especialidade"],
  ["↑ ↓", "escolhe; PgUp e PgDn, de longe"],
  ["Esc", "volta ao dia"],
];

function ajuda(colunas: number): string[] {
  return TECLAS.map(([tecla, oque]) => corta(`  ${preenche(tecla, 6)} ${oque}`, colunas));
}

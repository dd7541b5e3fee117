/**
 * O que o cliente mostra: a frase de cada erro, os cartões e as tabelas de agendamentos e vagas, e como um texto cabe,
 * se alinha e se pinta num terminal.
 *
 * `terminal/saida.ts` e o menu mostram as mesmas coisas com isto, com um sinal no lugar do que não se vê num texto vindo do
 * servidor. As funções devolvem textos ou linhas, seja qual for o tamanho do que lhes dão; `Tela` é o que o menu escreve
 * entre uma pergunta e outra.
 *
 * @module
 */

import { formatarCpf, inofensivo, lerCpf, NOME_MAXIMO } from "../clinica/texto.ts";
import type { Codigo, Tupla, Vaga } from "../protocolo.ts";

/** O que dizer diante de cada erro: o que houve e o que fazer. */
export const O_QUE_QUER_DIZER: { readonly [C in Extract<Codigo, `ERRO-${string}`>]: string } = {
  "ERRO-100": "O servidor não entendeu o pedido. Confira o que foi escrito; se persistir, atualize o cliente.",
  "ERRO-101": "O servidor não conhece este pedido. Ponha cliente e servidor na mesma versão.",
  "ERRO-102": "O CPF não é válido. Confira os 11 dígitos e escreva-o de novo.",
  "ERRO-103": "Esse atendimento não existe: a especialidade não atende nessa data, ou a data está fechada, já passou " +
    "ou ainda não abriu. Veja as vagas e escolha uma delas.",
  "ERRO-104": `O nome não serve. Escreva-o com letras que se vejam, em até ${NOME_MAXIMO} caracteres e numa só linha.`,
  "ERRO-105": "Esse horário não existe nesse dia ou já começou. Escolha um dos horários livres.",
  "ERRO-110": "Não há mais vaga nesse dia ou horário. Escolha outro horário ou outra data.",
  "ERRO-111": "Este CPF já tem um agendamento nessa especialidade. Para mudá-lo, desmarque-o e marque outro.",
  "ERRO-112": "Não há agendamento ativo para este CPF. Confira o número ou marque um atendimento.",
  "ERRO-113": "Não há agendamento para desmarcar; nada foi alterado. Confira o CPF e a especialidade.",
  "ERRO-114": "Há mais de um agendamento para este CPF; nada foi alterado. Informe a especialidade a desmarcar.",
  "ERRO-130": "O servidor está ocupado. Espere um pouco e tente de novo.",
  "ERRO-131": "O servidor não conseguiu gravar; nada foi alterado. Tente de novo daqui a pouco e, se persistir, " +
    "avise quem cuida do servidor.",
};

/** Um agendamento como sai em JSON. */
export interface AgendamentoMostrado {
  /** 11 dígitos. */
  cpf: string;
  /** Em maiúsculas, como a clínica o guardou. */
  nome: string;
  /** A especialidade. */
  especialista: string;
  /** `"dd/mm/aaaa"`. */
  data: string;
  /** `"SEGUNDA-FEIRA"` … `"DOMINGO"`. */
  dia: string;
  /** `"HH:MM"`. */
  horario: string;
}

/** Os campos de uma tupla do fio, pelo nome. */
export function agendamentoDe([, cpf, nome, especialista, data, dia, horario]: Tupla): AgendamentoMostrado {
  return { cpf, nome, especialista, data, dia, horario };
}

const LARGOS =
  /\p{Emoji_Presentation}|\p{Script=Han}|\p{Script=Hangul}|\p{Script=Hiragana}|\p{Script=Katakana}|[！-｠]/u;

/** Quantas colunas o texto ocupa: acentos soltos não ocupam nenhuma, ideogramas e emojis ocupam duas. */
export function larguraDe(texto: string): number {
  if (/^[\x20-\x7e]*$/.test(texto)) return texto.length;
  let largura = 0;
  for (const caractere of texto) largura += /\p{M}/u.test(caractere) ? 0 : LARGOS.test(caractere) ? 2 : 1;
  return largura;
}

/** Quantas colunas ocupa o mais largo dos textos. */
export function maiorLargura(textos: readonly string[]): number {
  return textos.reduce((maior, texto) => Math.max(maior, larguraDe(texto)), 0);
}

/** O texto, com espaços à direita até a largura. */
export function preenche(texto: string, largura: number): string {
  return texto + " ".repeat(Math.max(0, largura - larguraDe(texto)));
}

/** O texto, ou o começo dele com reticências se não cabe na largura. */
export function corta(texto: string, largura: number): string {
  let ocupadas = 0;
  let lidas = 0;
  let cabem = 0;
  for (const caractere of texto) {
    ocupadas += larguraDe(caractere);
    lidas += caractere.length;
    if (ocupadas < largura) cabem = lidas;
    if (ocupadas > largura) return texto.slice(0, cabem) + "…";
  }
  return texto;
}

/** Quebra o texto entre palavras para caber na largura; uma palavra maior que ela é cortada. */
export function quebra(texto: string, largura: number): string[] {
  const linhas: string[] = [];
  let linha = "";
  let ocupadas = 0;
  for (const palavra of texto.split(" ")) {
    const dela = larguraDe(palavra);
    if (linha !== "" && ocupadas + 1 + dela <= largura) {
      linha += ` ${palavra}`;
      ocupadas += 1 + dela;
      continue;
    }
    if (linha !== "") linhas.push(linha);
    linha = "";
    ocupadas = 0;
    for (const caractere of palavra) {
      const dele = larguraDe(caractere);
      if (ocupadas + dele > largura && linha !== "") {
        linhas.push(linha);
        linha = "";
        ocupadas = 0;
      }
      linha += caractere;
      ocupadas += dele;
    }
  }
  return [...linhas, linha];
}

/** A menor largura em que a última coluna de uma tabela ainda se lê quebrada. */
const COLUNA_LEGIVEL = 12;

/**
 * Uma tabela de colunas alinhadas, em linhas; a última coluna quebra para caber na largura. Onde nem assim caberia, cada
 * linha quebra como um texto.
 */
export function tabela(
  cabecalho: readonly string[],
  corpo: readonly (readonly string[])[],
  { largura = Infinity }: { largura?: number } = {},
): string[] {
  const linhas = [cabecalho, ...corpo].map((linha) => linha.map((texto) => inofensivo(texto)));
  const larguras = cabecalho.map((_, i) => maiorLargura(linhas.map((linha) => linha[i])));
  const ultima = larguras.pop() ?? 0;
  const margem = larguras.reduce((soma, coluna) => soma + coluna + 2, 0);
  if (margem + Math.min(ultima, COLUNA_LEGIVEL) > largura) {
    const [titulos, ...textos] = linhas.map((linha) => linha.join("  "));
    return [corta(titulos.trim(), largura), ...textos.flatMap((texto) => recua(quebra(texto, largura - 2)))];
  }
  return linhas.flatMap((linha) => {
    const frente = larguras.map((coluna, i) => preenche(linha[i], coluna) + "  ").join("");
    const partes = quebra(linha[linha.length - 1], Math.max(largura - margem, COLUNA_LEGIVEL));
    return partes.map((parte, i) => ((i === 0 ? frente : " ".repeat(margem)) + parte).trimEnd());
  });
}

/** As partes de um texto quebrado, recuadas as que continuam a primeira. */
function recua(partes: readonly string[]): string[] {
  return partes.map((parte, i) => (i === 0 ? parte : `  ${parte.trimStart()}`).trimEnd());
}

/** Um cartão com moldura, em linhas. */
export function cartao(
  titulo: string,
  campos: readonly (readonly [rotulo: string, valor: string])[],
  { largura = Infinity }: { largura?: number } = {},
): string[] {
  const rotulos = maiorLargura(campos.map(([rotulo]) => rotulo));
  const linhas = campos.flatMap(([rotulo, valor]) =>
    quebra(inofensivo(valor), Math.max(largura - rotulos - 6, 12))
      .map((parte, i) => `${preenche(i === 0 ? rotulo : "", rotulos)}  ${parte}`)
  );
  const dentro = Math.max(larguraDe(titulo) + 2, maiorLargura(linhas));
  return [
    `╭─ ${titulo} ${"─".repeat(dentro - larguraDe(titulo) - 1)}╮`,
    ...linhas.map((linha) => `│ ${preenche(linha, dentro)} │`),
    `╰${"─".repeat(dentro + 2)}╯`,
  ];
}

/** O cartão de um agendamento, para a largura do terminal. */
export function cartaoDe(
  titulo: string,
  { cpf, nome, especialista, data, dia, horario }: AgendamentoMostrado,
): string[] {
  return cartao(titulo, [
    ["Paciente", nome],
    ["CPF", cpfPorExtenso(cpf)],
    ["Especialidade", especialista],
    ["Data", `${data}, ${dia.toLowerCase()}`],
    ["Horário", horario],
  ], { largura: colunas() });
}

/** Uma especialidade que divide a linha com outras colunas: num terminal, o começo, em até um terço da largura. */
export function especialidadeCortada(especialista: string): string {
  return corta(inofensivo(especialista), colunas() / 3);
}

/** Os agendamentos de um CPF, um por linha. */
export function tabelaDeAgendamentos(tuplas: readonly Tupla[]): string[] {
  const corpo = tuplas.map(([, , nome, especialista, data, dia, horario]) => [
    data,
    dia.toLowerCase(),
    horario,
    especialidadeCortada(especialista),
    nome,
  ]);
  return comCabecalho(tabela(["DATA", "DIA", "HORÁRIO", "ESPECIALIDADE", "PACIENTE"], corpo, { largura: colunas() }));
}

/** As horas livres, uma linha por data e especialidade. */
export function tabelaDeVagas(vagas: readonly Vaga[]): string[] {
  const corpo = vagas.map(([data, dia, especialista, horarios]) => [
    data,
    dia.toLowerCase(),
    especialidadeCortada(especialista),
    horarios.join(" "),
  ]);
  return comCabecalho(tabela(["DATA", "DIA", "ESPECIALIDADE", "HORÁRIOS LIVRES"], corpo, { largura: colunas() }));
}

function comCabecalho([cabecalho, ...corpo]: string[]): string[] {
  return [pinta("fraco", cabecalho), ...corpo];
}

/** Um CPF com pontos e hífen; o que não é um CPF, como veio. */
export function cpfPorExtenso(cpf: string): string {
  return lerCpf(cpf) === undefined ? cpf : formatarCpf(cpf);
}

/** Um peso ou uma cor de texto. */
export type Estilo = "negrito" | "fraco" | "vermelho" | "verde" | "amarelo" | "ciano";

/** Os códigos ANSI que ligam e desligam cada estilo. */
const ESTILOS: { readonly [E in Estilo]: readonly [liga: number, desliga: number] } = {
  negrito: [1, 22],
  fraco: [2, 22],
  vermelho: [31, 39],
  verde: [32, 39],
  amarelo: [33, 39],
  ciano: [36, 39],
};

const COLORIDO = !Deno.noColor && Deno.stdout.isTerminal();

/** O texto pintado, se a saída é um terminal e `NO_COLOR` não está posto. */
export function pinta(estilo: Estilo, texto: string): string {
  const [liga, desliga] = ESTILOS[estilo];
  return COLORIDO ? `\x1b[${liga}m${texto}\x1b[${desliga}m` : texto;
}

/** As colunas do terminal; fora dele, as que o texto quiser. */
export function colunas(): number {
  if (!Deno.stdout.isTerminal()) return Infinity;
  try {
    return Deno.consoleSize().columns || 80;
  } catch {
    return 80;
  }
}

/** A tela do menu: o que se escreve entre as perguntas. */
export class Tela {
  #escreve: (texto: string) => void;
  #passos = 0;
  #comTitulo = false;
  #emBranco = false;

  /** Escreve com `escreve`, no mesmo fluxo em que saem as perguntas. */
  constructor(escreve: (texto: string) => void) {
    this.#escreve = escreve;
  }

  /** Escreve linhas que ficam. */
  diz(linhas: string | readonly string[]): void {
    this.#passos = 0;
    this.#comTitulo = false;
    this.#emBranco = (typeof linhas === "string" ? linhas : linhas.at(-1)) === "";
    this.#escreve((typeof linhas === "string" ? linhas : linhas.join("\n")) + "\n");
  }

  /** Escreve um cartão ou uma tabela, separado do que veio antes. */
  quadro(linhas: readonly string[]): void {
    this.separa();
    this.diz(linhas);
  }

  /** Separa o que vem do que veio por uma linha em branco, e só uma. */
  separa(): void {
    if (!this.#emBranco) this.diz("");
  }

  /** Escreve o título do que se vai fazer, que `desfaz` apaga como um passo. */
  titulo(texto: string): void {
    this.separa();
    this.diz(pinta("negrito", texto));
    this.#passos = 1;
    this.#comTitulo = true;
  }

  /** Escreve uma frase com uma marca à frente, quebrada para caber. */
  frase(marca: "ok" | "aviso" | "erro", texto: string): void {
    const sinal = { ok: pinta("verde", "✔"), aviso: pinta("amarelo", "!"), erro: pinta("vermelho", "✖") }[marca];
    const linhas = quebra(texto, this.largura - 3);
    this.diz(linhas.map((linha, i) => `${i === 0 ? sinal : " "} ${linha}`));
  }

  /** Escreve a escolha de um passo, numa linha que `desfaz` pode apagar. */
  passo(rotulo: string, valor: string): void {
    const linha = corta(inofensivo(valor), this.largura - 20);
    const [passos, comTitulo] = [this.#passos, this.#comTitulo];
    this.diz(`${pinta("verde", "✔")} ${preenche(rotulo, 14)} ${pinta("ciano", linha)}`);
    [this.#passos, this.#comTitulo] = [passos + 1, comTitulo];
  }

  /** Apaga o último passo ou o título, se nada foi escrito depois dele. */
  desfaz(): void {
    if (this.#passos === 0) return;
    this.#passos--;
    this.#emBranco = this.#passos === 0 && this.#comTitulo;
    this.#escreve("\x1b[1A\x1b[2K");
  }

  /** Mostra, na linha em que está o cursor, o que se espera; um texto vazio a limpa. */
  estado(texto: string): void {
    this.#escreve(`\r\x1b[2K${pinta("fraco", corta(texto, this.largura - 1))}`);
  }

  /** Quantas colunas se usam; a menos de 40 nada fica legível, e quem quebra é o terminal. */
  get largura(): number {
    return Math.max(colunas(), 40);
  }
}

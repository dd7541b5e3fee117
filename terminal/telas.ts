/**
 * O que o cliente mostra: os cartões e as tabelas de agendamentos e vagas, e como um texto cabe,
 * se alinha e se pinta num terminal.
 *
 * `terminal/saida.ts` e o menu mostram as mesmas coisas com isto, com um sinal no lugar do que não se vê num texto vindo do
 * servidor. As funções devolvem textos ou linhas, seja qual for o tamanho do que lhes dão; quem as escreve no menu é
 * `tela.ts`.
 *
 * @module
 */

import { type Estilo, SITUACOES } from "./frases.ts";
import type { TuplaLida, VagaLida } from "./tubo.ts";
import { formatarCpf, inofensivo, lerCpf } from "../clinica/texto.ts";
import type { Detalhes } from "../fio/clinica2.ts";

/** Um agendamento como sai em JSON: os campos da tupla pelo nome e, em CLINICA/2, os detalhes. */
export interface AgendamentoMostrado extends Partial<Detalhes> {
  /** 11 dígitos. */
  readonly cpf: string;
  /** Em maiúsculas, como a clínica o guardou. */
  readonly nome: string;
  /** A especialidade. */
  readonly especialista: string;
  /** `"dd/mm/aaaa"`. */
  readonly data: string;
  /** `"SEGUNDA-FEIRA"` … `"DOMINGO"`. */
  readonly dia: string;
  /** `"HH:MM"`. */
  readonly horario: string;
}

/** Os campos de uma tupla do fio, pelo nome. */
export function agendamentoDe(
  [, cpf, nome, especialista, data, dia, horario, detalhes]: TuplaLida,
): AgendamentoMostrado {
  return { cpf, nome, especialista, data, dia, horario, ...detalhes };
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

/** Como se mostra uma tabela. */
export interface OpcoesDaTabela {
  /** Quantas colunas há. */
  largura?: number;
  /** Pinta uma linha do corpo, a enésima, ou cada parte dela. */
  cor?: (linha: string, n: number) => string;
  /** Os títulos das colunas sem as quais se passa, a primeira a sair à frente. */
  dispensaveis?: readonly string[];
}

/**
 * Uma tabela de colunas alinhadas, em linhas; a última coluna quebra para caber na largura. Onde nem assim caberia, as
 * colunas juntam-se, depois saem as dispensáveis e, por fim, cada linha quebra como um texto.
 */
export function tabela(
  cabecalho: readonly string[],
  corpo: readonly (readonly string[])[],
  { largura = Infinity, cor = (linha) => linha, dispensaveis = [] }: OpcoesDaTabela = {},
): string[] {
  const linhas = [cabecalho, ...corpo].map((linha) => linha.map((texto) => inofensivo(texto)));
  const larguras = cabecalho.map((_, i) => maiorLargura(linhas.map((linha) => linha[i])));
  const ultima = larguras.pop() ?? 0;
  const margemCom = (espaco: number): number => larguras.reduce((soma, coluna) => soma + coluna + espaco, 0);
  const espaco = [2, 1].find((espaco) => margemCom(espaco) + Math.min(ultima, COLUNA_LEGIVEL) <= largura);
  if (espaco === undefined && dispensaveis.length > 0) {
    const [dispensada, ...outras] = dispensaveis;
    const fica = cabecalho.map((titulo) => titulo !== dispensada);
    const semEla = (linha: readonly string[]): string[] => linha.filter((_, i) => fica[i]);
    return tabela(semEla(cabecalho), corpo.map(semEla), { largura, cor, dispensaveis: outras });
  }
  if (espaco === undefined) {
    const [titulos, ...textos] = linhas.map((linha) => linha.join("  "));
    return [
      corta(titulos.trim(), largura),
      ...textos.flatMap((texto, n) => recua(quebra(texto, largura - 2)).map((parte) => cor(parte, n))),
    ];
  }
  const margem = margemCom(espaco);
  return linhas.flatMap((linha, n) => {
    const frente = larguras.map((coluna, i) => preenche(linha[i], coluna + espaco)).join("");
    const partes = quebra(linha[linha.length - 1], Math.max(largura - margem, COLUNA_LEGIVEL));
    const inteiras = partes.map((parte, i) => ((i === 0 ? frente : " ".repeat(margem)) + parte).trimEnd());
    return n === 0 ? inteiras : inteiras.map((parte) => cor(parte, n - 1));
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
export function cartaoDe(titulo: string, agendamento: AgendamentoMostrado): string[] {
  const { cpf, nome, especialista, data, dia, horario, profissional, local, situacao, codigo } = agendamento;
  const daCasa: (readonly [rotulo: string, valor: string | undefined])[] = [
    ["Profissional", profissional],
    ["Local", local],
    ["Situação", situacao === undefined || situacao === "MARCADO" ? "" : situacaoPorExtenso(agendamento)],
    ["Senha", agendamento.senha],
    ["Motivo", agendamento.motivo],
    ["Nota", agendamento.nota],
    ["E-mail", agendamento.email],
    ["Telefone", agendamento.telefone],
    ["Código", codigo === undefined ? "" : codigoPorExtenso(codigo)],
  ];
  return cartao(titulo, [
    ["Paciente", nome],
    ["CPF", cpfPorExtenso(cpf)],
    ["Especialidade", especialista],
    ["Data", `${data}, ${dia.toLowerCase()}`],
    ["Horário", agendamento.encaixe ? `${horario}, encaixe` : horario],
    ...daCasa.flatMap(([rotulo, valor]) => valor ? [[rotulo, valor] as const] : []),
  ], { largura: colunas() });
}

/** Um código como se lê em voz alta: `"ABCD-EFGH"`. */
export function codigoPorExtenso(codigo: string): string {
  return `${codigo.slice(0, 4)}-${codigo.slice(4)}`;
}

/** A situação em palavras: `"chamado 2×"`. */
export function situacaoPorExtenso({ situacao, chamadas = 0 }: AgendamentoMostrado): string {
  if (situacao === undefined) return "";
  const vezes = situacao === "CHAMADO" && chamadas > 1 ? ` ${chamadas}×` : "";
  return SITUACOES[situacao].palavra + vezes;
}

/** Uma especialidade que divide a linha com outras colunas: num terminal, o começo, em até um terço da largura. */
export function especialidadeCortada(especialista: string): string {
  return corta(inofensivo(especialista), colunas() / 3);
}

/**
 * Os agendamentos de um CPF, um por linha; de um servidor que os diz, com quem, a situação e, a pedido, o número, no lugar do
 * dia da semana.
 */
export function tabelaDeAgendamentos(
  tuplas: readonly TuplaLida[],
  { comNumero = false }: { comNumero?: boolean } = {},
): string[] {
  const agendamentos = tuplas.map(agendamentoDe);
  const soMarcados = agendamentos.every(({ situacao = "MARCADO" }) => situacao === "MARCADO");
  return tabelaCom(agendamentos, [
    ["DATA", ({ data }) => data],
    ["DIA", ({ dia }) => comNumero ? "" : dia.toLowerCase()],
    ["HORÁRIO", horarioComMarca],
    ["ESPECIALIDADE", ({ especialista }) => especialidadeCortada(especialista)],
    ["PROFISSIONAL", ({ profissional = "" }) => especialidadeCortada(profissional)],
    ["SITUAÇÃO", (um) => soMarcados ? "" : situacaoPorExtenso(um)],
    ["Nº", ({ numero }) => comNumero && numero !== undefined ? String(numero) : ""],
    ["PACIENTE", ({ nome }) => nome],
  ], { dispensaveis: comNumero ? ["PACIENTE"] : ["DIA"] });
}

/** A hora, com um `+` no encaixe. */
export function horarioComMarca({ horario, encaixe = false }: AgendamentoMostrado): string {
  return encaixe ? `${horario}+` : horario;
}

/** O dia de cada profissional, ou de cada especialidade sem profissionais: um título e as pessoas, por hora. */
export function agendaDoDia(tuplas: readonly TuplaLida[]): string[] {
  const porQuem = Map.groupBy(
    tuplas.map(agendamentoDe),
    ({ especialista, profissional = "" }) => profissional === "" ? especialista : `${profissional}, ${especialista}`,
  );
  return [...porQuem].flatMap(([quem, dele], i) => {
    const noTitulo = umSo(dele);
    const linhas = tabelaCom(dele, [
      ["HORÁRIO", horarioComMarca],
      ["SITUAÇÃO", situacaoPorExtenso],
      ["SENHA", ({ senha = "" }) => senha],
      ["CHEGOU", ({ chegada = "" }) => chegada],
      ["LOCAL", ({ local = "" }) => noTitulo.length > 0 ? "" : especialidadeCortada(local)],
      ["CPF", ({ cpf }) => cpfPorExtenso(cpf)],
      ["PACIENTE", ({ nome }) => nome],
    ], {
      cor: ({ situacao = "MARCADO" }, linha) => comEstilo(SITUACOES[situacao].estilo, linha),
      dispensaveis: ["CHEGOU", "CPF"],
    });
    const titulo = pinta("negrito", inofensivo([quem, ...noTitulo].join(", ")));
    return [...(i > 0 ? [""] : []), titulo, ...linhas];
  });
}

/** O local de todos, se é um só: diz-se uma vez, no título. */
function umSo([primeiro, ...outros]: readonly AgendamentoMostrado[]): string[] {
  const { local = "" } = primeiro;
  return local !== "" && outros.every((um) => um.local === local) ? [local] : [];
}

/** Uma tabela sem as colunas, além da primeira, em que ninguém tem nada; `cor` pinta a linha de cada um. */
function tabelaCom(
  agendamentos: readonly AgendamentoMostrado[],
  todas: readonly (readonly [titulo: string, celula: (um: AgendamentoMostrado) => string])[],
  { cor = (_, linha) => linha, dispensaveis }: {
    cor?: (um: AgendamentoMostrado, linha: string) => string;
    dispensaveis: readonly string[];
  },
): string[] {
  const usadas = todas.filter(([, celula], i) => i === 0 || agendamentos.some((um) => celula(um) !== ""));
  const titulos = usadas.map(([titulo]) => titulo);
  const linhas = agendamentos.map((um) => usadas.map(([, celula]) => celula(um)));
  const opcoes = { largura: colunas(), cor: (linha: string, n: number) => cor(agendamentos[n], linha), dispensaveis };
  return comCabecalho(tabela(titulos, linhas, opcoes));
}

/** As horas livres, uma linha por data, especialidade e profissional. */
export function tabelaDeVagas(vagas: readonly VagaLida[]): string[] {
  const comProfissional = vagas.some(([, , , , profissional = ""]) => profissional !== "");
  const corpo = vagas.map(([data, dia, especialista, horarios, profissional = ""]) => [
    data,
    dia.toLowerCase(),
    especialidadeCortada(especialista),
    ...(comProfissional ? [especialidadeCortada(profissional)] : []),
    horarios.join(" "),
  ]);
  const titulos = ["DATA", "DIA", "ESPECIALIDADE", ...(comProfissional ? ["PROFISSIONAL"] : []), "HORÁRIOS LIVRES"];
  return comCabecalho(tabela(titulos, corpo, { largura: colunas(), dispensaveis: ["DIA"] }));
}

/** As linhas de uma tabela, com o cabeçalho mais fraco. */
export function comCabecalho([cabecalho, ...corpo]: string[]): string[] {
  return [pinta("fraco", cabecalho), ...corpo];
}

/** Um CPF com pontos e hífen; o que não é um CPF, como veio. */
export function cpfPorExtenso(cpf: string): string {
  return lerCpf(cpf) === undefined ? cpf : formatarCpf(cpf);
}

/** Os códigos ANSI que ligam e desligam cada estilo. */
const ESTILOS: { readonly [E in Estilo]: readonly [liga: number, desliga: number] } = {
  negrito: [1, 22],
  fraco: [2, 22],
  vermelho: [31, 39],
  verde: [32, 39],
  amarelo: [33, 39],
  magenta: [35, 39],
  ciano: [36, 39],
};

const COLORIDO = !Deno.noColor && Deno.stdout.isTerminal();

/** O texto pintado, se a saída é um terminal e `NO_COLOR` não está posto. */
export function pinta(estilo: Estilo, texto: string): string {
  const [liga, desliga] = ESTILOS[estilo];
  return COLORIDO ? `\x1b[${liga}m${texto}\x1b[${desliga}m` : texto;
}

/** O texto pintado, se há com quê. */
export function comEstilo(estilo: Estilo | undefined, texto: string): string {
  return estilo === undefined ? texto : pinta(estilo, texto);
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

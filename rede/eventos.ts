/**
 * Os eventos: o que um servidor conta de si, e como cada coisa se diz a pessoas e a programas.
 *
 * CPFs saem mascarados e nomes reduzidos a iniciais aqui, num só lugar, qualquer que seja o evento; o que os terminais
 * escrevem sai curto, e sem o que mande no terminal de quem lê. `registro.ts` diz quando cada um sai.
 *
 * @module
 */

import type { Situacao } from "../clinica/agendamento.ts";
import { inofensivo } from "../clinica/texto.ts";
import type { Omitidas } from "./cota.ts";

/** O que pode acontecer, e o que se conta de cada coisa. Os campos `cpf` e `nome` saem disfarçados. */
export interface Eventos {
  /** O que se faz antes de atender, e leva tempo. */
  andamento: { o_que: string };
  /** O servidor atende. */
  pronto: {
    clinica: string;
    versao: string;
    banco: string;
    endereco: string;
    /** A porta clara, se há uma. */
    porta?: number;
    /** A porta por TLS, se há uma, e o certificado dela. */
    tls?: { porta: number; certificado: string };
    alcance: string[];
    acesso: string;
  };
  /** As páginas estão no ar. */
  paginas: { porta: number; enderecos: string[] };
  /** Ainda não há um gerente: com este código, nesta máquina, alguém faz a sua conta. Nenhum outro evento o diz. */
  primeiro: { endereco: string; codigo: string };
  /** Um terminal conectou. */
  conectou: { cliente: string };
  /** Um terminal foi-se. */
  saiu: { cliente: string; pedidos: number; motivo?: string };
  /** Uma conexão foi recusada por limite. */
  recusou: { cliente: string; motivo: string };
  /** Um pedido foi respondido. */
  pedido: {
    /** Quem pediu; o próprio servidor, pelo relógio, se falta. */
    cliente?: string;
    comando: string;
    codigo: string;
    /** O número do agendamento, da exceção ou da entrada na lista de espera. */
    numero?: number;
    cpf?: string;
    nome?: string;
    especialista?: string;
    profissional?: string;
    /** De onde se moveu. */
    de?: { data: string; horario: string };
    data?: string;
    /** A última data, numa exceção de várias. */
    ate?: string;
    horario?: string;
    /** De que hora a que hora, numa exceção que não é do dia inteiro. */
    inicio?: string;
    fim?: string;
    /** Quantos horários, e de quantos minutos, num `EXTRA`. */
    vagas?: number;
    minutos?: number;
    encaixe?: true;
    situacao?: string;
    senha?: string;
    /** O dia da semana como foi escrito, num pedido recusado. */
    dia?: string;
  };
  /** O próprio servidor deu a alguém da lista de espera uma hora que vagou, ou tirou-lha porque não respondeu. */
  promocao: {
    o_que: Promocao;
    /** O número do agendamento, ou da hora segurada. */
    numero: number;
    cpf: string;
    nome: string;
    especialista: string;
    profissional?: string;
    /** De onde se moveu. */
    de?: { data: string; horario: string };
    data: string;
    horario: string;
    /** Até quando se espera pela resposta, num convite. */
    prazo?: string;
  };
  /** A lista de um dia que mudou, de um profissional ou de uma especialidade que não os tem. */
  dia: { data: string; dia: string; especialista?: string; profissional?: string; agendados: Agendado[] };
  /** Um agendamento que a semana de hoje já não comporta. */
  orfao: {
    data: string;
    horario: string;
    especialista: string;
    profissional?: string;
    cpf: string;
    nome: string;
    razao: Razao;
  };
  /** Outra semana passou a valer. */
  semana: { arquivo: string; mudancas: string[] };
  /** Linhas que passaram da cota, de uma origem; os números que faltam são zero. */
  omitidas: { origem: string } & Omitidas;
  /** Algo falhou; `mais` diz quantas vezes aconteceu o mesmo, além desta, desde a linha anterior. */
  falha: { o_que: string; causa: string; mais?: number };
  /** Algo que quem mantém o servidor deve saber. */
  aviso: { o_que: string };
  /** O que da trilha se guarda fora do livro: onde está a chave, e as pontas das cadeias. */
  trilha: { o_que: string };
  /** O banco, noutra máquina, saiu do alcance ou voltou. */
  banco: { no_alcance: boolean; causa?: string };
  /** O servidor foi mandado parar. */
  encerrando: { sinal: string; conexoes: number };
  /** O servidor parou. */
  encerrado: Record<never, never>;
}

/** Um da lista de um dia. */
export interface Agendado {
  /** `"HH:MM"`. */
  horario: string;
  /** 11 dígitos. */
  cpf: string;
  /** Inteiro; só sai em iniciais. */
  nome: string;
  /** A situação. */
  situacao: Situacao;
  /** Na lista de um profissional, que pode ter mais de uma especialidade. */
  especialista?: string;
  /** Onde. */
  local?: string;
  /** A senha do dia, depois da chegada. */
  senha?: string;
  /** Foi encaixado. */
  encaixe?: true;
}

/** O que se fez por alguém da lista de espera. */
export type Promocao = "marcou" | "moveu" | "convidou" | "venceu";

/** Por que um agendamento está de fora: a semana não tem essa hora, um `FECHA` a tirou, ou não se diz com quem é. */
export type Razao = "semana" | "fechado" | "profissional";

/** O nome de um evento. */
export type Evento = keyof Eventos;

/** O que se diz no lugar de uma conexão, ou de um endereço, do que ninguém pediu. */
export const O_SERVIDOR = "o próprio servidor";

/** Um campo do que os terminais provocam, em caracteres, no máximo. */
const CAMPO_MAXIMO = 200;

/** Os eventos que nenhum terminal provoca, com textos do próprio servidor: saem por inteiro. */
const DO_SERVIDOR: ReadonlySet<Evento> = new Set<Evento>([
  "andamento",
  "pronto",
  "paginas",
  "primeiro",
  "semana",
  "aviso",
  "trilha",
  "banco",
  "falha",
]);

/** `"52998224725"` → `"***.982.247-**"`. */
export function mascararCpf(cpf: string): string {
  return `***.${cpf.slice(3, 6)}.${cpf.slice(6, 9)}-**`;
}

/** Um agendado como se mostra: o CPF mascarado e as iniciais. */
function disfarce(cpf: string, nome: string, entre = " "): string {
  return curto(mascararCpf(cpf)) + entre + curto(iniciais(nome));
}

/** O que um pedido traz escrito à mão, sem o que pareça um CPF: há quem troque os campos. */
function semCpf(texto: string): string {
  return texto.replace(/\d(?:[.\- ]*\d){10}/g, "***");
}

/** Os campos que um pedido recusado traz como foram escritos. */
const ESCRITOS: ReadonlySet<string> = new Set(["especialista", "profissional", "data", "ate", "dia", "horario"]);

/** `"MARIA DA SILVA"` → `"M. D. S."`. */
export function iniciais(nome: string): string {
  let letras = "";
  for (let inicio = 0; inicio < nome.length;) {
    letras += `${letras === "" ? "" : " "}${String.fromCodePoint(nome.codePointAt(inicio) ?? 0x3f)}.`;
    const espaco = nome.indexOf(" ", inicio);
    inicio = espaco < 0 ? nome.length : espaco + 1;
  }
  return letras;
}

/** Um evento como linha de JSON, com o LF. `agora` em ms desde 1970. */
export function emJson(agora: number, evento: Evento, campos: object): string {
  const inteiro = DO_SERVIDOR.has(evento);
  return JSON.stringify({ quando: agora, evento, ...campos }, (campo, valor) => {
    if (campo === "quando") return Temporal.Instant.fromEpochMilliseconds(agora).toString();
    if (typeof valor !== "string") return valor;
    if (campo === "cpf") return curto(mascararCpf(valor));
    if (campo === "nome") return curto(iniciais(valor));
    if (ESCRITOS.has(campo)) return curto(semCpf(valor));
    return inteiro ? porInteiro(valor) : curto(valor);
  }) + "\n";
}

/** Sem caracteres que mandem no terminal de quem lê, e sem passar de um tamanho razoável. */
function curto(texto: string): string {
  return inofensivo(texto.slice(0, CAMPO_MAXIMO), "?");
}

/** O que é do próprio servidor, com o que outro programa lhe disse: o banco, o sistema, um arquivo. */
function porInteiro(texto: string): string {
  return inofensivo(texto, "?");
}

function quantos(agendados: number): string {
  if (agendados === 0) return "ninguém agendado";
  return agendados === 1 ? "1 agendado" : `${agendados} agendados`;
}

/** A situação de costume, `MARCADO`, não se diz. */
function umDoDia(agendado: Agendado, comEspecialista: boolean): string {
  const { horario, cpf, nome, situacao, especialista, local, senha, encaixe } = agendado;
  const mais = [
    comEspecialista ? especialista : undefined,
    local,
    encaixe && "encaixe",
    senha,
    situacao === "MARCADO" ? undefined : situacao,
  ].filter((um) => um !== undefined).map((um) => `  ${curto(um)}`);
  return `${curto(horario)}  ${disfarce(cpf, nome, "  ")}${mais.join("")}`;
}

const RAZOES: { readonly [R in Razao]: string } = {
  semana: "está marcado fora da semana de agora; avise o paciente",
  fechado: "está marcado numa hora que se fechou; avise o paciente",
  profissional: "está marcado sem dizer com quem, e a especialidade agora o diz; remarque-o",
};

const PROMOCOES: { readonly [P in Promocao]: string } = {
  marcou: "marcou",
  moveu: "moveu",
  convidou: "convidou",
  venceu: "venceu o convite de",
};

/** `3, "mudança", "mudanças"` → `"3 mudanças"`; nada, se não há nenhuma. */
function conte(quantas: number | undefined, uma: string, varias: string): string[] {
  return quantas === undefined ? [] : [`${quantas.toLocaleString("pt-BR")} ${quantas === 1 ? uma : varias}`];
}

/** `9000, 9443` → `"porta 9000, e 9443 por TLS"`. */
function portas(clara: number | undefined, tls: number | undefined): string {
  if (clara === undefined) return `porta ${tls}, só por TLS`;
  return `porta ${clara}${tls === undefined ? "" : `, e ${tls} por TLS`}`;
}

function vezes(mais: number | undefined): string {
  return mais === undefined ? "" : `, e mais ${conte(mais, "vez", "vezes")}`;
}

/** Cada evento como se diz a uma pessoa; alguns em várias linhas. */
export const FRASES: { [E in Evento]: (campos: Eventos[E]) => string } = {
  andamento: ({ o_que }) => porInteiro(o_que),
  pronto: ({ clinica, versao, banco, porta, tls, alcance, acesso }) =>
    [
      `${clinica} ${versao}: servidor no ar, ${portas(porta, tls?.porta)}, livro ${porInteiro(banco)}`,
      ...alcance.map((comando) => `          ${comando}`),
      ...tls === undefined ? [] : [`          certificado: ${tls.certificado}`],
      `          ${acesso}`,
      "          Ctrl-C encerra.",
    ].join("\n"),
  paginas: ({ enderecos }) =>
    ["páginas no ar; o balcão em /painel", ...enderecos.map((um) => `          ${um}`)].join("\n"),
  primeiro: ({ endereco, codigo }) =>
    `primeiro acesso ao painel: ${endereco}\n          código: ${codigo}, que vale uma hora, nesta máquina`,
  conectou: ({ cliente }) => `${curto(cliente)} conectou`,
  saiu: ({ cliente, pedidos, motivo }) =>
    `${curto(cliente)} saiu depois de ${pedidos} ${pedidos === 1 ? "pedido" : "pedidos"}${
      motivo === undefined ? "" : ` (${curto(motivo)})`
    }`,
  recusou: ({ cliente, motivo }) => `${curto(cliente)} recusado: ${curto(motivo)}`,
  pedido: (campos) => {
    const { cliente, comando, codigo, numero, cpf, nome, de, ate, inicio, fim, vagas, minutos } = campos;
    // O que um pedido recusado traz é o que o outro lado quis escrever: a linha inteira é que tem de ser curta.
    const recusado = codigo.startsWith("ERRO");
    const escrito = recusado ? semCpf : curto;
    let frase = `${cliente ?? O_SERVIDOR} ${comando}`;
    if (cpf !== undefined) frase += ` ${mascararCpf(cpf)}`;
    else if (numero !== undefined) frase += ` ${numero}`;
    if (nome !== undefined) frase += ` ${curto(iniciais(nome))}`;
    if (campos.especialista !== undefined) frase += ` ${escrito(campos.especialista)}`;
    if (campos.profissional !== undefined) frase += ` ${escrito(campos.profissional)}`;
    if (de !== undefined) frase += ` ${de.data} ${de.horario} ->`;
    if (campos.data !== undefined) frase += ` ${escrito(campos.data)}`;
    if (ate !== undefined) frase += ` a ${escrito(ate)}`;
    if (campos.horario !== undefined) frase += ` ${escrito(campos.horario)}`;
    if (inicio !== undefined || fim !== undefined) frase += ` ${inicio ?? "00:00"}-${fim ?? "24:00"}`;
    if (vagas !== undefined) frase += ` ${vagas} x ${minutos} min`;
    if (campos.encaixe !== undefined) frase += " ENCAIXE";
    if (campos.situacao !== undefined) frase += ` ${campos.situacao}`;
    if (campos.senha !== undefined) frase += ` ${campos.senha}`;
    // Em ASCII: um só caractere fora de Latin-1 faz o V8 guardar e converter o console inteiro em UTF-16.
    return `${recusado ? curto(frase) : frase} -> ${codigo}`;
  },
  promocao: ({ o_que, cpf, nome, especialista, profissional, de, data, horario, prazo }) => {
    const onde = [especialista, profissional, de && `${de.data} ${de.horario} ->`, data, horario].filter((um) => um);
    const ate = prazo === undefined ? "" : `, até ${prazo}`;
    return `lista de espera: ${PROMOCOES[o_que]} ${disfarce(cpf, nome)} ${curto(onde.join(" "))}${ate}`;
  },
  dia: ({ data, dia, especialista, profissional, agendados }) => {
    const especialidades = new Set(agendados.map(({ especialista }) => especialista));
    return [
      `${curto(profissional ?? especialista ?? "")}, ${curto(dia)} ${data}: ${quantos(agendados.length)}`,
      ...agendados.map((agendado) => `            ${umDoDia(agendado, especialidades.size > 1)}`),
    ].join("\n");
  },
  orfao: ({ data, horario, especialista, profissional, cpf, nome, razao }) =>
    `ATENÇÃO: ${curto(especialista)}${profissional === undefined ? "" : `, ${curto(profissional)},`} ` +
    `${data} ${curto(horario)} (${disfarce(cpf, nome)}) ${RAZOES[razao]}`,
  semana: ({ arquivo, mudancas }) =>
    mudancas.length === 0 ? `${porInteiro(arquivo)}: lido de novo; a semana é a mesma` : [
      `${porInteiro(arquivo)}: outra semana passou a valer`,
      ...mudancas.map((uma) => `            ${porInteiro(uma)}`),
    ].join("\n"),
  omitidas: ({ origem, mudancas, recusas, consultas, idas_e_vindas }) => {
    const partes = [
      ...conte(mudancas, "mudança", "mudanças"),
      ...conte(recusas, "recusa", "recusas"),
      ...conte(consultas, "consulta", "consultas"),
      ...conte(idas_e_vindas, "ida ou vinda", "idas e vindas"),
    ];
    const uma = partes.length === 1 && partes[0].startsWith("1 ");
    const ultima = partes.pop();
    const todas = partes.length === 0 ? ultima : `${partes.join(", ")} e ${ultima}`;
    return `mais ${todas} ${origem === O_SERVIDOR ? "do próprio servidor" : `de ${origem}`} não ${
      uma ? "foi contada" : "foram contadas"
    }`;
  },
  falha: ({ o_que, causa, mais }) => `FALHA: ${porInteiro(o_que)} (${porInteiro(causa)})${vezes(mais)}`,
  aviso: ({ o_que }) => `ATENÇÃO: ${porInteiro(o_que)}`,
  trilha: ({ o_que }) => `trilha: ${porInteiro(o_que)}`,
  banco: ({ no_alcance, causa }) =>
    no_alcance
      ? "o banco voltou; tudo como antes"
      : `FALHA: ${porInteiro(causa ?? "")}; os pedidos são recusados até que ele volte`,
  encerrando: ({ sinal, conexoes }) =>
    `${sinal}: encerrando; ${conexoes === 1 ? "1 conexão aberta" : `${conexoes} conexões abertas`}`,
  encerrado: () => "encerrado; o livro está fechado",
};

/**
 * Uma segunda-feira numa clínica de exemplo, às nove e cinquenta: gente atendida, gente à espera, uma falta, um encaixe, uma
 * lista de espera com um convite. As pessoas não existem. `retratos.ts` a fotografa.
 *
 * @module
 */

import { cpfDeExemplo, Fio } from "../testes/apoio.ts";

/** A data do exemplo; é uma segunda-feira. */
export const DATA = "30/11/2026";

/** A hora a que a manhã começa, na clínica. */
export const COMECO = "07:00";
/** A hora a que se fotografa. */
export const AGORA = "09:50";

const DIA = "SEGUNDA-FEIRA";
const CLINICO = "Clínico Geral";
const ANA = "Dra. Ana Lima";
const BRUNO = "Dr. Bruno Sá";

/** De quem é cada hora. */
const MARCADOS: readonly (readonly [hora: string, profissional: string, nome: string])[] = [
  ["08:00", ANA, "Maria Aparecida Nunes"],
  ["08:30", ANA, "José Ribamar Costa"],
  ["09:00", ANA, "Antônia Pereira Lopes"],
  ["09:30", ANA, "Luiz Fernando Braga"],
  ["10:00", ANA, "Francisca Alves Rocha"],
  ["10:30", ANA, "Pedro Henrique Dias"],
  ["11:30", ANA, "Sônia Regina Moura"],
  ["13:30", ANA, "Raimundo Teles"],
  ["14:00", ANA, "Vera Lúcia Camargo"],
  ["15:00", ANA, "Otávio Mendes"],
  ["08:00", BRUNO, "Carlos Eduardo Pinto"],
  ["08:20", BRUNO, "Juliana Matos"],
  ["08:40", BRUNO, "Benedito Soares"],
  ["09:00", BRUNO, "Larissa Fontes"],
  ["09:20", BRUNO, "Tereza Cristina Melo"],
  ["09:40", BRUNO, "Gabriel Azevedo"],
  ["10:00", BRUNO, "Ivone Batista"],
  ["10:20", BRUNO, "Rafael Queiroz"],
  ["11:00", BRUNO, "Dirce Carvalho"],
  ["11:20", BRUNO, "Marcos Vinícius Leal"],
];

/** O que já aconteceu: a hora, o nome, a situação e as opções dela. */
const ACONTECEU:
  readonly (readonly [hora: string, nome: string, situacao: string, opcoes?: Record<string, unknown>])[] = [
    ...atendido("Maria Aparecida Nunes", "07:48", "08:01", "08:26"),
    ...atendido("Carlos Eduardo Pinto", "07:51", "08:02", "08:19"),
    ...atendido("Juliana Matos", "08:12", "08:22", "08:41"),
    ...atendido("José Ribamar Costa", "08:20", "08:31", "08:58"),
    ...atendido("Benedito Soares", "08:37", "08:44", "09:03"),
    ...atendido("Antônia Pereira Lopes", "08:52", "09:02", "09:33"),
    ["09:22", "Larissa Fontes", "FALTOU"],
    ["09:16", "Tereza Cristina Melo", "CHEGOU"],
    ["09:24", "Luiz Fernando Braga", "CHEGOU"],
    ["09:31", "Tereza Cristina Melo", "CHAMADO"],
    ["09:36", "Gabriel Azevedo", "CHEGOU"],
    ["09:38", "Francisca Alves Rocha", "CHEGOU", { prioridade: 3 }],
    ["09:41", "Luiz Fernando Braga", "CHAMADO"],
    ["09:46", "Ivone Batista", "CHEGOU"],
    ["08:05", "Pedro Henrique Dias", "CONFIRMADO"],
    ["08:06", "Rafael Queiroz", "CONFIRMADO"],
    ["08:06", "Sônia Regina Moura", "CONFIRMADO"],
  ];

function atendido(nome: string, ...horas: readonly string[]): (readonly [string, string, string])[] {
  return ["CHEGOU", "CHAMADO", "ATENDIDO"].map((situacao, i) => [horas[i], nome, situacao]);
}

/** Quem espera que vague uma hora. */
const ESPERAM = ["Helena Duarte", "Sebastião Ramos", "Neusa Figueira"];

/** O CPF de cada um, pela ordem em que aparecem. */
const NOMES = [...MARCADOS.map(([, , nome]) => nome), "Cícero Barros", ...ESPERAM];

function cpfDe(nome: string): string {
  return cpfDeExemplo(NOMES.indexOf(nome) + 1);
}

/** Fala CLINICA/2 com o servidor e lança o que ele recusar. */
async function pede(fio: Fio, ...pedido: unknown[]): Promise<void> {
  await fio.manda(`${JSON.stringify(pedido)}\n`);
  const linha = await fio.linha();
  if (!linha?.startsWith('["OK-')) throw new Error(`${pedido[0]}: ${linha}`);
}

async function apresentado(porta: number): Promise<Fio> {
  const fio = await Fio.saudado(porta);
  await pede(fio, "OLA", "CLINICA/2");
  return fio;
}

/** O que se marcou antes de a clínica abrir; são `COMECO` horas. */
export async function marca(porta: number): Promise<void> {
  using fio = await apresentado(porta);
  for (const [hora, profissional, nome] of MARCADOS) {
    await pede(fio, "AGEND", cpfDe(nome), nome, CLINICO, DATA, DIA, hora, { profissional, motivo: "exemplo" });
  }
}

/** A manhã até agora; `saoHoras` acerta o relógio do servidor, que só anda para a frente. */
export async function acontece(porta: number, saoHoras: (hora: string) => void): Promise<void> {
  using fio = await apresentado(porta);
  for (const [hora, nome, situacao, opcoes] of ACONTECEU.toSorted(([a], [b]) => a < b ? -1 : a > b ? 1 : 0)) {
    saoHoras(hora);
    await pede(fio, "SITUA", cpfDe(nome), CLINICO, situacao, ...opcoes === undefined ? [] : [opcoes]);
  }
  saoHoras(AGORA);
  const encaixado = { profissional: BRUNO, encaixe: true, motivo: "retorno de exame" };
  await pede(fio, "AGEND", cpfDe("Cícero Barros"), "Cícero Barros", CLINICO, DATA, DIA, "10:20", encaixado);
  for (const nome of ESPERAM) {
    await pede(fio, "ESPERA", cpfDe(nome), nome, CLINICO, { motivo: "exemplo", telefone: "+5511987654321" });
  }
  await pede(fio, "CANCEL", cpfDe("Vera Lúcia Camargo"), CLINICO, { motivo: "viagem" });
}

/**
 * Um agendamento como um evento de calendário (iCalendar, RFC 5545). Os instantes vão em UTC: são os mesmos em qualquer fuso.
 *
 * @module
 */

/** O que se diz de um evento. */
export interface Evento {
  /** Sempre o mesmo, para o calendário saber que é este que mudou. */
  readonly uid: string;
  /** Maior a cada mudança. */
  readonly sequencia: number;
  /** Quando se escreveu, ms desde 1970. */
  readonly agora: number;
  /** Quando começa. */
  readonly inicio: number;
  /** Quanto dura, em minutos. */
  readonly minutos: number;
  /** O que é. */
  readonly titulo: string;
  /** O que mais se diz. */
  readonly descricao: string;
  /** Onde. */
  readonly local: string;
}

/** Escreve-o; lembra-o na véspera. */
export function escreveIcs({ uid, sequencia, agora, inicio, minutos, titulo, descricao, local }: Evento): string {
  const linhas = [
    "BEGIN:VCALENDAR",
    "VERSION:2.0",
    "PRODID:-//Clinica de Saude//Paginas//PT",
    "METHOD:PUBLISH",
    "BEGIN:VEVENT",
    `UID:${texto(uid)}`,
    `SEQUENCE:${sequencia}`,
    `DTSTAMP:${instante(agora)}`,
    `DTSTART:${instante(inicio)}`,
    `DTEND:${instante(inicio + minutos * 60_000)}`,
    `SUMMARY:${texto(titulo)}`,
    `DESCRIPTION:${texto(descricao)}`,
    `LOCATION:${texto(local)}`,
    "STATUS:CONFIRMED",
    "BEGIN:VALARM",
    "ACTION:DISPLAY",
    `DESCRIPTION:${texto(titulo)}`,
    "TRIGGER:-P1D",
    "END:VALARM",
    "END:VEVENT",
    "END:VCALENDAR",
  ];
  return linhas.map((linha) => `${dobra(linha)}\r\n`).join("");
}

/** `"20261130T110000Z"` (3.3.5, forma 2). */
function instante(ms: number): string {
  return new Date(ms).toISOString().replace(/[-:]|\.\d+/g, "");
}

/** Um valor de texto (3.3.11); um controle não pode lá estar. */
function texto(valor: string): string {
  return valor.replace(/[\\;,]/g, "\\$&").replace(/\r\n|[\r\n]/g, "\\n")
    // deno-lint-ignore no-control-regex
    .replace(/[\x00-\x1f\x7f]/g, "");
}

/** Octetos por linha, sem o fim dela (3.1). */
const OCTETOS_POR_LINHA = 75;

/** Parte uma linha comprida, nunca a meio de um caractere; o espaço com que cada pedaço continua também conta. */
function dobra(linha: string): string {
  let [dobrada, octetos] = ["", 0];
  for (const caractere of linha) {
    const custa = new TextEncoder().encode(caractere).length;
    if (octetos + custa > OCTETOS_POR_LINHA) {
      dobrada += "\r\n ";
      octetos = 1;
    }
    dobrada += caractere;
    octetos += custa;
  }
  return dobrada;
}

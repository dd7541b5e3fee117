/**
 * O evento de calendário, letra a letra: o que a RFC 5545 pede de quem o escreve. Sem nenhuma permissão.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { teste } from "../../testes/balcao.ts";
import { escreveIcs, type Evento } from "./ics.ts";

const EVENTO: Evento = {
  ...{ uid: "7-AB12@clinica", sequencia: 3, agora: Date.UTC(2026, 10, 26, 11, 5, 9), minutos: 45 },
  inicio: Date.UTC(2026, 10, 30, 23, 30),
  ...{ titulo: "Clínico Geral", descricao: "", local: "Sala 1" },
};

/** As linhas, sem as dobras (3.1). */
function linhas(texto: string): string[] {
  return texto.replaceAll("\r\n ", "").split("\r\n");
}

teste("ics: os instantes em UTC, o fim no dia seguinte, e o número da mudança", () => {
  const escrito = linhas(escreveIcs(EVENTO));
  for (
    const linha of [
      ...[
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "BEGIN:VEVENT",
        "UID:7-AB12@clinica",
        "SEQUENCE:3",
        "SUMMARY:Clínico Geral",
      ],
      ...["DTSTAMP:20261126T110509Z", "DTSTART:20261130T233000Z", "DTEND:20261201T001500Z"],
    ]
  ) assert(escrito.includes(linha), linha);
  assertEquals(escrito.at(-1), "");
  assertEquals(escrito.at(-2), "END:VCALENDAR");
});

teste("ics: o que separa protege-se, e o que parte uma linha não a parte", () => {
  const texto = escreveIcs({ ...EVENTO, titulo: "a,b;c\\d\r\nEND:VEVENT\nX:1\u0007", local: "x\ry" });
  const escrito = linhas(texto);
  assert(escrito.includes("SUMMARY:a\\,b\\;c\\\\d\\nEND:VEVENT\\nX:1"));
  assert(escrito.includes("LOCATION:x\\ny"));
  assertEquals(escrito.filter((linha) => linha === "END:VEVENT").length, 1);
});

teste("ics: nenhuma linha passa de 75 octetos, nem se parte a meio de um caractere", () => {
  for (const titulo of ["á".repeat(200), "x".repeat(67), "x".repeat(68), "x".repeat(200), "😀".repeat(60)]) {
    const texto = escreveIcs({ ...EVENTO, titulo });
    for (const linha of texto.split("\r\n")) {
      assert(new TextEncoder().encode(linha).length <= 75, linha);
      assert(linha.isWellFormed());
    }
    assert(linhas(texto).includes(`SUMMARY:${titulo}`));
    assert(!/[^\r]\n/.test(texto));
  }
});

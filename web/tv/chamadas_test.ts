/**
 * O que a tela da sala de espera mostra, e por que ordem; e de onde se alcança.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { type Agendamento, nasce } from "../../clinica/agendamento.ts";
import { ULTIMAS, ultimasDe } from "./chamadas.ts";
import { ehNomeDaqui, ehPrivado } from "./rotas.ts";

function teste(nome: string, fn: () => void): void {
  Deno.test(nome, { permissions: "none" }, fn);
}

/** Um que foi chamado nestes minutos das 10 h. */
function chamado(numero: number, minutos: readonly number[], resto: Partial<Agendamento> = {}): Agendamento {
  const instantes = minutos.map((minuto) => `2026-11-23T10:${String(minuto).padStart(2, "0")}:00Z`);
  return nasce({
    ...{ numero, codigo: "ABCDEFGH", cpf: "01234567890", nome: "MARIA DA SILVA", especialidade: "DERMATOLOGISTA" },
    ...{ data: "2026-11-23", hora: "10:00", minutos: 30, situacao: "CHAMADO", senha: `A00${numero}` },
    ...{ chamadas: minutos.length, chamadoEm: instantes[0] ?? "" },
    pilha: instantes.map((em, i) => ({ papel: "balcao", em, antes: { situacao: "CHEGOU", chamadas: i } })),
    ...resto,
  });
}

const quem = (agendamentos: Agendamento[]): string[] =>
  ultimasDe(agendamentos, "senha", () => "").map(({ quem }) => quem);

teste("tv: as últimas, por ordem; quem foi chamado outra vez conta pela última, e só por ela", () => {
  const todos = [1, 2, 3, 4, 5, 6, 7].map((n) => chamado(n, [n]));
  assertEquals(quem(todos), ["A007", "A006", "A005", "A004", "A003"]);
  assertEquals(quem([...todos.slice(1), chamado(1, [1, 30])])[0], "A001");
  assertEquals(quem(todos).length, ULTIMAS);
});

teste("tv: quem ainda não foi chamado, ou foi desmarcado, não aparece; quem já entrou, sim", () => {
  assertEquals(
    quem([chamado(1, []), chamado(2, [2], { situacao: "CANCELADO" }), chamado(3, [3], { situacao: "ATENDIDO" })]),
    ["A003"],
  );
});

teste("tv: a senha ou as iniciais; e de quem não tem senha, as iniciais", () => {
  const [com, sem] = [chamado(1, [1]), chamado(2, [2], { senha: "" })];
  assertEquals(ultimasDe([com], "iniciais", () => "Sala 1"), [
    { em: Date.parse("2026-11-23T10:01:00Z"), quem: "M. D. S.", local: "Sala 1" },
  ]);
  assertEquals(quem([sem]), ["M. D. S."]);
});

teste("tv: os endereços de uma rede da clínica, e os de fora", () => {
  for (
    const dentro of ["127.0.0.1", "10.1.2.3", "172.16.0.1", "172.31.9.9", "192.168.0.9", "169.254.1.1", "100.64.0.1"]
      .concat("::1", "fd00::1", "fe80::1%eth0", "::ffff:192.168.0.9")
  ) assertEquals(ehPrivado(dentro), true, dentro);
  for (
    const fora of ["8.8.8.8", "172.32.0.1", "172.15.0.1", "192.169.0.1", "100.128.0.1", "11.0.0.1"]
      .concat("2001:db8::1", "::ffff:8.8.8.8", "fc", "", "unknown")
  ) assertEquals(ehPrivado(fora), false, fora);
});

teste("tv: os nomes de dentro, e os que a internet pode dar a qualquer endereço", () => {
  for (
    const daqui of ["localhost:9080", "10.0.0.7:9080", "[::1]:9080", "[fd00::1]", "CLINICA", "clinica.local:80"]
      .concat("tv.lan", "tv.home.arpa", "tv.internal")
  ) assertEquals(ehNomeDaqui(daqui), true, daqui);
  for (
    const fora of [
      "",
      "mal.exemplo",
      "mal.exemplo:9080",
      "10.0.0.7.mal.exemplo",
      "a.b.local.mal",
      "local.",
      "[::1",
      "a b",
    ]
  ) assertEquals(ehNomeDaqui(fora), false, fora);
});

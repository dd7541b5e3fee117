/**
 * A lista de espera vista de fora: o que o console conta dela, e que uma hora segurada, ou que se deixou passar, não aparece
 * em resposta nenhuma, nem na lista do dia: só em `FILA`, como convite. Sem nenhuma permissão.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { agendaDe, conta, type Papel } from "../clinica/agendamento.ts";
import type { Mudanca, Quem } from "../clinica/livro.ts";
import type { Pedido, PedidoDe } from "../clinica/pedido.ts";
import { SERVIDOR } from "../clinica/promover.ts";
import { linhasDa } from "../comandos/lista.ts";
import { Console } from "../rede/console.ts";
import { Redator } from "../rede/redator.ts";
import { Registro } from "../rede/registro.ts";
import { cpfDeExemplo } from "./apoio.ts";
import {
  agend,
  ANA,
  BalcaoPuro,
  BIA,
  busca,
  type Campos,
  cancel,
  CID,
  CLINICO,
  extra,
  fecha,
  lista,
  MINUTO,
  poe,
  remarc,
  SEGUNDA,
  situa,
  vagas,
} from "./balcao.ts";

const DUDA = cpfDeExemplo(4);
const DIA_SEGUINTE = "2026-12-07";
const TERMINAL: Quem = { origem: "10.0.0.7", cliente: "10.0.0.7:40312", papel: "gerente" };

function teste(nome: string, fn: () => Promise<void> | void): void {
  Deno.test({ name: `espera: ${nome}`, permissions: "none", fn });
}

/** Um balcão de que se ouve o que o console conta, e se leem as respostas como vão no fio. */
class Servidor extends BalcaoPuro {
  readonly redator = new Redator(this);
  #escrito = "";
  #registro = new Registro({
    formato: "texto",
    volume: "normal",
    fuso: "America/Sao_Paulo",
    destino: {
      write: (bytes) => {
        this.#escrito += new TextDecoder().decode(bytes);
        return Promise.resolve(bytes.length);
      },
    },
  });
  #console = new Console({
    registro: this.#registro,
    agenda: this,
    armazem: {
      le: () => Promise.reject(new Error("não se lê")),
      // Mais do que os armazéns dão: também o que não conta.
      lista: (data, agenda) =>
        Promise.resolve(
          this.livro.linhas.filter((um) => conta(um) && um.data === data && agendaDe(um) === agenda),
        ),
      diasMarcados: () => Promise.resolve([]),
    },
  });

  /** A resposta em CLINICA/2. */
  linha(pedido: Pedido, papel: Papel = "gerente"): string {
    const quem = { ...TERMINAL, papel };
    const { resultado, mudancas } = this.decide(pedido, quem);
    this.conta(mudancas);
    const { comando } = pedido;
    if (comando === "TICK" || comando === "PROSSEGUE" || comando === "TITULAR" || comando === "EXCECOES") {
      throw new TypeError("nenhum fio o pede");
    }
    this.#console.respondeu(TERMINAL.cliente, pedido, resultado.codigo);
    return this.redator.linha2(resultado, quem);
  }

  /** O código da resposta. */
  codigo(pedido: Pedido): string {
    return JSON.parse(this.linha(pedido))[0];
  }

  /** O relógio bate. */
  bate(): void {
    this.conta(this.decide({ comando: "TICK" }, SERVIDOR).mudancas);
  }

  /** O que o console disse desde a última vez, sem a hora. */
  async dito(): Promise<string[]> {
    await this.#console.confere();
    await this.#registro.fecha();
    const dito = this.#escrito.replaceAll(/^\d\d:\d\d:\d\d {2}/gm, "").trimEnd().split("\n");
    this.#escrito = "";
    return dito;
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await this.#registro.fecha();
  }

  /** Foi gravado. */
  conta(mudancas: readonly Mudanca[]): void {
    for (const uma of mudancas) this.#console.mudou(uma);
  }
}

function espera(cpf: string, diferente: Campos<"ESPERA"> = {}): PedidoDe<"ESPERA"> {
  return { comando: "ESPERA", cpf, nome: "JOSÉ LIMA", especialista: CLINICO, ...diferente };
}
const daEntrada = <C extends "DESISTE" | "ACEITA" | "RECUSA">(comando: C, cpf: string): Pedido => ({
  ...{ comando, cpf, especialista: CLINICO },
});

/** O CPF como sai. */
function mascara(cpf: string): string {
  return `***.${cpf.slice(3, 6)}.${cpf.slice(6, 9)}-**`;
}

// ------------------------------------------------------------------------------------------------------ o console

teste("o console conta quem entra e sai, a quem o servidor deu a hora, e quem a aceitou ou recusou", async () => {
  await using servidor = new Servidor();
  poe(servidor, { cpf: ANA, data: DIA_SEGUINTE, hora: "08:00" });
  poe(servidor, { cpf: CID, data: DIA_SEGUINTE, hora: "09:00" });
  for (const pedido of [espera(BIA), espera(BIA), espera(CID, { marca: true, motivo: "SEGREDO" }), cancel(ANA)]) {
    servidor.linha(pedido);
  }
  assertEquals(await servidor.dito(), [
    `10.0.0.7:40312 ESPERA ${mascara(BIA)} J. L. CLINICO GERAL -> OK-307`,
    `10.0.0.7:40312 ESPERA ${mascara(BIA)} J. L. CLINICO GERAL -> ERRO-118`,
    `10.0.0.7:40312 ESPERA ${mascara(CID)} J. L. CLINICO GERAL -> OK-307`,
    `10.0.0.7:40312 CANCEL ${mascara(ANA)} A. CLINICO GERAL 07/12/2026 08:00 -> OK-301`,
    `lista de espera: convidou ${mascara(BIA)} J. L. CLINICO GERAL 07/12/2026 08:00, até 30/11/2026 09:00`,
    "CLINICO GERAL, SEGUNDA-FEIRA 07/12/2026: 1 agendado",
    `            09:00  ${mascara(CID)}  C.`,
  ]);
  servidor.linha(daEntrada("RECUSA", BIA));
  assertEquals(await servidor.dito(), [
    `10.0.0.7:40312 RECUSA ${mascara(BIA)} J. L. CLINICO GERAL 07/12/2026 08:00 -> OK-309`,
    `lista de espera: moveu ${mascara(CID)} C. CLINICO GERAL 07/12/2026 09:00 -> 07/12/2026 08:00`,
    // O que assim vagou é de quem continua à espera.
    `lista de espera: convidou ${mascara(BIA)} J. L. CLINICO GERAL 07/12/2026 09:00, até 30/11/2026 09:00`,
    "CLINICO GERAL, SEGUNDA-FEIRA 07/12/2026: 1 agendado",
    `            08:00  ${mascara(CID)}  C.`,
  ]);
  servidor.linha(daEntrada("ACEITA", BIA));
  servidor.linha(daEntrada("ACEITA", BIA));
  assertEquals(await servidor.dito(), [
    `10.0.0.7:40312 ACEITA ${mascara(BIA)} J. L. CLINICO GERAL 07/12/2026 09:00 -> OK-300`,
    `10.0.0.7:40312 ACEITA ${mascara(BIA)} CLINICO GERAL -> ERRO-119`,
    "CLINICO GERAL, SEGUNDA-FEIRA 07/12/2026: 2 agendados",
    `            08:00  ${mascara(CID)}  C.`,
    `            09:00  ${mascara(BIA)}  J. L.`,
  ]);
  servidor.linha(espera(DUDA));
  servidor.linha(daEntrada("DESISTE", DUDA));
  assertEquals(await servidor.dito(), [
    `10.0.0.7:40312 ESPERA ${mascara(DUDA)} J. L. CLINICO GERAL -> OK-307`,
    `10.0.0.7:40312 DESISTE ${mascara(DUDA)} J. L. CLINICO GERAL -> OK-308`,
  ]);
});

teste("do que o relógio mandou ninguém aparece como cliente: faltas, convites que vencem, promoções", async () => {
  await using servidor = new Servidor();
  poe(servidor, { cpf: DUDA, data: "2026-11-23", hora: "08:00", situacao: "FALTOU" });
  const [depois] = servidor.livro.linhas;
  servidor.conta([{ sobre: "agendamento", ato: "SITUA", antes: depois, depois, quem: SERVIDOR }]);
  assertEquals(await servidor.dito(), [
    `o próprio servidor SITUA ${mascara(DUDA)} X. CLINICO GERAL 23/11/2026 08:00 FALTOU -> OK-306`,
    "CLINICO GERAL, SEGUNDA-FEIRA 23/11/2026: 1 agendado",
    `            08:00  ${mascara(DUDA)}  X.  FALTOU`,
  ]);
  poe(servidor, { cpf: ANA, data: DIA_SEGUINTE, hora: "08:00" });
  for (const pedido of [espera(BIA), cancel(ANA), espera(CID, { marca: true })]) servidor.linha(pedido);
  await servidor.dito();
  servidor.agora += 121 * MINUTO;
  servidor.bate();
  assertEquals(await servidor.dito(), [
    `lista de espera: venceu o convite de ${mascara(BIA)} J. L. CLINICO GERAL 07/12/2026 08:00`,
    `lista de espera: marcou ${mascara(CID)} J. L. CLINICO GERAL 07/12/2026 08:00`,
    "CLINICO GERAL, SEGUNDA-FEIRA 07/12/2026: 1 agendado",
    `            08:00  ${mascara(CID)}  J. L.`,
  ]);
});

teste("uma hora segurada para ninguém não se conta, nem o convite que se dispensa", async () => {
  await using servidor = new Servidor();
  poe(servidor, { cpf: ANA, data: DIA_SEGUINTE, hora: "09:00" });
  for (const pedido of [espera(BIA), cancel(ANA)]) servidor.linha(pedido);
  await servidor.dito();
  // Ao marcar uma mais cedo, dispensa a que lhe estava segurada; e o FECHA toma a de ninguém.
  servidor.linha(agend(BIA, { data: DIA_SEGUINTE, horario: "08:00" }));
  poe(servidor, {
    ...{ cpf: "00000000000", nome: "SEGURADA", data: DIA_SEGUINTE, hora: "10:00" },
    ...{ situacao: "CONVIDADO", ativo: false, terminouEm: "2026-11-30T10:00:00Z" },
  });
  servidor.linha(fecha({ data: DIA_SEGUINTE, inicio: 600 }));
  // E a que ninguém veio buscar vence com o relógio.
  poe(servidor, {
    ...{ cpf: "00000000000", nome: "SEGURADA", data: DIA_SEGUINTE, hora: "09:30" },
    ...{ situacao: "CONVIDADO", ativo: false, terminouEm: "2026-11-30T10:00:00Z" },
  });
  servidor.bate();
  assertEquals(servidor.livro.linhas.at(-1)?.situacao, "PASSOU");
  const dito = await servidor.dito();
  assertEquals(dito.length, 4, dito.join("\n"));
  assertMatch(dito[0], / AGEND .* -> OK-300$/);
  assertMatch(dito[1], / FECHA 1 .* -> OK-312$/);
  assert(!dito.some((linha) => /SEGURADA|000\.000-\*\*/.test(linha)), dito.join("\n"));
});

teste("aceitar uma hora mais cedo é um movimento só; recusar não muda a lista do dia", async () => {
  await using servidor = new Servidor();
  poe(servidor, { cpf: ANA, data: DIA_SEGUINTE, hora: "08:00" });
  poe(servidor, { cpf: BIA, data: DIA_SEGUINTE, hora: "10:00" });
  for (const pedido of [espera(BIA), espera(CID), cancel(ANA)]) servidor.linha(pedido);
  await servidor.dito();
  servidor.linha(daEntrada("ACEITA", BIA));
  assertEquals((await servidor.dito()).slice(0, -2), [
    `10.0.0.7:40312 ACEITA ${mascara(BIA)} B. CLINICO GERAL 07/12/2026 10:00 -> 07/12/2026 08:00 -> OK-303`,
    `lista de espera: convidou ${mascara(CID)} J. L. CLINICO GERAL 07/12/2026 10:00, até 30/11/2026 09:00`,
  ]);
  servidor.linha(daEntrada("RECUSA", CID));
  assertEquals(await servidor.dito(), [
    `10.0.0.7:40312 RECUSA ${mascara(CID)} J. L. CLINICO GERAL 07/12/2026 10:00 -> OK-309`,
  ]);
});

// ------------------------------------------------------------------------------------------------------ o que não se vê

/** Um servidor em que BIA deixou passar as 08:00 de CID, que as tem, e está convidada para as 08:30; às 09:00 ninguém segura. */
function comConvite(): Servidor {
  const servidor = new Servidor();
  poe(servidor, { cpf: ANA, data: DIA_SEGUINTE, hora: "08:00" });
  poe(servidor, { cpf: DUDA, data: DIA_SEGUINTE, hora: "08:30" });
  const esperam = [espera(BIA, { email: "bia@exemplo.br" }), espera(CID, { marca: true })];
  for (const pedido of [...esperam, cancel(ANA), daEntrada("RECUSA", BIA)]) {
    servidor.linha(pedido);
  }
  servidor.linha(remarc(DUDA, { data: DIA_SEGUINTE, horario: "10:00" }));
  poe(servidor, {
    ...{ cpf: "00000000000", nome: "SEGURADA", data: DIA_SEGUINTE, hora: "09:00" },
    ...{ situacao: "CONVIDADO", ativo: false, terminouEm: "2026-11-30T10:00:00Z" },
  });
  const escondidas = servidor.livro.linhas.filter(({ situacao }) => situacao === "CONVIDADO" || situacao === "PASSOU");
  assertEquals(escondidas.map(({ cpf, hora, situacao }) => [cpf, hora, situacao]), [
    [BIA, "08:00", "PASSOU"],
    [BIA, "08:30", "CONVIDADO"],
    ["00000000000", "09:00", "CONVIDADO"],
  ]);
  return servidor;
}

/** Os pedidos que podiam mostrá-las, e o código com que se responde. */
function queMostrariam({ livro }: Servidor): readonly (readonly [pedido: Pedido, codigo: string])[] {
  const deBia = livro.linhas.filter(({ cpf }) => cpf === BIA).map(({ numero }) => numero);
  const amanha = { data: DIA_SEGUINTE };
  return [
    [busca(BIA), "ERRO-112"],
    [{ comando: "HISTORIA", cpf: BIA }, "OK-315"],
    [{ comando: "HISTORIA", cpf: "00000000000" }, "OK-315"],
    [lista(amanha), "OK-310"],
    [lista({ ...amanha, ordem: "chamada", especialista: CLINICO }), "OK-310"],
    [cancel(BIA), "ERRO-113"],
    [situa(BIA, "CONFIRMADO"), "ERRO-113"],
    [remarc(BIA, amanha), "ERRO-113"],
    [{ comando: "CORRIGE", cpf: BIA, especialista: CLINICO, nota: "x" }, "ERRO-113"],
    ...deBia.flatMap((numero): [Pedido, string][] => [
      [cancel(BIA, CLINICO, { numero }), "ERRO-113"],
      [situa(BIA, "CHEGOU", { numero }), "ERRO-113"],
      [situa(BIA, "DESFAZ", { numero }), "ERRO-113"],
      [remarc(BIA, { ...amanha, numero }), "ERRO-113"],
      [{ comando: "CORRIGE", cpf: BIA, especialista: CLINICO, nota: "x", numero }, "ERRO-113"],
    ]),
    [agend(ANA, { ...amanha, horario: "08:30" }), "ERRO-110"],
    [agend(ANA, { ...amanha, horario: "09:00" }), "ERRO-110"],
    [remarc(CID, { ...amanha, horario: "08:30" }), "ERRO-110"],
    [extra(510, amanha), "ERRO-121"],
    [vagas(CLINICO, DIA_SEGUINTE), "OK-304"],
    [vagas(CLINICO, DIA_SEGUINTE, { porProfissional: true }), "OK-304"],
    [fecha({ ...amanha, inicio: 720 }), "OK-312"],
    [{ comando: "REABRE", numero: 1 }, "OK-314"],
    // O último: toma as horas seguradas.
    [fecha(amanha), "OK-312"],
    [lista(amanha), "OK-310"],
  ];
}

/** O que não pode estar numa linha. */
const ESCONDIDO = /CONVIDADO|PASSOU|SEGURADA|00000000000|08:30|09:00/;

for (const papel of ["gerente", "profissional", "quiosque"] as const) {
  teste(`uma hora segurada, ou que passou, não aparece em resposta nenhuma a ${papel}`, async () => {
    await using servidor = comConvite();
    for (const [pedido, codigo] of queMostrariam(servidor)) {
      const linha = servidor.linha(pedido, papel);
      // A quem não pode, isso; a quem só com o código, como se nada houvesse.
      const podem = papel === "gerente" ? [codigo] : [codigo, "ERRO-120", "ERRO-113"];
      assert(podem.includes(JSON.parse(linha)[0]), `${JSON.stringify(pedido)}: ${linha}`);
      assert(!ESCONDIDO.test(linha), linha);
      assert(!linha.includes(BIA), linha);
    }
    // E quem tem mesmo marcado, vê-se.
    assert(servidor.linha(lista({ data: DIA_SEGUINTE })).includes(CID));
  });
}

teste("em CLINICA/1 também não", async () => {
  await using servidor = comConvite();
  const deUm = ["AGEND", "BUSCA", "CANCEL", "VAGAS"];
  for (const [pedido, codigo] of queMostrariam(servidor)) {
    if (!deUm.includes(pedido.comando)) continue;
    const linha = servidor.redator.linha(servidor.decide(pedido, TERMINAL).resultado);
    assertEquals(JSON.parse(linha)[0], codigo);
    assert(!ESCONDIDO.test(linha) && !linha.includes(BIA), linha);
  }
});

teste(
  "em CLINICA/1 o AGEND do convidado à hora segurada responde OK-300, marque ou mova, e o resto só códigos dela",
  async () => {
    for (const [mais, tinha] of [[{}, false], [{}, true], [{ porCpf: 1 }, false]] as const) {
      await using servidor = new Servidor({ regras: {} });
      if (tinha) poe(servidor, { cpf: BIA, data: DIA_SEGUINTE, hora: "10:00" });
      poe(servidor, { cpf: ANA, data: DIA_SEGUINTE, hora: "08:00" });
      for (const pedido of [espera(BIA), cancel(ANA)]) servidor.linha(pedido);
      if (!tinha) poe(servidor, { cpf: BIA, especialidade: "NUTRICIONISTA", data: "2026-12-04" });
      servidor.troca({ regras: mais });
      const { resultado } = servidor.decide(agend(BIA, { data: DIA_SEGUINTE, horario: "08:00" }), TERMINAL);
      const linha = JSON.parse(servidor.redator.linha(resultado));
      if ("porCpf" in mais) assertEquals(linha, ["ERRO-110", "NÃO HÁ VAGAS"]);
      else assertEquals([linha[0], linha.length, linha[1].length, linha[1][6]], ["OK-300", 2, 7, "08:00"]);
    }
  },
);

teste("nem na lista do dia, em lugar nenhum", async () => {
  await using servidor = comConvite();
  const { livro, clinica } = servidor;
  const porHora = livro.linhas.toSorted((a, b) => a.hora < b.hora ? -1 : 1);
  assertEquals(linhasDa(porHora, clinica).map(({ cpf, horario }) => [cpf, horario]), [[CID, "08:00"], [DUDA, "10:00"]]);
  const dito = await servidor.dito();
  assertEquals(dito.at(-3), "CLINICO GERAL, SEGUNDA-FEIRA 07/12/2026: 2 agendados");
  assertEquals(dito.slice(-2).sort(), [
    `            08:00  ${mascara(CID)}  J. L.`,
    `            10:00  ${mascara(DUDA)}  X.`,
  ]);
});

teste("FILA mostra o convite, e não o código nem as horas que alguém deixou passar", async () => {
  await using servidor = comConvite();
  const linha = servidor.linha({ comando: "FILA", especialista: CLINICO });
  assertEquals(JSON.parse(linha), ["OK-311", [BIA, "JOSÉ LIMA", CLINICO, 1, {
    ...{ email: "bia@exemplo.br", desde: "30/11/2026 07:00", lapsos: 0 },
    convite: { data: "07/12/2026", horario: "08:30", profissional: "", prazo: "30/11/2026 09:00" },
  }]]);
  assertEquals(servidor.codigo({ comando: "FILA", especialista: "PEDIATRA" }), "ERRO-103");
});

teste("aceitar a hora que se tem na fila marca-a com o código que se deu ao entrar", async () => {
  await using servidor = comConvite();
  const [{ codigo }] = servidor.livro.esperas;
  const [, tupla] = JSON.parse(
    servidor.linha({ comando: "ACEITA", cpf: BIA, especialista: CLINICO, codigo }, "quiosque"),
  );
  assertEquals([tupla[4], tupla[6], tupla[7].codigo, tupla[7].situacao], ["07/12/2026", "08:30", codigo, "MARCADO"]);
  assertEquals(servidor.linha({ comando: "FILA", especialista: CLINICO }), '["OK-311"]\n');
});

teste("uma data que não cabe no calendário é recusada como as outras", async () => {
  await using servidor = new Servidor();
  assertEquals(servidor.codigo(espera(ANA, { de: "9999-12-31" })), "ERRO-103");
  for (const de of ["9998-12-31", "2100-01-01"]) {
    assertEquals(servidor.codigo(espera(ANA, { de })), "OK-307", de);
    assertEquals(servidor.codigo(daEntrada("DESISTE", ANA)), "OK-308");
  }
  assertEquals(servidor.codigo(espera(ANA, { ate: "2026-11-29" })), "ERRO-103");
  assertEquals(servidor.codigo(espera(ANA, { de: SEGUNDA, ate: SEGUNDA, turno: "TARDE" })), "ERRO-103");
});

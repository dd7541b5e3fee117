/**
 * A parte `tempo` da prova: o relógio anda para a frente e para trás, por meias-noites e mudanças de horário. As regras
 * são conferidas com um relógio de fora e um modelo do livro; um servidor de verdade, sob `faketime`, com a carga e o
 * verificador das outras partes. `prova/prova.ts` a roda.
 *
 * @module
 */

import { delay } from "@std/async";
import { Agenda } from "../agenda.ts";
import { atendeNoFio, cpfDeExemplo, Fio } from "../testes/apoio.ts";
import { ArmazemSqlite } from "../armazem/sqlite.ts";
import {
  CargaEmCurso,
  type Conclusao,
  type Contexto,
  cronometro,
  mil,
  naoVerificada,
  promessa,
  Sorteio,
} from "./bancada.ts";
import {
  agend,
  carrega,
  encerraEConfere,
  ESPECIALIDADES,
  montaClinica,
  OPERACOES_POR_HISTORIA,
  promessasDe,
} from "./carga.ts";
import { Historia } from "./historia/registro.ts";
import { lerOferta, nomeDoDia, type Oferta } from "../clinica/oferta.ts";
import { dataNoFio, type PedidoNoFio, type Resposta, type Tupla } from "../protocolo.ts";

const HORA = 3_600_000;

/** O relógio para a frente e para trás: nas regras, com um de fora, e num servidor sob `faketime`. */
export async function tempo(contexto: Contexto): Promise<Conclusao> {
  const { segundos, ferramentas: { faketime } } = contexto;
  const regras = await relogioInjetado({ ...contexto, segundos: segundos * 0.3 });
  const textos = ["com a hora do servidor indo e voltando, o livro não se engana", "um relógio que volta não revende"];
  const processo = faketime === undefined
    ? {
      promessas: textos.map((texto) => naoVerificada(texto, "falta faketime (apt install faketime)")),
      cifras: {},
    }
    : await relogioFalso({ ...contexto, segundos: segundos * 0.7 }, faketime);
  return {
    promessas: [...regras.promessas, ...processo.promessas],
    cifras: { ...regras.cifras, ...processo.cifras },
  };
}

/** Os instantes em volta dos quais o relógio anda: o fuso, e o que tem de especial. */
const VIRADAS: readonly (readonly [fuso: string, instante: string, oQue: string])[] = [
  ["America/New_York", "2026-11-01T06:00:00Z", "a uma da manhã acontece duas vezes"],
  ["America/New_York", "2026-03-08T07:00:00Z", "as duas da manhã não acontecem"],
  ["America/Sao_Paulo", "2018-11-04T03:00:00Z", "a meia-noite não acontece"],
  ["America/Sao_Paulo", "2026-12-31T03:00:00Z", "o ano acaba"],
];

/** As regras, com o relógio de fora e um modelo do que deve estar no livro. */
async function relogioInjetado({ segundos, semente, avanca }: Contexto): Promise<Conclusao> {
  const sorteio = new Sorteio(semente);
  const tempo = cronometro(segundos);
  const erros: string[] = [];
  let pedidos = 0;
  let saltos = 0;
  let marcados = 0;
  for (let volta = 0; volta < VIRADAS.length || !tempo.acabou(); volta++) {
    const [fuso, instante] = VIRADAS[volta % VIRADAS.length];
    await umaVirada(fuso, Temporal.Instant.from(instante).epochMilliseconds);
    avanca(`relógio injetado: ${mil(pedidos)} pedidos, ${mil(saltos)} saltos`);
  }
  return {
    promessas: [
      promessa(
        "pelas regras, com o relógio indo e voltando por meias-noites e mudanças de horário, nada é vendido duas vezes",
        erros.length === 0,
        erros[0] ?? `${mil(pedidos)} pedidos, ${mil(marcados)} marcações, ${mil(saltos)} saltos do relógio`,
      ),
    ],
    cifras: { pedidosComRelogioInjetado: pedidos, saltosDoRelogioInjetado: saltos },
  };

  async function umaVirada(fuso: string, virada: number): Promise<void> {
    const atendimentos = lerOferta().diasDaSemana.map((dia) => ({
      especialidade: "PLANTAO",
      dia,
      inicio: "00:00",
      vagas: 12,
      minutos: 30,
    }));
    const oferta = lerOferta({ fuso, semanas: 1, atendimentos });
    let agora = virada - 3 * HORA;
    await using armazem = ArmazemSqlite.abre(":memory:");
    const agenda = new Agenda({ armazem, oferta, relogio: () => agora });
    const modelo = new Modelo(oferta);
    for (let i = 0; i < 400; i++) {
      if (sorteio.fracao() < 0.2) {
        saltos++;
        // Ora perto da virada, ora um dia para lá ou para cá.
        agora = sorteio.fracao() < 0.7
          ? virada + sorteio.inteiro(-3 * HORA, 3 * HORA)
          : agora + sorteio.inteiro(-26 * HORA, 26 * HORA);
      }
      const pedido = modelo.sorteia(sorteio, agora);
      const [resposta] = await atendeNoFio(agenda, [pedido]) ?? [];
      pedidos++;
      if (resposta?.codigo === "OK-300") marcados++;
      const erro = modelo.confere(pedido, resposta, agora);
      if (erro !== undefined) erros.push(`${fuso}, ${Temporal.Instant.fromEpochMilliseconds(agora)}: ${erro}`);
    }
    for (const data of modelo.datas()) {
      const gravadas = (await armazem.lista(data)).map(({ cpf, hora }) => `${hora} ${cpf}`).sort();
      if (gravadas.join() !== modelo.doDia(data).join()) erros.push(`${fuso}: ${data} tem ${gravadas.join(", ")}`);
    }
  }
}

/** O que o livro deve ter, feito à parte das regras que se provam, com o caminho mais curto. */
class Modelo {
  #oferta: Oferta;
  /** Quem tem cada hora, `"aaaa-mm-dd HH:MM"`, enquanto não desmarca, tenha ou não passado. */
  #donos = new Map<string, string>();
  /** A hora que vale para cada CPF. */
  #ativos = new Map<string, string>();

  constructor(oferta: Oferta) {
    this.#oferta = oferta;
  }

  sorteia(sorteio: Sorteio, agora: number): PedidoNoFio {
    const cpf = cpfDeExemplo(sorteio.inteiro(0, 20));
    const acaso = sorteio.fracao();
    if (acaso < 0.2) return { comando: "CANCEL", cpf };
    if (acaso < 0.35) return { comando: "BUSCA", cpf };
    const iso = this.#hoje(agora).add({ days: sorteio.inteiro(-1, 2) }).toString();
    const hora = `0${sorteio.inteiro(0, 5)}:${sorteio.de(["00", "30"])}`;
    return agend({
      cpf,
      especialidade: "PLANTAO",
      data: dataNoFio(iso),
      dia: nomeDoDia(this.#oferta, iso),
      horario: sorteio.fracao() < 0.8 ? hora : undefined,
    });
  }

  /** O que a resposta tem de errado, se tem. */
  confere(pedido: PedidoNoFio, resposta: Resposta | undefined, agora: number): string | undefined {
    if (resposta === undefined || !("cpf" in pedido)) return `${pedido.comando} ficou sem resposta`;
    const { cpf } = pedido;
    const ativo = this.#ativos.get(cpf);
    const vale = ativo !== undefined && this.#inicio(ativo) + HORA / 2 > agora;
    switch (resposta.codigo) {
      case "OK-300": {
        const hora = horaDe(resposta.agendamentos[0]);
        const dono = this.#donos.get(hora);
        if (dono !== undefined) return `${hora} vendida a ${cpf} e já era de ${dono}`;
        if (vale) return `${cpf} marcou ${hora} e já tinha ${ativo}`;
        if (this.#inicio(hora) <= agora) return `${hora} vendida depois de começar`;
        const dias = this.#hoje(agora).until(hora.slice(0, 10)).days;
        if (dias < 0 || dias >= 7 * this.#oferta.semanas) return `${hora} vendida fora da janela`;
        this.#donos.set(hora, cpf);
        this.#ativos.set(cpf, hora);
        return undefined;
      }
      case "OK-301": {
        const hora = horaDe(resposta.agendamentos[0]);
        if (!vale || hora !== ativo) return `${cpf} desmarcou ${hora} e tinha ${ativo}`;
        this.#donos.delete(hora);
        this.#ativos.delete(cpf);
        return undefined;
      }
      case "OK-302":
      case "ERRO-111": {
        const lidas = resposta.agendamentos.map(horaDe).join();
        return vale && lidas === ativo ? undefined : `${cpf} tem ${ativo} e leu ${lidas}`;
      }
      case "ERRO-112":
      case "ERRO-113":
        return vale ? `${cpf} tem ${ativo} e veio ${resposta.codigo}` : undefined;
      case "ERRO-103":
      case "ERRO-105":
      case "ERRO-110":
        return undefined;
      default:
        return `${pedido.comando} teve ${resposta.codigo}`;
    }
  }

  datas(): Set<string> {
    return new Set([...this.#donos.keys()].map((hora) => hora.slice(0, 10)));
  }

  doDia(data: string): string[] {
    return [...this.#donos].filter(([hora]) => hora.startsWith(data)).map(([hora, cpf]) => `${hora.slice(11)} ${cpf}`)
      .sort();
  }

  #hoje(agora: number): Temporal.PlainDate {
    return Temporal.Instant.fromEpochMilliseconds(agora).toZonedDateTimeISO(this.#oferta.fuso).toPlainDate();
  }

  #inicio(hora: string): number {
    return Temporal.PlainDateTime.from(hora.replace(" ", "T")).toZonedDateTime(this.#oferta.fuso).epochMilliseconds;
  }
}

/** A hora de uma tupla, `"aaaa-mm-dd HH:MM"`. */
function horaDe([, , , , data, , hora]: Tupla): string {
  return `${data.split("/").toReversed().join("-")} ${hora}`;
}

const FUSO_DO_PROCESSO = "America/New_York";

/** As horas a que o relógio do processo salta, em UTC: a meia-noite e a mudança de horário, por um lado e pelo outro. */
const SALTOS = [
  "2026-11-01 03:59:59",
  "2026-11-01 05:59:59",
  "2026-11-01 04:30:00",
  "2026-11-01 03:30:00",
  "2026-11-02 04:59:59",
  "2026-11-01 06:30:00",
  "2026-10-31 12:00:00",
];

/** Um servidor cujo relógio se muda de fora, com a mesma carga e o mesmo verificador. */
async function relogioFalso(
  { oficina, segundos, semente, avanca }: Contexto,
  biblioteca: string,
): Promise<Conclusao> {
  const pasta = oficina.pasta();
  const hoje = Temporal.PlainDate.from("2026-10-31");
  const grade = montaClinica(pasta, {
    hoje: hoje.add({ days: 2 }),
    fuso: FUSO_DO_PROCESSO,
    outros: [{ especialidade: "DO DIA", inicio: "00:00", vagas: 4, minutos: 15 }],
    abertas: ["2026-10-31", "2026-11-01", "2026-11-02"],
  });
  const arquivo = pasta.arquivo("hora");
  const acerta = (hora: string): void => {
    Deno.writeTextFileSync(`${arquivo}.nova`, `@${hora}\n`);
    Deno.renameSync(`${arquivo}.nova`, arquivo);
  };
  acerta("2026-10-31 12:00:00");
  await using servidor = await oficina.servidor({
    pasta: pasta.caminho,
    diante: [
      "env",
      `LD_PRELOAD=${biblioteca}`,
      `FAKETIME_TIMESTAMP_FILE=${arquivo}`,
      "FAKETIME_NO_CACHE=1",
      // Os prazos e as esperas do servidor contam tempo de verdade.
      "FAKETIME_DONT_FAKE_MONOTONIC=1",
      "DONT_FAKE_MONOTONIC=1",
      "TZ=UTC",
    ],
  });
  const { porta } = servidor;
  const revendas = await naoRevende(porta, acerta);
  const historia = new Historia();
  const sorteio = new Sorteio(semente);
  let saltos = 0;
  const carga = new CargaEmCurso((ate) => carrega({ porta, historia, grade, sorteio, clientes: 8, ate }));
  const tempo = cronometro(segundos);
  const cabeMais = (): boolean => !tempo.acabou() && historia.operacoes.length < OPERACOES_POR_HISTORIA;
  while (!carga.acabou && (saltos < SALTOS.length || cabeMais())) {
    acerta(SALTOS[saltos++ % SALTOS.length]);
    avanca(`faketime: ${saltos} saltos, ${mil(historia.operacoes.length)} operações`);
    await delay(Math.min(500, segundos * 1000 / SALTOS.length));
  }
  await carga.para();
  const caminho = pasta.arquivo("clinica.db");
  const conferida = await encerraEConfere(servidor, { caminho, historia, grade, avanca, so: ESPECIALIDADES });
  const promessas = promessasDe([conferida]);
  const quebradas = promessas.filter(({ estado }) => estado !== "cumprida");
  return {
    promessas: [
      {
        texto: "com a hora do servidor indo e voltando (faketime), o livro não se engana",
        estado: quebradas[0]?.estado ?? "cumprida",
        detalhe: quebradas.map(({ texto, detalhe }) => `${texto}: ${detalhe}`)[0] ??
          `${saltos} saltos, ${
            mil(historia.operacoes.length)
          } operações, as mesmas ${promessas.length} promessas da história`,
      },
      promessa(
        "um relógio que volta não revende (faketime)",
        revendas === undefined,
        revendas ?? "marcada, passada e de volta",
      ),
    ],
    cifras: { saltosComFaketime: saltos, operacoesComFaketime: historia.operacoes.length },
  };
}

/** Uma hora passa, o paciente marca outra, o relógio volta: a primeira continua tomada. Devolve o que deu errado. */
async function naoRevende(porta: number, acerta: (hora: string) => void): Promise<string | undefined> {
  using fio = await Fio.saudado(porta);
  const [um, outro] = [cpfDeExemplo(5000), cpfDeExemplo(5001)];
  const sabado = { especialidade: "DO DIA", data: "31/10/2026", dia: "SÁBADO", horario: "00:45" };
  const domingo = { especialidade: "DO DIA", data: "01/11/2026", dia: "DOMINGO", horario: "00:30" };
  const segunda = { especialidade: "DO DIA", data: "02/11/2026", dia: "SEGUNDA-FEIRA", horario: "00:30" };
  // A hora do livro é a de Nova Iorque: quatro horas a menos que UTC, e cinco depois da mudança.
  const passos: [hora: string, pedido: PedidoNoFio, esperado: Resposta["codigo"]][] = [
    ["2026-11-01 03:50:00", agend({ cpf: um, ...domingo }), "OK-300"],
    ["2026-11-01 03:50:00", agend({ cpf: outro, ...sabado }), "ERRO-105"],
    ["2026-11-01 04:40:00", { comando: "BUSCA", cpf: um }, "OK-302"],
    ["2026-11-01 04:40:00", agend({ cpf: outro, ...domingo }), "ERRO-105"],
    ["2026-11-01 05:30:00", { comando: "BUSCA", cpf: um }, "ERRO-112"],
    ["2026-11-01 05:30:00", agend({ cpf: outro, ...sabado }), "ERRO-103"],
    ["2026-11-01 06:30:00", agend({ cpf: um, ...segunda }), "OK-300"],
    ["2026-11-01 03:50:00", agend({ cpf: outro, ...domingo }), "ERRO-110"],
    ["2026-11-01 03:50:00", agend({ cpf: um, ...domingo }), "ERRO-111"],
  ];
  for (const [hora, pedido, esperado] of passos) {
    acerta(hora);
    const { codigo } = await fio.pede(pedido);
    if (codigo !== esperado) return `às ${hora} UTC, ${pedido.comando} teve ${codigo} em vez de ${esperado}`;
  }
  return undefined;
}

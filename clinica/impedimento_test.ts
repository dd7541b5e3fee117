/**
 * Testes das regras da clínica: todas as combinações delas, a fronteira de cada uma, e quem passa por cima. Sem nenhuma
 * permissão.
 *
 * @module
 */

import { assertEquals, assertThrows } from "@std/assert";
import {
  agend,
  ANA,
  type Balcao,
  BalcaoPuro,
  BIA,
  cancel,
  CEDO,
  CID,
  CINCO,
  CLINICO,
  como,
  desmarcado,
  em,
  emTexto,
  EQUIPE,
  marcado,
  poe,
  regra,
  remarc,
  responde,
  SEGUNDA,
  situa,
  teste,
} from "../testes/balcao.ts";
import { ErroDeConfiguracao } from "./conferencia.ts";
import type { Papel } from "./agendamento.ts";
import { lerOferta } from "./oferta.ts";
import type { Pedido } from "./pedido.ts";

/** Cada regra, apertada de modo que o que `cenario` monta a quebra. */
const APERTADAS = { antecedencia: 120, cancelamento: 120, porCpf: 2, faltas: { quantas: 1, meses: 6 } };
const NOMES = Object.keys(APERTADAS);

/** Todos os subconjuntos. */
const COMBINACOES = Array.from({ length: 2 ** NOMES.length }, (_, bits) => NOMES.filter((_, i) => bits & (1 << i)));

/** Às 07:00 de segunda: BIA tem duas horas marcadas, a do clínico às 08:00, e já faltou uma vez. */
function cenario(balcao: Balcao): void {
  poe(balcao, { cpf: BIA, hora: "08:00" });
  poe(balcao, { cpf: BIA, especialidade: "NUTRICIONISTA", data: "2026-12-04" });
  poe(balcao, { cpf: BIA, data: "2026-06-01", situacao: "FALTOU", ativo: false });
  poe(balcao, { cpf: ANA, hora: "10:00" });
}

/** O que cada ato responde, conforme as regras que estão ligadas. */
const ATOS: readonly (readonly [
  oque: string,
  pede: (motivo?: string) => Pedido,
  (ligadas: readonly string[], daCasa: boolean) => string,
])[] = [
  [
    "marcar outra especialidade, longe",
    (motivo) => agend(BIA, { especialista: "DERMATOLOGISTA", data: "2026-12-02", motivo }),
    (ligadas, daCasa) => {
      const qual = primeira(ligadas, "porCpf", "faltas");
      return qual === undefined ? "OK-300" : daCasa ? qual : "ERRO-116";
    },
  ],
  [
    "marcar perto, quem nada tem",
    (motivo) => agend("52998224725", { horario: "08:30", motivo }),
    (ligadas) => primeira(ligadas, "antecedencia") ?? "OK-300",
  ],
  ["marcar, sem dizer a hora", (motivo) => agend("52998224725", { motivo }), () => "OK-300"],
  [
    "desmarcar perto",
    (motivo) => cancel(BIA, CLINICO, { motivo }),
    (ligadas) => primeira(ligadas, "cancelamento") ?? "OK-301",
  ],
  [
    "desmarcar pela situação",
    (motivo) => situa(BIA, "CANCELADO", { motivo }),
    (ligadas) => primeira(ligadas, "cancelamento") ?? "OK-306",
  ],
  ["desmarcar longe", (motivo) => cancel(BIA, "NUTRICIONISTA", { motivo }), () => "OK-301"],
  [
    "mover o que está perto",
    (motivo) => remarc(BIA, { data: "2026-12-07", motivo }),
    (ligadas) => primeira(ligadas, "cancelamento") ?? "OK-303",
  ],
  [
    "mover para perto",
    (motivo) => remarc(ANA, { horario: "08:30", motivo }),
    (ligadas) => primeira(ligadas, "antecedencia") ?? "OK-303",
  ],
  ["mover para onde está", (motivo) => remarc(BIA, { horario: "08:00", motivo }), () => "OK-303"],
];

/** O pedido de quem, não sendo da casa, tem de dar o código do que quer. */
function comCodigo({ livro }: Balcao, pedido: Pedido): Pedido {
  if (pedido.comando !== "CANCEL" && pedido.comando !== "REMARC") return pedido;
  const especialidade = pedido.especialista;
  const codigo = livro.linhas.find((um) => um.ativo && um.cpf === pedido.cpf && um.especialidade === especialidade)
    ?.codigo;
  return { ...pedido, codigo };
}

function primeira(ligadas: readonly string[], ...quebradas: string[]): string | undefined {
  const qual = quebradas.find((nome) => ligadas.includes(nome));
  return qual === undefined ? undefined : `ERRO-116 ${qual}`;
}

for (const ligadas of COMBINACOES) {
  const config = { regras: Object.fromEntries(Object.entries(APERTADAS).filter(([nome]) => ligadas.includes(nome))) };
  teste(
    `com as regras [${ligadas.join(", ")}], cada ato dá o que elas mandam, e com um motivo a casa passa`,
    async () => {
      for (const [oque, pede, esperado] of ATOS) {
        for (const papel of ["gerente", "balcao", "paciente", "quiosque"] satisfies Papel[]) {
          for (const motivo of [undefined, "URGENTE"]) {
            const balcao = new BalcaoPuro(config);
            cenario(balcao);
            const antes = balcao.livro.linhas;
            const daCasa = papel !== "paciente" && papel !== "quiosque";
            const pedido = pede(motivo);
            // Só a casa desmarca pela situação.
            if (!daCasa && pedido.comando === "SITUA") continue;
            const veio = emTexto(
              balcao.clinica,
              await balcao.pede(daCasa ? pedido : comCodigo(balcao, pedido), como(papel)),
            );
            const quis = esperado(daCasa && motivo !== undefined ? [] : ligadas, daCasa);
            assertEquals(
              quis.startsWith("ERRO-116") ? veio.trimEnd() : veio.split(" ")[0],
              quis,
              `${oque}, ${papel}, ${motivo}`,
            );
            if (quis.startsWith("ERRO")) assertEquals(balcao.livro.linhas, antes, oque);
          }
        }
      }
    },
  );
}

const FALTOSO = { data: "2026-06-01", situacao: "FALTOU", ativo: false } as const;

/**
 * Às 07:00 de segunda, à espera do clínico: ANA só tem outra especialidade, CID tem as 10:00 de hoje; ambos já faltaram. Vagam as
 * 09:00. Devolve o que `ESPERA` respondeu.
 */
async function esperaNoClinico(
  balcao: BalcaoPuro,
  cpf: string,
  { entrou = "paciente", motivo, marca }: { entrou?: Papel; motivo?: string; marca: boolean },
): Promise<string> {
  poe(balcao, { cpf, ...FALTOSO });
  if (cpf === ANA) poe(balcao, { cpf, especialidade: "NUTRICIONISTA", data: "2026-12-04" });
  else poe(balcao, { cpf, hora: "10:00" });
  poe(balcao, { cpf: BIA, hora: "09:00" });
  // Quem não é da casa diz o código do que tem ali.
  const codigo = balcao.livro.linhas.find((um) => um.ativo && um.cpf === cpf && um.especialidade === CLINICO)?.codigo;
  const pedido = { comando: "ESPERA", cpf, nome: "X", especialista: CLINICO, codigo, marca, motivo } as const;
  const veio = emTexto(balcao.clinica, await balcao.pede(pedido, como(entrou)));
  await balcao.pede(cancel(BIA, CLINICO, { motivo: "x" }));
  return veio;
}

/** Como fica a hora que vagou. */
function asNove({ livro }: BalcaoPuro): string | undefined {
  return livro.linhas.find(({ cpf, data, hora }) => cpf !== BIA && data === SEGUNDA && hora === "09:00")?.situacao;
}

const PAPEIS = ["gerente", "balcao", "paciente", "quiosque"] satisfies Papel[];

/** A quem não é da casa não se diz qual, se ela fala do que há de um CPF. */
function comoSeDiz(quebrada: string | undefined, daCasa: boolean): string | undefined {
  return daCasa ? quebrada : quebrada?.replace(/(porCpf|faltas)$/, "");
}

const ESPERA = { antecedencia: 60 };

for (const ligadas of COMBINACOES) {
  // Às 09:00 faltam duas horas, e às 10:00 três.
  const apertadas = { ...APERTADAS, antecedencia: 150, cancelamento: 200, porCpf: 1 };
  const regras = Object.fromEntries(Object.entries(apertadas).filter(([nome]) => ligadas.includes(nome)));
  const config = { regras, espera: ESPERA };

  teste(
    `com as regras [${ligadas.join(", ")}], entra-se na lista, e recebe-se o que vaga, como elas mandam`,
    async () => {
      for (const entrou of PAPEIS) {
        for (const motivo of [undefined, "URGENTE"]) {
          for (const marca of [true, false]) {
            const oque = `${entrou}, ${motivo}, ${marca ? "marca" : "convida"}`;
            const daCasa = entrou !== "paciente" && entrou !== "quiosque";
            const isenta = motivo !== undefined && daCasa;
            const valem = isenta ? [] : ligadas;
            const dada = (...impedem: string[]): string | undefined =>
              impedem.some((nome) => valem.includes(nome)) ? undefined : marca ? "MARCADO" : "CONVIDADO";
            const daAna = new BalcaoPuro(config);
            const veio = await esperaNoClinico(daAna, ANA, { entrou, motivo, marca });
            const quis = comoSeDiz(primeira(valem, "porCpf", "faltas"), daCasa);
            assertEquals(veio, quis ?? "OK-307", `ESPERA, ${oque}`);
            assertEquals(asNove(daAna), dada("antecedencia", "porCpf", "faltas"), `o que vaga, ${oque}`);
            // Quem se move não passa a ter mais um: conta se pode deixar o que tem.
            const doCid = new BalcaoPuro(config);
            assertEquals(await esperaNoClinico(doCid, CID, { entrou, motivo, marca }), "OK-307", `ESPERA, ${oque}`);
            assertEquals(asNove(doCid), dada("antecedencia", "cancelamento"), `o que vaga a quem se move, ${oque}`);
          }
        }
      }
    },
  );

  teste(`com as regras [${ligadas.join(", ")}] postas depois de convidar, aceita-se como elas mandam`, async () => {
    for (const isenta of [true, false]) {
      for (const papel of PAPEIS) {
        for (const motivo of [undefined, "URGENTE"]) {
          const oque = `${isenta ? "isenta" : "não isenta"}, ${papel}, ${motivo}`;
          const daCasa = papel !== "paciente" && papel !== "quiosque";
          const livre = isenta || motivo !== undefined && daCasa;
          const valem = livre ? [] : ligadas;
          for (const cpf of [ANA, CID]) {
            const quis = comoSeDiz(primeira(valem, ...cpf === ANA ? ["porCpf", "faltas"] : ["cancelamento"]), daCasa);
            // Só a casa marca, sem código, uma hora segurada.
            for (const comando of daCasa ? ["ACEITA", "AGEND"] as const : ["ACEITA"] as const) {
              const balcao = new BalcaoPuro({ espera: ESPERA });
              const entrou = isenta ? { entrou: "balcao", motivo: "pediu" } as const : {};
              await esperaNoClinico(balcao, cpf, { ...entrou, marca: false });
              assertEquals(asNove(balcao), "CONVIDADO", oque);
              balcao.troca(config);
              const pedido = comando === "AGEND"
                ? agend(cpf, { horario: "09:00", motivo })
                : { comando, cpf, especialista: CLINICO, motivo, codigo: balcao.livro.esperas[0].codigo };
              const veio = emTexto(balcao.clinica, await balcao.pede(pedido, como(papel)));
              const feito = cpf === CID && comando === "ACEITA" ? "OK-303" : "OK-300";
              assertEquals(quis === undefined ? veio.split(" ")[0] : veio, quis ?? feito, `${comando}, ${oque}`);
              const { linhas } = balcao.livro;
              const { motivo: ficou } = linhas.find(({ hora, situacao }) =>
                hora === "09:00" && situacao === "MARCADO"
              ) ?? {};
              if (quis === undefined) assertEquals(ficou, motivo ?? (isenta && cpf === ANA ? "pediu" : ""), oque);
              else assertEquals(asNove(balcao), "CONVIDADO", oque);
            }
          }
        }
      }
    }
  });
}

regra("a antecedência cumpre-se ao minuto, e sem HORÁRIO vale a primeira hora que a cumpre", async (balcao) => {
  await responde(balcao, [
    [agend(ANA, { horario: "08:00" }), "ERRO-116 antecedencia"],
    [agend(ANA), marcado(ANA, "08:30")],
    [agend(BIA, { horario: "09:00" }), marcado(BIA, "09:00")],
  ]);
  balcao.agora = em(`${SEGUNDA}T09:31`);
  // Só há uma hora livre por vir, e está perto demais; num dia sem nenhuma não há vagas.
  await responde(balcao, [[agend("52998224725"), "ERRO-116 antecedencia"]]);
}, { config: { regras: { antecedencia: 90 } } });

regra("de um dia cheio diz-se que não há vagas, e não a antecedência", async (balcao) => {
  for (const [i, hora] of CINCO.entries()) poe(balcao, { cpf: String(i), hora });
  await responde(balcao, [[agend(ANA), "ERRO-110"], [agend(ANA, { horario: "08:00" }), "ERRO-110"]]);
}, { config: { regras: { antecedencia: 90 } } });

regra("um encaixe não tem antecedência, mas conta para as outras regras", async (balcao) => {
  await responde(balcao, [[agend(ANA, { horario: "08:10", encaixe: true }), "OK-300"]]);
  await responde(balcao, [
    [agend(ANA, { horario: "10:00", especialista: "PEDIATRA", encaixe: true }), "ERRO-116 porCpf"],
  ]);
}, { config: { ...EQUIPE, regras: { antecedencia: 600, porCpf: 1 } } });

regra("quem já tem um dessa especialidade sabe disso, e não da regra", async (balcao) => {
  poe(balcao, { cpf: ANA });
  await responde(balcao, [[agend(ANA, { horario: "08:30" }), "ERRO-111"]]);
}, { config: { regras: { antecedencia: 600, porCpf: 1 } } });

regra("uma hora segurada não conta para porCpf, e o que já acabou também não", async (balcao) => {
  poe(balcao, { cpf: ANA, especialidade: "NUTRICIONISTA", situacao: "CONVIDADO", ativo: false });
  poe(balcao, { cpf: ANA, especialidade: "DERMATOLOGISTA", data: "2026-11-25" });
  await responde(balcao, [[agend(ANA), marcado(ANA, "08:00")]]);
}, { config: { regras: { porCpf: 1 } } });

regra("as faltas contam-se por meses do calendário, o mesmo dia incluído", async (balcao) => {
  const faltou = { situacao: "FALTOU", ativo: false } as const;
  poe(balcao, { cpf: ANA, data: "2026-05-29", ...faltou });
  poe(balcao, { cpf: ANA, data: "2026-07-01", ...faltou });
  poe(balcao, { cpf: ANA, data: "2026-07-08", situacao: "SAIU", ativo: false });
  poe(balcao, { cpf: BIA, data: "2026-05-30", ...faltou });
  poe(balcao, { cpf: BIA, data: "2026-07-06", ...faltou });
  await responde(balcao, [[agend(BIA), "ERRO-116 faltas"], [agend(ANA), marcado(ANA, "08:00")]]);
}, { config: { regras: { faltas: { quantas: 2, meses: 6 } } } });

regra("CLINICA/1 desmarca sempre", async (balcao) => {
  poe(balcao, { cpf: ANA });
  await responde(balcao, [
    [cancel(ANA), "ERRO-116 cancelamento"],
    [cancel(ANA, undefined, { chegado: true }), desmarcado(ANA, "08:00")],
  ]);
}, { config: { regras: { cancelamento: 61 } }, agora: CEDO });

teste("uma regra que não serve é recusada com o campo e a razão", () => {
  for (
    const [regras, razao] of [
      [[], "regras: esperava um objeto"],
      [{ antecedência: 1 }, 'regras: não conhece a chave "antecedência"'],
      [{ antecedencia: -1 }, "regras.antecedencia: esperava um inteiro de 0"],
      [{ cancelamento: "2h" }, "regras.cancelamento: esperava um inteiro"],
      [{ porCpf: 1.5 }, "regras.porCpf: esperava um inteiro"],
      [{ faltas: 3 }, "regras.faltas: esperava um objeto"],
      [{ faltas: { quantas: 3 } }, "regras.faltas.meses: esperava um inteiro de 1"],
      [{ faltas: { quantas: 0, meses: 1 } }, "regras.faltas.quantas: esperava um inteiro de 1"],
    ] as const
  ) assertThrows(() => lerOferta({ regras }), ErroDeConfiguracao, razao);
  assertEquals(lerOferta({ regras: { antecedencia: 0 } }).regras, lerOferta({}).regras);
});

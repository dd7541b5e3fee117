/**
 * A parte do contrato de `Armazem` que é da lista de espera: as entradas e a ordem delas. `contrato.ts` a registra.
 *
 * @module
 */

import { assert, assertEquals, AssertionError, assertRejects } from "@std/assert";
import { convidavel, type Espera, type HoraVaga, naOrdem, type Posto, quer } from "../clinica/espera.ts";
import { type Alcance, type Armazem, FILA_MOSTRADA, type Mudanca, type Vista } from "../clinica/livro.ts";
import { cpfDeExemplo } from "./apoio.ts";
import {
  ANA,
  ativosDe,
  CLINICO,
  type Com,
  comEspera,
  convida,
  deixaPassar,
  desmarca,
  DIA,
  EM,
  entra,
  espera,
  grava,
  HORAS,
  livres,
  marca,
  mudaEspera,
  sai,
  tenta,
  tica,
} from "./mudancas.ts";

/** Uma entrada que nada tem de costume. */
const CHEIA: Partial<Espera> & { readonly cpf: string } = {
  cpf: cpfDeExemplo(1),
  versao: 3,
  profissional: "DRA. ANA LIMA",
  de: "2026-12-01",
  ate: "2026-12-31",
  turno: "MANHÃ",
  antecedencia: 180,
  marca: true,
  move: true,
  prioridade: 3,
  motivo: "pediu | \"disse\" 'ontem'",
  isenta: true,
  email: "maria@exemplo.br",
  telefone: "+5561999990000",
  origem: "10.0.0.9",
  lapsos: 2,
  ordem: 900,
  passou: ["2026-12-02 08:00 DRA. ANA LIMA", '2026-12-02 08:30 "Ç" 𝒜'],
};

/** Outro valor para o que de uma entrada pode mudar, um de cada vez; o par dela nunca muda. */
const TROCAS: { readonly [C in Exclude<keyof Espera, "numero" | "versao" | "cpf" | "especialidade">]: Espera[C] } = {
  codigo: "0A1B2C3D",
  nome: 'JOÃO 𝒜 D\'ÁVILA | "Ç"',
  profissional: "",
  de: "",
  ate: "",
  turno: "TARDE",
  antecedencia: 0,
  marca: false,
  move: false,
  prioridade: 0,
  motivo: "",
  isenta: false,
  email: "",
  telefone: "",
  origem: "10.0.0.8",
  lapsos: 0,
  ordem: 1,
  desde: "2026-11-24T10:00:00.5Z",
  convite: 77,
  passou: [],
  terminouEm: "",
};

const AS_OITO: HoraVaga = {
  especialidade: CLINICO,
  profissional: "",
  data: DIA,
  hora: "08:00",
  inicio: 8 * 60,
  minutos: 30,
};

/** Grava o que `decide` decide da lista de espera, e exige que dê certo. */
export function gravaNela(armazem: Armazem, decide: (vista: Vista) => Mudanca[]): Promise<void> {
  return grava(armazem, decide, { pede: comEspera() });
}

/** O tipo do desfecho de um lote que pode não dar certo. */
export function tentaNela(armazem: Armazem, decide: (vista: Vista) => Mudanca[]): Promise<string> {
  return tenta(armazem, decide, { pede: comEspera() });
}

/** O que se lê da lista de espera. */
export async function leNela<R>(
  armazem: Armazem,
  consulta: (vista: Vista) => R,
  pede: () => Alcance = comEspera(),
): Promise<R> {
  return await armazem.le(pede, consulta);
}

/** A entrada do enésimo CPF de exemplo. */
export async function entrada(armazem: Armazem, n: number): Promise<Espera> {
  const achada = await leNela(armazem, (vista) => vista.esperaDe(cpfDeExemplo(n), CLINICO));
  if (achada === undefined) throw new AssertionError(`${cpfDeExemplo(n)} não espera`);
  return achada;
}

/** A lista que se mostra. */
export function lista(armazem: Armazem): Promise<readonly Espera[]> {
  return leNela(armazem, (vista) => vista.listaDeEspera(CLINICO));
}

/** As entradas da lista de espera, e a ordem delas. */
export function deEspera(com: Com): void {
  com("num livro novo ninguém espera, e ainda não houve um TICK", async (armazem) => {
    assertEquals(
      await leNela(armazem, (vista) => [
        vista.alguemEspera(),
        vista.esperaDe(cpfDeExemplo(1), CLINICO),
        [...vista.fila(AS_OITO)],
        vista.listaDeEspera(CLINICO),
        vista.quantasAntes(CLINICO, { prioridade: 0, ordem: 1000 }),
        vista.esperasDaOrigem("10.0.0.7"),
        vista.ultimoTique(),
      ]),
      [false, undefined, [], [], 0, 0, ""],
    );
  });

  com("uma entrada entra com toda coluna, e cada uma muda por si", async (armazem) => {
    await gravaNela(armazem, (vista) => [entra(vista, { cpf: cpfDeExemplo(9) }), entra(vista, CHEIA)]);
    const entrou = await entrada(armazem, 1);
    let agora = espera(entrou.numero, CHEIA);
    assertEquals(entrou, agora);
    for (const [coluna, valor] of Object.entries(TROCAS)) {
      const antes = agora;
      agora = { ...antes, [coluna]: valor, versao: antes.versao + 1 };
      await gravaNela(armazem, () => [mudaEspera(antes, { [coluna]: valor })]);
      assertEquals(await entrada(armazem, 1), agora, coluna);
      assertEquals((await lista(armazem)).filter(({ cpf }) => cpf === cpfDeExemplo(1)), [agora], coluna);
      assertEquals(
        await leNela(armazem, (vista) => ["10.0.0.9", "10.0.0.8"].map((origem) => vista.esperasDaOrigem(origem))),
        agora.origem === "10.0.0.9" ? [1, 0] : [0, 1],
      );
    }
    assertEquals((await entrada(armazem, 9)).versao, 1, "só a entrada pedida mudou");
  });

  com("a ordem é a da prioridade e depois a de quem entrou antes, e conta-se quem está antes", async (armazem) => {
    const prioridades = [0, 2, 0, 4, 2, 0];
    await gravaNela(armazem, (vista) => [
      ...prioridades.map((prioridade, n) => entra(vista, { cpf: cpfDeExemplo(n), prioridade })),
      entra(vista, { cpf: cpfDeExemplo(0), especialidade: "DERMATOLOGISTA", prioridade: 4 }),
    ]);
    const cpfs = async (): Promise<string[]> => (await lista(armazem)).map(({ cpf }) => cpf);
    assertEquals(await cpfs(), [3, 1, 4, 0, 2, 5].map(cpfDeExemplo));
    const antesDe = (lugar: Posto): Promise<number> => leNela(armazem, (vista) => vista.quantasAntes(CLINICO, lugar));
    for (const [i, entrada] of (await lista(armazem)).entries()) assertEquals(await antesDe(entrada), i);
    assertEquals(await antesDe({ prioridade: -1, ordem: 0 }), 6);
    assertEquals(await antesDe({ prioridade: 2, ordem: 1_000_000 }), 3);
    assertEquals(await antesDe({ prioridade: 4, ordem: 0 }), 0);
    assertEquals(await leNela(armazem, (vista) => vista.esperasDaOrigem("10.0.0.7")), 7, "em todas as especialidades");
    // Um vai para o fim, um muda de prioridade, um sai.
    const [urgente, , , primeiro, , ultimo] = await lista(armazem);
    await gravaNela(armazem, (vista) => [
      mudaEspera(primeiro, { ordem: vista.novaEspera() }),
      mudaEspera(ultimo, { prioridade: 3 }),
      sai(urgente),
    ]);
    assertEquals(await cpfs(), [5, 1, 4, 2, 0].map(cpfDeExemplo));
    assertEquals(await leNela(armazem, (vista) => vista.esperasDaOrigem("10.0.0.7")), 6);
    assertEquals(await leNela(armazem, (vista) => vista.listaDeEspera("DERMATOLOGISTA").length), 1);
  });

  com("a fila tem, na ordem, quem quer a hora que vaga, e pode não ter os outros", async (armazem) => {
    const querem: readonly Partial<Espera>[] = [
      {},
      { prioridade: 4, turno: "MANHÃ" },
      { turno: "TARDE", prioridade: 4 },
      { de: DIA, ate: DIA },
      { prioridade: 2, ate: "2026-12-31" },
      { profissional: ANA },
      { de: "2026-12-01" },
      { turno: "MANHÃ" },
      {},
      { ate: "2026-11-29", prioridade: 3 },
      { turno: "MANHÃ" },
    ];
    await gravaNela(armazem, (vista) => [
      marca(vista, { cpf: cpfDeExemplo(20) }),
      ...querem.map((parte, n) => entra(vista, { cpf: cpfDeExemplo(n), ...parte })),
      entra(vista, { cpf: cpfDeExemplo(7), especialidade: "DERMATOLOGISTA", prioridade: 4 }),
    ]);
    const [marcado] = await ativosDe(armazem, 20);
    const fila = async (): Promise<string[]> => {
      let cpfs: string[] = [];
      // Num lote que a deixa vaga; sem mudanças, fica tudo como estava.
      await gravaNela(armazem, (vista) => {
        const todas = [...vista.fila(AS_OITO)];
        assertEquals(todas, todas.toSorted(naOrdem));
        cpfs = todas.filter((uma) => quer(uma, AS_OITO) && convidavel(uma, AS_OITO)).map(({ cpf }) => cpf);
        for (const { cpf } of vista.fila(AS_OITO)) {
          assertEquals(cpf, todas[0].cpf, "lê-se só até onde é preciso");
          break;
        }
        return [];
      });
      return cpfs;
    };
    assertEquals(await fila(), [1, 4, 0, 3, 7, 8, 10].map(cpfDeExemplo));
    // A primeira é convidada para outra hora, uma do meio sai, outra vai para o fim, outra passa a querer outra coisa.
    const [um, zero, tres, sete] = await Promise.all([1, 0, 3, 7].map((n) => entrada(armazem, n)));
    await gravaNela(armazem, (vista) => [
      ...convida(vista, um, { hora: "09:00" }),
      sai(tres),
      mudaEspera(zero, { ordem: vista.novaEspera() }),
      mudaEspera(sete, { turno: "TARDE" }),
    ]);
    assertEquals(await fila(), [4, 8, 10, 0].map(cpfDeExemplo));
    const convidada = await entrada(armazem, 1);
    const [segurada] = await leNela(armazem, (vista) => vista.historiaDe(um.cpf));
    await gravaNela(armazem, () => [deixaPassar(segurada), mudaEspera(convidada, { convite: 0 })]);
    assertEquals(await fila(), [1, 4, 8, 10, 0].map(cpfDeExemplo));
    await gravaNela(armazem, () => [desmarca(marcado)]);
  });

  com("a lista que se mostra tem um limite, e a ordem vale para milhares", async (armazem) => {
    const quantas = FILA_MOSTRADA + 300;
    const prioridade = (n: number): number => n % 7 === 0 ? 1 : 0;
    const cpfs = Array.from({ length: quantas }, (_, n) => cpfDeExemplo(n));
    const pede = (): Alcance => ({ ...comEspera()(), cpfs });
    await grava(
      armazem,
      (vista) => cpfs.map((cpf, n) => entra(vista, { cpf, prioridade: prioridade(n) })),
      { pede },
    );
    const esperados = [1, 0].flatMap((qual) => cpfs.filter((_, n) => prioridade(n) === qual));
    assertEquals((await lista(armazem)).map(({ cpf }) => cpf), esperados.slice(0, FILA_MOSTRADA));
    const [meio] = await leNela(
      armazem,
      (vista) => [vista.esperaDe(esperados[1100], CLINICO)].filter((uma) => uma !== undefined),
      pede,
    );
    assertEquals(await leNela(armazem, (vista) => vista.quantasAntes(CLINICO, meio)), 1100);
    // Saem, de trás para diante, dois em cada três.
    const saem = (await lista(armazem)).filter((_, i) => i % 3 > 0).reverse();
    await grava(armazem, () => saem.map(sai), { pede });
    const restam = esperados.filter((_, i) => i >= FILA_MOSTRADA || i % 3 === 0);
    assertEquals((await lista(armazem)).map(({ cpf }) => cpf), restam);
    assertEquals(await leNela(armazem, (vista) => vista.quantasAntes(CLINICO, meio)), restam.indexOf(meio.cpf));
  });

  com(
    "há uma entrada de pé por CPF e especialidade, e quem saiu pode voltar, no mesmo lote ou noutro",
    async (armazem) => {
      await gravaNela(armazem, (vista) => [
        entra(vista, { cpf: cpfDeExemplo(1) }),
        entra(vista, { cpf: cpfDeExemplo(1), especialidade: "DERMATOLOGISTA" }),
      ]);
      const primeira = await entrada(armazem, 1);
      assertEquals(
        await tentaNela(armazem, (vista) => [
          marca(vista, { cpf: cpfDeExemplo(2) }),
          entra(vista, { cpf: cpfDeExemplo(2) }),
          entra(vista, { cpf: cpfDeExemplo(1) }),
        ]),
        "recusado",
      );
      assertEquals([await lista(armazem), await armazem.lista(DIA)], [[primeira], []], "um lote é tudo ou nada");
      await gravaNela(armazem, (vista) => [entra(vista, { cpf: cpfDeExemplo(1), nome: "DE NOVO" }), sai(primeira)]);
      const segunda = await entrada(armazem, 1);
      assert(segunda.nome === "DE NOVO" && segunda.numero > primeira.numero);
      await gravaNela(armazem, () => [sai(segunda)]);
      await assertRejects(() => entrada(armazem, 1), AssertionError, "não espera");
      assertEquals(await lista(armazem), []);
      // Entrar e sair no mesmo lote.
      await gravaNela(armazem, (vista) => {
        const entrada = entra(vista, { cpf: cpfDeExemplo(1) });
        return [entrada, sai(entrada.depois)];
      });
      assertEquals(await lista(armazem), []);
      await gravaNela(armazem, (vista) => [entra(vista, { cpf: cpfDeExemplo(1) })]);
      const terceira = await entrada(armazem, 1);
      assert(terceira.numero > segunda.numero + 1, "um número não volta");
      assertEquals(await leNela(armazem, (vista) => vista.esperasDaOrigem("10.0.0.7")), 2);
    },
  );

  com(
    "um número de entrada, ou um lugar na ordem, é maior que todos, também depois de um lote não gravado",
    async (armazem) => {
      await gravaNela(armazem, (vista) => [entra(vista, { cpf: cpfDeExemplo(1) })]);
      const primeira = await entrada(armazem, 1);
      await gravaNela(armazem, (vista) => [mudaEspera(primeira, { ordem: vista.novaEspera() })]);
      const noFim = await entrada(armazem, 1);
      assert(noFim.ordem > primeira.ordem);
      assertEquals(
        await tentaNela(armazem, (vista) => [entra(vista, { cpf: cpfDeExemplo(2) }), entra(vista, { cpf: noFim.cpf })]),
        "recusado",
      );
      await gravaNela(armazem, (vista) => [3, 4].map((n) => entra(vista, { cpf: cpfDeExemplo(n) })));
      const [um, dois, tres] = await lista(armazem);
      assert(um.ordem === noFim.ordem && um.ordem < dois.numero && dois.numero < tres.numero);
    },
  );

  com("uma entrada que já não tem a versão de antes recusa o lote, e nada muda", async (armazem) => {
    await gravaNela(armazem, (vista) => [1, 2].map((n) => entra(vista, { cpf: cpfDeExemplo(n) })));
    const [um, dois] = await lista(armazem);
    await gravaNela(armazem, () => [mudaEspera(um, { lapsos: 1 })]);
    const gravadas = await lista(armazem);
    const recusados: ((vista: Vista) => Mudanca[])[] = [
      () => [sai(um)],
      (vista) => [marca(vista, { cpf: cpfDeExemplo(3) }), sai(dois), mudaEspera(um, { lapsos: 2 }), tica(EM)],
      (vista) => convida(vista, um, { hora: "08:30" }),
      () => [mudaEspera(espera(999_999, { cpf: cpfDeExemplo(9) }), { lapsos: 1 })],
    ];
    for (const decide of recusados) {
      assertEquals(await tentaNela(armazem, decide), "recusado");
      assertEquals(await lista(armazem), gravadas);
      assertEquals(await armazem.lista(DIA), []);
      assertEquals(await livres(armazem), HORAS);
      assertEquals(await leNela(armazem, (vista) => vista.ultimoTique()), "");
    }
    await gravaNela(armazem, () => gravadas.map(sai));
    assertEquals(await leNela(armazem, (vista) => vista.alguemEspera()), false);
  });
}

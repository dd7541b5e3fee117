/**
 * Testes do verificador do dia: o que a lista de espera nunca pode ter feito, nem mostrado, e ele tem de recusar.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { agend, AMANHA, Caso, com, cpf, DEPOIS, EXTRA, FECHA, HOJE, move } from "./caso.ts";
import {
  CHEIO,
  COM_REGRAS,
  CONVIDADO,
  DERMA,
  desmarca,
  espera,
  FILA,
  marca,
  QUATRO,
  responde,
  VAGAS,
} from "./caso_espera.ts";
import type { FeitoNoDia } from "./feitos.ts";
import { REGRAS } from "./livro_modelo.ts";
import { nomeUnico } from "./registro.ts";
import { type ErradoNoDia, noDiario } from "./vidas.ts";

/** O diário e o livro de um caso, com linhas trocadas. */
function reescreve(caso: Caso, de: string | RegExp, para: string): Caso {
  const antes = caso.livro.diario.map(({ mudancas }) => mudancas).join();
  caso.conta((linhas) => linhas.map((linha) => linha.replace(de, para)));
  assert(antes !== caso.livro.diario.map(({ mudancas }) => mudancas).join(), "nada se trocou no diário");
  return caso;
}

/** Tira do livro bom a última promoção, como se o servidor não a tivesse feito. */
function semPromocao(feitos: readonly FeitoNoDia[]): Caso {
  const caso = new Caso(feitos);
  const promovido = caso.livro.agendamentos.at(-1);
  caso.conta((linhas) => linhas.map((linha) => linha.replace(/,\["servidor".*$/, "]")));
  caso.livro = {
    ...caso.livro,
    agendamentos: caso.livro.agendamentos.filter((linha) => linha !== promovido),
    esperas: caso.livro.esperas.map((uma) => uma.convite === 0 ? uma : { ...uma, convite: 0, versao: uma.versao - 1 }),
  };
  return caso;
}

/** Convida outro, em vez de quem se devia. */
function convidaOutro(caso: Caso, { certo, errado }: { certo: number; errado: number }): Caso {
  const [certa, errada] = [certo, errado].map((n) => caso.livro.esperas.find((uma) => uma.cpf === cpf(n)));
  if (certa === undefined || errada === undefined) throw new TypeError("não estão à espera");
  const versao = errada.versao + 1;
  reescreve(caso, `["PROMOVE",${certa.numero},${certa.versao},`, `["PROMOVE",${errada.numero},${versao},`);
  caso.troca(certa.convite, { cpf: cpf(errado), nome: nomeUnico(100 + errado) });
  const esperas = caso.livro.esperas.map((uma) =>
    uma === certa
      ? { ...uma, convite: 0, versao: uma.versao - 1 }
      : uma === errada
      ? { ...uma, convite: certa.convite, versao }
      : uma
  );
  caso.livro = { ...caso.livro, esperas };
  return caso;
}

const IMPOSSIVEIS: [nome: string, tipo: ErradoNoDia, caso: () => Caso][] = [
  // A hora segurada.
  [
    "uma hora segurada que quem passava marcou",
    "hora segurada tomada por outro",
    () =>
      new Caso(CONVIDADO).forja(marca(4, { hora: "08:00" }), {
        ...{ ato: "AGEND", codigo: "OK-300" },
        novo: {
          numero: 4,
          cpf: cpf(4),
          nome: nomeUnico(4),
          hora: "08:00",
          situacao: "MARCADO",
          especialidade: "DERMA",
        },
      }),
  ],
  [
    "uma hora segurada para onde outro se moveu",
    "hora segurada tomada por outro",
    () =>
      new Caso(CONVIDADO).forja({ ...move(AMANHA, { hora: "08:00" }), ...DERMA, cpf: cpf(2) }, {
        ...{ ato: "REMARC", codigo: "OK-303" },
        novo: { numero: 2, hora: "08:00" },
      }),
  ],
  ["duas pessoas convidadas para a mesma hora", "hora segurada tomada por outro", () => {
    const caso = new Caso([...CHEIO, espera(3), espera(4), desmarca(1)]);
    const numero = caso.livro.agendamentos.length + 1;
    const linha = caso.linha(numero - 1);
    const outro = { ...linha, numero, cpf: cpf(4), nome: nomeUnico(104) };
    caso.livro = {
      ...caso.livro,
      agendamentos: [...caso.livro.agendamentos, outro],
      esperas: caso.livro.esperas.map((uma) => uma.cpf === cpf(4) ? { ...uma, convite: numero, versao: 2 } : uma),
    };
    return reescreve(
      caso,
      /\]\]\]\]$/,
      `],["PROMOVE",${numero},1,"","CONVIDADO ${linha.data} ${linha.hora} E:DERMA"],["PROMOVE",2,2,"ESPERA","ESPERA CONVITE ${numero}"]]]]`,
    );
  }],
  ["uma hora segurada que outro aceitou", "hora segurada tomada por outro", () => {
    const caso = new Caso([
      ...CHEIO,
      marca(4, { data: DEPOIS }),
      espera(3),
      espera(4),
      desmarca(1),
      responde("ACEITA", 3),
    ]);
    const { data, hora } = caso.linha(4);
    const antes = noDiario(caso.linha(3));
    // A hora passa de um para o outro, que tinha uma mais tarde.
    caso.historia.operacoes.pop();
    caso.historia.operacoes.push({ conexao: 99, inicio: 90, fim: Infinity, feito: responde("ACEITA", 4) });
    caso.troca(4, { situacao: "PASSOU" }).troca(3, { data, hora, versao: 2 });
    const movido = `["ACEITA",3,2,"${antes}","${noDiario(caso.linha(3))}"]`;
    return reescreve(caso, /\["ACEITA",4,2,[^\]]*\]/, `["ACEITA",4,2,"CONVIDADO","PASSOU"],${movido}`);
  }],
  [
    "uma hora segurada além do prazo, com o servidor vivo",
    "hora segurada para sempre",
    () => new Caso(CONVIDADO).passam(130, { bate: false }),
  ],
  ["uma hora segurada para ninguém, que ninguém tratou", "hora segurada para sempre", () => {
    const caso = new Caso();
    for (let n = 10; n < 30; n++) caso.faz(espera(n, { marca: true }));
    caso.faz({ ...EXTRA, inicio: "14:00", vagas: 20, minutos: 10 });
    return caso.passam(4, { bate: false });
  }],
  [
    "um convite que venceu antes do prazo",
    "promoção indevida",
    () => reescreve(new Caso([...CONVIDADO, responde("RECUSA", 3)]), /RECUSA/g, "VENCE"),
  ],
  // A hora que vagou.
  [
    "uma hora que vagou, com quem a queria à espera, e ficou livre",
    "vaga que não foi de quem a esperava",
    () => semPromocao(CONVIDADO),
  ],
  [
    "a mesma, que quem passava marcou",
    "vaga que não foi de quem a esperava",
    () =>
      semPromocao(CONVIDADO).forja(marca(4, { hora: "08:00" }), {
        ...{ ato: "AGEND", codigo: "OK-300" },
        novo: {
          numero: 3,
          cpf: cpf(4),
          nome: nomeUnico(4),
          hora: "08:00",
          situacao: "MARCADO",
          especialidade: "DERMA",
        },
      }),
  ],
  ["um EXTRA que ninguém teve", "vaga que não foi de quem a esperava", () => semPromocao([espera(3), EXTRA])],
  [
    "uma hora dada noutra transação, e não na que a deixou vaga",
    "vaga que não foi de quem a esperava",
    () =>
      new Caso(CONVIDADO).conta((linhas) =>
        linhas.flatMap((linha) => {
          const onde = linha.indexOf(',["servidor"');
          return onde < 0 ? [linha] : [`${linha.slice(0, onde)}]`, `[${linha.slice(onde + 1)}`];
        })
      ),
  ],
  [
    "vagas que mostraram livre a hora que vagou e já era de quem a esperava",
    "leitura sem ordem possível",
    () =>
      new Caso(CONVIDADO).ve(VAGAS, {
        ...{ codigo: "OK-304", vistos: [] },
        vagas: [{ data: AMANHA, ...DERMA, profissional: "", horas: ["08:00"] }],
      }),
  ],
  ["o mesmo, enquanto quem desmarcou não tinha resposta", "leitura sem ordem possível", () => {
    const caso = new Caso([...CHEIO, espera(3)]);
    caso.perde(desmarca(1), true);
    return caso.ve(VAGAS, {
      ...{ codigo: "OK-304", vistos: [] },
      vagas: [{ data: AMANHA, ...DERMA, profissional: "", horas: ["08:00"] }],
    });
  }],
  // A ordem.
  [
    "um convite a quem entrou depois",
    "promoção fora da ordem",
    () => convidaOutro(new Caso([...CHEIO, espera(3), espera(4), desmarca(1)]), { certo: 3, errado: 4 }),
  ],
  [
    "um convite a quem tem menos prioridade",
    "promoção fora da ordem",
    () => convidaOutro(new Caso([...QUATRO, desmarca(1)]), { certo: 5, errado: 3 }),
  ],
  ["um convite a quem devia ter ido para o fim", "promoção fora da ordem", () => {
    const caso = new Caso([...CHEIO, marca(7, { data: DEPOIS }), espera(3), espera(4, { de: DEPOIS })]);
    for (const feito of [desmarca(1), desmarca(2), { ...EXTRA, vagas: 1 }]) {
      caso.faz(feito);
      caso.passam(121);
    }
    caso.faz(desmarca(7));
    return convidaOutro(caso, { certo: 4, errado: 3 });
  }],
  ["a segunda hora dada antes da primeira", "promoção fora da ordem", () => {
    const caso = reescreve(new Caso([espera(3), EXTRA]), "18:00 E:DERMA", "18:30 E:DERMA");
    return caso.troca(1, { hora: "18:30" });
  }],
  // A quem não serve.
  [
    "um convite à parte do dia que não se quer",
    "promoção indevida",
    () =>
      convidaOutro(new Caso([...CHEIO, espera(3), espera(4, { turno: "TARDE" }), desmarca(1)]), {
        certo: 3,
        errado: 4,
      }),
  ],
  [
    "um convite à data que não se quer",
    "promoção indevida",
    () =>
      convidaOutro(new Caso([...CHEIO, espera(3), espera(4, { de: DEPOIS }), desmarca(1)]), { certo: 3, errado: 4 }),
  ],
  [
    "um convite a quem tem outro à mesma hora",
    "promoção indevida",
    () =>
      convidaOutro(new Caso([...CHEIO, espera(3), espera(4), agend(4, { hora: "08:00" }), desmarca(1)]), {
        certo: 3,
        errado: 4,
      }),
  ],
  [
    "um convite a quem já tem mais cedo",
    "promoção indevida",
    () => convidaOutro(new Caso([...CHEIO, espera(3), espera(1), desmarca(2)]), { certo: 3, errado: 1 }),
  ],
  ["marcado sem o ter pedido", "promoção indevida", () => {
    const caso = new Caso(CONVIDADO);
    reescreve(caso, '"CONVIDADO ', '"MARCADO ');
    reescreve(caso, "ESPERA CONVITE 3", "FIM");
    caso.livro = { ...caso.livro, esperas: caso.livro.esperas.map((uma) => ({ ...uma, convite: 0, acabou: true })) };
    return caso.troca(3, { situacao: "MARCADO" });
  }],
  ["uma promoção sem que nada vagasse", "promoção indevida", () => {
    const caso = new Caso([espera(3)]);
    const linha = { ...new Caso(CONVIDADO).linha(3), numero: 1 };
    caso.livro = {
      ...caso.livro,
      agendamentos: [linha],
      esperas: caso.livro.esperas.map((uma) => ({ ...uma, convite: 1, versao: 2 })),
    };
    const feitas = [["PROMOVE", 1, 1, "", noDiario(linha)], ["PROMOVE", 1, 2, "ESPERA", "ESPERA CONVITE 1"]];
    return caso.conta((linhas) => [...linhas, JSON.stringify([["servidor", "h:1", feitas]])]);
  }],
  ["segurada para ninguém sem que se tivessem dado dezesseis", "promoção indevida", () => {
    const caso = new Caso(CONVIDADO);
    reescreve(caso, /,\["PROMOVE",1,2,"ESPERA","ESPERA CONVITE 3"\]/, "");
    caso.livro = { ...caso.livro, esperas: caso.livro.esperas.map((uma) => ({ ...uma, convite: 0, versao: 1 })) };
    return caso.troca(3, { cpf: "00000000000", nome: "SEGURADA" });
  }],
  ["uma hora segurada que um FECHA não deixou passar", "marcado no que estava fechado", () => {
    const caso = new Caso([...CONVIDADO, FECHA]);
    caso.conta((linhas) => linhas.map((linha) => linha.replace(/,\["FECHA",3,.*\]\]\]\]$/, "]]]")));
    const esperas = caso.livro.esperas.map((uma) => ({ ...uma, convite: 3, versao: 2 }));
    caso.livro = { ...caso.livro, esperas };
    return caso.troca(3, { situacao: "CONVIDADO", versao: 1 });
  }],
  ["quem aceitou uma hora e foi movido para outra", "promoção indevida", () => {
    const caso = new Caso([...CHEIO, marca(3, { data: DEPOIS }), espera(3), desmarca(1), responde("ACEITA", 3)]);
    caso.historia.operacoes.pop();
    caso.perde(responde("ACEITA", 3), false);
    reescreve(caso, `"MARCADO ${AMANHA} 08:00 E:DERMA"],["ACEITA",1`, `"MARCADO ${DEPOIS} 08:30 E:DERMA"],["ACEITA",1`);
    return caso.troca(3, { data: DEPOIS, hora: "08:30" });
  }],
  [
    "um convite a quem nunca esteve à espera",
    "promoção indevida",
    () => new Caso(CONVIDADO).troca(3, { cpf: cpf(8), nome: nomeUnico(108) }),
  ],
  ["uma hora segurada para ninguém, que ninguém queria", "promoção indevida", () => {
    const caso = new Caso(CONVIDADO);
    caso.livro = { ...caso.livro, esperas: caso.livro.esperas.map((uma) => ({ ...uma, turno: "TARDE" })) };
    return caso.troca(3, { cpf: "00000000000", nome: "SEGURADA" });
  }],
  [
    "o diário conta uma entrada que não há",
    "diário infiel",
    () => new Caso([espera(3)]).conta((linhas) => [...linhas, linhas[0].replace('"ESPERA",1,', '"ESPERA",7,')]),
  ],
  [
    "o diário conta duas vezes a mesma entrada",
    "diário infiel",
    () => new Caso([espera(3)]).conta((linhas) => [...linhas, linhas[0]]),
  ],
  ["duas entradas de um CPF na mesma especialidade", "duas vezes na especialidade", () => {
    const caso = new Caso([espera(3)]);
    caso.livro = { ...caso.livro, esperas: [...caso.livro.esperas, { ...caso.livro.esperas[0], numero: 2, ordem: 2 }] };
    return caso.conta((linhas) => [...linhas, linhas[0].replace('"ESPERA",1,', '"ESPERA",2,')]);
  }],
  // As entradas.
  ["dois convites a uma entrada", "convite a mais", () => {
    const caso = new Caso([...CONVIDADO, responde("RECUSA", 3), desmarca(2)]);
    const linhas = caso.livro.diario.filter(({ mudancas }) => !mudancas.includes("RECUSA"));
    caso.historia.operacoes.splice(4, 1);
    caso.livro = { ...caso.livro, diario: linhas };
    reescreve(caso, '["PROMOVE",1,4,"ESPERA"', '["PROMOVE",1,3,"ESPERA CONVITE 3"');
    caso.livro = { ...caso.livro, esperas: caso.livro.esperas.map((uma) => ({ ...uma, versao: 3 })) };
    return caso.troca(3, { situacao: "CONVIDADO", versao: 1 });
  }],
  ["uma hora segurada de que nenhuma entrada sabe", "convite a mais", () => {
    const caso = new Caso(CONVIDADO);
    reescreve(caso, /,\["PROMOVE",1,2,"ESPERA","ESPERA CONVITE 3"\]/, "");
    caso.livro = { ...caso.livro, esperas: caso.livro.esperas.map((uma) => ({ ...uma, convite: 0, versao: 1 })) };
    return caso;
  }],
  [
    "um convite a quem já marcou mais cedo",
    "convite a mais",
    () =>
      new Caso([...CHEIO, espera(3), desmarca(2)]).forja(
        marca(3, { hora: "08:00", data: AMANHA, especialidade: "DERMA" }),
        {
          ...{ ato: "AGEND", codigo: "OK-300" },
          novo: {
            numero: 4,
            cpf: cpf(3),
            nome: nomeUnico(3),
            hora: "08:00",
            situacao: "MARCADO",
            especialidade: "DERMA",
          },
        },
      ),
  ],
  ["quem se marcou continua à espera", "promovido e ainda à espera", () => {
    const caso = new Caso([...CHEIO, espera(3, { marca: true }), desmarca(1)]);
    reescreve(caso, /,\["PROMOVE",1,2,"ESPERA","FIM"\]/, "");
    caso.livro = { ...caso.livro, esperas: caso.livro.esperas.map((uma) => ({ ...uma, acabou: false, versao: 1 })) };
    return caso;
  }],
  ["quem aceitou continua à espera", "promovido e ainda à espera", () => {
    const caso = new Caso([...CONVIDADO, responde("ACEITA", 3)]);
    reescreve(caso, '"ESPERA CONVITE 3","FIM"', '"ESPERA CONVITE 3","ESPERA"');
    caso.livro = { ...caso.livro, esperas: caso.livro.esperas.map((uma) => ({ ...uma, acabou: false })) };
    return caso;
  }],
  ["uma entrada que ninguém pediu", "gravado sem pedido", () => {
    const caso = new Caso([espera(3)]);
    caso.historia.operacoes.pop();
    return caso;
  }],
  ["uma recusa que ninguém pediu", "gravado sem pedido", () => {
    const caso = new Caso([...CONVIDADO, responde("RECUSA", 3)]);
    caso.historia.operacoes.pop();
    return caso;
  }],
  ["uma saída que ninguém pediu", "gravado sem pedido", () => {
    const caso = new Caso([espera(3), responde("DESISTE", 3)]);
    caso.historia.operacoes.pop();
    return caso;
  }],
  ["um convite aceito que ninguém aceitou", "gravado sem pedido", () => {
    const caso = new Caso([...CONVIDADO, responde("ACEITA", 3)]);
    caso.historia.operacoes.pop();
    return caso;
  }],
  ["uma entrada confirmada que o livro não tem", "confirmado e não gravado", () => {
    const caso = new Caso([espera(3)]);
    caso.livro = { ...caso.livro, esperas: [], diario: [] };
    return caso;
  }],
  ["uma entrada que não é a que se pediu", "confirmado e não gravado", () => {
    const caso = new Caso([espera(3)]);
    caso.livro = { ...caso.livro, esperas: caso.livro.esperas.map((uma) => ({ ...uma, turno: "TARDE" })) };
    return caso;
  }],
  [
    "uma saída confirmada que o livro não tem",
    "confirmado e não gravado",
    () => new Caso([espera(3)]).ve(responde("DESISTE", 3), com("OK-308")),
  ],
  ["uma entrada na tabela que o diário conta acabada", "diário infiel", () => {
    const caso = new Caso([espera(3), responde("DESISTE", 3)]);
    caso.livro = { ...caso.livro, esperas: caso.livro.esperas.map((uma) => ({ ...uma, acabou: false })) };
    return caso;
  }],
  ["um lapso que a tabela não conta", "diário infiel", () => {
    const caso = new Caso(CONVIDADO).passam(121);
    caso.livro = { ...caso.livro, esperas: caso.livro.esperas.map((uma) => ({ ...uma, lapsos: 0 })) };
    return caso;
  }],
  [
    "o diário diz o nome de quem espera",
    "diário infiel",
    () => reescreve(new Caso([espera(3)]), "h:1", nomeUnico(103)),
  ],
  [
    "o diário conta depois o que se respondeu antes",
    "diário infiel",
    () =>
      new Caso([espera(3), { ...espera(3), cpf: cpf(4), nome: nomeUnico(104) }]).conta((linhas) => linhas.toReversed()),
  ],
  // As respostas.
  [
    "uma lista sem quem está nela",
    "leitura sem ordem possível",
    () => new Caso([espera(3)]).ve(FILA, { ...com("OK-311"), fila: [] }),
  ],
  ["uma lista noutra ordem", "leitura sem ordem possível", () => {
    const caso = new Caso([espera(3), espera(4)]);
    const fila = [4, 3].map((n, i) => ({ cpf: cpf(n), nome: nomeUnico(100 + n), posicao: i + 1, convite: "" }));
    return caso.ve(FILA, { ...com("OK-311"), fila });
  }],
  ["uma lista sem o convite que há", "leitura sem ordem possível", () =>
    new Caso(CONVIDADO).ve(FILA, {
      ...com("OK-311"),
      fila: [{ cpf: cpf(3), nome: nomeUnico(103), posicao: 1, convite: "" }],
    })],
  ["um lugar que não é o que se tem", "leitura sem ordem possível", () => {
    const caso = new Caso([espera(3), espera(4)]);
    caso.historia.operacoes[1].resposta = { ...com("OK-307"), posicao: 1, numero: 2 };
    return caso;
  }],
  ["ERRO-118 a quem não está", "leitura sem ordem possível", () => new Caso().ve(espera(3), com("ERRO-118"))],
  [
    "ERRO-119 ao DESISTE de quem está",
    "leitura sem ordem possível",
    () => new Caso([espera(3)]).ve(responde("DESISTE", 3), com("ERRO-119")),
  ],
  [
    "ERRO-119 ao ACEITA de quem tem convite, ainda que o prazo tenha passado",
    "leitura sem ordem possível",
    () => new Caso(CONVIDADO).passam(121, { bate: false }).ve(responde("ACEITA", 3), com("ERRO-119")),
  ],
  [
    "ERRO-119 ao RECUSA de quem tem convite",
    "leitura sem ordem possível",
    () => new Caso(CONVIDADO).ve(responde("RECUSA", 3), com("ERRO-119")),
  ],
];

/** O mesmo, numa clínica com regras que o livro não seguiu, ou em que passaram dois dias. */
const COM_REGRAS_POR_SEGUIR: [nome: string, tipo: ErradoNoDia, caso: () => Caso][] = [
  ["quem já tem um pôs-se à espera", "fora das regras", () => new Caso([agend(3), espera(3)])],
  [
    "a quem já tem um deu-se outro",
    "promoção indevida",
    () => new Caso([...CHEIO, espera(3), agend(3), desmarca(2)]),
  ],
  [
    "quem já tem outro aceitou",
    "fora das regras",
    () => new Caso([...CHEIO, espera(3), desmarca(2), agend(3, { hora: "09:00" }), responde("ACEITA", 3)]),
  ],
  [
    "moveu-se quem tem um para breve",
    "promoção indevida",
    () => new Caso([...CHEIO, marca(3, { data: DEPOIS }), espera(3, { marca: true }), desmarca(2)]),
  ],
  [
    "aceitou quem tem um para breve",
    "fora das regras",
    () => new Caso([...CHEIO, marca(3, { data: DEPOIS }), espera(3), desmarca(2), responde("ACEITA", 3)]),
  ],
  ["deu-se uma hora perto demais", "promoção indevida", () => new Caso([...CHEIO, espera(3), desmarca(1)])],
  [
    "recusou-se por ter um a quem não o tinha",
    "leitura sem ordem possível",
    () => new Caso([agend(3)]).ve(espera(4), { ...com("ERRO-116"), regra: "porCpf" }),
  ],
  [
    "recusou-se por uma regra a quem não tinha convite",
    "leitura sem ordem possível",
    () => new Caso([agend(3)]).ve(responde("ACEITA", 3), { ...com("ERRO-116"), regra: "porCpf" }),
  ],
  ["uma entrada diz-se isenta, e não o pediu", "confirmado e não gravado", () => {
    const caso = new Caso([espera(3)]);
    caso.livro = { ...caso.livro, esperas: caso.livro.esperas.map((uma) => ({ ...uma, isenta: true })) };
    return caso;
  }],
  [
    "uma falta num dia que ainda não passou",
    "relógio infiel",
    () =>
      reescreve(
        new Caso([agend(1, { data: HOJE, hora: "11:00" })]).forja(
          { comando: "FILA", especialidade: "DERMA" },
          { ato: "SITUA", codigo: "OK-311", novo: { numero: 1, situacao: "FALTOU" } },
        ),
        /"gerente"(.*"FALTOU)/,
        '"servidor"$1',
      ),
  ],
  [
    "uma entrada que acabou antes do seu último dia",
    "relógio infiel",
    () => reescreve(new Caso([espera(3, { ate: AMANHA }), responde("DESISTE", 3)]), '"DESISTE"', '"VENCE"'),
  ],
];

for (const [nome, tipo, caso] of COM_REGRAS_POR_SEGUIR) {
  Deno.test(`espera: impossível, com regras: ${nome}`, { permissions: "none" }, () => {
    const achadas = caso().violacoes({ regras: COM_REGRAS });
    assert(achadas.includes(tipo), `esperava "${tipo}"; veio ${achadas.join(", ") || "nada"}`);
  });
}

Deno.test("espera: passados os dias, nada fica por marcar nem por acabar", { permissions: "none" }, () => {
  const depois = [AMANHA, DEPOIS].map((data): [number, number] => {
    const instante = Date.parse(`${data}T00:30:00Z`);
    return [instante, instante];
  });
  const regras = { ...COM_REGRAS, daCasa: REGRAS.daCasa };
  for (const feito of [agend(1), agend(1, { data: HOJE, hora: "11:00" }), espera(3, { ate: AMANHA })]) {
    const caso = new Caso([feito]);
    assertEquals(
      caso.violacoes({ regras, vivos: depois.slice(0, "data" in feito && feito.data === HOJE ? 0 : 1) }),
      [],
    );
    assertEquals(caso.violacoes({ regras, vivos: depois }), ["relógio infiel"]);
  }
});

for (const [nome, tipo, caso] of IMPOSSIVEIS) {
  Deno.test(`espera: impossível: ${nome}`, { permissions: "none" }, () => {
    const achadas = caso().violacoes();
    assert(achadas.includes(tipo), `esperava "${tipo}"; veio ${achadas.join(", ") || "nada"}`);
  });
}

Deno.test(
  "espera: entre vários servidores, só quem entrou ao mesmo tempo podia não se ver",
  { permissions: "none" },
  () => {
    const caso = semPromocao(CONVIDADO);
    assertEquals(caso.violacoes({ umSo: false }), ["vaga que não foi de quem a esperava"]);
    const [, , entrada, desmarcado] = caso.historia.operacoes;
    entrada.fim = desmarcado.inicio + 0.5;
    assertEquals(caso.violacoes({ umSo: false }), []);
    assertEquals(caso.violacoes(), ["vaga que não foi de quem a esperava"]);
  },
);

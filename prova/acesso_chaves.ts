/**
 * As chaves da parte `acesso`: as que não valem, a que vale estragada byte a byte, e a que se revoga em uso. `prova/acesso.ts` as
 * tenta.
 *
 * @module
 */

import { deadline } from "@std/async";
import { createHash } from "node:crypto";
import { ate, cpfDeExemplo, ehDaRede, PACIENCIA } from "../testes/apoio.ts";
import { revogaChave } from "../testes/chaves.ts";
import { mil, type Promessa, promessa, soma } from "./bancada.ts";
import { type Cena, consegue, CPF_DE, linha, PACIENTES, pede } from "./cena.ts";

/** O que não é uma chave que valha, e o que é. */
function estragosDe(cena: Cena): Uint8Array[] {
  const escreve = (texto: string): Uint8Array => new TextEncoder().encode(texto);
  const boa = cena.chave("balcao");
  const bytes = escreve(boa);
  const truncadas = Array.from(bytes, (_, i) => bytes.slice(0, i));
  const semUm = Array.from(bytes, (_, i) => bytes.filter((_, j) => j !== i));
  const comUmBit = Array.from({ length: 8 * bytes.length }, (_, i) => {
    const copia = bytes.slice();
    copia[i >> 3] ^= 1 << (i & 7);
    return copia;
  });
  const outras = [
    cena.chave("vencida"),
    cena.chave("revogada"),
    `clinica_${"0".repeat(40)}`,
    `${boa}0`,
    `${boa}\0`,
    ` ${boa}`,
    boa.toLowerCase(),
    boa.toUpperCase(),
    // Nem como se lê um código, nem o que o livro guarda, nem o número.
    boa.replaceAll("0", "O").replaceAll("1", "I") + (/[01]/.test(boa.slice(8)) ? "" : "0"),
    createHash("sha256").update(boa).digest("hex"),
    String(cena.numero("balcao")),
    "' OR '1'='1",
    "%",
    "__proto__",
    "",
  ];
  return [...truncadas, ...semUm, ...comUmBit, ...outras.map(escreve)];
}

/** Um `OLA` com estes bytes por chave, o que o JSON não deixa estar à parte. */
function olaCom(chave: Uint8Array): Uint8Array {
  const [antes, depois] = linha("OLA", "CLINICA/2", { chave: "@" }).split("@").map((um) =>
    new TextEncoder().encode(um)
  );
  const escritos = Array.from(chave).flatMap((byte) => {
    const letra = String.fromCharCode(byte);
    return byte < 0x20 || letra === '"' || letra === "\\"
      ? [...new TextEncoder().encode(JSON.stringify(letra).slice(1, -1))]
      : [byte];
  });
  return new Uint8Array([...antes, ...escritos, ...depois]);
}

/** Chaves que não valem, e a que vale com tudo o que nela se pode estragar. */
export async function estragadas(cena: Cena): Promise<Promessa> {
  await revogaChave(cena.pasta, cena.numero("revogada"));
  await ate(() => entraria(cena, "revogada").then((entra) => !entra));
  const estragos = estragosDe(cena);
  // A quem já é da casa não se conta o que erra: cada estrago tem a sua resposta, e não a de quem pergunta demais.
  using fio = await cena.entra("balcao");
  let indevida: string | undefined;
  for (const chave of estragos) {
    await fio.manda(olaCom(chave));
    const achada = cena.indevida(await fio.linha() ?? "(fecha)", ["ERRO-100", "ERRO-120"]);
    if (achada !== undefined) indevida ??= `${JSON.stringify(new TextDecoder().decode(chave))}: ${achada}`;
  }
  // E a boa entra, na mesma conexão: o que se recusou foi o estrago.
  const [codigo] = await pede(fio, "OLA", "CLINICA/2", { chave: cena.chave("balcao") });
  return promessa(
    "uma chave forjada, vencida, revogada, truncada ou com um bit trocado onde quer que seja não entra",
    indevida === undefined && codigo === "OK-200",
    indevida ?? `${mil(estragos.length)} estragos da mesma chave; a boa, depois deles: ${codigo}`,
  );
}

async function entraria(cena: Cena, nome: "revogada" | "emUso"): Promise<boolean> {
  using fio = await cena.entra("balcao");
  return (await pede(fio, "OLA", "CLINICA/2", { chave: cena.chave(nome) }))[0] === "OK-200";
}

/** Pacientes de cada vez, numa conexão de que a chave se revoga. */
const DE_CADA_VEZ = 8;

/** O que se pede de cada um; o livro diz depois quantos destes se fizeram. */
const PASSOS = 3;

/** Dentro disto, em ms, uma chave revogada deixa de servir. */
const PRAZO_DA_REVOGACAO = 1000;

/** A chave que se revoga a meio do trabalho de quem entrou com ela. */
export async function revogada(cena: Cena): Promise<Promessa> {
  const [de, para] = cena.dias;
  using fio = await cena.entra("emUso");
  let pacientes = 0;
  let respondidos = 0;
  let recusado: string | undefined;
  let cortada = Infinity;
  const trabalha = async (): Promise<void> => {
    for (;;) {
      let pedidos = "";
      for (let i = 0; i < DE_CADA_VEZ; i++) {
        const cpf = cpfDeExemplo(CPF_DE.revogada + pacientes++);
        pedidos += linha("AGEND", cpf, "PACIENTE DA PROVA", PACIENTES, de.data, de.dia) +
          linha("REMARC", cpf, PACIENTES, para.data, para.dia) + linha("CANCEL", cpf, PACIENTES);
      }
      await fio.manda(pedidos);
      for (let i = 0; i < DE_CADA_VEZ * PASSOS; i++) {
        const resposta = await fio.linha();
        if (resposta === undefined) return;
        if (!resposta.startsWith('["OK-3')) recusado ??= resposta;
        respondidos++;
      }
    }
  };
  const trabalho = trabalha().catch((erro) => {
    if (!ehDaRede(erro)) throw erro;
  }).finally(() => cortada = performance.now());
  await revogaChave(cena.pasta, cena.numero("emUso"));
  const feita = performance.now();
  await deadline(trabalho, PACIENCIA);
  const espera = Math.max(0, cortada - feita);
  const texto =
    "uma chave revogada em uso é cortada dentro de um segundo, e cada pedido está feito ou não, nunca a meio";
  if (recusado !== undefined) return promessa(texto, false, `antes de revogada, veio ${recusado}`);
  // O que entrou na fila antes desta confirmação já foi gravado, ou nunca o será.
  using balcao = await cena.entra("balcao");
  await consegue(balcao, "AGEND", cpfDeExemplo(CPF_DE.repetido), "DEPOIS DELA", PACIENTES, de.data, de.dia);
  await consegue(balcao, "CANCEL", cpfDeExemplo(CPF_DE.repetido), PACIENTES);
  const aMeio = pelaMetade(cena, pacientes, respondidos);
  const entra = await entraria(cena, "emUso");
  return promessa(
    texto,
    espera <= PRAZO_DA_REVOGACAO && aMeio === undefined && !entra,
    aMeio ??
      (entra
        ? "depois de revogada, ainda entra"
        : `${mil(espera)} ms; ${mil(respondidos)} de ${mil(pacientes * PASSOS)} pedidos com resposta`),
    { medida: aMeio === undefined && !entra },
  );
}

/**
 * O que o livro tem e não devia. Numa conexão os pedidos fazem-se por ordem: o que se fez é o começo do que se mandou, e tem ao
 * menos o que teve resposta. A versão de cada um diz quantos passos deu, e o diário quantos se contaram.
 */
function pelaMetade(cena: Cena, pacientes: number, respondidos: number): string | undefined {
  const [de, para] = cena.dias.map(({ data }) => data.split("/").toReversed().join("-"));
  const ficou = ["", `MARCADO ${de}`, `MARCADO ${para}`, `CANCELADO ${para}`];
  const linhas = cena.consulta(
    `SELECT cpf, versao, situacao || ' ' || data AS ficou FROM agendamento WHERE nome = 'PACIENTE DA PROVA'`,
  );
  const porCpf = new Map(linhas.map((uma) => [String(uma.cpf), uma]));
  const dados = Array.from({ length: pacientes }, (_, i) => porCpf.get(cpfDeExemplo(CPF_DE.revogada + i)));
  if (dados.filter((um) => um !== undefined).length !== linhas.length) return "há no livro quem não se pediu";
  const feitos = soma(dados, (um) => Number(um?.versao ?? 0));
  if (feitos < respondidos) return `${respondidos} tiveram resposta, e no livro há ${feitos}`;
  for (const [i, um] of dados.entries()) {
    const passos = Math.min(PASSOS, Math.max(0, feitos - i * PASSOS));
    if (Number(um?.versao ?? 0) !== passos || String(um?.ficou ?? "") !== ficou[passos]) {
      return `ao ${i + 1}º fizeram-se ${um?.versao ?? 0} passos em vez de ${passos}: ${um?.ficou ?? "não está"}`;
    }
  }
  const contados = soma(
    cena.consulta(`SELECT mudancas FROM diario WHERE mudancas LIKE '%"k:${cena.numero("emUso")}"%'`),
    ({ mudancas }) => soma(JSON.parse(String(mudancas)), (um) => ehDela(um) ? um[2].length : 0),
  );
  return contados === feitos ? undefined : `o livro tem ${feitos} mudanças dela, e o diário ${contados}`;

  function ehDela(um: unknown): um is [papel: string, quem: string, feitas: readonly unknown[]] {
    return Array.isArray(um) && um[1] === `k:${cena.numero("emUso")}`;
  }
}

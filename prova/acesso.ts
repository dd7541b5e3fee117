/**
 * A parte `acesso` da prova: quem não tem uma chave, um código ou um certificado não entra, por mais que tente, e quem os tem é
 * atendido ao lado dele. Palpites aos milhares, chaves forjadas, vencidas, revogadas e estragadas byte a byte, apertos de mãos
 * TLS cortados em qualquer ponto, bytes claros onde se cifra e o contrário, repetições, e o que o tempo de uma resposta diz.
 * `prova/prova.ts` a roda; a clínica em que tudo se passa é de `prova/cena.ts`, e quem tenta, `prova/intruso.ts`.
 *
 * @module
 */

import { cpfDeExemplo, type Fio, picoDeMemoria } from "../testes/apoio.ts";
import { mensagem } from "../clinica/texto.ts";
import { estragadas, revogada } from "./acesso_chaves.ts";
import { apertos, repeticoes, trocados } from "./acesso_tls.ts";
import {
  type Conclusao,
  type Contexto,
  mil,
  naoVerificada,
  percentil,
  type Promessa,
  promessa,
  soma,
} from "./bancada.ts";
import {
  Cena,
  consegue,
  contagem,
  CPF_DE,
  le,
  linha,
  PACIENTES,
  pede,
  primeiraIndevida,
  QUIOSQUES,
  RECUSAS,
} from "./cena.ts";
import type { ComoSeTenta, Feito } from "./intruso.ts";

/** Palpites, se o tempo deixar. */
const PALPITES = 100_000;

/** Os segundos a partir dos quais se faz tudo; com menos, a parte que cabe. */
const TEMPO_DE_TUDO = 20;

/** O que um honesto espera por uma resposta, em 99 de 100 vezes, ao lado de quem tenta entrar, em ms. */
const P99_MAXIMO = 100;

/** A memória que o servidor pode ocupar no pior momento, em MiB. */
const MEMORIA_MAXIMA = 512;

/** O que se tenta; `quanto` é a fração do que se faz quando o tempo chega. */
const TENTATIVAS: readonly ((cena: Cena, quanto: number) => Promise<Promessa>)[] = [
  palpites,
  donoDoCodigo,
  estragadas,
  revogada,
  apertos,
  repeticoes,
  trocados,
  tempos,
];

/** Tenta tudo, num servidor só. Uma tentativa que não chega ao fim é uma promessa quebrada, e não leva as outras consigo. */
export async function acesso(contexto: Contexto): Promise<Conclusao> {
  const cena = await Cena.monta(contexto);
  const antes = picoDeMemoria(cena.servidor.pid);
  const promessas: Promessa[] = [];
  for (const tenta of TENTATIVAS) {
    contexto.avanca(tenta.name);
    try {
      promessas.push(await tenta(cena, Math.min(1, contexto.segundos / TEMPO_DE_TUDO)));
    } catch (causa) {
      promessas.push(promessa(`a tentativa ${tenta.name} chega ao fim`, false, mensagem(causa)));
    }
  }
  const { esperas, erradas, servidor } = cena;
  const p99 = percentil(esperas);
  const depois = picoDeMemoria(servidor.pid);
  const { code } = await servidor.encerra();
  const falhas = servidor.log.filter(({ evento }) => evento === "falha").map(({ o_que, causa }) =>
    `${o_que}: ${causa}`
  );
  const integridade = cena.integridade();
  promessas.push(
    promessa(
      "ao lado, quem tem uma chave tem a resposta certa o tempo todo",
      erradas.length === 0 && esperas.length > 0,
      erradas[0] ?? `${mil(esperas.length)} pedidos, por uma conexão de sempre e por outras que começam, por TLS`,
    ),
    promessa(`e espera no máximo ${P99_MAXIMO} ms (p99)`, p99 <= P99_MAXIMO, `p99 ${mil(p99)} ms`, { medida: true }),
    antes === undefined || depois === undefined
      ? naoVerificada(`o servidor não passa de ${MEMORIA_MAXIMA} MiB`, "só o Linux mostra o pico de memória (/proc)")
      : promessa(
        `o servidor não passa de ${MEMORIA_MAXIMA} MiB`,
        depois <= MEMORIA_MAXIMA,
        `pico de ${mil(antes)} MiB antes e ${mil(depois)} MiB depois`,
      ),
    promessa(
      "o servidor continua no ar, sem uma falha, encerra em ordem, e o livro está íntegro",
      code === 0 && falhas.length === 0 && integridade === "ok",
      falhas[0] ?? `saída ${code}, integrity_check: ${integridade}`,
    ),
  );
  return { promessas, cifras: { pedidosHonestos: esperas.length, p99: Math.round(p99 * 10) / 10 } };
}

// ---------------------------------------------------------------------------------------------------------- palpites

/** O que se responde a quem não tem o código: como se nada existisse. */
const SEM_CODIGO = ["ERRO-112", "ERRO-113", "ERRO-119", "ERRO-120", "ERRO-130"];

/** Quantos palpites são de quem não é da casa: pouco passa dos limites, e o que passa é só a recusa deles. */
const DE_FORA = 0.02;

/**
 * A quem é da casa não se conta o que erra: por ela se experimentam todas as chaves e códigos que se queiram, e nenhum lhe dá o
 * que não tem. De fora experimentam-se menos, e por cada um se pergunta o que não se pode saber.
 */
async function palpites(cena: Cena, quanto: number): Promise<Promessa> {
  const { alvo, servidor: { porta } } = cena;
  const certas = [cena.chave("emUso"), cena.chave("quiosque")];
  const [chaves, codigos] = [PALPITES * 0.6 * quanto, PALPITES * 0.4 * quanto];
  const tenta = (quantos: number, como: ComoSeTenta): Promise<Feito> =>
    cena.intruso(porta, Math.max(50, Math.round(quantos)), como);
  const deChaves = { tipo: "chaves", cpf: alvo.cpf, certas } as const;
  const deCodigos = { tipo: "codigos", alvo } as const;
  const [balcao, quiosque] = [cena.chave("balcao"), cena.chave("quiosque")];
  const feitos = await cena.comHonestos(async () => [
    ...await Promise.all([
      tenta(chaves * (1 - DE_FORA), { ...deChaves, chave: balcao }),
      tenta(codigos * (1 - DE_FORA), { ...deCodigos, chave: balcao }),
    ]),
    ...await Promise.all([
      tenta(chaves * DE_FORA, deChaves),
      tenta(codigos * DE_FORA, { ...deCodigos, chave: quiosque }),
    ]),
  ]);
  const [dentro, codigosDentro, fora, codigosFora] = feitos;
  const indevida = [dentro, fora].map((um) => primeiraIndevida(cena, um, RECUSAS)).find((uma) => uma !== undefined) ??
    [codigosDentro, codigosFora].map((um) => primeiraIndevida(cena, um, SEM_CODIGO)).find((uma) => uma !== undefined);
  const mudou = cena.consulta(`SELECT 1 FROM agendamento WHERE numero = ${alvo.numero} AND versao <> 1`).length > 0;
  const total = soma(feitos, ({ tentativas }) => tentativas);
  return promessa(
    `com ${mil(Math.round(chaves + codigos))} palpites de chaves e de códigos ninguém entra, nem sabe nada de ninguém`,
    indevida === undefined && !mudou && total >= 0.95 * Math.round(chaves + codigos),
    indevida ??
      (mudou
        ? "o agendamento da vítima mudou"
        : `${mil(total)}: por dentro, chaves ${contagem(dentro)}, e códigos ${
          contagem(codigosDentro)
        }; de fora, chaves ${contagem(fora)}, e códigos, num quiosque e com o CPF certo, ${contagem(codigosFora)}`),
  );
}

/** A vítima, de outro endereço: quem adivinhou não a deixou de fora. */
async function donoDoCodigo(cena: Cena): Promise<Promessa> {
  const texto = "quem adivinha códigos não deixa de fora quem o tem";
  const { alvo: { cpf, codigo }, outroEndereco } = cena;
  if (outroEndereco === undefined) return naoVerificada(texto, "esta máquina não tem um segundo endereço (::1)");
  using fio = await cena.entra(QUIOSQUES[0], { hostname: outroEndereco });
  const [resposta] = await pede(fio, "BUSCA", cpf, { codigo });
  return promessa(texto, resposta === "OK-302", `de outro endereço, com o código certo: ${resposta}`);
}

// ------------------------------------------------------------------------------------------------------------- o tempo

/** Pacientes que há, e outros tantos que não, e quantas vezes se procura cada um com um código errado. */
const CONHECIDOS = 250;
const PROCURAS = 4;

/** O que a mediana das procuras pode diferir, em ms. */
const DIFERENCA_MAXIMA = 1;

async function tempos(cena: Cena, quanto: number): Promise<Promessa> {
  const quantos = Math.max(25, Math.round(CONHECIDOS * quanto));
  const cpfs = (desde: number): string[] => Array.from({ length: quantos }, (_, i) => cpfDeExemplo(desde + i));
  const [conhecidos, desconhecidos] = [cpfs(CPF_DE.conhecidos), cpfs(CPF_DE.desconhecidos)];
  {
    using balcao = await cena.entra("balcao");
    for (const [i, cpf] of conhecidos.entries()) {
      const { data, dia } = cena.dias[i % cena.dias.length];
      await consegue(balcao, "AGEND", cpf, "PACIENTE CONHECIDO", PACIENTES, data, dia);
    }
  }
  const fios = await Promise.all(QUIOSQUES.map((nome) => cena.entra(nome)));
  const vistas = { conhecidos: new Set<string>(), desconhecidos: new Set<string>() };
  const esperas = { conhecidos: [] as number[], desconhecidos: [] as number[] };
  const procura = async (fio: Fio, quem: keyof typeof vistas, cpf: string, codigo: string): Promise<void> => {
    const inicio = performance.now();
    await fio.manda(linha("BUSCA", cpf, { codigo }));
    const resposta = await fio.linha() ?? "(fecha)";
    const espera = performance.now() - inicio;
    // Quem pergunta demais ouve outra coisa, e disso não se mede nada.
    if (le(resposta)[0] === "ERRO-130") return;
    esperas[quem].push(espera);
    vistas[quem].add(resposta);
  };
  for (let volta = 0; volta < PROCURAS; volta++) {
    for (let i = 0; i < quantos; i++) {
      const codigo = `${volta}ERRADA${i % 10}`;
      const fio = fios[i % fios.length];
      await procura(fio, "conhecidos", conhecidos[i], codigo);
      await procura(fio, "desconhecidos", desconhecidos[i], codigo);
    }
  }
  for (const fio of fios) fio[Symbol.dispose]();
  const medianas = [percentil(esperas.conhecidos, 0.5), percentil(esperas.desconhecidos, 0.5)];
  const diferenca = Math.abs(medianas[0] - medianas[1]);
  const [as, outras] = [[...vistas.conhecidos].join(" "), [...vistas.desconhecidos].join(" ")];
  const iguais = vistas.conhecidos.size === 1 && as === outras;
  return promessa(
    `a quem não tem o código, um CPF que está no livro responde como um que não está: o mesmo, e no mesmo tempo`,
    iguais && diferenca <= DIFERENCA_MAXIMA,
    iguais
      ? `${as}; mediana de ${mil(esperas.conhecidos.length)} procuras ${tres(medianas[0])} ms, e de ${
        mil(esperas.desconhecidos.length)
      } ${tres(medianas[1])} ms`
      : `veio ${as}, e ${outras} do que não está`,
    { medida: iguais },
  );
}

function tres(ms: number): string {
  return ms.toLocaleString("pt-BR", { maximumFractionDigits: 3 });
}

/**
 * A parte `paginas` da prova: o que se faz por HTTP a quem só devia ter formulários de pacientes. De outra origem, muitas vezes ao
 * mesmo tempo, sem acabar, às escuras por um CPF, com dois tamanhos, por caminhos tortos; e a última vaga, por páginas e por
 * terminais. `prova/prova.ts` a roda.
 *
 * @module
 */

import { DatabaseSync } from "node:sqlite";
import { delay } from "@std/async";
import { cpfDeExemplo, type Oficina, picoDeMemoria, Servidor } from "../testes/apoio.ts";
import { mensagem } from "../clinica/texto.ts";
import { codificarPedido } from "../protocolo.ts";
import {
  type Conclusao,
  type Contexto,
  cronometro,
  mil,
  percentil,
  type Promessa,
  promessa,
  Sorteio,
} from "./bancada.ts";
import { agend, lerLivro, montaClinica } from "./carga.ts";
import type { Grade } from "./historia/clinica1_passos.ts";
import { type Cena, type Hora, terminal } from "./paginas_cena.ts";
import { caminhosTortos, contrabando, corposSemFim } from "./paginas_tortas.ts";
import { campoDe, type Resposta, Visita } from "./visita.ts";

/** O nome de quem marca por uma página, e o de `agend`: em parte nenhuma do console, nem de um endereço, podem aparecer. */
const NOME = "Zulmira Quiteria";
const NOMES = /ZULMIRA|QUITERIA|MARIA|SILVA/i;

/** O que se tenta, no mesmo servidor, por ordem. */
const TENTATIVAS: readonly ((cena: Cena) => Promise<Promessa | readonly Promessa[]>)[] = [
  deOutraOrigem,
  aMesmaVez,
  ultimaVaga,
  enumeracao,
  contrabando,
  caminhosTortos,
  demais,
  corposSemFim,
];

/** Tenta tudo. Uma tentativa que não chega ao fim é uma promessa quebrada, e não leva as outras consigo. */
export async function paginas(contexto: Contexto): Promise<Conclusao> {
  const { oficina, avanca } = contexto;
  const cena = await monta(oficina, contexto);
  await using servidor = cena.servidor;
  const promessas: Promessa[] = [];
  for (const tenta of TENTATIVAS) {
    avanca(`${promessas.length} promessas`);
    try {
      promessas.push(...[await tenta(cena)].flat());
    } catch (causa) {
      promessas.push(promessa(`a tentativa ${tenta.name} chega ao fim`, false, mensagem(causa)));
    }
  }
  const { visita } = cena;
  promessas.push(
    promessa(
      "tudo o que as páginas respondem traz os cabeçalhos de segurança",
      visita.faltas.length === 0 && visita.respostas > 0,
      visita.faltas[0] ?? `${mil(visita.respostas)} respostas`,
    ),
  );
  const pico = picoDeMemoria(servidor.pid);
  const { code } = await servidor.encerra();
  promessas.push(nadaDeNinguem(cena), noFim(cena, code));
  return {
    promessas,
    cifras: { respostas: visita.respostas, picoDeMemoriaMiB: pico === undefined ? "?" : Math.round(pico) },
  };
}

/** Todos vêm de 127.0.0.1, que é um intermediário de confiança: cada um diz de onde. */
async function monta(oficina: Oficina, contexto: Contexto): Promise<Cena> {
  const pasta = oficina.pasta();
  const grade = montaClinica(pasta, { vagas: 12, datas: 20 });
  const servidor = await Servidor.inicia({
    pasta: pasta.caminho,
    args: ["--detalhado", "--confia-no-proxy", "127.0.0.1", "--anonimo", "quiosque"],
    aoNascer: (processo) => oficina.adota(processo),
  });
  const porta = Number(new URL(await servidor.paginas()).port);
  const horas = horasDe(grade);
  let [cpfs, enderecos] = [0, 0];
  return {
    ...{ servidor, porta, contexto, visita: new Visita(porta), livro: pasta.arquivo("clinica.db") },
    proxima: () => horas.next().value,
    cpf: () => cpfDeExemplo(cpfs++),
    endereco: () => `10.${++enderecos >> 16}.${enderecos >> 8 & 255}.${enderecos & 255}`,
  };
}

function* horasDe(grade: Grade): Generator<Hora, undefined> {
  for (const { horarios, ...resto } of grade) for (const hora of horarios) yield { ...resto, hora };
}

// ------------------------------------------------------------------------------------------------------ marcar

type Campos = Record<string, string>;

/** O formulário do fim de `/marcar`, como a página o dá. */
async function formulario({ visita }: Cena, { especialidade, data, hora }: Hora): Promise<Campos> {
  const iso = data.split("/").toReversed().join("-");
  const caminho = `/marcar?${new URLSearchParams({ especialidade, profissional: "", data: iso, hora })}`;
  const { corpo } = await visita.pede({ caminho, de: "10.255.0.1" });
  return { especialidade, profissional: "", quando: `${iso} ${hora}`, vez: campoDe(corpo, "vez") };
}

/** Manda-o, por alguém. */
function manda(
  cena: Cena,
  campos: Campos,
  { cpf, de, cabecalhos }: { readonly cpf: string; readonly de: string; readonly cabecalhos?: readonly string[] },
): Promise<Resposta> {
  return cena.visita.pede({ caminho: "/marcar", campos: { ...campos, cpf, nome: NOME }, de, cabecalhos });
}

interface Linha {
  readonly cpf: string;
  readonly codigo: string;
  readonly data: string;
  readonly hora: string;
}

/** O que está no livro, com o servidor a usá-lo. */
function linhasDe({ livro }: Cena): readonly Linha[] {
  using db = new DatabaseSync(livro, { readOnly: true });
  return db.prepare("SELECT cpf, codigo, data, hora FROM agendamento").all().map((linha) => ({
    ...{ cpf: String(linha.cpf), codigo: String(linha.codigo), data: String(linha.data), hora: String(linha.hora) },
  }));
}

function quantosDe(cena: Cena, cpf: string): number {
  return linhasDe(cena).filter((linha) => linha.cpf === cpf).length;
}

async function deOutraOrigem(cena: Cena): Promise<Promessa> {
  const hora = cena.proxima();
  const [cpf, de] = [cena.cpf(), cena.endereco()];
  const campos = await formulario(cena, hora ?? semHoras());
  const estados: number[] = [];
  for (
    const cabecalhos of [
      ["Sec-Fetch-Site: cross-site"],
      ["Sec-Fetch-Site: same-site", "Origin: http://localhost"],
      ["Origin: http://mal.exemplo"],
      ["Origin: null"],
      ["Origin: http://localhost.mal.exemplo"],
    ]
  ) estados.push((await manda(cena, campos, { cpf, de, cabecalhos })).estado);
  const certo = await manda(cena, campos, { cpf, de, cabecalhos: ["Origin: http://localhost"] });
  return promessa(
    "um formulário mandado por outra página não faz nada",
    estados.every((estado) => estado === 403) && certo.estado === 303 && quantosDe(cena, cpf) === 1,
    `${estados.length} de outras origens: ${[...new Set(estados)].join(", ")}; o da própria página: ${certo.estado}`,
  );
}

function semHoras(): never {
  throw new Error("a clínica da prova ficou sem horas");
}

const AO_MESMO_TEMPO = 16;

/** As horas que cada uma das duas que as gastam pode gastar: as outras também as querem, por mais que a prova dure. */
const HORAS_DE_CADA = 300;

async function aMesmaVez(cena: Cena): Promise<Promessa> {
  const tempo = cronometro(cena.contexto.segundos * 0.15);
  let [vezes, erradas] = [0, ""];
  do {
    const hora = cena.proxima();
    if (hora === undefined) break;
    const [cpf, de] = [cena.cpf(), cena.endereco()];
    const campos = await formulario(cena, hora);
    const respostas = await Promise.all(Array.from({ length: AO_MESMO_TEMPO }, () => manda(cena, campos, { cpf, de })));
    const depois = await manda(cena, campos, { cpf, de });
    const estados = [...respostas, depois].map(({ estado }) => estado);
    const linhas = quantosDe(cena, cpf);
    if (linhas !== 1 || estados.some((estado) => estado !== 303)) erradas ||= `${linhas} linhas; ${estados.join(" ")}`;
    vezes++;
  } while (!tempo.acabou() && vezes < HORAS_DE_CADA);
  return promessa(
    "o mesmo formulário, mandado muitas vezes ao mesmo tempo e outra depois, marca uma vez e mostra sempre a mesma",
    erradas === "" && vezes > 0,
    erradas || `${mil(vezes)} formulários, ${AO_MESMO_TEMPO + 1} vezes cada um`,
  );
}

/** Em quanto tempo se espera que uma página responda, em ms, enquanto não se viu nenhuma. */
const UMA_PAGINA = 30;

async function ultimaVaga(cena: Cena): Promise<Promessa> {
  const { servidor, contexto: { segundos, semente } } = cena;
  const sorteio = new Sorteio(semente);
  const tempo = cronometro(segundos * 0.2);
  let [disputas, erradas, porPaginas, demora] = [0, "", 0, UMA_PAGINA];
  do {
    const hora = cena.proxima();
    if (hora === undefined) break;
    const quem = Array.from({ length: AO_MESMO_TEMPO }, () => ({ cpf: cena.cpf(), de: cena.endereco() }));
    const formularios = await Promise.all(quem.map((_, n) => n % 2 === 0 ? formulario(cena, hora) : undefined));
    const fios = await Promise.all(quem.map(({ de }, n) => n % 2 === 0 ? undefined : terminal(servidor.porta, de)));
    try {
      // Um terminal é mais rápido: sem um atraso, uma página nunca ganhava. Até um sexto do que ela demora, ganha ora um ora outra.
      const atraso = sorteio.inteiro(0, Math.ceil(demora / 6));
      const comeco = performance.now();
      const ganharam = await Promise.all(quem.map(async ({ cpf, de }, n) => {
        const [campos, fio] = [formularios[n], fios[n]];
        if (campos !== undefined) {
          const { estado } = await manda(cena, campos, { cpf, de });
          if (estado !== 303) return "";
          demora = performance.now() - comeco;
          return "página";
        }
        await delay(atraso);
        await fio?.manda(codificarPedido(agend({ cpf, ...hora, horario: hora.hora })));
        return (await fio?.resposta())?.codigo === "OK-300" ? "terminal" : "";
      }));
      const quantos = ganharam.filter((um) => um !== "").length;
      const iso = hora.data.split("/").toReversed().join("-");
      const linhas = linhasDe(cena)
        .filter((um) => um.hora === hora.hora && um.data === iso && quem.some(({ cpf }) => cpf === um.cpf)).length;
      if (quantos !== 1 || linhas !== 1) {
        erradas ||= `${quantos} confirmados e ${linhas} no livro às ${hora.hora} de ${iso}`;
      }
      if (ganharam.includes("página")) porPaginas++;
      disputas++;
    } finally {
      for (const fio of fios) fio?.[Symbol.dispose]();
    }
  } while (!tempo.acabou() && disputas < HORAS_DE_CADA);
  return promessa(
    "a última vaga, pedida por páginas e por terminais ao mesmo tempo, é de um só",
    erradas === "" && disputas > 0,
    erradas || `${mil(disputas)} disputas de ${AO_MESMO_TEMPO}, ${mil(porPaginas)} ganhas por uma página`,
  );
}

// ------------------------------------------------------------------------------------------------------ às escuras

const PALPITES = 40;

/** O que se vê de um palpite: o estado, o corpo sem o que se escreveu, e o tamanho. */
function doPalpite({ estado, corpo }: Resposta, cpf: string): string {
  return JSON.stringify([estado, corpo.replaceAll(cpf, ""), corpo.length]);
}

async function enumeracao(cena: Cena): Promise<Promessa> {
  const estao: string[] = [];
  for (let n = 0; n < PALPITES; n++) {
    const cpf = cena.cpf();
    const { estado } = await manda(cena, await formulario(cena, cena.proxima() ?? semHoras()), {
      cpf,
      de: cena.endereco(),
    });
    if (estado !== 303) throw new Error(`marcar respondeu ${estado}`);
    estao.push(cpf);
  }
  const vistos = new Set<string>();
  const tempos: [do_livro: number[], outros: number[]] = [[], []];
  // À vez, para que o que a máquina faz ao lado calhe aos dois.
  for (const cpf of estao.flatMap((um) => [um, cena.cpf()])) {
    const do_livro = estao.includes(cpf);
    const inicio = performance.now();
    const resposta = await cena.visita.pede({
      ...{ caminho: "/agendamento", campos: { cpf, codigo: "AAAA-AAAA" }, de: cena.endereco() },
    });
    tempos[do_livro ? 0 : 1].push(performance.now() - inicio);
    vistos.add(doPalpite(resposta, cpf));
  }
  const [deles, dosOutros] = tempos.map((uns) => mil(percentil(uns, 0.5)));
  return promessa(
    "um CPF que está no livro e um que não está têm, sem o código, a mesma página: texto, estado e tamanho",
    vistos.size === 1,
    `${PALPITES} de cada: ${vistos.size} páginas diferentes; ${deles} ms e ${dosOutros} ms, na mediana`,
  );
}

/** Quantos se pedem, no máximo, até que se diga que são demais. */
const DEMAIS = 2000;

async function demais({ visita, endereco }: Cena): Promise<Promessa> {
  const [de, outro] = [endereco(), endereco()];
  const pede = (deQuem: string): Promise<Resposta> => visita.pede({ caminho: "/marcar", de: deQuem });
  let recusada: Resposta | undefined;
  let pedidos = 0;
  while (recusada === undefined && pedidos < DEMAIS) {
    const respostas = await Promise.all(Array.from({ length: AO_MESMO_TEMPO }, () => pede(de)));
    recusada = respostas.find(({ estado }) => estado === 429);
    pedidos += respostas.length;
  }
  const espera = Number(recusada?.cabecalhos.get("retry-after"));
  const aoLado = await pede(outro);
  return promessa(
    "quem pede demais tem 429 e quanto esperar, e quem está ao lado não",
    recusada !== undefined && espera >= 1 && aoLado.estado === 200,
    recusada === undefined
      ? `em ${mil(pedidos)} pedidos, nenhum`
      : `429 ao fim de ${mil(pedidos)} pedidos, com ${espera} s; ao lado, ${aoLado.estado}`,
  );
}

// ------------------------------------------------------------------------------------------------------ no fim

function nadaDeNinguem(cena: Cena): Promessa {
  const { servidor, visita } = cena;
  const linhas = linhasDe(cena);
  const segredos = new Set(linhas.flatMap(({ cpf, codigo }) => [cpf, codigo]));
  const achado = [...servidor.linhas, ...visita.enderecos].find((linha) =>
    NOMES.test(linha) ||
    (linha.match(/[0-9A-Z]{8,11}/g) ?? []).some((palavra) => segredos.has(palavra))
  );
  return promessa(
    "nem o console nem um endereço diz um CPF, um nome ou um código",
    achado === undefined,
    achado ??
      `${mil(servidor.linhas.length)} linhas e ${mil(visita.enderecos.length)} endereços, ${
        mil(linhas.length)
      } pessoas`,
  );
}

function noFim({ servidor, livro }: Cena, code: number): Promessa {
  const falhas = servidor.log.filter(({ evento }) => evento === "falha").map(({ o_que, causa }) =>
    `${o_que}: ${causa}`
  );
  const { integridade } = lerLivro(livro);
  return promessa(
    "o servidor continua no ar, sem uma falha, e encerra em ordem",
    code === 0 && falhas.length === 0 && integridade === "ok",
    falhas[0] ?? `saída ${code}, integridade: ${integridade}`,
  );
}

/**
 * Os limites de quem pede, vistos de fora: servidores em processos próprios, um endereço gasto por uns em que a casa continua a
 * entrar, e um intermediário que traz o endereço de cada um.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { FICHAS_DA_CHAVE_ERRADA, LIMITES_DE_PEDIDOS } from "../acesso/limites.ts";
import { novaChave } from "../acesso/segredo.ts";
import { ate, comServidor, cpfDeExemplo, Fio, Pasta, roda, Servidor, testeComSistema } from "./apoio.ts";
import { criaChave } from "./chaves.ts";
import { cabecalho } from "./proxy.ts";
import { SAIDA } from "../cliente.ts";
import operacao from "../docs/OPERACAO.md" with { type: "text" };
import readme from "../README.md" with { type: "text" };

function teste(nome: string, fn: () => Promise<void>): void {
  testeComSistema(`limites: ${nome}`, fn);
}

/** Uma conexão já saudada, que um intermediário traz deste endereço. */
async function trazida(porta: number, origem: string): Promise<Fio> {
  const fio = await Fio.conecta(porta);
  await fio.manda(cabecalho(origem));
  await fio.linha();
  return fio;
}

const PING = '["PING"]\n';

/** Pede até que tenha de esperar; quantas respostas teve antes, e a última linha. */
async function gasta(fio: Fio, linha: string = PING): Promise<{ antes: number; ultima: string }> {
  await fio.manda(linha.repeat(2 * LIMITES_DE_PEDIDOS.lugar.fichas)).catch(() => {});
  for (let antes = 0;; antes++) {
    const ultima = await fio.linha();
    if (ultima === undefined) throw new Error(`fechou depois de ${antes} respostas`);
    if (ultima.startsWith('["ERRO-130"')) return { antes, ultima };
  }
}

/** Espera até que o servidor, que as relê de tempos em tempos, saiba que há chaves. */
async function hajaChaves({ porta }: Servidor): Promise<void> {
  await ate(async () => {
    using fio = await Fio.saudado(porta);
    await fio.manda(`["BUSCA","${cpfDeExemplo(1)}"]\n`);
    return (await fio.linha())?.startsWith('["ERRO-101"') ?? false;
  });
}

Deno.test({
  name: "limites: os números dos documentos são os do código",
  permissions: "none",
  fn(): void {
    const tabela = [...operacao.matchAll(/^\| .+? \| (\d+) (?:pedidos|marcações) por (minuto|hora) +\|/gm)];
    const ditos = tabela.map(([, fichas, tempo]) => ({ fichas: Number(fichas), em: tempo === "hora" ? 3600 : 60 }));
    assertEquals(ditos, Object.values(LIMITES_DE_PEDIDOS));
    assertStringIncludes(operacao, `| ${FICHAS_DA_CHAVE_ERRADA} pedidos do endereço`);
    const { lugar, marcacoesDaChave } = LIMITES_DE_PEDIDOS;
    const resumo = readme.replace(/\s+/g, " ");
    assertStringIncludes(resumo, `${lugar.fichas} pedidos por minuto de cada endereço`);
    assertStringIncludes(resumo, `${marcacoesDaChave.fichas} marcações por hora de cada quiosque`);
  },
});

teste("um endereço gasto por quem não traz chave não faz esperar a casa, nem o que ela pede", async () => {
  await comServidor(async (servidor, pasta) => {
    // Enquanto não há chaves todos são gerente, e nada se conta.
    {
      using fio = await Fio.saudado(servidor.porta);
      await fio.manda(PING.repeat(2000));
      for (let i = 0; i < 2000; i++) assertEquals(await fio.linha(), '["OK-200","CLINICA/1"]');
    }
    const { chave } = await criaChave(pasta, "balcao", { nome: "Balcão 1" });
    const sem = async (): Promise<Fio> => await Fio.saudado(servidor.porta);
    await hajaChaves(servidor);
    using gastador = await sem();
    const { antes, ultima } = await gasta(gastador);
    assert(antes > LIMITES_DE_PEDIDOS.lugar.fichas / 2, `${antes} respostas`);
    assertMatch(ultima, /^\["ERRO-130","SERVIDOR OCUPADO: PEDIDOS DEMAIS, ESPERE 1 SEGUNDO"\]$/);
    assertEquals(await gastador.linha(), undefined);
    await servidor.registrou(({ evento, motivo }) => evento === "saiu" && motivo === "pedidos demais");

    const env = { XDG_CONFIG_HOME: pasta.caminho, CLINICA_CHAVE: chave };
    const casa = await roda("cliente.ts", ["127.0.0.1", String(servidor.porta), "agenda", "--json"], { env });
    assertEquals([casa.codigo, JSON.parse(casa.stdout).codigo], [SAIDA.ok, "OK-310"]);
    using balcao = await sem();
    await balcao.manda(`["OLA","CLINICA/2",{"chave":"${chave}"}]\n` + PING.repeat(2000));
    assertStringIncludes(await balcao.linha() ?? "", '"papel":"balcao"');
    for (let i = 0; i < 2000; i++) assertEquals(await balcao.linha(), '["OK-200","CLINICA/2"]');
  });
});

teste("adivinhar chaves gasta o do endereço em trinta, e a certa entra logo a seguir", async () => {
  await comServidor(async (servidor, pasta) => {
    const { chave } = await criaChave(pasta, "balcao");
    const ola = (texto: string): string => `["OLA","CLINICA/2",{"chave":"${texto}"}]\n`;
    await hajaChaves(servidor);
    using fio = await Fio.saudado(servidor.porta);
    const { antes, ultima } = await gasta(fio, ola(novaChave()));
    assert(antes >= 20 && antes < 200, `${antes} respostas`);
    assertMatch(ultima, /^\["ERRO-130","SERVIDOR OCUPADO: PEDIDOS DEMAIS, ESPERE [12] SEGUNDOS?"\]$/);
    using certa = await Fio.saudado(servidor.porta);
    await certa.manda(ola(chave));
    assertStringIncludes(await certa.linha() ?? "", '"papel":"balcao"');
  });
});

teste("atrás de um intermediário cada um paga por si, e as conexões contam-se pelo endereço verdadeiro", async () => {
  using pasta = new Pasta();
  await using servidor = await Servidor.inicia({
    pasta: pasta.caminho,
    args: ["--confia-no-proxy", "::ffff:127.0.0.1", "--anonimo", "vagas", "--conexoes-por-endereco", "2"],
  });
  using um = await trazida(servidor.porta, "203.0.113.9");
  await gasta(um);
  using outro = await trazida(servidor.porta, "203.0.113.10");
  assertEquals((await outro.pede({ comando: "PING" })).codigo, "OK-200");
  using _mais = await trazida(servidor.porta, "203.0.113.10");
  using demais = await Fio.conecta(servidor.porta);
  await demais.manda(cabecalho("203.0.113.10"));
  assertEquals(await demais.linha(), '["ERRO-130","SERVIDOR OCUPADO"]');
  const { cliente } = await servidor.registrou(({ evento, motivo }) =>
    evento === "recusou" && String(motivo).includes("deste endereço")
  );
  assertMatch(String(cliente), /^203\.0\.113\.10:/);

  // Do próprio intermediário, sem o cabeçalho, não se entra.
  using direto = await Fio.conecta(servidor.porta);
  await direto.manda(PING + PING);
  assertEquals(await direto.linha(), undefined);
  const { motivo } = await servidor.registrou(({ motivo }) => String(motivo).includes("PROXY"));
  assertEquals(motivo, "não traz o cabeçalho PROXY v2, e é de --confia-no-proxy");
  assertEquals((await servidor.encerra()).code, 0);
});

teste("sem --confia-no-proxy o cabeçalho são bytes, e um endereço que não é um é recusado ao iniciar", async () => {
  await comServidor(async ({ porta }) => {
    using fio = await Fio.saudado(porta);
    await fio.manda(cabecalho("203.0.113.9"));
    await fio.manda(`\n${PING}`);
    assertStringIncludes(await fio.linha() ?? "", "ERRO-100");
  });
  const { codigo, stderr } = await roda("servidor.ts", ["--confia-no-proxy", "10.0.0.0/8"]);
  assertEquals(codigo, 2);
  assertStringIncludes(stderr, '--confia-no-proxy espera um endereço IP; veio "10.0.0.0/8"');
});

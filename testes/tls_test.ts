/**
 * O TLS visto de fora: o servidor e o cliente como processos, os arquivos que se renovam com ele no ar, e o que cada lado diz
 * quando o outro não é o que devia.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { deadline, delay } from "@std/async";
import { X509Certificate } from "node:crypto";
import type { ParDeChaves } from "../rede/porta_tls.ts";
import {
  ate,
  cpfDeExemplo,
  Fio,
  mata,
  PACIENCIA,
  parDeExemplo,
  Pasta,
  roda,
  type Saida,
  saidaDe,
  Servidor,
  testeCom,
  testeComSistema,
} from "./apoio.ts";
import { Terminal, testeNoTerminal } from "./terminal.ts";
import { SAIDA } from "../cliente.ts";

const NOMES = ["localhost", "127.0.0.1"];
const PAR = await parDeExemplo(NOMES);
const OUTRO = await parDeExemplo(NOMES);
const VENCIDO = await parDeExemplo(NOMES, { desde: { days: -30 }, ate: { days: -1 } });

const ARQUIVOS = ["--certificado", "c.pem", "--chave-privada", "k.pem"];

function poe(pasta: Pasta, { certificado, chave }: ParDeChaves): void {
  Deno.writeTextFileSync(pasta.arquivo("k.pem"), chave, { mode: 0o600 });
  Deno.writeTextFileSync(pasta.arquivo("c.pem"), certificado);
}

/** Uma pasta com o par, e um servidor que o usa. */
async function comTls(
  fn: (servidor: Servidor, pasta: Pasta) => Promise<void>,
  { par = PAR, args = ["--tls-porta", "0"] }: { par?: ParDeChaves; args?: string[] } = {},
): Promise<void> {
  using pasta = new Pasta();
  poe(pasta, par);
  await using servidor = await Servidor.inicia({ pasta: pasta.caminho, args: [...ARQUIVOS, ...args] });
  await fn(servidor, pasta);
}

function impressaoDe({ certificado }: ParDeChaves): string {
  return new X509Certificate(certificado).fingerprint256;
}

/** O próximo aviso do servidor que diz isto. */
async function avisou(servidor: Servidor, texto: string): Promise<string> {
  return String((await servidor.registrou(({ o_que }) => String(o_que).includes(texto))).o_que);
}

function teste(nome: string, fn: () => Promise<void>): void {
  testeComSistema(`TLS: ${nome}`, fn);
}

async function cliente(pasta: Pasta, ...args: string[]): Promise<Saida> {
  return await roda("cliente.ts", args, { cwd: pasta.caminho, env: { XDG_CONFIG_HOME: pasta.caminho } });
}

const BUSCAR = ["buscar", "--cpf", cpfDeExemplo(1)];

// ------------------------------------------------------------------------------------------------------- o servidor

teste("o livro é o mesmo, às claras e por TLS, e o console diz por onde e com que certificado", async () => {
  await comTls(async (servidor) => {
    using seguro = await Fio.porTls(servidor.portaTls, PAR.certificado);
    assertStringIncludes(await seguro.linha() ?? "", '["OK-200","CLINICA/1"');
    await seguro.manda('["OLA","CLINICA/2"]\n["FECHA","25/12/2026",{"motivo":"x"}]\n["PING"]\n');
    const respostas = [await seguro.linha(), await seguro.linha(), await seguro.linha()];
    assertEquals(respostas.map((linha) => JSON.parse(linha ?? "")[0]), ["OK-200", "OK-312", "OK-200"]);
    using claro = await Fio.saudado(servidor.porta);
    assertEquals((await claro.pede({ comando: "PING" })).codigo, "OK-200");
    const { tls, alcance } = await servidor.registrou(({ evento }) => evento === "pronto");
    assertStringIncludes(Object(tls).certificado, `SHA-256 ${impressaoDe(PAR)}, vale até `);
    assertEquals(alcance, [
      `nesta máquina:    deno run -A cliente.ts localhost ${servidor.porta}`,
      `nesta máquina:    deno run -A cliente.ts localhost ${servidor.portaTls} --tls`,
    ]);
  });
});

teste("com --so-tls não há porta clara", async () => {
  await comTls(async (servidor) => {
    const { porta, alcance } = await servidor.registrou(({ evento }) => evento === "pronto");
    assertEquals([porta, alcance], [undefined, [
      `nesta máquina:    deno run -A cliente.ts localhost ${servidor.portaTls} --tls`,
    ]]);
    using seguro = await Fio.porTls(servidor.portaTls, PAR.certificado);
    assertStringIncludes(await seguro.linha() ?? "", "OK-200");
    using claro = await Fio.conecta(servidor.portaTls);
    await claro.manda('["PING"]\n');
    // O alerta do TLS, que não é uma linha, e o fim.
    assertEquals(await claro.linha(), undefined);
    const { motivo } = await servidor.registrou(({ evento }) => evento === "recusou");
    assertEquals(motivo, "não fala TLS");
    assertEquals((await servidor.encerra()).code, 0);
  }, { args: ["--tls-porta", "0", "--so-tls"] });
});

teste("renovado sob carga, ninguém cai, e quem chega a meio entra", async () => {
  await comTls(async (servidor, pasta) => {
    const certificados = [PAR.certificado, OUTRO.certificado];
    let acabou = false;
    const pede = async (fio: Fio): Promise<void> =>
      assertEquals((await fio.pede({ comando: "BUSCA", cpf: cpfDeExemplo(1) })).codigo, "ERRO-112");
    const fica = async (): Promise<void> => {
      using fio = await Fio.porTls(servidor.portaTls, PAR.certificado);
      await fio.linha();
      while (!acabou) await pede(fio);
    };
    let chegaram = 0;
    const chega = async (): Promise<void> => {
      while (!acabou) {
        using fio = await Fio.porTls(servidor.portaTls, ...certificados);
        await fio.linha();
        await pede(fio);
        chegaram++;
      }
    };
    const carga = Promise.all([...Array.from({ length: 20 }, fica), ...Array.from({ length: 4 }, chega)]);
    carga.catch(() => {});
    const caiu = carga.then(() => "acabou antes");
    await Promise.race([delay(300), caiu]);
    poe(pasta, OUTRO);
    const aviso = await Promise.race([avisou(servidor, "outro certificado passou a valer"), caiu]);
    assertStringIncludes(aviso, impressaoDe(OUTRO));
    using so_o_novo = await Fio.porTls(servidor.portaTls, OUTRO.certificado);
    assertStringIncludes(await so_o_novo.linha() ?? "", "OK-200");
    acabou = true;
    await deadline(carga, PACIENCIA);
    assert(chegaram > 0);
  });
});

teste("renovado, as páginas também o mostram, e o que já se pedia responde-se", async () => {
  await comTls(async (servidor, pasta) => {
    const url = await servidor.paginas();
    const pede = async (par: ParDeChaves): Promise<number> => {
      using client = Deno.createHttpClient({ caCerts: [par.certificado], poolMaxIdlePerHost: 0 });
      const resposta = await fetch(`${url}/`, { client });
      await resposta.body?.cancel();
      return resposta.status;
    };
    assertEquals(await pede(PAR), 200);
    poe(pasta, OUTRO);
    await avisou(servidor, "outro certificado passou a valer");
    await ate(() => pede(OUTRO).then((codigo) => codigo === 200, () => false));
    await assertRejects(() => pede(PAR));
    assertEquals(servidor.log.filter(({ evento }) => evento === "falha"), []);
  });
});

teste(
  "um par que não serve não começa, com a razão; renovado, fica o de antes, e o console di-lo uma vez",
  async () => {
    using pasta = new Pasta();
    const comeca = async (): Promise<string> => {
      const { codigo, stderr } = await roda("servidor.ts", [...ARQUIVOS, "--so-tls"], { cwd: pasta.caminho });
      assertEquals(codigo, 1);
      return stderr;
    };
    assertMatch(await comeca(), /^servidor: [ck]\.pem: não pôde ser lido/);
    poe(pasta, { certificado: PAR.certificado, chave: OUTRO.chave });
    assertEquals(await comeca(), "servidor: k.pem: não é a chave do certificado c.pem\n");
    poe(pasta, { certificado: "lixo", chave: OUTRO.chave });
    assertMatch(await comeca(), /^servidor: c\.pem: não é um certificado em PEM/);
    poe(pasta, { certificado: PAR.certificado, chave: "lixo" });
    assertMatch(await comeca(), /^servidor: k\.pem: não é uma chave privada em PEM, sem senha/);

    await comTls(async (servidor, pasta) => {
      poe(pasta, { certificado: OUTRO.certificado, chave: PAR.chave });
      const aviso = await avisou(servidor, "o certificado de antes continua");
      assertEquals(aviso, "k.pem: não é a chave do certificado c.pem; o certificado de antes continua");
      poe(pasta, VENCIDO);
      assertMatch(await avisou(servidor, "c.pem: venceu em"), /; o certificado de antes continua$/);
      Deno.removeSync(pasta.arquivo("c.pem"));
      await avisou(servidor, "c.pem: não pôde ser lido");
      using fio = await Fio.porTls(servidor.portaTls, PAR.certificado);
      assertStringIncludes(await fio.linha() ?? "", "OK-200");
      assertEquals(servidor.log.filter(({ evento }) => evento === "aviso").length, 3);
    });
  },
);

teste("uma chave que outros podem ler, e um certificado vencido, dizem-se ao iniciar", async () => {
  using pasta = new Pasta();
  poe(pasta, VENCIDO);
  Deno.chmodSync(pasta.arquivo("k.pem"), 0o644);
  await using servidor = await Servidor.inicia({ pasta: pasta.caminho, args: [...ARQUIVOS, "--tls-porta", "0"] });
  assertMatch(await avisou(servidor, "o certificado venceu em"), /os terminais recusam-no$/);
  assertStringIncludes(await avisou(servidor, "k.pem pode ser lido por outros"), "chmod 600 k.pem");
});

teste("as opções que não vão juntas dizem-no", async () => {
  const casos: [args: string[], diz: string][] = [
    [["--so-tls"], "--so-tls precisa de --certificado e --chave-privada"],
    [["--tls-porta", "1"], "--tls-porta precisa de --certificado e --chave-privada"],
    [["--certificado", "c.pem"], "--certificado e --chave-privada vão juntos"],
    [[...ARQUIVOS, "--so-tls", "--porta", "1"], "--so-tls não abre a porta de --porta"],
    [["lista", "--substitui"], "--substitui não serve com lista"],
    [["certificado", "--porta", "1"], "--porta não serve com certificado"],
    [["certificado", "--nome", "a b"], "--nome espera um nome de máquina ou um endereço IP"],
  ];
  for (const [args, diz] of casos) {
    const { codigo, stderr } = await roda("servidor.ts", args);
    assertEquals(codigo, 2, args.join(" "));
    assertStringIncludes(stderr, diz);
  }
});

teste(
  "certificado faz os dois arquivos, a chave só de quem o fez, e não escreve por cima sem que se diga",
  async () => {
    using pasta = new Pasta();
    const faz = (...args: string[]): Promise<Saida> =>
      roda("servidor.ts", ["certificado", ...args], { cwd: pasta.caminho });
    const feito = await faz("--nome", "clinica.example", "--nome", "10.0.0.30");
    assertEquals(feito.codigo, 0);
    const lido = new X509Certificate(Deno.readTextFileSync(pasta.arquivo("certificado.pem")));
    assertStringIncludes(feito.stdout, `SHA-256 ${lido.fingerprint256}, vale até `);
    for (const nome of ["DNS:localhost", "DNS:clinica.example", "IP Address:10.0.0.30", "IP Address:127.0.0.1"]) {
      assertStringIncludes(lido.subjectAltName ?? "", nome);
    }
    if (Deno.build.os !== "windows") {
      assertEquals((Deno.statSync(pasta.arquivo("certificado.chave.pem")).mode ?? 0) & 0o777, 0o600);
    }
    const antes = Deno.readTextFileSync(pasta.arquivo("certificado.chave.pem"));
    assertStringIncludes((await faz()).stderr, "certificado.pem já existe; --substitui troca-o");
    assertEquals(Deno.readTextFileSync(pasta.arquivo("certificado.chave.pem")), antes);
    assertEquals((await faz("--substitui")).codigo, 0);
    assert(Deno.readTextFileSync(pasta.arquivo("certificado.chave.pem")) !== antes);
  },
);

/** Saúda-se por esta porta. */
async function saudado(liga: () => Promise<Fio>): Promise<boolean> {
  try {
    using fio = await deadline(liga(), 1000);
    return (await deadline(fio.linha(), 1000))?.startsWith('["OK-200"') ?? false;
  } catch {
    return false;
  }
}

testeCom(
  "prlimit",
  ["--version"],
  "TLS: sem arquivos livres quem já estava continua, e com eles de volta entra-se pelas duas portas",
  async () => {
    await comTls(async (servidor) => {
      const limita = (arquivos: number): Promise<string | undefined> =>
        saidaDe("prlimit", "--pid", String(servidor.pid), `--nofile=${arquivos}:4096`);
      const abertos = (): number => [...Deno.readDirSync(`/proc/${servidor.pid}/fd`)].length;
      const porTls = (): Promise<Fio> => Fio.porTls(servidor.portaTls, PAR.certificado);
      const clara = (): Promise<Fio> => Fio.conecta(servidor.porta);
      using velhoClaro = await Fio.saudado(servidor.porta);
      using velhoSeguro = await porTls();
      await velhoSeguro.linha();
      // Antes disso as páginas ainda abrem e fecham arquivos.
      await servidor.paginas();
      const limite = abertos() + 2;
      assert(await limita(limite) !== undefined);
      using pilha = new DisposableStack();
      // Primeiro na porta por TLS: é a que o sistema deixa sem mais nada que receber.
      for (let i = 0; i < 6; i++) pilha.use(await Fio.conecta(servidor.portaTls));
      await ate(() => abertos() >= limite);
      for (let i = 0; i < 3; i++) pilha.use(await clara());
      await servidor.registrou(({ o_que }) => o_que === "uma conexão não pôde ser aceita");
      assertEquals((await velhoClaro.pede({ comando: "PING" })).codigo, "OK-200");
      assertEquals((await velhoSeguro.pede({ comando: "PING" })).codigo, "OK-200");
      assertEquals([await saudado(clara), await saudado(porTls)], [false, false]);
      await limita(4096);
      await ate(() => saudado(clara));
      await ate(() => saudado(porTls));
      assertEquals((await velhoSeguro.pede({ comando: "PING" })).codigo, "OK-200");
    });
  },
);

// -------------------------------------------------------------------------------------------------------- o cliente

teste("o cliente aceita o que --certificado-raiz diz, para o nome que pediu, e mais nada", async () => {
  await comTls(async (servidor, pasta) => {
    const porta = String(servidor.portaTls);
    Deno.writeTextFileSync(pasta.arquivo("outro.pem"), OUTRO.certificado);
    for (const host of NOMES) {
      const { codigo, stdout } = await cliente(pasta, host, porta, "--certificado-raiz", "c.pem", ...BUSCAR, "--json");
      assertEquals([codigo, JSON.parse(stdout).codigo], [SAIDA.erro, "ERRO-112"]);
    }
    const recusas: [args: string[], diz: string][] = [
      [["localhost", porta, "--certificado-raiz", "outro.pem"], "não é dos que estão em --certificado-raiz"],
      [["localhost", porta, "--certificado-raiz", "falta.pem"], "não foi possível ler falta.pem"],
      [["localhost", porta, "--tls"], `ninguém confirmou ainda, neste terminal, o certificado de localhost:${porta}`],
      [["localhost", String(servidor.porta), "--tls"], "não fala TLS; sem --tls talvez atenda"],
      [
        ["localhost", porta],
        `localhost:${porta} aceitou a conexão e não disse nada; se é a porta dele por TLS, junte --tls`,
      ],
    ];
    for (const [args, diz] of recusas) {
      const { codigo, stderr } = await cliente(pasta, ...args, ...BUSCAR);
      assertStringIncludes(stderr, diz);
      assertEquals(codigo, SAIDA.semConexao);
    }
  });
  await comTls(async (servidor, pasta) => {
    const args = [String(servidor.portaTls), "--certificado-raiz", "c.pem", ...BUSCAR];
    assertEquals((await cliente(pasta, "localhost", ...args)).codigo, SAIDA.erro);
    const { codigo, stderr } = await cliente(pasta, "127.0.0.1", ...args);
    assertStringIncludes(stderr, "o certificado é de outro servidor: não traz o nome ou endereço de 127.0.0.1");
    assertEquals(codigo, SAIDA.semConexao);
  }, { par: await parDeExemplo(["localhost"]) });
});

teste("o cliente recusa um certificado vencido, também o que se confirmou", async () => {
  await comTls(async (servidor, pasta) => {
    const porta = String(servidor.portaTls);
    Deno.mkdirSync(pasta.arquivo("clinica"));
    Deno.writeTextFileSync(pasta.arquivo("clinica/servidores"), `localhost:${porta} ${impressaoDe(VENCIDO)}\n`);
    for (const opcao of [["--tls"], ["--certificado-raiz", "c.pem"]]) {
      const { codigo, stderr } = await cliente(pasta, "localhost", porta, ...opcao, ...BUSCAR);
      assertMatch(stderr, new RegExp(`^Sem conexão: o certificado de localhost:${porta} venceu`));
      assertEquals(codigo, SAIDA.semConexao);
    }
  }, { par: VENCIDO });
});

testeNoTerminal("TLS: a impressão mostra-se e confirma-se uma vez; outra, no mesmo servidor, é recusada", async () => {
  await comTls(async (servidor, pasta) => {
    const porta = String(servidor.portaTls);
    const env = `XDG_CONFIG_HOME=${pasta.caminho}`;
    const args = ["localhost", porta, "--tls", ...BUSCAR];
    const conhecidos = pasta.arquivo("clinica/servidores");
    {
      await using terminal = await Terminal.abre(args, { env, colunas: 120 });
      await terminal.espera(`SHA-256 ${impressaoDe(PAR)}`);
      await terminal.digita("não");
      await terminal.espera("não foi confirmado");
      await terminal.espera(`saiu com ${SAIDA.semConexao}`);
    }
    {
      await using terminal = await Terminal.abre(args, { env, colunas: 120 });
      await terminal.espera(`SHA-256 ${impressaoDe(PAR)}`);
      await terminal.digita("sim");
      await terminal.espera(`saiu com ${SAIDA.erro}`);
    }
    assertEquals(Deno.readTextFileSync(conhecidos), `localhost:${porta} ${impressaoDe(PAR)}\n`);
    assertEquals((Deno.statSync(conhecidos).mode ?? 0) & 0o777, 0o600);
    // Daqui em diante não se pergunta, também sem terminal.
    assertEquals((await cliente(pasta, ...args)).codigo, SAIDA.erro);

    poe(pasta, OUTRO);
    await avisou(servidor, "outro certificado passou a valer");
    const { codigo, stderr } = await cliente(pasta, ...args);
    assertEquals(codigo, SAIDA.semConexao);
    assertStringIncludes(stderr, `o certificado de localhost:${porta} não é o que se confirmou neste terminal`);
    assertStringIncludes(stderr, `Veio SHA-256 ${impressaoDe(OUTRO)}`);
    assertStringIncludes(stderr, `esqueça a de antes com cliente.ts localhost:${porta} esquece --certificado`);
    // Uma lista estragada não faz perguntar outra vez; esquecida, e só ela, pergunta-se.
    const outra = `10.0.0.30:9443 ${impressaoDe(PAR)}\n`;
    Deno.writeTextFileSync(conhecidos, `localhost:${porta} xx\n${outra}`);
    assertStringIncludes((await cliente(pasta, ...args)).stderr, "não se entende");
    const esquece = [`localhost:${porta}`, "esquece", "--certificado"];
    const { stdout, codigo: saiu } = await cliente(pasta, ...esquece);
    assertEquals([stdout, saiu], [
      `Esquecido o certificado de localhost:${porta}. Ao ligar, o que ele mostrar confirma-se outra vez.\n`,
      SAIDA.ok,
    ]);
    assertEquals([Deno.readTextFileSync(conhecidos), (Deno.statSync(conhecidos).mode ?? 0) & 0o777], [outra, 0o600]);
    assertStringIncludes((await cliente(pasta, ...args)).stderr, "ninguém confirmou ainda");
    assertEquals((await cliente(pasta, ...esquece)).codigo, SAIDA.erro);
    // O que se confirmou e não se lê não se dá por não confirmado.
    Deno.removeSync(conhecidos);
    Deno.mkdirSync(conhecidos);
    assertStringIncludes((await cliente(pasta, ...args)).stderr, "não pôde ser lido");
    const ilegivel = await cliente(pasta, ...esquece);
    assertEquals([ilegivel.stderr, ilegivel.codigo], [`${conhecidos} não pôde ser lido\n`, SAIDA.uso]);
  });
});

testeCom(
  "openssl",
  ["version"],
  "TLS: um certificado da versão 1, que o Deno toma por bom sem o ler, é recusado",
  async () => {
    using pasta = new Pasta();
    const openssl = async (args: string): Promise<void> => {
      const { success, stderr } = await new Deno.Command("openssl", { args: args.split(" "), cwd: pasta.caminho })
        .output();
      if (!success) throw new Error(new TextDecoder().decode(stderr));
    };
    const EC = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
    // Duas raízes do mesmo nome: a em que se confia, e a de quem assinou.
    for (const raiz of ["raiz", "falsa"]) {
      await openssl(`req -x509 -new ${EC} -keyout ${raiz}.chave -subj /CN=Raiz -days 30 -out ${raiz}.pem`);
    }
    await openssl(`req -new ${EC} -keyout k.pem -subj /CN=localhost -out pedido.pem`);
    await openssl("x509 -req -in pedido.pem -signkey k.pem -days 30 -out proprio.pem");
    await openssl(
      "x509 -req -in pedido.pem -CA falsa.pem -CAkey falsa.chave -CAcreateserial -days 30 -out assinado.pem",
    );
    for (const certificado of ["proprio.pem", "assinado.pem"]) {
      const porta = portaLivre();
      const args = ["s_server", "-cert", certificado, "-key", "k.pem", "-accept", `127.0.0.1:${porta}`, "-quiet"];
      const atende = new Deno.Command("openssl", {
        args,
        cwd: pasta.caminho,
        stdout: "null",
        stderr: "null",
        stdin: "null",
      })
        .spawn();
      try {
        await ate(() =>
          Deno.connect({ hostname: "127.0.0.1", port: porta }).then((conn) => (conn.close(), true), () => false)
        );
        for (const opcao of [["--tls"], ["--certificado-raiz", "raiz.pem"], ["--certificado-raiz", certificado]]) {
          const { codigo, stderr } = await cliente(pasta, "localhost", String(porta), ...opcao, ...BUSCAR);
          assertStringIncludes(stderr, `o certificado de localhost:${porta} é de uma forma que já não se usa`);
          assertEquals(codigo, SAIDA.semConexao);
        }
      } finally {
        mata(atende);
        await atende.status;
      }
    }
  },
);

/** Uma porta em que agora ninguém atende: `openssl` não diz a que escolhe. */
function portaLivre(): number {
  using ouvinte = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return ouvinte.addr.port;
}

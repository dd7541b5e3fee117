/**
 * Testes da procura do principal e do que se exige do banco que ele tem, contra um PostgreSQL de verdade: entrar, cifrar, e
 * recusar com palavras que dizem o que fazer o que não pode sustentar o livro.
 *
 * @module
 */

import { assert, assertEquals, assertNotMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { ErroDoArmazem } from "../clinica/livro.ts";
import { ate, cpfDeExemplo, Pasta } from "../testes/apoio.ts";
import { Cluster, clusterDoArquivo, FALTA, SENHA, testeComPostgres } from "../testes/cluster.ts";
import { DIA, grava, livres, marca } from "../testes/mudancas.ts";
import { ArmazemPostgres } from "./postgres.ts";
import { PASSOS } from "./postgres_migracao.ts";
import { listaDoPostgres } from "./postgres_copia.ts";

/** Um cluster serve a todos os testes deste arquivo; cada um tem um banco seu. */
let cluster: Cluster;
clusterDoArquivo((novo) => cluster = novo);

let bancos = 0;

/** Registra um teste que tem um banco vazio. */
function teste(nome: string, fn: (url: string, banco: string) => Promise<void>): void {
  testeComPostgres(`principal do PostgreSQL: ${nome}`, async () => {
    const banco = `principal${++bancos}`;
    await fn(await cluster.banco(banco), banco);
  });
}

/** Cria o livro e o deixa. */
async function cria(url: string): Promise<void> {
  await (await ArmazemPostgres.abre(url))[Symbol.asyncDispose]();
}

/** Exige que abrir seja recusado numa linha com todas estas partes, sem a senha. */
async function recusa(url: string, ...partes: string[]): Promise<void> {
  const erro = await assertRejects(() => ArmazemPostgres.abre(url), ErroDoArmazem);
  for (const parte of partes) assertStringIncludes(erro.message, parte);
  assertNotMatch(erro.message, /\n|s3nh/);
}

teste("um livro mais novo, o banco de outro programa e outra codificação: uma linha clara", async (url, banco) => {
  await assertRejects(() => listaDoPostgres(url, DIA), ErroDoArmazem, "não há livro aqui");
  assertEquals(await cluster.executa("SELECT to_regclass('agendamento')", banco), [[null]]);
  await cluster.executa("CREATE TABLE agendamento (nota text)", banco);
  await recusa(url, "outro programa");
  await cluster.executa("DROP TABLE agendamento; CREATE TABLE contato (nota text)", banco);
  await recusa(url, '"contato" de outro programa');
  await cluster.executa("DROP TABLE contato", banco);
  await cria(url);
  await cluster.executa(`UPDATE clinica_livro SET versao = ${PASSOS.length + 1}`, banco);
  await recusa(url, `da versão ${PASSOS.length + 1}`, `conhece até a ${PASSOS.length}`, "atualize");
  await cluster.executa(`CREATE DATABASE ${banco}_ascii ENCODING 'SQL_ASCII' TEMPLATE template0`);
  await recusa(cluster.url(`${banco}_ascii`), "SQL_ASCII", "UTF8");
});

// ------------------------------------------------------------------------------------------------------ o que há no banco

teste("um livro pela metade é chamado assim, e nada se cria por cima dele", async (url, banco) => {
  await cria(url);
  await cluster.executa("DELETE FROM clinica_livro", banco);
  await recusa(url, "pela metade", "clinica_livro não diz a versão", "restaure");
  await cluster.executa("INSERT INTO clinica_livro VALUES (3)", banco);
  await cluster.executa("ALTER TABLE agendamento ALTER numero DROP IDENTITY", banco);
  await recusa(url, "pela metade", "falta agendamento_id_seq");
  await cluster.executa("DROP TABLE agendamento", banco);
  await recusa(url, "pela metade", "falta agendamento e agendamento_id_seq");
  await assertRejects(() => listaDoPostgres(url, DIA), ErroDoArmazem, "pela metade");
  await cluster.executa("DROP SCHEMA public CASCADE; CREATE SCHEMA public", banco);
  await cria(url);
});

teste("sem um índice único de que a promessa depende não se abre; a mensagem diz como o criar", async (url, banco) => {
  await cria(url);
  const casos: [string, string][] = [
    [
      "uma_vaga_um_agendamento",
      "(data, agenda, hora) WHERE ((NOT encaixe) AND (situacao <> 'CANCELADO'::text) AND (situacao <> 'PASSOU'::text))",
    ],
    ["um_ativo_por_cpf_e_especialidade", "(cpf, especialidade) WHERE ativo"],
  ];
  for (const [indice, definicao] of casos) {
    const criacao = `CREATE UNIQUE INDEX ${indice} ON agendamento ${definicao}`;
    await cluster.executa(`DROP INDEX ${indice}`, banco);
    await recusa(url, "falta um índice único", criacao);
    // Nem um que não é único, nem um que ficou por acabar.
    await cluster.executa(criacao.replace("UNIQUE ", ""), banco);
    await recusa(url, criacao);
    await cluster.executa(`DROP INDEX ${indice}; ${criacao}`, banco);
    await cluster.executa(`UPDATE pg_index SET indisvalid = false WHERE indexrelid = '${indice}'::regclass`, banco);
    await recusa(url, criacao);
    await cluster.executa(`DROP INDEX ${indice}; ${criacao}`, banco);
    await cria(url);
  }
});

teste("um papel que não pode o que é preciso: a mensagem diz o quê, e a instrução que o dá", async (url, banco) => {
  await cria(url);
  const papel = `so_${banco}`;
  await cluster.executa(`CREATE ROLE ${papel} LOGIN PASSWORD '${SENHA}'`);
  const dele = url.replace("//clinica:", `//${papel}:`);
  for (
    const direito of [
      "SELECT ON clinica_livro",
      ...["SELECT", "INSERT", "UPDATE"].flatMap((direito) =>
        ["agendamento", "excecao", "contato", "espera", "senha", "contagem", "chave", "pessoa"]
          .concat("titular", "tentativa", "tentativa_de_entrar", "sessao")
          .map((tabela) => `${direito} ON ${tabela}`)
      ),
      "DELETE ON tentativa_de_entrar",
      "DELETE ON tentativa",
      "DELETE ON sessao",
      ...["SELECT ON diario", "INSERT ON diario", "SELECT ON acesso", "INSERT ON acesso"],
      "DELETE ON contato",
      "UPDATE ON clinica_livro",
      "USAGE ON agendamento_id_seq",
      "USAGE ON espera_numero_seq",
      "USAGE ON chave_numero_seq",
      "USAGE ON pessoa_numero_seq",
      "USAGE ON titular_numero_seq",
      "USAGE ON diario_id_seq",
      "USAGE ON acesso_id_seq",
    ]
  ) {
    await recusa(dele, `GRANT ${direito} TO`);
    await cluster.executa(`GRANT ${direito} TO ${papel}`, banco);
  }
  await using armazem = await ArmazemPostgres.abre(dele);
  await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(1) })]);
});

teste(
  "default_transaction_read_only não faz de um principal um reserva: diz-se onde está ligado",
  async (url, banco) => {
    await cria(url);
    const papel = `le_${banco}`;
    await cluster.executa(`CREATE ROLE ${papel} LOGIN SUPERUSER PASSWORD '${SENHA}'`);
    const dele = url.replace("//clinica:", `//${papel}:`);
    for (
      const onde of [`ROLE "${papel}"`, `DATABASE "${banco}"`, `ROLE "${papel}" IN DATABASE "${banco}"`]
    ) {
      await cluster.executa(`ALTER ${onde} SET default_transaction_read_only = on`);
      const erro = await assertRejects(() => ArmazemPostgres.abre(dele), ErroDoArmazem);
      assertStringIncludes(erro.message, `ALTER ${onde} RESET default_transaction_read_only`);
      assertNotMatch(erro.message, /reserva|confira/);
      // A de um banco vale também para quem a desliga.
      await cluster.executa(
        `SET default_transaction_read_only = off; ALTER ${onde} RESET default_transaction_read_only`,
      );
    }
    await cria(dele);
  },
);

// ------------------------------------------------------------------------------------------------------ sem cifra

/** O que um servidor de mentira responde a quem pede TLS; nada: fecha. */
type RespostaAoTls = "N" | "S" | "S e lixo" | "erro" | "";

/** Diante do banco, responde mal a quem pede TLS e leva o resto até ele. */
async function comTlsRuim(resposta: RespostaAoTls, usa: (porta: number) => Promise<void>): Promise<number> {
  using ouvinte = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const conexoes: Promise<void>[] = [];
  let pedidos = 0;
  const atende = async (daqui: Deno.TcpConn): Promise<void> => {
    const bloco = new Uint8Array(65536);
    const lidos = await daqui.read(bloco) ?? 0;
    if (lidos === 8 && new DataView(bloco.buffer).getUint32(4) === 80877103) {
      pedidos++;
      const bytes = { "N": "N", "S": "S", "S e lixo": `S${"x".repeat(200)}`, "erro": "E\0\0\0\x05x", "": "" }[resposta];
      await daqui.write(new TextEncoder().encode(bytes));
      if (resposta === "S e lixo") await daqui.read(bloco);
      // Depois de um "N" a libpq continua na mesma conexão; quem chega é atendido em qualquer das duas.
      daqui.close();
      return;
    }
    using dela = await Deno.connect({ hostname: "127.0.0.1", port: cluster.porta });
    await dela.write(bloco.subarray(0, lidos));
    await Promise.all([
      daqui.readable.pipeTo(dela.writable).catch(() => {}),
      dela.readable.pipeTo(daqui.writable).catch(() => {}),
    ]);
  };
  const aceita = (async () => {
    for await (const conexao of ouvinte) conexoes.push(atende(conexao).catch(() => {}));
  })();
  await usa(ouvinte.addr.port);
  ouvinte.close();
  await aceita;
  await Promise.all(conexoes);
  return pedidos;
}

teste("sslmode=prefer vai sem cifra quando o servidor não fala TLS ou o quebra; require não vai", async (url) => {
  for (const resposta of ["N", "S", "S e lixo", "erro", ""] as const) {
    const pedidos = await comTlsRuim(resposta, async (porta) => {
      const por = url.replace(`:${cluster.porta}`, `:${porta}`);
      await (await ArmazemPostgres.abre(por))[Symbol.asyncDispose]();
      await assertRejects(() => ArmazemPostgres.abre(`${por}?sslmode=require`), ErroDoArmazem, "não pôde ser aberto");
    });
    assertEquals(pedidos, 3, resposta);
  }
});

// ------------------------------------------------------------------------------------------------------ um intermediário

const PGBOUNCER = FALTA === undefined &&
  new Deno.Command("sh", { args: ["-c", "command -v pgbouncer"] }).outputSync().success;

const REPARTE = "um PgBouncer que reparte por transação ou por instrução é recusado pelo nome; por sessão, serve";

if (FALTA === undefined && !PGBOUNCER) {
  Deno.test.ignore(
    `principal do PostgreSQL: ${REPARTE} (ignorado: falta o pgbouncer; apt install pgbouncer)`,
    () => {},
  );
} else {
  teste(REPARTE, async (_, banco) => {
    for (const modo of ["transaction", "statement", "session"]) {
      await using intermediario = await cluster.pgbouncer(modo);
      const url = cluster.url(banco).replace(`:${cluster.porta}`, `:${intermediario.porta}`);
      if (modo === "session") {
        await using armazem = await ArmazemPostgres.abre(url);
        await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(1) })]);
      } else {
        await recusa(url, "PgBouncer", "pool_mode = session");
      }
    }
  });
}

// ------------------------------------------------------------------------------------------------------ entrar

teste(
  "senha errada, banco que não há, ninguém na porta: uma linha que diz o que conferir, sem a senha",
  async (url, banco) => {
    const errada = url.replace(encodeURIComponent(SENHA), "errada%21");
    for (
      const [endereco, razao] of [
        [errada, "password authentication failed"],
        [cluster.url("naoexiste"), 'database "naoexiste" does not exist'],
        [cluster.url(banco).replace(`:${cluster.porta}`, ":1"), "REFUSED"],
      ]
    ) {
      const erro = await assertRejects(() => ArmazemPostgres.abre(endereco), ErroDoArmazem);
      assertStringIncludes(erro.message.toUpperCase(), razao.toUpperCase());
      assertStringIncludes(erro.message, "confira");
      assertNotMatch(erro.message, /errada!|s3nh|\n/);
    }
  },
);

teste("por um soquete Unix também se chega ao banco", async (_, banco) => {
  const maquina = `${encodeURIComponent(cluster.pasta)}:${cluster.porta}`;
  const url = cluster.url(banco).replace(`127.0.0.1:${cluster.porta}`, maquina);
  await using armazem = await ArmazemPostgres.abre(url);
  await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(1) })]);
});

const TEM_OPENSSL = FALTA === undefined &&
  new Deno.Command("sh", { args: ["-c", "command -v openssl"] }).outputSync().success;

/** Um certificado para `localhost`, assinado por uma autoridade própria, na pasta. */
async function certifica(pasta: string): Promise<void> {
  const roteiro = `
    openssl req -new -x509 -days 2 -nodes -subj /CN=autoridade -keyout ca.key -out ca.pem
    openssl req -new -nodes -subj /CN=localhost -keyout server.key -out server.csr
    printf 'subjectAltName=DNS:localhost' > san
    openssl x509 -req -days 2 -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile san -out server.crt
    openssl req -new -x509 -days 2 -nodes -subj /CN=outra -keyout outra.key -out outra.pem
    chmod 600 server.key`;
  const { success } = await new Deno.Command("sh", { args: ["-ec", roteiro], cwd: pasta, stderr: "null" }).output();
  assert(success);
}

const CIFRA = "sslmode cifra e confere o banco como na libpq";

if (FALTA === undefined && !TEM_OPENSSL) {
  Deno.test.ignore(`principal do PostgreSQL: ${CIFRA} (ignorado: falta o openssl; apt install openssl)`, () => {});
} else {
  testeComPostgres(`principal do PostgreSQL: ${CIFRA}`, async () => {
    using pasta = new Pasta();
    await certifica(pasta.caminho);
    await using cifrado = await Cluster.inicia();
    await cifrado.instala(["server.key", "server.crt"].map((nome) => pasta.arquivo(nome)));
    await cifrado.executa("ALTER SYSTEM SET ssl = on");
    await cifrado.executa("SELECT pg_reload_conf()");
    const [ca, outra] = [pasta.arquivo("ca.pem"), pasta.arquivo("outra.pem")];
    const url = (consulta: string, host: string = "127.0.0.1"): string =>
      cifrado.url("postgres", { consulta: `?${consulta}` }).replace("127.0.0.1", host);
    const cifradas = "SELECT bool_and(ssl), count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) " +
      "WHERE application_name LIKE 'clinica%'";
    await ate(async () => (await cifrado.executa("SHOW ssl"))[0][0] === "on");
    for (
      const [endereco, cifra] of [
        [url("sslmode=disable"), "f"],
        [cifrado.url(), "t"],
        [url("sslmode=require"), "t"],
        [url(`sslmode=require&sslrootcert=${encodeURIComponent(ca)}`), "t"],
        [url(`sslmode=verify-ca&sslrootcert=${encodeURIComponent(ca)}`), "t"],
        [url(`sslmode=verify-full&sslrootcert=${encodeURIComponent(ca)}`, "localhost"), "t"],
      ]
    ) {
      await using armazem = await ArmazemPostgres.abre(endereco);
      assertEquals(await cifrado.executa(cifradas), [[cifra, "2"]], endereco.replace(/:[^:]*@/, "@"));
      await livres(armazem);
    }
    for (
      const ruim of [
        url(`sslmode=verify-full&sslrootcert=${encodeURIComponent(ca)}`),
        url(`sslmode=verify-ca&sslrootcert=${encodeURIComponent(outra)}`),
        url(`sslmode=require&sslrootcert=${encodeURIComponent(outra)}`),
        url("sslmode=verify-full", "localhost"),
        cluster.url("postgres", { consulta: "?sslmode=require" }),
      ]
    ) {
      const erro = await assertRejects(() => ArmazemPostgres.abre(ruim), ErroDoArmazem, "não pôde ser aberto");
      assert(!erro.message.includes("s3nh"));
    }
    // O banco só deixa entrar sem cifra: o aperto de mãos dá certo, e a conexão é recusada depois dele.
    await cifrado.executa(
      `COPY (SELECT 'hostnossl all all 127.0.0.1/32 scram-sha-256') TO '${cifrado.pasta}/dados/pg_hba.conf'`,
    );
    await cifrado.executa("SELECT pg_reload_conf()");
    await using armazem = await ArmazemPostgres.abre(cifrado.url());
    assertEquals(await cifrado.executa(cifradas), [["f", "2"]]);
    await livres(armazem);
    await assertRejects(() => ArmazemPostgres.abre(url("sslmode=require")), ErroDoArmazem, "pg_hba.conf");
    const errada = cifrado.url().replace(encodeURIComponent(SENHA), "errada");
    await assertRejects(() => ArmazemPostgres.abre(errada), ErroDoArmazem, "sem TLS: password authentication failed");
  });
}

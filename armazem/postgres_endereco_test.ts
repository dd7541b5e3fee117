/**
 * Testes do endereço de um PostgreSQL: o que a libpq lê, lê-se do mesmo modo; o que não serve é recusado sem mostrar a
 * senha. Não precisam de banco nenhum.
 *
 * @module
 */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { ErroDoArmazem } from "../clinica/livro.ts";
import { ehPostgres, type EnderecoDoBanco, formasDeTls, lerEndereco, semSenha } from "./postgres_endereco.ts";

function teste(nome: string, fn: () => void): void {
  Deno.test({ name: `endereço do PostgreSQL: ${nome}`, permissions: "none", fn });
}

function le(url: string, ambiente: Record<string, string> = {}): EnderecoDoBanco {
  return lerEndereco(url, (nome) => ambiente[nome]);
}

teste("diz-se de um PostgreSQL pelo começo, e de nenhum arquivo", () => {
  for (const sim of ["postgres://h/d", "postgresql://h/d", "POSTGRES://h"]) assert(ehPostgres(sim), sim);
  for (const nao of ["clinica.db", "postgres.db", "/postgres://x", "mysql://h/d", ""]) assert(!ehPostgres(nao), nao);
});

teste("todas as partes, com os %XX desfeitos e as que faltam de costume", () => {
  assertEquals(le("postgres://ana%40x:s%3A%2Fe%25@10.0.0.5:6000/livro%20novo?sslmode=require&connect_timeout=7"), {
    maquinas: [{ host: "10.0.0.5", porta: 6000 }],
    usuario: "ana@x",
    senha: "s:/e%",
    banco: "livro novo",
    tls: "require",
    certificados: undefined,
    prazoDeConexao: 7000,
    mostrado: "postgres://ana@x@10.0.0.5:6000/livro novo",
  });
  const { maquinas, senha, banco, tls, prazoDeConexao } = le("postgres://u@/");
  assertEquals([maquinas, senha, banco, tls], [[{ host: "localhost", porta: 5432 }], "", "u", "prefer"]);
  assertEquals(prazoDeConexao, 1500);
});

teste("uma senha pode ter dois-pontos e arrobas por escrever", () => {
  assertEquals(le("postgres://u:a:b@c@h/d").senha, "a:b@c");
  assertEquals(le("postgres://u:a:b@c@h/d").maquinas, [{ host: "h", porta: 5432 }]);
});

teste("várias máquinas: nomes, IPv6 e a pasta de um soquete, cada uma com a sua porta", () => {
  assertEquals(le("postgres://u@h1,[::1]:5433,%2Ftmp%2Fpg:5434,:5435/d").maquinas, [
    { host: "h1", porta: 5432 },
    { host: "::1", porta: 5433 },
    { host: "/tmp/pg", porta: 5434 },
    { host: "localhost", porta: 5435 },
  ]);
});

teste("PGUSER e PGPASSWORD valem só para o que o endereço não diz", () => {
  const ambiente = { PGUSER: "bia", PGPASSWORD: "x" };
  const dela = le("postgres://h/d", ambiente);
  assertEquals([dela.usuario, dela.senha, dela.mostrado], ["bia", "x", "postgres://bia@h:5432/d"]);
  const outro = le("postgres://u:p@h/d", ambiente);
  assertEquals([outro.usuario, outro.senha], ["u", "p"]);
});

teste("sslmode diz as formas de cifrar, em ordem; um soquete Unix não se cifra", () => {
  const formas = (consulta: string, host: string = "h"): string[] => {
    const endereco = le(`postgres://u@${host}/d${consulta}`);
    return formasDeTls(endereco, endereco.maquinas[0]).map((forma) =>
      forma === false ? "aberta" : forma.rejectUnauthorized ? "conferida" : "cifrada"
    );
  };
  assertEquals(formas("?sslmode=disable"), ["aberta"]);
  assertEquals(formas(""), ["cifrada", "aberta"]);
  assertEquals(formas("?sslmode=prefer"), ["cifrada", "aberta"]);
  assertEquals(formas("?sslmode=require"), ["cifrada"]);
  assertEquals(formas("?sslmode=verify-ca"), ["conferida"]);
  assertEquals(formas("?sslmode=verify-full"), ["conferida"]);
  assertEquals(formas("?sslmode=require", "%2Ftmp"), ["aberta"]);
});

teste("o que não serve é recusado por palavras que não mostram a senha", () => {
  const senha = "muito-secreta";
  for (
    const [ruim, razao] of [
      [`postgres://u:${senha}@h:1/d?sslmode=talvez`, "sslmode"],
      [`postgres://u:${senha}@h:1/d?senha=${senha}`, "conhece só"],
      [`postgres://u:${senha}@h:99999/d`, "porta"],
      [`postgres://u:${senha}@h:0/d`, "porta"],
      [`postgres://u:${senha}@h:1,[::1/d`, "porta"],
      [`postgres://u:${senha}%zz@h/d`, "%"],
      [`postgres://u:${senha}@h/d/e`, "não se lê"],
      [`postgres://:${senha}@h/d`, "usuário"],
      [`postgres://u:${senha}@h/d?target_session_attrs=any`, "read-write"],
      [`postgres://u:${senha}@h/d?connect_timeout=0`, "connect_timeout"],
    ]
  ) {
    const erro = assertThrows(() => le(ruim), ErroDoArmazem, razao);
    assert(!erro.message.includes(senha), erro.message);
  }
});

teste("mostrado sem a senha, e um arquivo como é", () => {
  assertEquals(semSenha("postgres://u:secreta@h1,[::1]:5433/d"), "postgres://u@h1:5432,[::1]:5433/d");
  assertEquals(semSenha("postgres://u:secreta@%2Ftmp%2Fpg/d"), "postgres://u@%2Ftmp%2Fpg:5432/d");
  assertEquals(semSenha("clinica.db"), "clinica.db");
});

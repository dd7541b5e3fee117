/**
 * `/painel/acessos/pessoa/N`: o que se faz a uma pessoa que entra pelas páginas: outra frase-senha, o segundo fator, os códigos de
 * recuperação, retirá-la.
 *
 * @module
 */

import { Hono } from "hono";
import { html, raw } from "hono/html";
import { renderSVG } from "uqr";
import { resume } from "../../acesso/argon2.ts";
import { defeitoDaFrase, LETRAS_MAXIMAS, sorteiaFrase } from "../../acesso/frase.ts";
import {
  daCodigos,
  desligaSegundoFator,
  type Feito,
  ligaSegundoFator,
  retiraPessoa,
  trocaFrase,
} from "../../acesso/pessoas.ts";
import { novoSegredoDoTotp, passoDoCodigo, uriDoTotp } from "../../acesso/segundo_fator.ts";
import { entra, type Pessoa } from "../../clinica/pessoa.ts";
import { inofensivo } from "../../clinica/texto.ts";
import type { AtoDeComando } from "../../clinica/trilha.ts";
import { campo, type Erros, haErros, Leitura, type Preenchido, preenchido, resumoDeErros } from "../campos.ts";
import type { Ambiente, Casa, Contexto, Rotas } from "../casa.ts";
import type { Html } from "../moldura.ts";
import { leFormulario } from "../pedido.ts";
import { emolduraPainel } from "./moldura.ts";
import { colhe, deixa, mostraRecado, type Recado } from "./recado.ts";

/** Por quanto tempo se pode ler o QR, em ms. */
const PARA_LER = 15 * 60 * 1000;

/** As rotas de uma pessoa. */
export function rotasDaPessoa(casa: Casa): Rotas {
  const rotas = new Hono<Ambiente>();
  rotas.get("/", (c) => comEla(casa, c, (pessoa) => mostra(casa, c, { pessoa })));
  rotas.get("/totp", (c) => comEla(casa, c, (pessoa) => mostraTotp(casa, c, { pessoa, segredo: novoSegredoDoTotp() })));
  rotas.post("/frase", (c) => comEla(casa, c, (pessoa) => troca(casa, c, pessoa)));
  rotas.post("/totp", (c) => comEla(casa, c, (pessoa) => liga(casa, c, pessoa)));
  rotas.post("/desliga", (c) => comEla(casa, c, (pessoa) => desliga(casa, c, pessoa)));
  rotas.post("/codigos", (c) => comEla(casa, c, (pessoa) => codigos(casa, c, pessoa)));
  rotas.post("/retira", (c) => comEla(casa, c, (pessoa) => retira(casa, c, pessoa)));
  return rotas;
}

/** O instante, como o livro o guarda. */
export function agora({ relogio }: Casa): string {
  return Temporal.Instant.fromEpochMilliseconds(relogio()).round("second").toString();
}

/** Com a pessoa do endereço, se ainda entra. */
async function comEla(casa: Casa, c: Contexto, faz: (pessoa: Pessoa) => Promise<Response>): Promise<Response> {
  const numero = Number(c.req.param("numero"));
  const pessoa = (await casa.gerencia.pessoas.todas()).find((uma) => uma.numero === numero && entra(uma));
  return pessoa === undefined ? c.notFound() : await faz(pessoa);
}

// ------------------------------------------------------------------------------------------------------ a frase-senha

/** Como se dá uma frase-senha: em branco, sorteia-se, mas nunca a própria, que já não se via. */
export function camposDaFrase(
  { var: { p: { acessos } } }: Contexto,
  forma: Preenchido,
  { propria = false }: { readonly propria?: boolean } = {},
): Html {
  return html`
    ${campo(forma, {
      ...{ nome: "frase", rotulo: acessos.frase, dica: propria ? undefined : acessos.fraseDica },
      ...{ tipo: "password", maximo: LETRAS_MAXIMAS },
    })}
    ${campo(forma, { nome: "repete", rotulo: acessos.repete, tipo: "password", maximo: LETRAS_MAXIMAS })}
  `;
}

/** A que se escreveu, ou nada se se quer uma sorteada. */
export function leFrase(
  { var: { p: { acessos } } }: Contexto,
  { lidos, quem }: { readonly lidos: Leitura; readonly quem: string },
): string | undefined {
  const [frase, repete] = [lidos.campos("frase"), lidos.campos("repete")];
  if (frase === "" && repete === "") return undefined;
  if (defeitoDaFrase(frase, quem) !== undefined) lidos.acusa("frase", acessos.erros.frase);
  else if (frase !== repete) lidos.acusa("repete", acessos.erros.repete);
  return frase;
}

// ------------------------------------------------------------------------------------------------------ as páginas

interface OQueMostra {
  readonly pessoa: Pessoa;
  readonly erros?: Erros;
}

function mostra(casa: Casa, c: Contexto, { pessoa, erros = {} }: OQueMostra): Promise<Response> {
  const { p } = c.var;
  const { acessos } = p;
  const recado = colhe(casa, c);
  const forma: Preenchido = preenchido("frase", {}, erros);
  const base = `/painel/acessos/pessoa/${pessoa.numero}`;
  const propria = pessoa.numero === c.var.entrado.pessoa;
  return emolduraPainel(casa, c, {
    ...{ titulo: pessoa.nome, aqui: "acessos", codigo: haErros(erros) ? 422 : 200 },
    corpo: html`
      <p><a href="/painel/acessos">${p.comum.voltar}</a></p>
      <h1>${inofensivo(pessoa.nome)} <small>${pessoa.quem}</small></h1>
      ${mostraRecado(recado)}
      ${resumoDeErros(p, forma)}
      <section class="cartao" aria-labelledby="da-frase">
        <h2 id="da-frase">${acessos.outraFrase}</h2>
        <p>${propria ? acessos.outraFrasePropria : acessos.outraFraseExplica}</p>
        <form method="post" action="${base}/frase" class="em-colunas">
          ${camposDaFrase(c, forma, { propria })}
          <div class="botoes"><button class="botao">${acessos.outraFrase}</button></div>
        </form>
      </section>
      <section class="cartao" aria-labelledby="do-totp">
        <h2 id="do-totp">${acessos.segundoFator}</h2>
        <p>${pessoa.totp === "" ? acessos.semTotp : acessos.comTotp(pessoa.recuperacao.length)}</p>
        <div class="botoes">
          <a class="botao ${pessoa.totp === "" ? "" : "segundo"}" href="${base}/totp">${pessoa.totp === ""
            ? acessos.ligarTotp
            : acessos.trocarTotp}</a>
          ${pessoa.totp === "" ? "" : html`
            <form method="post" action="${base}/codigos"><button class="botao segundo">${acessos
              .darCodigos}</button></form>
            <form method="post" action="${base}/desliga"><button class="botao perigo">${acessos
              .desligarTotp}</button></form>
          `}
        </div>
      </section>
      <section class="cartao" aria-labelledby="do-fim">
        <h2 id="do-fim">${acessos.retirar}</h2>
        <details class="ato">
          <summary>${acessos.retirar}</summary>
          <form method="post" action="${base}/retira">
            <p>${acessos.retirarExplica(pessoa.quem)}</p>
            <button class="botao perigo">${acessos.retirar}</button>
          </form>
        </details>
      </section>
    `,
  });
}

interface DoTotp {
  readonly pessoa: Pessoa;
  readonly segredo: string;
  readonly erros?: Erros;
}

function mostraTotp(casa: Casa, c: Contexto, { pessoa, segredo, erros = {} }: DoTotp): Promise<Response> {
  const { p } = c.var;
  const { acessos } = p;
  const { nome: clinica } = casa.agenda.clinica.oferta;
  const forma: Preenchido = preenchido("totp", {}, erros);
  const fechado = casa.selos.fecha("totp", [pessoa.numero, segredo], PARA_LER);
  const svg = renderSVG(uriDoTotp(segredo, { clinica, quem: pessoa.quem }), { border: 4, pixelSize: 6 });
  return emolduraPainel(casa, c, {
    ...{ titulo: acessos.segundoFator, aqui: "acessos", codigo: haErros(erros) ? 422 : 200 },
    corpo: html`
      <p><a href="/painel/acessos/pessoa/${pessoa.numero}">${p.comum.voltar}</a></p>
      <h1>${acessos.segundoFator}: ${inofensivo(pessoa.nome)}</h1>
      ${resumoDeErros(p, forma)}
      <ol class="passos">
        <li>
          <p>${acessos.leiaOQr}</p>
          <div class="qr" role="img" aria-label="${acessos.oQr}">${raw(svg)}</div>
          <p>${acessos.ouDigite} <code>${segredo.match(/.{4}/g)?.join(" ")}</code></p>
        </li>
        <li>
          <p>${acessos.escrevaOCodigo}</p>
          <form method="post" action="/painel/acessos/pessoa/${pessoa.numero}/totp">
            <input type="hidden" name="fechado" value="${fechado}">
            ${campo(forma, { nome: "codigo", rotulo: acessos.codigo, algarismos: true, maximo: 10 })}
            <button class="botao">${acessos.ligarTotp}</button>
          </form>
        </li>
      </ol>
    `,
  });
}

// ------------------------------------------------------------------------------------------------------ os atos

/** O que se fez fica na trilha, e diz-se; o que não, diz-se também. */
async function acaba(
  casa: Casa,
  c: Contexto,
  { pessoa, feito, ato, recado }: { pessoa: Pessoa; feito: Feito; ato: AtoDeComando; recado: Recado },
): Promise<Response> {
  const { acessos } = c.var.p;
  if ("impede" in feito) return await mostra(casa, c, { pessoa, erros: { "": acessos.erros.mudou } });
  casa.anota(c.var.entrado.quem, ato, pessoa.numero);
  deixa(casa, c, recado);
  return c.redirect(`/painel/acessos${entra(feito.pessoa) ? `/pessoa/${pessoa.numero}` : ""}`, 303);
}

async function troca(casa: Casa, c: Contexto, pessoa: Pessoa): Promise<Response> {
  const { acessos } = c.var.p;
  const { quem } = pessoa;
  const lidos = new Leitura(await leFormulario(c));
  const escrita = leFrase(c, { lidos, quem });
  // A própria acaba com a sessão de quem a troca: uma sorteada não se chegava a ver.
  if (escrita === undefined && pessoa.numero === c.var.entrado.pessoa) lidos.acusa("frase", acessos.erros.propria);
  if (!lidos.serve) return await mostra(casa, c, { pessoa, erros: lidos.erros });
  const frase = escrita ?? sorteiaFrase();
  const feito = await trocaFrase(casa.gerencia.pessoas, { quem, em: agora(casa), resumo: await resume(frase) });
  return await acaba(casa, c, {
    ...{ pessoa, feito, ato: "PESSOA SENHA" },
    recado: {
      titulo: acessos.fraseTrocada(quem),
      ...escrita === undefined ? { linhas: [acessos.guardeAFrase], segredo: frase } : {},
    },
  });
}

async function liga(casa: Casa, c: Contexto, pessoa: Pessoa): Promise<Response> {
  const { acessos } = c.var.p;
  const campos = await leFormulario(c);
  const aberto = casa.selos.abre("totp", campos("fechado"));
  const [numero, segredo]: unknown[] = Array.isArray(aberto) ? aberto : [];
  if (numero !== pessoa.numero || typeof segredo !== "string") {
    const erros = { codigo: acessos.erros.qrVelho };
    return await mostraTotp(casa, c, { pessoa, segredo: novoSegredoDoTotp(), erros });
  }
  const passo = passoDoCodigo(segredo, campos("codigo"), casa.relogio());
  if (passo === undefined) {
    return await mostraTotp(casa, c, { pessoa, segredo, erros: { codigo: acessos.erros.codigo } });
  }
  const { quem } = pessoa;
  const feito = await ligaSegundoFator(casa.gerencia.pessoas, { quem, em: agora(casa), totp: segredo, passo });
  const recado = { titulo: acessos.totpLigado(quem), linhas: [acessos.agoraCodigos] };
  return await acaba(casa, c, { pessoa, feito, ato: "PESSOA TOTP", recado });
}

async function desliga(casa: Casa, c: Contexto, pessoa: Pessoa): Promise<Response> {
  const { acessos } = c.var.p;
  await leFormulario(c);
  const { quem } = pessoa;
  const feito = await desligaSegundoFator(casa.gerencia.pessoas, { quem, em: agora(casa) });
  return await acaba(casa, c, { pessoa, feito, ato: "PESSOA TOTP", recado: { titulo: acessos.totpDesligado(quem) } });
}

async function codigos(casa: Casa, c: Contexto, pessoa: Pessoa): Promise<Response> {
  const { acessos } = c.var.p;
  await leFormulario(c);
  const feito = await daCodigos(casa.gerencia.pessoas, pessoa);
  const segredo = "impede" in feito ? "" : feito.codigos.join("\n");
  const recado = { titulo: acessos.codigosDados(pessoa.quem), linhas: [acessos.codigosExplica], segredo };
  return await acaba(casa, c, { pessoa, feito, ato: "PESSOA RECUPERACAO", recado });
}

async function retira(casa: Casa, c: Contexto, pessoa: Pessoa): Promise<Response> {
  const { acessos } = c.var.p;
  await leFormulario(c);
  const { quem, papel } = pessoa;
  const gerentes = (await casa.gerencia.pessoas.todas()).filter((uma) => uma.papel === "gerente" && entra(uma));
  // Sem ninguém na gerência, daqui já não se criava outra pessoa.
  if (papel === "gerente" && gerentes.length === 1) {
    return await mostra(casa, c, { pessoa, erros: { "": acessos.erros.ultima } });
  }
  const feito = await retiraPessoa(casa.gerencia.pessoas, { quem, em: agora(casa) });
  return await acaba(casa, c, {
    pessoa,
    feito,
    ato: "PESSOA RETIRA",
    recado: { titulo: acessos.pessoaRetirada(quem) },
  });
}

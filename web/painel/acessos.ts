/**
 * `/painel/acessos`: as chaves com que os terminais entram, e as pessoas que entram pelas páginas. Cada ato fica na trilha, como
 * o comando que o faz; um segredo mostra-se uma vez. O que se faz a uma pessoa está em `pessoa.ts`.
 *
 * @module
 */

import { Hono } from "hono";
import { html } from "hono/html";
import { resume } from "../../acesso/argon2.ts";
import { sorteiaFrase } from "../../acesso/frase.ts";
import { criaPessoa } from "../../acesso/pessoas.ts";
import { criaChave } from "../../acesso/segredo.ts";
import type { Papel } from "../../clinica/agendamento.ts";
import { type Chave, PAPEIS_DE_CHAVE, vale } from "../../clinica/chave.ts";
import { entra, lerNomeMostrado, lerQuem, NOME_MAXIMO, PAPEIS_DE_PESSOA, type Pessoa } from "../../clinica/pessoa.ts";
import { inofensivo } from "../../clinica/texto.ts";
import { PROCURADO } from "../../fio/leitores.ts";
import { campo, casinha, Leitura, lerDia, type Preenchido, preenchido, resumoDeErros } from "../campos.ts";
import type { Ambiente, Casa, Contexto, Rotas } from "../casa.ts";
import { dataInteira, momento } from "../datas.ts";
import type { Html } from "../moldura.ts";
import { type Campos, leFormulario } from "../pedido.ts";
import { emolduraPainel } from "./moldura.ts";
import { tabela } from "./tabela.ts";
import { agora, camposDaFrase, leFrase, rotasDaPessoa } from "./pessoa.ts";
import { colhe, deixa, mostraRecado } from "./recado.ts";

/** As rotas dos acessos. */
export function rotasDosAcessos(casa: Casa): Rotas {
  const rotas = new Hono<Ambiente>();
  rotas.get("/", (c) => mostraAcessos(casa, c));
  rotas.post("/chave", (c) => criar(casa, c));
  rotas.post("/revoga", (c) => revogar(casa, c));
  rotas.post("/pessoa", (c) => criarPessoa(casa, c));
  rotas.route("/pessoa/:numero{[0-9]{1,15}}", rotasDaPessoa(casa));
  return rotas;
}

async function mostraAcessos(casa: Casa, c: Contexto, comErro?: Preenchido): Promise<Response> {
  const { p } = c.var;
  const { acessos, mesa } = p;
  const recado = colhe(casa, c);
  const [chaves, pessoas] = await Promise.all([casa.gerencia.chaves.todas(), casa.gerencia.pessoas.todas()]);
  const { hoje } = casa.agenda.clinica.calendario.janela(casa.relogio());
  const da = (forma: string): Preenchido => comErro?.forma === forma ? comErro : preenchido(forma);
  return emolduraPainel(casa, c, {
    ...{ titulo: p.painel.acessos, aqui: "acessos", codigo: comErro === undefined ? 200 : 422 },
    corpo: html`
      <h1>${p.painel.acessos}</h1>
      ${mostraRecado(recado)}
      ${comErro === undefined ? "" : resumoDeErros(p, comErro)}
      <section aria-labelledby="pessoas">
        <h2 id="pessoas">${acessos.pessoas}</h2>
        ${tabela({
          legenda: acessos.pessoasLegenda,
          colunas: [acessos.entraComo, mesa.campos.nome, acessos.papel, mesa.campos.situacao, mesa.atos],
          linhas: pessoas.toSorted((a, b) => Number(entra(b)) - Number(entra(a))).map((uma) => daPessoa(casa, c, uma)),
        })}
        <details class="acrescenta"${comErro?.forma === "pessoa"
          ? html`
            open
          `
          : ""}>
          <summary class="botao segundo">${acessos.criarPessoa}</summary>
          ${formaDaPessoa(casa, c, da("pessoa"))}
        </details>
      </section>
      <section aria-labelledby="chaves">
        <h2 id="chaves">${acessos.chaves}</h2>
        <p>${chaves.length === 0 ? acessos.semChaves : acessos.chavesExplica}</p>
        ${chaves.length === 0 ? "" : tabela({
          legenda: acessos.chavesLegenda,
          colunas: [mesa.numero, mesa.campos.nome, acessos.papel, mesa.campos.situacao, mesa.atos],
          linhas: chaves.toSorted((a, b) => Number(vale(b, hoje)) - Number(vale(a, hoje)))
            .map((uma) => daChave(casa, c, { uma, hoje })),
        })}
        <details class="acrescenta"${comErro?.forma === "chave"
          ? html`
            open
          `
          : ""}>
          <summary class="botao segundo">${acessos.criarChave}</summary>
          ${formaDaChave(casa, c, { forma: da("chave"), primeira: chaves.length === 0 })}
        </details>
      </section>
    `,
  });
}

function oPapel(
  casa: Casa,
  c: Contexto,
  { papel, profissional }: Pick<Chave | Pessoa, "papel" | "profissional">,
): Html {
  const { acessos } = c.var.p;
  return html`${acessos.papeis[papel]}${
    profissional === "" ? "" : html`
      <small>${casa.agenda.clinica.profissionalDe(profissional)}</small>
    `
  }`;
}

function daPessoa(casa: Casa, c: Contexto, pessoa: Pessoa): (Html | string)[] {
  const { acessos } = c.var.p;
  const { fuso } = casa.agenda.clinica.oferta;
  const situacao = !entra(pessoa)
    ? acessos.retirada(momento(pessoa.retiradaEm, fuso))
    : pessoa.totp === ""
    ? acessos.soFrase
    : acessos.comTotp(pessoa.recuperacao.length);
  return [
    pessoa.quem,
    inofensivo(pessoa.nome),
    oPapel(casa, c, pessoa),
    situacao,
    entra(pessoa)
      ? html`<a class="botao segundo pequeno" href="/painel/acessos/pessoa/${pessoa.numero}">${acessos.mudar}<span
          class="so-leitor"> ${pessoa.quem}</span></a>`
      : "",
  ];
}

function daChave(casa: Casa, c: Contexto, { uma, hoje }: { uma: Chave; hoje: string }): (Html | string)[] {
  const { acessos } = c.var.p;
  const { fuso } = casa.agenda.clinica.oferta;
  const situacao = uma.revogadaEm !== ""
    ? acessos.revogada(momento(uma.revogadaEm, fuso))
    : !vale(uma, hoje)
    ? acessos.venceu(dataInteira(uma.ate))
    : uma.ate === ""
    ? acessos.vale
    : acessos.valeAte(dataInteira(uma.ate));
  return [
    String(uma.numero),
    inofensivo(uma.nome),
    oPapel(casa, c, uma),
    situacao,
    vale(uma, hoje)
      ? html`
        <details class="ato">
          <summary>${acessos.revogar}<span class="so-leitor"> ${uma.numero}</span></summary>
          <form method="post" action="/painel/acessos/revoga">
            <input type="hidden" name="numero" value="${uma.numero}">
            <p>${acessos.revogarExplica(inofensivo(uma.nome))}</p>
            <button class="botao perigo">${acessos.revogar}</button>
          </form>
        </details>
      `
      : "",
  ];
}

/** Os profissionais da semana, para quem tem esse papel. */
function campoDoProfissional(casa: Casa, c: Contexto, forma: Preenchido): Html {
  const { p: { acessos, mesa } } = c.var;
  return campo(forma, {
    ...{ nome: "profissional", rotulo: mesa.campos.comQuem, dica: acessos.profissionalDica },
    escolhas: [["", "—"], ...casa.agenda.clinica.oferta.profissionais.map(({ chave, nome }) => [chave, nome] as const)],
  });
}

function formaDaChave(
  casa: Casa,
  c: Contexto,
  { forma, primeira }: { readonly forma: Preenchido; readonly primeira: boolean },
): Html {
  const { acessos, mesa } = c.var.p;
  return html`
    <form method="post" action="/painel/acessos/chave" class="em-colunas">
      ${campo(forma, { nome: "nome", rotulo: mesa.campos.nome, dica: acessos.nomeDaChave, maximo: NOME_MAXIMO })}
      ${campo(forma, {
        ...{ nome: "papel", rotulo: acessos.papel },
        escolhas: PAPEIS_DE_CHAVE.map((papel) => [papel, acessos.papeis[papel]]),
      })}
      ${campoDoProfissional(casa, c, forma)}
      ${campo(forma, { nome: "ate", rotulo: acessos.valeAteQuando, dica: acessos.valeAteDica, tipo: "date" })}
      ${primeira ? casinha(forma, { nome: "primeira", rotulo: acessos.primeira }) : ""}
      <div class="botoes"><button class="botao">${acessos.criarChave}</button></div>
    </form>
  `;
}

function formaDaPessoa(casa: Casa, c: Contexto, forma: Preenchido): Html {
  const { acessos, mesa } = c.var.p;
  return html`
    <form method="post" action="/painel/acessos/pessoa" class="em-colunas">
      ${campo(forma, { nome: "quem", rotulo: acessos.entraComo, dica: acessos.entraComoDica, maximo: 100 })}
      ${campo(forma, { nome: "nome", rotulo: mesa.campos.nome, maximo: NOME_MAXIMO })}
      ${campo(forma, {
        ...{ nome: "papel", rotulo: acessos.papel },
        escolhas: PAPEIS_DE_PESSOA.map((papel) => [papel, acessos.papeis[papel]]),
      })}
      ${campoDoProfissional(casa, c, forma)}
      ${camposDaFrase(c, forma)}
      <div class="botoes"><button class="botao">${acessos.criarPessoa}</button></div>
    </form>
  `;
}

/** Quem atende, para o papel de profissional, e só para ele; tem de estar na semana. */
function leProfissional(
  casa: Casa,
  c: Contexto,
  { lidos, papel }: { lidos: Leitura; papel: Papel | undefined },
): string {
  const { acessos } = c.var.p;
  const escrito = lidos.talvez("profissional", PROCURADO, acessos.erros.profissional);
  const achado = escrito === undefined ? undefined : casa.agenda.clinica.profissional(escrito);
  if ((papel === "profissional") !== (achado !== undefined)) lidos.acusa("profissional", acessos.erros.profissional);
  return achado?.chave ?? "";
}

/** O papel escolhido, e o nome. */
function leQuemE<P extends Papel>(
  c: Contexto,
  { lidos, campos, papeis }: { readonly lidos: Leitura; readonly campos: Campos; readonly papeis: readonly P[] },
): { readonly papel: P | undefined; readonly nome: string } {
  const { p: { acessos, mesa } } = c.var;
  const papel = papeis.find((um) => um === campos("papel"));
  if (papel === undefined) lidos.acusa("papel", mesa.erros.escolha);
  const nome = lerNomeMostrado(campos("nome"));
  if (nome === undefined) lidos.acusa("nome", acessos.erros.nome(NOME_MAXIMO));
  return { papel, nome: nome ?? "" };
}

async function criar(casa: Casa, c: Contexto): Promise<Response> {
  const { p: { acessos, mesa }, entrado: { quem } } = c.var;
  const { anota, gerencia: { chaves } } = casa;
  const campos = await leFormulario(c);
  const lidos = new Leitura(campos);
  const { papel, nome } = leQuemE(c, { lidos, campos, papeis: PAPEIS_DE_CHAVE });
  const profissional = leProfissional(casa, c, { lidos, papel });
  const ate = lidos.talvez("ate", lerDia, mesa.erros.data) ?? "";
  const { hoje } = casa.agenda.clinica.calendario.janela(casa.relogio());
  if (ate !== "" && ate < hoje) lidos.acusa("ate", acessos.erros.jaPassou);
  // A primeira acaba com a porta aberta, e não se volta atrás.
  if ((await chaves.todas()).length === 0 && campos("primeira") !== "sim") {
    lidos.acusa("primeira", acessos.erros.primeira);
  }
  if (!lidos.serve || papel === undefined) return await mostraAcessos(casa, c, lidos.preenchido("chave"));
  const criadaEm = agora(casa);
  const { texto, chave } = await criaChave(chaves, { papel, nome, profissional, ate, criadaEm });
  anota(quem, "CHAVE CRIA", chave.numero);
  deixa(casa, c, {
    titulo: acessos.chaveCriada(chave.numero, nome),
    linhas: [acessos.guardeAChave],
    segredo: texto,
  });
  return c.redirect("/painel/acessos", 303);
}

async function revogar(casa: Casa, c: Contexto): Promise<Response> {
  const { p: { acessos }, entrado: { quem } } = c.var;
  const { anota, gerencia: { chaves } } = casa;
  const campos = await leFormulario(c);
  const numero = Number(campos("numero"));
  if (!Number.isSafeInteger(numero) || !await chaves.revoga(numero, agora(casa))) {
    return await mostraAcessos(casa, c, { forma: "revoga", valor: () => "", erros: { "": acessos.erros.jaRevogada } });
  }
  anota(quem, "CHAVE REVOGA", numero);
  deixa(casa, c, { titulo: acessos.chaveRevogada(numero), linhas: [acessos.dentroDeUmSegundo] });
  return c.redirect("/painel/acessos", 303);
}

async function criarPessoa(casa: Casa, c: Contexto): Promise<Response> {
  const { p: { acessos }, entrado } = c.var;
  const { anota, gerencia: { pessoas } } = casa;
  const campos = await leFormulario(c);
  const lidos = new Leitura(campos);
  const quem = lerQuem(campos("quem"));
  if (quem === undefined) lidos.acusa("quem", acessos.erros.quem);
  const { papel, nome } = leQuemE(c, { lidos, campos, papeis: PAPEIS_DE_PESSOA });
  const profissional = leProfissional(casa, c, { lidos, papel });
  if ((await pessoas.todas()).some((uma) => uma.quem === quem && entra(uma))) {
    lidos.acusa("quem", acessos.erros.haOutra);
  }
  const escrita = leFrase(c, { lidos, quem: quem ?? "" });
  if (!lidos.serve || quem === undefined || papel === undefined) {
    return await mostraAcessos(casa, c, lidos.preenchido("pessoa"));
  }
  const frase = escrita ?? sorteiaFrase();
  const feito = await criaPessoa(pessoas, {
    quem,
    nome,
    papel,
    profissional,
    resumo: await resume(frase),
    criadaEm: agora(casa),
  });
  if ("impede" in feito) {
    lidos.acusa("quem", acessos.erros.haOutra);
    return await mostraAcessos(casa, c, lidos.preenchido("pessoa"));
  }
  anota(entrado.quem, "PESSOA CRIA", feito.pessoa.numero);
  deixa(casa, c, {
    titulo: acessos.pessoaCriada(nome, quem),
    ...escrita === undefined ? { linhas: [acessos.guardeAFrase], segredo: frase } : {},
  });
  return c.redirect("/painel/acessos", 303);
}

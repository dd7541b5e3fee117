/**
 * As páginas: uma face do livro para quem tem um navegador. Junta as rotas de cada parte (o paciente, o painel, a tela da sala
 * de espera), e responde por elas quando algo falha. A porta que lhes traz os pedidos está em `porta.ts`; o servidor abre-a.
 *
 * @module
 */

import { Hono } from "hono";
import { setCookie } from "hono/cookie";
import { html } from "hono/html";
import { ErroDoArmazem } from "../clinica/livro.ts";
import {
  type Ambiente,
  type Casa,
  type Contexto,
  DesfechoIncerto,
  LivroForaDoAlcance,
  PedeDemais,
  type Rotas,
} from "./casa.ts";
import { completa, emoldura } from "./moldura.ts";
import { Feitas } from "./paciente/feitas.ts";
import { rotasDoPaciente } from "./paciente/rotas.ts";
import type { Porteiro } from "./painel/porteiro.ts";
import { rotasDoPainel } from "./painel/rotas.ts";
import { LINGUAS, PALAVRAS } from "./palavras/palavras.ts";
import { rotasDaTv } from "./tv/rotas.ts";
import { COOKIE_DA_LINGUA, DeOutraOrigem, FormularioRecusado, leFormulario, linguaDoPedido } from "./pedido.ts";

/** Um ano, em segundos: quanto dura a língua que se escolheu. */
const UM_ANO = 365 * 24 * 3600;

/** Todas as rotas. */
export function paginas(casa: Casa, porteiro: Porteiro, feitas: Feitas = new Feitas(casa)): Rotas {
  const app = new Hono<Ambiente>();
  app.use(async (c, segue) => {
    const lingua = linguaDoPedido(c);
    c.set("lingua", lingua);
    c.set("p", PALAVRAS[lingua]);
    c.set("deConfianca", casa.segura || c.env.desta);
    await segue();
    // Uma página já os tem; o resto (ir a outro lado, um fluxo, um calendário) tem ao menos estes.
    if (!c.res.headers.has("x-content-type-options")) completa(c.res.headers);
  });
  app.get(
    "/arquivos/:nome",
    (c) => casa.arquivos.responde(c.req.path, c.req.header("accept-encoding") ?? null) ?? c.notFound(),
  );
  app.post("/lingua", async (c) => {
    const campos = await leFormulario(c);
    const escolhida = LINGUAS.find((uma) => uma === campos("lingua"));
    if (escolhida !== undefined) {
      setCookie(c, COOKIE_DA_LINGUA, escolhida, {
        ...{ path: "/", maxAge: UM_ANO, sameSite: "Lax", httpOnly: true, secure: casa.segura },
      });
    }
    return c.redirect(caminhoNosso(campos("volta")), 303);
  });
  app.route("/", rotasDoPaciente(casa, feitas));
  app.route("/painel", rotasDoPainel(casa, porteiro));
  app.route("/tv", rotasDaTv(casa));
  app.notFound((c) => diz(casa, c, { codigo: 404, titulo: c.var.p.falha.naoHa, texto: c.var.p.falha.naoHaExplica }));
  app.onError((erro, c) => falhou(casa, c, erro));
  return app;
}

/** Um caminho desta casa, com o que nele se escolheu, e só dela; o resto vai ao início. */
function caminhoNosso(caminho: string): string {
  return /^\/(?![/\\])[\w\/-]*(?:\?[\w=&%+.:*-]*)?$/.test(caminho) ? caminho : "/";
}

interface OQueSeDiz {
  readonly codigo: number;
  readonly titulo: string;
  readonly texto: string;
}

function diz(casa: Casa, c: Contexto, { codigo, titulo, texto }: OQueSeDiz): Promise<Response> {
  return emoldura(casa, c, {
    ...{ titulo, codigo, face: "paciente", arquivos: ["paciente.css"] },
    corpo: html`
      <h1>${titulo}</h1>
      <p>${texto}</p>
      <p><a class="botao" href="/">${c.var.p.comum.inicio}</a></p>
    `,
  });
}

async function falhou(casa: Casa, c: Contexto, erro: Error): Promise<Response> {
  const { falha } = c.var.p;
  if (erro instanceof PedeDemais) {
    const resposta = await diz(casa, c, {
      codigo: 429,
      titulo: falha.esperaTitulo,
      texto: falha.espera(erro.segundos),
    });
    resposta.headers.set("retry-after", String(erro.segundos));
    return resposta;
  }
  if (erro instanceof LivroForaDoAlcance || erro instanceof ErroDoArmazem) {
    return diz(casa, c, { codigo: 503, titulo: falha.foraTitulo, texto: falha.fora });
  }
  if (erro instanceof DesfechoIncerto) {
    return diz(casa, c, { codigo: 503, titulo: falha.incertoTitulo, texto: falha.incerto });
  }
  if (erro instanceof DeOutraOrigem) {
    return diz(casa, c, { codigo: 403, titulo: falha.outraOrigemTitulo, texto: falha.outraOrigem });
  }
  if (erro instanceof FormularioRecusado) {
    return diz(casa, c, { codigo: 413, titulo: falha.grandeTitulo, texto: falha.grande });
  }
  casa.aoFalhar("uma página não pôde ser feita", erro);
  return diz(casa, c, { codigo: 500, titulo: falha.erroTitulo, texto: falha.erro });
}

/**
 * `/marcar`: depois das perguntas (`perguntas.ts`), quem, e o que se marca. O que é de alguém vai só no formulário do fim, que marca
 * uma vez por mais que se mande.
 *
 * @module
 */

import { Hono } from "hono";
import { html } from "hono/html";
import { nomeDoDia } from "../../clinica/oferta.ts";
import { type Erros, escondidos, preenchido } from "../campos.ts";
import { type Ambiente, type Casa, type Contexto, pede, quemPede, type Rotas } from "../casa.ts";
import { diaSemAno } from "../datas.ts";
import { type Campos, leFormulario } from "../pedido.ts";
import { comCodigo, daBilhete, leBilhete } from "./bilhete.ts";
import { botoesDeHoras } from "./escolha.ts";
import type { Feitas } from "./feitas.ts";
import { camposDaPessoa, EM_BRANCO, type Escrito, lerPessoa, neutra } from "./formulario.ts";
import { diasLivres, escreveQuando, leQuando, maisProximas, vagas } from "./livres.ts";
import { mostra, recado } from "./pagina.ts";
import {
  aviso,
  deQueDepende,
  type Escolha,
  escolhaFeita,
  type Escolhido,
  leEscolhido,
  passo,
  pergunta,
  resumo,
  semHoras,
} from "./perguntas.ts";
import { codigoDaVez, novaVez } from "./vez.ts";

/** As rotas. */
export function rotasDeMarcar(casa: Casa, feitas: Feitas): Rotas {
  const rotas = new Hono<Ambiente>();
  rotas.get("/", async (c) => {
    const guardada = await feitas.acha(c);
    if (guardada !== undefined) return guardada;
    const { data, hora, desde, ...escrito } = c.req.query();
    const escolhido: Escolhido = { ...leEscolhido(casa, escrito), data, hora, desde };
    const [deQue, vale] = [deQueDepende(escolhido), feitas.ponto()];
    const livres = await vagas(casa, quemPede(c, "paciente"), deQue);
    const feita = escolhaFeita(casa, escolhido, livres);
    // O formulário do fim tem uma vez, que é de um só; o resto é igual para todos.
    if (feita !== undefined) {
      return perguntaQuem(casa, c, { ...feita, escrito: EM_BRANCO, erros: {}, vez: novaVez() });
    }
    return feitas.guarda(c, vale, { deQue, livres }, pergunta(casa, c, escolhido, livres));
  });
  rotas.post("/", async (c) => marca(casa, c, await leFormulario(c)));
  return rotas;
}

/** O fim do caminho: o que se escolheu, o que se escreveu, e a vez, que faz do mesmo formulário um só pedido. */
interface Fim extends Escolha {
  readonly escrito: Escrito;
  readonly erros: Erros;
  readonly vez: string;
}

function perguntaQuem(casa: Casa, c: Contexto, fim: Fim): Promise<Response> {
  const { p } = c.var;
  const { especialidade, profissional, quando, escrito, erros, vez } = fim;
  return mostra(casa, c, {
    titulo: p.marcar.quem,
    volta: passo({ especialidade, profissional }, { data: quando.data }),
    erros,
    corpo: html`
      ${resumo(casa, c, { especialidade, profissional }, quando)}
      <form method="post" action="/marcar" novalidate spellcheck="false">
        ${escondidos({ especialidade: especialidade.chave, profissional, quando: escreveQuando(quando), vez })}
        ${camposDaPessoa(p, preenchido("", { ...escrito }, erros))}
        <p class="dica">${p.marcar.paraQue}</p>
        <p class="botoes"><button class="botao">${p.marcar.confirma}</button></p>
      </form>
    `,
  });
}

/** Marca o que o formulário diz. */
async function marca(casa: Casa, c: Contexto, campos: Campos): Promise<Response> {
  const p = c.get("p");
  const { especialidade, profissional } = leEscolhido(casa, {
    ...{ especialidade: campos("especialidade"), profissional: campos("profissional") },
  });
  const quando = leQuando(campos("quando"));
  if (especialidade === undefined || profissional === undefined || quando === undefined) {
    return c.redirect("/marcar", 303);
  }
  const { escrito, erros, pessoa } = lerPessoa(p, campos);
  const fim: Fim = { especialidade, profissional, quando, escrito, erros, vez: campos("vez") };
  if (pessoa === undefined) return perguntaQuem(casa, c, fim);
  const resultado = await pede(casa, quemPede(c, "paciente"), {
    ...{ comando: "AGEND", especialista: especialidade.chave, profissional: profissional || undefined },
    ...{ data: quando.data, dia: nomeDoDia(casa.agenda.clinica.oferta, quando.data), horario: quando.hora },
    ...pessoa,
    proposto: codigoDaVez(casa, fim.vez, { cpf: pessoa.cpf, especialidade: especialidade.chave }),
  });
  switch (resultado.codigo) {
    case "OK-300": {
      const [{ cpf, codigo }] = resultado.agendamentos;
      daBilhete(casa, c, { ...comCodigo(leBilhete(casa, c), cpf, codigo), feito: "marcado" });
      return c.redirect("/agendamento", 303);
    }
    case "ERRO-103":
    case "ERRO-105":
    case "ERRO-110":
      return foiSe(casa, c, fim);
    case "ERRO-116":
      return resultado.regra === "antecedencia"
        ? foiSe(casa, c, fim)
        : perguntaQuem(casa, c, { ...fim, erros: neutra(p) });
    default:
      throw new Error(`marcar respondeu ${resultado.codigo}`);
  }
}

/** A hora já não se pode marcar: oferecem-se as mais próximas, com o que já se escreveu. */
async function foiSe(casa: Casa, c: Contexto, fim: Fim): Promise<Response> {
  const { p: { marcar }, lingua } = c.var;
  const { especialidade, profissional, quando, escrito, vez } = fim;
  const quem = quemPede(c, "paciente");
  const dias = await diasLivres(casa, quem, { especialidade: especialidade.chave, profissional });
  if (dias.length === 0) {
    return semHoras(casa, c, { escolhido: { especialidade, profissional }, volta: passo({ especialidade }) });
  }
  return mostra(casa, c, {
    titulo: marcar.foiSe,
    ...{ volta: passo({ especialidade, profissional }), codigo: 409 },
    antes: recado(marcar.horaSeFoi(diaSemAno(quando.data, lingua), quando.hora), "de-aviso"),
    corpo: html`
      ${resumo(casa, c, { especialidade, profissional })}
      <p>${marcar.maisProximas}</p>
      <form method="post" action="/marcar">
        ${escondidos({ especialidade: especialidade.chave, profissional, vez, ...escrito })}
        ${botoesDeHoras(c, maisProximas(casa, dias, quando))}
      </form>
      <p class="outra-saida"><a href="${passo({ especialidade, profissional })}">${marcar.outroDia}</a></p>
      ${aviso(c, { especialidade, profissional })}
    `,
  });
}

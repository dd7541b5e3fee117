/**
 * `/marcar/espera`: "avise-me se vagar". Diz-se o que serve e quem é; quem já tem uma hora e o bilhete dela só diz o que serve.
 *
 * @module
 */

import { Hono } from "hono";
import { html } from "hono/html";
import type { Agendamento } from "../../clinica/agendamento.ts";
import { ehData } from "../../clinica/calendario.ts";
import type { ParteDoDia } from "../../clinica/espera.ts";
import type { Especialidade } from "../../clinica/oferta.ts";
import type { PedidoDe } from "../../clinica/pedido.ts";
import { CODIGO } from "../../fio/leitores.ts";
import { type Campo, campo, type Erros, escondidos, haErros, type Preenchido, preenchido } from "../campos.ts";
import { type Ambiente, type Casa, type Contexto, pede, quemPede, type Rotas } from "../casa.ts";
import { diaSemAno } from "../datas.ts";
import type { Html } from "../moldura.ts";
import { type Campos, leFormulario } from "../pedido.ts";
import { comCodigo, daBilhete, leBilhete, ve } from "./bilhete.ts";
import { camposDaPessoa, EM_BRANCO, type Escrito, lerPessoa, neutra, type Pessoa } from "./formulario.ts";
import { dados, endereco, mostra } from "./pagina.ts";
import { codigoDaVez, novaVez } from "./vez.ts";

/** O que serve a quem espera, como se escreveu. */
interface Desejo {
  readonly profissional: string;
  readonly de: string;
  readonly ate: string;
  readonly turno: string;
  readonly antecedencia: string;
  readonly marca: string;
}

const QUALQUER: Desejo = { profissional: "", de: "", ate: "", turno: "", antecedencia: "", marca: "" };

/** Com quanto tempo se quer saber, em minutos; a primeira é a que a clínica pede a todos. */
const ANTECEDENCIAS = ["", "360", "1440", "2880"] as const;

const TURNOS: readonly ParteDoDia[] = ["MANHÃ", "TARDE"];

/** O que a página mostra. */
interface Pagina {
  readonly especialidade: Especialidade;
  readonly desejo: Desejo;
  readonly escrito: Escrito;
  readonly codigo: string;
  readonly erros: Erros;
  readonly vez: string;
}

/** As rotas. */
export function rotasDaEspera(casa: Casa): Rotas {
  const rotas = new Hono<Ambiente>();
  rotas.get("/", async (c) => {
    const especialidade = casa.agenda.clinica.especialidade(c.req.query("especialidade") ?? "");
    if (especialidade === undefined) return c.redirect("/marcar", 303);
    return pergunta(casa, c, await oQueTem(casa, c, especialidade), {
      ...{ especialidade, escrito: EM_BRANCO, codigo: "", erros: {}, vez: novaVez() },
      desejo: { ...QUALQUER, profissional: c.req.query("profissional") ?? "" },
    });
  });
  rotas.post("/", async (c) => {
    const campos = await leFormulario(c);
    const especialidade = casa.agenda.clinica.especialidade(campos("especialidade"));
    return especialidade === undefined ? c.redirect("/marcar", 303) : entra(casa, c, { especialidade, campos });
  });
  return rotas;
}

/** O que quem traz o bilhete tem marcado nessa especialidade. */
async function oQueTem(casa: Casa, c: Contexto, { chave }: Especialidade): Promise<Agendamento | undefined> {
  const bilhete = leBilhete(casa, c);
  if (bilhete === undefined) return undefined;
  const { agendamentos } = await ve(casa, c, bilhete);
  return agendamentos.find(({ especialidade }) => especialidade === chave);
}

function pergunta(casa: Casa, c: Contexto, tem: Agendamento | undefined, pagina: Pagina): Promise<Response> {
  const { p, lingua } = c.var;
  const { especialidade, desejo, escrito, codigo, erros, vez } = pagina;
  const forma = preenchido("", { ...escrito, ...desejo, codigo }, erros);
  return mostra(casa, c, {
    titulo: p.avisar.titulo,
    volta: tem === undefined ? endereco("/marcar", { especialidade: especialidade.chave }) : "/agendamento",
    erros,
    corpo: html`
      <div class="escolhido">${dados([
        [p.paciente.especialidade, especialidade.nome],
        [p.avisar.jaTem, tem === undefined ? "" : p.paciente.diaEHora(diaSemAno(tem.data, lingua), tem.hora)],
      ])}</div>
      <p>${tem === undefined ? p.avisar.explica : p.avisar.explicaMaisCedo}</p>
      <form method="post" action="/marcar/espera" novalidate spellcheck="false">
        ${escondidos({ especialidade: especialidade.chave, vez, tem: tem?.numero ?? "" })}
        ${camposDoDesejo(casa, c, { especialidade, forma })}
        ${tem === undefined
          ? html`
            <h2>${p.marcar.quem}</h2>
            ${camposDaPessoa(p, forma)}
            ${campo(forma, { nome: "codigo", rotulo: p.avisar.codigo, dica: p.avisar.codigoDica, maximo: 20 })}
          `
          : ""}
        <p class="dica">${p.avisar.comoSeSabe}</p>
        <p class="botoes"><button class="botao">${p.avisar.entra}</button></p>
      </form>
    `,
  });
}

/** Os campos do que serve. */
function camposDoDesejo(
  { agenda: { clinica } }: Casa,
  { var: { p } }: Contexto,
  { especialidade, forma }: { readonly especialidade: Especialidade; readonly forma: Preenchido },
): Html {
  const { avisar, paciente } = p;
  const profissionais = clinica.oferta.quemAtende.get(especialidade.chave) ?? [];
  return html`
    ${profissionais.length < 2 ? "" : campo(forma, {
      ...{ nome: "profissional", rotulo: paciente.profissional },
      escolhas: [["", paciente.qualquerUm], ...profissionais.map(({ chave, nome }) => [chave, nome] as const)],
    })}
    <p class="dica">${avisar.datas}</p>
    <div class="lado-a-lado">
      ${campo(forma, { nome: "de", rotulo: avisar.de, tipo: "date" })}
      ${campo(forma, { nome: "ate", rotulo: avisar.ate, tipo: "date" })}
    </div>
    ${campo(forma, {
      ...{ nome: "turno", rotulo: avisar.turno },
      escolhas: [["", avisar.tanto], ...TURNOS.map((turno) => [turno, avisar[turno]] as const)],
    })}
    ${campo(forma, {
      ...{ nome: "antecedencia", rotulo: avisar.antecedencia },
      escolhas: ANTECEDENCIAS.map((minutos) => [minutos, avisar.comAntecedencia(Number(minutos) / 60)] as const),
    })}
    ${radios(forma, {
      ...{ nome: "marca", rotulo: avisar.marca },
      escolhas: [["", avisar.perguntaAntes], ["sim", avisar.marcaLogo]],
    })}
  `;
}

/** Escolher um, com todos à vista. */
function radios(
  onde: Preenchido,
  { nome, rotulo, escolhas }: Required<Pick<Campo, "nome" | "rotulo" | "escolhas">>,
): Html {
  return html`
    <fieldset class="campo">
      <legend>${rotulo}</legend>
      ${escolhas.map(([um, texto], i) =>
        html`
          <p
            class="radio"><input type="radio" id="${nome}-${i}" name="${nome}" value="${um}" ${um === onde.valor(nome)
              ? "checked"
              : ""}><label for="${nome}-${i}">${texto}</label></p>
        `
      )}
    </fieldset>
  `;
}

/** Entra na lista. */
async function entra(
  casa: Casa,
  c: Contexto,
  { especialidade, campos }: { readonly especialidade: Especialidade; readonly campos: Campos },
): Promise<Response> {
  const { p } = c.var;
  const desejo: Desejo = {
    ...{ profissional: campos("profissional"), de: campos("de"), ate: campos("ate"), turno: campos("turno") },
    ...{ antecedencia: campos("antecedencia"), marca: campos("marca") },
  };
  const tem = await oQueTem(casa, c, especialidade);
  // Se o bilhete acabou entretanto, pergunta-se quem é, com o que serve como se escolheu.
  const deQuem = tem === undefined ? lerPessoa(p, campos) : { escrito: EM_BRANCO, erros: {}, pessoa: soQuem(tem) };
  const codigo = tem?.codigo ?? campos("codigo");
  const erros = { ...errosDoDesejo(c, desejo), ...perdeuOBilhete(c, campos, tem) ?? deQuem.erros };
  const pagina: Pagina = {
    ...{ especialidade, desejo, escrito: deQuem.escrito, codigo: campos("codigo"), erros, vez: campos("vez") },
  };
  if (deQuem.pessoa === undefined || haErros(erros)) return pergunta(casa, c, tem, pagina);
  const { cpf } = deQuem.pessoa;
  const resultado = await pede(casa, quemPede(c, "paciente"), {
    ...{ comando: "ESPERA", especialista: especialidade.chave, ...deQuem.pessoa, ...leDesejo(desejo) },
    ...{ codigo: codigo === "" ? undefined : leCodigo(codigo) },
    proposto: codigoDaVez(casa, pagina.vez, { cpf, especialidade: especialidade.chave }),
  });
  const recusa = (erros: Erros): Promise<Response> => pergunta(casa, c, tem, { ...pagina, erros });
  switch (resultado.codigo) {
    case "OK-307":
      daBilhete(casa, c, {
        ...comCodigo(leBilhete(casa, c), cpf, resultado.espera.codigo),
        feito: "esperando",
      });
      return c.redirect("/agendamento", 303);
    case "ERRO-103":
      return recusa({ de: tem === undefined ? p.avisar.naoServe : p.avisar.naoServeMaisCedo });
    case "ERRO-116":
      return recusa(resultado.regra === "espera" ? { "": p.avisar.cheia } : neutra(p));
    default:
      throw new Error(`esperar respondeu ${resultado.codigo}`);
  }
}

/** De quem já se sabe quem é: o contato que deu com o que tem. */
function soQuem({ cpf, nome, email, telefone }: Agendamento): Pessoa {
  return { cpf, nome, email: email || undefined, telefone: telefone || undefined };
}

/** Quem tinha o bilhete não disse quem é; o bilhete acabou. */
function perdeuOBilhete(
  { var: { p } }: Contexto,
  campos: Campos,
  tem: Agendamento | undefined,
): Erros | undefined {
  if (tem !== undefined || campos("tem") === "" || campos("cpf") !== "") return undefined;
  return { cpf: p.agendamento.outraVez };
}

function leCodigo(escrito: string): string {
  const codigo = CODIGO(escrito);
  return typeof codigo === "string" ? codigo : "";
}

function errosDoDesejo({ var: { p: { avisar } } }: Contexto, { de, ate }: Desejo): Erros {
  const erros: Record<string, string> = {};
  if (de !== "" && !ehData(de)) erros.de = avisar.dataErrada;
  if (ate !== "" && !ehData(ate)) erros.ate = avisar.dataErrada;
  if (!haErros(erros) && de !== "" && ate !== "" && ate < de) erros.ate = avisar.ateAntes;
  return erros;
}

function leDesejo(
  { profissional, de, ate, turno, antecedencia, marca }: Desejo,
): Pick<PedidoDe<"ESPERA">, "profissional" | "de" | "ate" | "turno" | "antecedencia" | "marca"> {
  const minutos = ANTECEDENCIAS.find((uma) => uma === antecedencia) ?? "";
  return {
    profissional: profissional || undefined,
    de: de || undefined,
    ate: ate || undefined,
    turno: TURNOS.find((um) => um === turno),
    antecedencia: minutos === "" ? undefined : Number(minutos),
    marca: marca === "sim",
  };
}

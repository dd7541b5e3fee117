/**
 * O cartão de um agendamento: o quê, quando, onde, o código, e o QR que leva a ele sem que nada disso vá num endereço que alguém
 * registe. É o que se imprime.
 *
 * @module
 */

import { html } from "hono/html";
import { encode } from "uqr";
import type { Agendamento } from "../../clinica/agendamento.ts";
import type { AEsperar } from "../../clinica/pedido.ts";
import { formatarCpf } from "../../clinica/texto.ts";
import type { Casa, Contexto } from "../casa.ts";
import { dataEHora, diaPorExtenso, diaSemAno } from "../datas.ts";
import type { Html } from "../moldura.ts";
import { dados } from "./pagina.ts";

/** Um código como se lê: em duas partes. */
function mostraCodigo(codigo: string): string {
  return `${codigo.slice(0, 4)}-${codigo.slice(4)}`;
}

/** O endereço que leva a um agendamento, de onde se fez o pedido: o que vem depois do `#` o navegador não manda. */
export function enderecoDoCartao(
  { segura }: Pick<Casa, "segura">,
  pedido: string,
  { cpf, codigo }: Pick<Agendamento, "cpf" | "codigo">,
): string {
  const { host } = new URL(pedido);
  // Quem atende por dentro fala sempre às claras: o esquema é o da porta.
  return `${segura ? "https" : "http"}://${host}/agendamento#${cpf}.${codigo}`;
}

/** O cartão de um agendamento. */
export function cartao(casa: Casa, c: Contexto, agendamento: Agendamento): Html {
  const { lingua, p } = c.var;
  const { clinica } = casa.agenda;
  const { data, hora, nome, cpf, codigo, situacao, senha, minutos } = agendamento;
  return html`
    <article class="cartao cartao-do-paciente">
      <p class="so-no-papel"><strong>${clinica.oferta.nome}</strong></p>
      <p class="quando"><span>${diaPorExtenso(data, lingua)}</span> <strong>${hora}</strong></p>
      ${senha === "" ? "" : html`
        <p class="senha ${situacao === "CHAMADO" ? "vez" : ""}">
          <span class="rotulo">${p.agendamento.senha}</span> <strong>${senha}</strong>
          ${situacao === "CHAMADO"
            ? html`<b>${juntos(p.situacaoDoPaciente.CHAMADO, clinica.localDe(agendamento))}</b>`
            : ""}
        </p>
      `}
      ${dados([
        [p.paciente.especialidade, clinica.nomeDe(agendamento.especialidade)],
        [p.paciente.profissional, clinica.profissionalDe(agendamento.profissional)],
        [p.paciente.local, clinica.localDe(agendamento)],
        [p.agendamento.dura, p.agendamento.minutos(minutos)],
        [p.agendamento.situacao, p.situacaoDoPaciente[situacao]],
        [p.agendamento.paraQuem, nome],
        [p.paciente.cpf, formatarCpf(cpf)],
      ])}
      ${identidade(casa, c, { cpf, codigo, guarde: p.agendamento.guarde })}
    </article>
  `;
}

function juntos(...partes: readonly string[]): string {
  return partes.filter((parte) => parte !== "").join(" · ");
}

/** O código, com o QR. */
function identidade(
  casa: Casa,
  c: Contexto,
  { cpf, codigo, guarde }: Pick<Agendamento, "cpf" | "codigo"> & { readonly guarde: string },
): Html {
  const { agendamento } = c.var.p;
  return html`
    <div class="identidade">
      <p>
        <span class="rotulo">${agendamento.oCodigo}</span>
        <strong class="codigo">${mostraCodigo(codigo)}</strong>
        <span class="rotulo">${guarde}</span>
      </p>
      <img src="${qr(enderecoDoCartao(casa, c.req.url, { cpf, codigo }))}" alt="${agendamento
        .qr}" width="148" height="148">
    </div>
  `;
}

/** O cartão de quem espera; a hora que lhe está segurada é o que mais importa, e logo a seguir as respostas. */
export function cartaoDaEspera(casa: Casa, c: Contexto, { espera, convite, posicao }: AEsperar, respostas: Html): Html {
  const { lingua, p } = c.var;
  const { avisar } = p;
  const { clinica } = casa.agenda;
  const { especialidade, profissional, de, ate, turno, nome, cpf, codigo, marca } = espera;
  const prazo = convite && dataEHora(convite.terminouEm, clinica.oferta.fuso);
  return html`
    <article class="cartao cartao-do-paciente">
      ${convite === undefined || prazo === undefined
        ? html`<p class="quando"><strong>${p.agendamento.naLista(posicao)}</strong></p>`
        : html`
          <p class="quando"><span>${p.agendamento.vagou}</span> <span>${diaPorExtenso(convite.data, lingua)}</span>
            <strong>${convite.hora}</strong></p>
          <p class="prazo">${p.agendamento.responda(diaSemAno(prazo.data, lingua), prazo.hora)}</p>
          ${respostas}
        `}
      ${dados([
        [p.paciente.especialidade, clinica.nomeDe(especialidade)],
        [p.paciente.profissional, clinica.profissionalDe(convite?.profissional ?? profissional)],
        [p.paciente.local, convite === undefined ? "" : clinica.localDe(convite)],
        ...convite === undefined
          ? [
            [avisar.de, de === "" ? "" : diaPorExtenso(de, lingua)],
            [avisar.ate, ate === "" ? "" : diaPorExtenso(ate, lingua)],
            [avisar.turno, turno === "" ? "" : avisar[turno]],
            [avisar.marca, marca ? avisar.marcaLogo : avisar.perguntaAntes],
          ] as const
          : [],
        [p.agendamento.paraQuem, nome],
      ])}
      ${identidade(casa, c, { cpf, codigo, guarde: p.agendamento.guardeEspera })}
    </article>
  `;
}

/** Um QR num endereço `data:`, com a margem de quatro módulos que a norma pede. */
function qr(texto: string): string {
  const { data, size } = encode(texto, { ecc: "M", border: 4 });
  const traco = data.flatMap((linha, y) => riscos(linha).map(([x, largura]) => `M${x} ${y}h${largura}v1h-${largura}z`));
  const svg = `<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 ${size} ${size}' shape-rendering='crispEdges'>` +
    `<path fill='%23fff' d='M0 0h${size}v${size}H0z'/><path d='${traco.join("")}'/></svg>`;
  return `data:image/svg+xml,${svg.replaceAll("<", "%3C").replaceAll(">", "%3E")}`;
}

/** Os módulos escuros seguidos de uma linha. */
function riscos(linha: readonly boolean[]): (readonly [x: number, largura: number])[] {
  const achados: (readonly [number, number])[] = [];
  for (let x = 0; x < linha.length; x++) {
    if (!linha[x]) continue;
    const inicio = x;
    while (linha[x + 1]) x++;
    achados.push([inicio, x - inicio + 1]);
  }
  return achados;
}

/**
 * A lista de espera num terminal, na recepção: pergunta-a ao servidor, manda os atos, escreve na tela o que mudou. O que cada
 * coisa faz dela está em `fila.ts`, como se mostra em `desenho_da_fila.ts`. O dia da recepção a abre.
 *
 * @module
 */

import { entraNaLista } from "./avise.ts";
import { fraseDe, insiste, recusaEm } from "./balcao.ts";
import { hojeNaClinica } from "./comandos.ts";
import { esperaAntesDe, RespostaPerdida } from "./conexao.ts";
import { alturaDaLista } from "./desenho.ts";
import { desenhaFila } from "./desenho_da_fila.ts";
import type { Recado } from "./dia.ts";
import { filaDe } from "./espera.ts";
import {
  apertaNa,
  type AtoNaFila,
  comAlturaNa,
  comecaFila,
  type EfeitoNaFila,
  especialidadeDa,
  type Fila,
  mostradasNa,
  perdeRespostaNa,
  perdeServidorNa,
  recebeFila,
  recebeRespostaNa,
} from "./fila.ts";
import { ehRecusa } from "./frases.ts";
import { especialidades, filasDe } from "./listas.ts";
import { pode, porqueNao } from "./papel.ts";
import type { Balcao } from "./tela.ts";
import { tamanho, TelaCheia } from "./tela_cheia.ts";
import type { Tecla } from "./teclas.ts";
import { ChaveRecusada, type Respondido, SemConexao } from "./tubo.ts";
import type { PedidoNoFio2 } from "../fio/clinica2.ts";
import { dataNoFio } from "../protocolo.ts";

/** De quanto em quanto tempo se pergunta a lista, ou todas, em ms. */
const INTERVALO = 2_000;

/**
 * Mostra a lista e obedece às teclas até Esc; devolve o que há a dizer de volta no dia.
 *
 * @throws {Desistencia} quando o servidor não atende e a pessoa cansou de esperar.
 */
export async function recepcaoDaFila(balcao: Balcao): Promise<Recado | undefined> {
  const nomes = await especialidades(balcao);
  const sala = new ListaDeEspera(balcao, comecaFila(nomes, await filasDe(balcao, nomes)));
  for (;;) {
    const efeito = await sala.mostra();
    if (efeito === "volta") return undefined;
    const { conexao, tela } = balcao;
    if (efeito === "semChave") {
      await insiste(balcao, () => conexao.conecta());
      if (!pode(conexao, "FILA")) return { marca: "aviso", texto: porqueNao(conexao, "FILA") };
      continue;
    }
    tela.titulo("Pôr alguém na lista de espera");
    if (!await entraNaLista(balcao, { especialista: sala.especialista })) tela.desfaz();
  }
}

type Evento =
  | { readonly tipo: "tecla"; readonly tecla: Tecla }
  | { readonly tipo: "lista"; readonly nomes: readonly string[]; readonly respostas: readonly Respondido[] }
  | { readonly tipo: "resposta"; readonly ato: AtoNaFila; readonly resposta: Respondido }
  | { readonly tipo: "falha"; readonly erro: unknown; readonly ato?: AtoNaFila }
  | { readonly tipo: "relogio" | "tamanho" | "fim" };

class ListaDeEspera {
  #balcao: Balcao;
  #fila: Fila;
  #eventos: Evento[] = [];
  #acorda: (() => void) | undefined;
  /** Os pedidos vão um de cada vez: cada um espera pelo anterior. */
  #pedidos: Promise<void> = Promise.resolve();
  #relogio: ReturnType<typeof setTimeout> | undefined;
  #falhas = 0;
  /** Há um ato sem resposta: não sai outro por cima dele. */
  #ocupada = false;
  /** O servidor deixou de aceitar a chave. */
  #semChave = false;

  constructor(balcao: Balcao, fila: Fila) {
    this.#balcao = balcao;
    this.#fila = fila;
  }

  get especialista(): string {
    return especialidadeDa(this.#fila);
  }

  /** A tela cheia, até que se saia dela: para sempre, ou para pôr alguém na lista. */
  async mostra(): Promise<"volta" | "poe" | "semChave"> {
    const { teclado } = this.#balcao;
    const acaba = (): void => this.#ocorre({ tipo: "fim" });
    const mede = (): void => this.#ocorre({ tipo: "tamanho" });
    teclado.interrompido.addEventListener("abort", acaba);
    if (Deno.build.os !== "windows") Deno.addSignalListener("SIGWINCH", mede);
    try {
      using tela = new TelaCheia(teclado, (tecla) => this.#ocorre({ tipo: "tecla", tecla }));
      if (this.#semChave) this.#eventos = [];
      this.#semChave = false;
      this.#pedeLista();
      const efeito = await this.#conversa(tela);
      return this.#semChave ? "semChave" : efeito;
    } finally {
      clearTimeout(this.#relogio);
      teclado.interrompido.removeEventListener("abort", acaba);
      if (Deno.build.os !== "windows") Deno.removeSignalListener("SIGWINCH", mede);
    }
  }

  #ocorre(evento: Evento): void {
    this.#eventos.push(evento);
    this.#acorda?.();
  }

  async #conversa(tela: TelaCheia): Promise<"volta" | "poe"> {
    for (;;) {
      if (this.#eventos.length === 0) {
        this.#desenha(tela);
        await new Promise<void>((acorda) => this.#acorda = acorda);
        this.#acorda = undefined;
      }
      this.#balcao.teclado.interrompido.throwIfAborted();
      const evento = this.#eventos.shift();
      const efeito = evento && this.#trata(evento);
      switch (efeito?.tipo) {
        case "volta":
        case "poe":
          return efeito.tipo;
        case "lista":
          this.#pedeLista();
          break;
        case "ato":
          this.#pedeAto(efeito.ato);
          break;
        case undefined:
          break;
      }
    }
  }

  #trata(evento: Evento): EfeitoNaFila | undefined {
    switch (evento.tipo) {
      case "tecla": {
        const [fila, efeito] = apertaNa(this.#fila, evento.tecla);
        if (efeito?.tipo === "ato" && this.#ocupada) return undefined;
        this.#fila = fila;
        return efeito;
      }
      case "relogio":
        return { tipo: "lista" };
      case "lista":
        this.#falhas = 0;
        this.#fila = this.#comLista(evento.nomes, evento.respostas);
        this.#acerta(INTERVALO);
        return undefined;
      case "resposta":
        this.#ocupada = false;
        this.#fila = recebeRespostaNa(this.#fila, evento.ato, evento.resposta);
        return { tipo: "lista" };
      case "falha":
        if (evento.erro instanceof ChaveRecusada) {
          this.#ocupada = false;
          this.#semChave = true;
          return { tipo: "volta" };
        }
        this.#falhou(evento.erro, evento.ato);
        return undefined;
      case "tamanho":
      case "fim":
        return undefined;
    }
  }

  #comLista(nomes: readonly string[], respostas: readonly Respondido[]): Fila {
    for (const { codigo } of respostas) {
      // Uma especialidade que saiu da semana já não tem ninguém.
      if (!ehRecusa(codigo) || codigo === "ERRO-103") continue;
      return {
        ...this.#fila,
        recado: { marca: "erro", texto: `${recusaEm(this.#balcao.conexao, codigo)} (${codigo})` },
      };
    }
    return recebeFila(this.#fila, nomes, respostas.flatMap(filaDe));
  }

  #falhou(erro: unknown, ato: AtoNaFila | undefined): void {
    if (!(erro instanceof SemConexao) && !(erro instanceof RespostaPerdida)) throw erro;
    if (ato !== undefined) this.#ocupada = false;
    if (erro instanceof RespostaPerdida) {
      if (ato !== undefined) this.#fila = perdeRespostaNa(this.#fila, ato);
      return this.#acerta(0);
    }
    const ms = esperaAntesDe(this.#falhas++);
    const quando = ms < 1000 ? "" : ` Nova tentativa em ${Math.round(ms / 1000)} s.`;
    this.#fila = perdeServidorNa(this.#fila, fraseDe(erro) + quando);
    this.#acerta(ms);
  }

  /** O próximo olhar para a lista. */
  #acerta(ms: number): void {
    clearTimeout(this.#relogio);
    this.#relogio = setTimeout(() => this.#ocorre({ tipo: "relogio" }), ms);
  }

  #pedeLista(): void {
    const nomes = mostradasNa(this.#fila);
    if (nomes.length === 0) return;
    const pedidos = nomes.map((especialista) => ({ comando: "FILA", especialista }) as const);
    this.#pede(pedidos, (respostas) => ({ tipo: "lista", nomes, respostas }));
  }

  #pedeAto(ato: AtoNaFila): void {
    this.#ocupada = true;
    const { comando, alvo: { cpf, especialista }, motivo } = ato;
    const pedido: PedidoNoFio2 = comando === "ACEITA"
      ? { comando, cpf, especialista, motivo }
      : { comando, cpf, especialista };
    this.#pede([pedido], ([resposta]) => ({ tipo: "resposta", ato, resposta }), ato);
  }

  #pede(
    pedidos: readonly PedidoNoFio2[],
    evento: (respostas: readonly Respondido[]) => Evento,
    ato?: AtoNaFila,
  ): void {
    this.#pedidos = this.#pedidos.then(async () => {
      try {
        const { conexao } = this.#balcao;
        this.#ocorre(evento(await Promise.all(pedidos.map((pedido) => conexao.pede(pedido)))));
      } catch (erro) {
        this.#ocorre({ tipo: "falha", erro, ato });
      }
    });
  }

  #desenha(tela: TelaCheia): void {
    const { colunas, linhas } = tamanho();
    this.#fila = comAlturaNa(this.#fila, alturaDaLista(linhas));
    const hoje = dataNoFio(hojeNaClinica(this.#balcao.conexao).toString());
    tela.escreve(desenhaFila(this.#fila, { colunas, linhas, hoje }), colunas);
  }
}

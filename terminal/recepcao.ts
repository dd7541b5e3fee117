/**
 * O dia da recepção num terminal: pergunta a lista ao servidor, manda os atos, escreve na tela o que mudou. O que cada coisa
 * faz do dia está em `dia.ts`, como ele se mostra em `desenho.ts`. O menu o abre.
 *
 * @module
 */

import { consultaVagas, Desistencia, fraseDe, insiste, recusaEm } from "./balcao.ts";
import { hojeNaClinica } from "./comandos.ts";
import { esperaAntesDe, RespostaPerdida } from "./conexao.ts";
import { alturaDaLista, desenha } from "./desenho.ts";
import {
  aperta,
  type Ato,
  comAltura,
  comeca,
  type Dia,
  type Efeito,
  type EfeitoDeFora,
  escolhidoDe,
  type Marcado,
  marcadoDe,
  perdeServidor,
  type Recado,
  recebeLista,
  recebeResposta,
} from "./dia.ts";
import { filaDe, porTelefonar } from "./espera.ts";
import { ehRecusa, SERVIDOR_ANTIGO } from "./frases.ts";
import { especialidades, temEspera } from "./listas.ts";
import { type ComQuem, encaixaUm, type Fim, remarcaUm } from "./marcar.ts";
import { deQuemAtende, pode } from "./papel.ts";
import { recepcaoDaFila } from "./recepcao_da_fila.ts";
import type { Balcao } from "./tela.ts";
import { tamanho, TelaCheia } from "./tela_cheia.ts";
import type { Tecla } from "./teclas.ts";
import type { AgendamentoMostrado } from "./telas.ts";
import { agendamentosEm, ChaveRecusada, type Respondido, SemConexao, ServidorAntigo } from "./tubo.ts";
import type { PedidoNoFio2 } from "../fio/clinica2.ts";
import { DIAS_DA_SEMANA } from "../clinica/oferta.ts";
import { inofensivo } from "../clinica/texto.ts";
import { dataNoFio } from "../protocolo.ts";

/** De quanto em quanto tempo se pergunta a lista, em ms: o que outro balcão faz aparece aqui em dois segundos. */
const INTERVALO = 2_000;

/** De quanto em quanto tempo, em ms, se vê se há na lista de espera a quem telefonar: os prazos são de horas. */
const ENTRE_CONVITES = 60_000;

/** Depois de quanto silêncio, em ms, se diz que se espera por um ato. */
const SILENCIO = 500;

/**
 * Mostra o dia e obedece às teclas até Esc.
 *
 * @throws {Desistencia} quando o servidor não atende e a pessoa cansou de esperar, ou não conhece isto.
 */
export async function recepcao(balcao: Balcao): Promise<void> {
  await insiste(balcao, () => balcao.conexao.conecta());
  if (balcao.conexao.soDeUm) balcao.tela.frase("erro", SERVIDOR_ANTIGO);
  else await new Recepcao(balcao, await temEspera(balcao) ? await especialidades(balcao) : []).atende();
}

type Evento =
  | { readonly tipo: "tecla"; readonly tecla: Tecla }
  | { readonly tipo: "lista"; readonly data: string; readonly resposta: Respondido }
  | { readonly tipo: "resposta"; readonly ato: Ato; readonly resposta: Respondido }
  | { readonly tipo: "convites"; readonly respostas: readonly Respondido[] }
  | { readonly tipo: "falha"; readonly erro: unknown; readonly ato?: Ato }
  | { readonly tipo: "relogio" | "tamanho" | "demora" | "fim" };

class Recepcao {
  #balcao: Balcao;
  #dia: Dia;
  #eventos: Evento[] = [];
  #acorda: (() => void) | undefined;
  /** Os pedidos vão um de cada vez: cada um espera pelo anterior. */
  #pedidos: Promise<void> = Promise.resolve();
  #porResponder = 0;
  /** As teclas apertadas enquanto um ato espera resposta: valem depois dela. */
  #guardadas: Evento[] | undefined;
  #relogio: ReturnType<typeof setTimeout> | undefined;
  #falhas = 0;
  /** As especialidades de que se sabe, e quando se perguntou pelas listas de espera delas. */
  #especialidades: Set<string>;
  #convitesEm = -Infinity;
  /** O servidor voltou, e é de uma versão que não conhece isto. */
  #antigo = false;
  /** O servidor deixou de aceitar a chave. */
  #semChave = false;

  /** `especialidades` são as de que se sabe já; as de quem se vê marcado juntam-se a elas. */
  constructor(balcao: Balcao, especialidades: readonly string[]) {
    this.#balcao = balcao;
    this.#especialidades = new Set(especialidades);
    const { conexao } = balcao;
    this.#dia = comeca(hojeNaClinica(conexao).toString(), { soAtende: deQuemAtende(conexao) });
  }

  async atende(): Promise<void> {
    const { interrompido } = this.#balcao.teclado;
    const acaba = (): void => this.#ocorre({ tipo: "fim" });
    const mede = (): void => this.#ocorre({ tipo: "tamanho" });
    interrompido.addEventListener("abort", acaba);
    if (Deno.build.os !== "windows") Deno.addSignalListener("SIGWINCH", mede);
    try {
      for (let segue = true; segue;) segue = await this.#mostra();
    } finally {
      interrompido.removeEventListener("abort", acaba);
      if (Deno.build.os !== "windows") Deno.removeSignalListener("SIGWINCH", mede);
    }
  }

  /** A tela cheia, até que se saia dela: para sempre, ou para perguntar algo fora dela e voltar. */
  async #mostra(): Promise<boolean> {
    let efeito: EfeitoDeFora;
    {
      using tela = new TelaCheia(this.#balcao.teclado, (tecla) => this.#ocorre({ tipo: "tecla", tecla }));
      using _relogio = { [Symbol.dispose]: () => clearTimeout(this.#relogio) };
      this.#pedeLista();
      efeito = await this.#conversa(tela);
    }
    if (this.#antigo) this.#balcao.tela.frase("erro", SERVIDOR_ANTIGO);
    if (this.#semChave) return await this.#entraDeNovo();
    if (efeito.tipo === "volta") return false;
    const recado = await this.#pergunta(efeito);
    this.#dia = { ...this.#dia, recado };
    return true;
  }

  /** Pergunta por outra chave e, se com ela se vê o dia, volta a ele: a lista diz o que houve com um ato sem resposta. */
  async #entraDeNovo(): Promise<boolean> {
    const { conexao, tela } = this.#balcao;
    this.#semChave = false;
    this.#eventos = [];
    this.#guardadas = undefined;
    const { perdido } = this.#dia;
    if (perdido !== undefined) tela.frase("aviso", inofensivo(`Não se sabe se foi feito: ${perdido.alvo.nome}.`));
    await insiste(this.#balcao, () => conexao.conecta());
    if (!pode(conexao, "LISTA")) return false;
    const { lista: _, ...dia } = comeca(this.#dia.hoje, { soAtende: deQuemAtende(conexao) });
    this.#dia = { ...dia, data: this.#dia.data, ...(perdido === undefined ? {} : { perdido }) };
    return true;
  }

  // ------------------------------------------------------------------------------------------------ os acontecimentos

  #ocorre(evento: Evento): void {
    this.#eventos.push(evento);
    this.#acorda?.();
  }

  /** Faz o que cada acontecimento pede, até um que leve para fora da tela. */
  async #conversa(tela: TelaCheia): Promise<EfeitoDeFora> {
    for (;;) {
      if (this.#eventos.length === 0) {
        this.#desenha(tela);
        await new Promise<void>((acorda) => this.#acorda = acorda);
        this.#acorda = undefined;
      }
      this.#balcao.teclado.interrompido.throwIfAborted();
      const evento = this.#eventos.shift();
      const efeito = evento && this.#trata(evento);
      if (efeito === undefined) continue;
      if (efeito.tipo === "lista") this.#pedeLista();
      else if (efeito.tipo === "ato") this.#pedeAto(efeito.ato);
      else return efeito;
    }
  }

  #trata(evento: Evento): Efeito | undefined {
    switch (evento.tipo) {
      case "tecla": {
        if (this.#guardadas !== undefined) {
          this.#guardadas.push(evento);
          return undefined;
        }
        const [dia, efeito] = aperta(this.#dia, evento.tecla);
        this.#dia = dia;
        return efeito;
      }
      case "relogio":
        if (this.#porResponder === 0) this.#pedeLista();
        return undefined;
      case "convites":
        this.#dia = { ...this.#dia, porTelefonar: evento.respostas.flatMap(filaDe).filter(porTelefonar).length };
        return undefined;
      case "lista":
        this.#falhas = 0;
        this.#dia = this.#comLista(evento.data, evento.resposta);
        this.#vejaConvites(evento.resposta);
        this.#acerta(INTERVALO);
        return undefined;
      case "resposta":
        this.#dia = recebeResposta(this.#dia, evento.ato, {
          codigo: evento.resposta.codigo,
          agendamentos: marcados(evento.resposta),
        });
        this.#solta();
        return { tipo: "lista" };
      case "falha":
        this.#antigo = evento.erro instanceof ServidorAntigo;
        if (this.#antigo) return { tipo: "volta" };
        if (evento.erro instanceof ChaveRecusada) {
          this.#semChave = true;
          return { tipo: "volta" };
        }
        this.#falhou(evento.erro, evento.ato);
        return undefined;
      case "demora":
        if (this.#guardadas !== undefined) {
          this.#dia = { ...this.#dia, recado: { marca: "aviso", texto: "Aguardando o servidor… Ctrl-C sai." } };
        }
        return undefined;
      case "tamanho":
      case "fim":
        return undefined;
    }
  }

  #comLista(data: string, resposta: Respondido): Dia {
    const { codigo } = resposta;
    // Um dia em que não se atende não tem ninguém.
    if (codigo === "OK-310" || codigo === "ERRO-103") return recebeLista(this.#dia, data, marcados(resposta));
    const texto = ehRecusa(codigo) ? `${recusaEm(this.#balcao.conexao, codigo)} (${codigo})` : codigo;
    return { ...this.#dia, recado: { marca: "erro", texto } };
  }

  /** O ato acabou: o que se apertou enquanto isso vem agora. */
  #solta(): void {
    this.#eventos.unshift(...this.#guardadas ?? []);
    this.#guardadas = undefined;
  }

  #falhou(erro: unknown, ato: Ato | undefined): void {
    const daRede = erro instanceof SemConexao || erro instanceof RespostaPerdida;
    if (!daRede) throw erro;
    if (ato !== undefined) this.#solta();
    const ms = erro instanceof SemConexao ? esperaAntesDe(this.#falhas++) : 0;
    const porque = erro instanceof SemConexao ? fraseDe(erro) : `A resposta não veio: ${erro.message}.`;
    const quando = ms < 1000 ? "" : ` Nova tentativa em ${Math.round(ms / 1000)} s.`;
    this.#dia = perdeServidor(this.#dia, porque + quando, ato);
    this.#acerta(ms);
  }

  // ------------------------------------------------------------------------------------------------ o servidor

  /** O próximo olhar para a lista. */
  #acerta(ms: number): void {
    clearTimeout(this.#relogio);
    this.#relogio = setTimeout(() => this.#ocorre({ tipo: "relogio" }), ms);
  }

  #pedeLista(): void {
    const { data, ordem } = this.#dia;
    const pedido = { comando: "LISTA", data: dataNoFio(data), ordem } as const;
    this.#pede(pedido, (resposta) => ({ tipo: "lista", data, resposta }));
  }

  /** De tempos em tempos, as listas de espera do que se atende; o que se não responde, não se mostra. */
  #vejaConvites(resposta: Respondido): void {
    for (const [, , , especialista] of agendamentosEm(resposta)) this.#especialidades.add(especialista);
    if (this.#especialidades.size === 0 || performance.now() - this.#convitesEm < ENTRE_CONVITES) return;
    this.#convitesEm = performance.now();
    const { conexao } = this.#balcao;
    const pedidos = [...this.#especialidades].map((especialista) => conexao.pede({ comando: "FILA", especialista }));
    // Se o servidor não atende, a lista do dia o dirá.
    Promise.all(pedidos).then((respostas) => this.#ocorre({ tipo: "convites", respostas }), () => {});
  }

  #pedeAto(ato: Ato): void {
    this.#guardadas = [];
    const { alvo: { cpf, especialista, numero, versao }, situacao, prioridade, motivo } = ato;
    const qual = { cpf, especialista, numero, versao, motivo };
    const pedido: PedidoNoFio2 = situacao === "CANCELADO"
      ? { comando: "CANCEL", ...qual }
      : { comando: "SITUA", situacao, prioridade, ...qual };
    const demora = setTimeout(() => this.#ocorre({ tipo: "demora" }), SILENCIO);
    this.#pede(pedido, (resposta) => ({ tipo: "resposta", ato, resposta }), ato).then(() => clearTimeout(demora));
  }

  #pede(pedido: PedidoNoFio2, evento: (resposta: Respondido) => Evento, ato?: Ato): Promise<void> {
    this.#porResponder++;
    return this.#pedidos = this.#pedidos.then(async () => {
      try {
        this.#ocorre(evento(await this.#balcao.conexao.pede(pedido)));
      } catch (erro) {
        this.#ocorre({ tipo: "falha", erro, ato });
      } finally {
        this.#porResponder--;
      }
    });
  }

  // ------------------------------------------------------------------------------------------------ fora da tela

  /** Remarca, encaixa ou abre a lista de espera, e diz o que se fez. */
  async #pergunta(efeito: Exclude<EfeitoDeFora, { tipo: "volta" }>): Promise<Recado | undefined> {
    try {
      switch (efeito.tipo) {
        case "remarca":
          return await this.#remarca(efeito.alvo);
        case "encaixa":
          return await this.#encaixa();
        case "espera":
          this.#convitesEm = -Infinity;
          if (await temEspera(this.#balcao)) return await recepcaoDaFila(this.#balcao);
          return { marca: "erro", texto: SERVIDOR_ANTIGO };
      }
    } catch (erro) {
      if (!(erro instanceof Desistencia)) throw erro;
      return {
        marca: "aviso",
        texto: "Ficou a meio: o servidor não atendeu, ou a chave mudou. Confira antes de repetir.",
      };
    }
  }

  async #remarca(alvo: Marcado): Promise<Recado | undefined> {
    this.#balcao.tela.titulo(`Remarcar: ${alvo.nome}, ${alvo.especialista}, ${alvo.data} ${alvo.horario}`);
    return this.#recado(await remarcaUm(this.#balcao, alvo), ({ nome, data, horario }) => {
      return data === alvo.data
        ? `${nome}, de ${alvo.horario} para ${horario}`
        : `${nome}, de ${alvo.data} ${alvo.horario} para ${data} ${horario}`;
    });
  }

  async #encaixa(): Promise<Recado | undefined> {
    const { data, lista = [] } = this.#dia;
    const dataDoDia = dataNoFio(data);
    const dia = DIAS_DA_SEMANA[Temporal.PlainDate.from(data).dayOfWeek - 1];
    this.#balcao.tela.titulo(`Encaixar em ${dataDoDia}, ${dia.toLowerCase()}`);
    const vagas = await consultaVagas(this.#balcao, { comando: "VAGAS" });
    const comQuem = [
      ...lista.map(({ especialista, profissional }): ComQuem => [especialista, profissional]),
      ...vagas.filter(([dela]) => dela === dataDoDia)
        .map(([, , especialista, , profissional = ""]): ComQuem => [especialista, profissional]),
    ];
    const distintos = [...new Map(comQuem.map((par) => [par.join("\n"), par])).values()];
    const fim = await encaixaUm(
      this.#balcao,
      { data: dataDoDia, dia, comQuem: distintos },
      escolhidoDe(this.#dia),
    );
    if (fim !== undefined && "feito" in fim) this.#dia = { ...this.#dia, escolhido: fim.feito.numero };
    return this.#recado(fim, ({ nome, horario }) => `Encaixe às ${horario}: ${nome}`);
  }

  #recado(fim: Fim | undefined, frase: (feito: AgendamentoMostrado) => string): Recado | undefined {
    if (fim === undefined) {
      this.#balcao.tela.desfaz();
      return undefined;
    }
    return "feito" in fim ? { marca: "ok", texto: frase(fim.feito) } : { marca: "erro", texto: fim.recusado };
  }

  // ------------------------------------------------------------------------------------------------ a tela

  #desenha(tela: TelaCheia): void {
    const { colunas, linhas } = tamanho();
    const agora = Temporal.Now.zonedDateTimeISO(this.#balcao.conexao.apresentacao?.fuso);
    this.#dia = comAltura({ ...this.#dia, hoje: agora.toPlainDate().toString() }, alturaDaLista(linhas));
    tela.escreve(desenha(this.#dia, { colunas, linhas, agora: agora.toPlainTime().toString().slice(0, 5) }), colunas);
  }
}

function marcados(resposta: Respondido): Marcado[] {
  return agendamentosEm(resposta).map(marcadoDe).filter((marcado) => marcado !== undefined);
}

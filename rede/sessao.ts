/**
 * A sessão: uma conexão, da saudação ao fim. Corta linhas, pede à agenda, responde na ordem e faz valer os limites de
 * tempo e de tamanho; uma conexão que abusa só prejudica a si mesma.
 *
 * Não abre sockets nem registra nada: recebe uma conexão (de verdade ou de teste) e avisa quem a criou. `servidor.ts`
 * cria uma por conexão aceita e chama `confere` de tempos em tempos.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { type Agenda, cedeAoSistema } from "../agenda.ts";
import {
  codificarResposta,
  decodificarPedido,
  Enquadrador,
  type Erro,
  ILEGIVEL,
  type Pedido,
  type Resposta,
} from "../protocolo.ts";

/** Os limites de uma conexão. */
export interface Limites {
  /** Uma linha tem de chegar inteira neste tempo desde o primeiro byte, em ms: quem digita com `nc` manda linhas prontas. */
  readonly linha: number;
  /** Sem pedidos por este tempo, em ms, a conexão é fechada: um terminal esquecido não ocupa lugar; o cliente reconecta. */
  readonly ociosa: number;
  /** Uma resposta tem de ser aceita pelo outro lado neste tempo, em ms: quem não lê não segura memória. */
  readonly escrita: number;
  /** Depois do adeus espera-se isto, em ms, que o outro lado feche, para que a última linha não se perca num RST. */
  readonly despedida: number;
  /** Pedidos em andamento por conexão; enquanto não são respondidos, nada mais é lido dela. */
  readonly emVoo: number;
  /** Respostas por enviar, em caracteres, a partir das quais se envia antes de continuar; uma só pode ser maior. */
  readonly porEnviar: number;
  /** `ERRO-100` seguidos que fecham a conexão: do outro lado não há quem fale CLINICA/1. */
  readonly malformadas: number;
}

/** Os limites que valem num servidor; os testes usam menores. */
export const LIMITES: Limites = {
  linha: 10_000,
  ociosa: 5 * 60_000,
  escrita: 10_000,
  despedida: 1_000,
  emVoo: 256,
  porEnviar: 256 * 1024,
  malformadas: 20,
};

/**
 * Blocos de leitura, em bytes. Uma conexão parada custa o seu bloco: começa pequeno, cresce quando vem cheio e volta.
 * O maior é o limite de uma linha: um bloco completo decodifica-se de uma vez só.
 */
const BLOCO_MENOR = 512;
const BLOCO_MAIOR = 8192;

/**
 * Respostas pequenas são escritas lado a lado numa laje, trocada por outra quando enche: reservar memória para cada uma
 * custa cinco vezes mais. Nenhum pedaço é usado duas vezes, pois o sistema pode estar lendo dele.
 */
const LAJE = 64 * 1024;
let laje = Buffer.allocUnsafeSlow(LAJE);
let usada = 0;

function emBytes(texto: string): Uint8Array {
  // Uma unidade de UTF-16 ocupa no máximo três bytes em UTF-8.
  const maximo = texto.length * 3;
  if (maximo > LAJE / 8) return CODIFICADOR.encode(texto);
  if (usada + maximo > LAJE) {
    laje = Buffer.allocUnsafeSlow(LAJE);
    usada = 0;
  }
  const { written } = CODIFICADOR.encodeInto(texto, laje.subarray(usada));
  return laje.subarray(usada, usada += written);
}

const CODIFICADOR = new TextEncoder();

/** O que uma sessão precisa de uma conexão: o que `Deno.TcpConn` oferece. */
export interface Conexao {
  /** Lê para o bloco; quantos bytes vieram, ou `null` no fim. */
  read(bloco: Uint8Array): Promise<number | null>;
  /** Escreve ao menos um byte e diz quantos. */
  write(bytes: Uint8Array): Promise<number>;
  /** Fecha o lado de escrita. */
  closeWrite(): Promise<void>;
  /** Fecha, cancelando o que estiver em curso. */
  close(): void;
}

/** O que uma sessão precisa do servidor. */
export interface OpcoesDaSessao {
  /** A conexão, que passa a ser da sessão. */
  conexao: Conexao;
  /** Quem responde aos pedidos. */
  agenda: Agenda;
  /** De onde a conexão vem, como fica no livro. */
  origem: string;
  /** Um relógio que só anda para a frente, em ms; pode andar aos saltos. */
  relogio: () => number;
  /** Os limites. */
  limites?: Limites;
  /** Avisada a cada resposta enviada, com o pedido, ou `undefined` se a linha não era um. */
  aoResponder?: (pedido: Pedido | undefined, resposta: Resposta) => void;
}

/** O que a sessão espera, e portanto o que fazer quando o prazo vence ou o servidor para. */
type Espera = "pedido" | "linha" | "gravacao" | "escrita" | "adeus";

/** Uma conexão em andamento. */
export class Sessao {
  /** Quantos pedidos já foram respondidos. */
  pedidos = 0;
  /** Por que a sessão acabou, quando não foi o outro lado que quis. */
  motivo: string | undefined;
  #conexao: Conexao;
  #agenda: Agenda;
  #origem: string;
  #relogio: () => number;
  #limites: Limites;
  #aoResponder: (pedido: Pedido | undefined, resposta: Resposta) => void;
  #enquadrador = new Enquadrador();
  #espera: Espera = "escrita";
  #prazo = Infinity;
  #malformadas = 0;
  /** A última resposta já foi, ou está indo; o que ainda chega é lido e esquecido. */
  #acabou = false;
  /** O servidor vai parar; o bloco em andamento é o último. */
  #encerrando = false;
  #fechada = false;

  /** Uma sessão que ainda não começou; `atende` ou `recusa` a põe em andamento. */
  constructor({ conexao, agenda, origem, relogio, limites = LIMITES, aoResponder = () => {} }: OpcoesDaSessao) {
    this.#conexao = conexao;
    this.#agenda = agenda;
    this.#origem = origem;
    this.#relogio = relogio;
    this.#limites = limites;
    this.#aoResponder = aoResponder;
  }

  /** Atende a conexão até o fim e a fecha. O que o outro lado fizer não a faz rejeitar. */
  atende(): Promise<void> {
    return this.#percorre(false);
  }

  /** Responde `ERRO-130` no lugar da saudação e fecha. */
  recusa(): Promise<void> {
    return this.#percorre(true);
  }

  /** Faz valer os prazos; chamada de tempos em tempos. */
  confere(): void {
    if (this.#relogio() < this.#prazo) return;
    switch (this.#espera) {
      case "pedido":
      case "linha":
        this.motivo = this.#espera === "linha" ? "linha incompleta por tempo demais" : "sem pedidos por tempo demais";
        this.#desiste().catch(() => this.#fecha());
        return;
      case "escrita":
        this.motivo = "não lê as respostas";
        this.#fecha();
        return;
      case "adeus":
        this.#fecha();
        return;
      case "gravacao":
        return;
    }
  }

  /** O servidor vai parar: acaba logo se está à espera de um pedido, ou assim que responder ao que recebeu. */
  encerra(): void {
    this.motivo ??= "servidor encerrado";
    this.#encerrando = true;
    if (this.#espera === "pedido" || this.#espera === "linha" || this.#espera === "adeus") this.#fecha();
  }

  /** Fecha já, sem responder. */
  corta(): void {
    this.#fecha();
  }

  /**
   * Tudo numa função só: uma função assíncrona suspensa custa meio quilobyte a cada conexão parada, e uma a mais por
   * pedido, 3 % das consultas por segundo (medido).
   */
  async #percorre(recusada: boolean): Promise<void> {
    try {
      if (recusada) await this.#desiste();
      else await this.#escreve(codificarResposta(await this.#agenda.saudacao()));
      if (this.#encerrando) return;
      let bloco = Buffer.allocUnsafeSlow(BLOCO_MENOR);
      while (!this.#fechada) {
        if (!this.#acabou) this.#aguardaLeitura();
        const lidos = await this.#conexao.read(bloco);
        if (lidos === null) return;
        if (this.#acabou) continue;
        const linhas = this.#enquadrador.recebe(lidos === bloco.length ? bloco : bloco.subarray(0, lidos));
        for (let proxima = 0; proxima < linhas.length && !this.#acabou && !this.#fechada;) {
          const grupo = this.#proximoGrupo(linhas, proxima);
          proxima += grupo.length;
          const atendidas = this.#agenda.atende(grupo, this.#origem);
          const respostas = atendidas instanceof Promise ? await this.#aguardaGravacao(atendidas) : atendidas;
          for (let i = 0; i < respostas.length;) {
            let texto = "";
            do {
              texto += this.#redige(grupo[i], respostas[i++]);
            } while (i < respostas.length && texto.length < this.#limites.porEnviar);
            await this.#escreve(texto);
          }
          // Um só bloco pode pedir oitocentas listas de vagas: entre um grupo e outro, os demais também são ouvidos.
          if (proxima < linhas.length) await cedeAoSistema();
        }
        if (this.#enquadrador.excedida && !this.#acabou) await this.#recusaLinhaLonga();
        if (this.#encerrando) this.#acabou = true;
        if (this.#acabou && !this.#fechada) await this.#despede();
        bloco = proximoBloco(bloco, lidos);
      }
    } catch (erro) {
      if (!this.#fechada && !ehDaRede(erro)) throw erro;
    } finally {
      this.#fecha();
    }
  }

  #aguardaLeitura(): void {
    if (!this.#enquadrador.incompleta) {
      this.#espera = "pedido";
      this.#prazo = this.#relogio() + this.#limites.ociosa;
    } else if (this.#espera !== "linha") {
      this.#espera = "linha";
      this.#prazo = this.#relogio() + this.#limites.linha;
    }
  }

  /** Os pedidos a partir de `proxima` que cabem nos limites de pedidos em voo e de respostas por enviar. */
  #proximoGrupo(linhas: readonly (string | typeof ILEGIVEL)[], proxima: number): (Pedido | Erro)[] {
    const grupo: (Pedido | Erro)[] = [];
    while (proxima < linhas.length && grupo.length < this.#limites.emVoo && !this.#acabou) {
      const item = lerLinha(linhas[proxima++]);
      grupo.push(item);
      if ("codigo" in item) {
        this.#malformadas = item.codigo === "ERRO-100" ? this.#malformadas + 1 : 0;
        if (this.#malformadas === this.#limites.malformadas) {
          this.motivo = "mensagens malformadas demais";
          this.#acabou = true;
        }
        continue;
      }
      this.#malformadas = 0;
      if (item.comando === "SAIR") this.#acabou = true;
      // A resposta pode ser grande: uma por grupo.
      if (item.comando === "VAGAS") break;
    }
    return grupo;
  }

  /** As respostas, quando gravadas; nenhuma, e a conexão fechada, se não se sabe o que houve. */
  #aguardaGravacao(atendidas: Promise<Resposta[] | undefined>): Promise<Resposta[]> {
    this.#espera = "gravacao";
    this.#prazo = Infinity;
    return atendidas.then((respostas) => {
      if (respostas !== undefined) return respostas;
      // Nenhuma resposta seria verdadeira.
      this.motivo = "gravação de desfecho incerto";
      this.#fecha();
      return [];
    });
  }

  /** Uma resposta como vai no fio, contada. */
  #redige(item: Pedido | Erro, resposta: Resposta): string {
    this.pedidos++;
    this.#aoResponder("comando" in item ? item : undefined, resposta);
    return codificarResposta(resposta);
  }

  async #recusaLinhaLonga(): Promise<void> {
    this.motivo = "linha longa demais";
    this.#acabou = true;
    await this.#escreve(codificarResposta({ codigo: "ERRO-100" }));
  }

  async #escreve(texto: string): Promise<void> {
    this.#espera = "escrita";
    this.#prazo = this.#relogio() + this.#limites.escrita;
    const bytes = emBytes(texto);
    // Uma volta na fila de microtarefas: as sessões que leram juntas escrevem juntas, e o outro lado, acordado pela
    // primeira escrita, ainda está acordado nas seguintes. Medido: 20 % mais consultas por segundo.
    await undefined;
    let feito = await this.#conexao.write(bytes);
    while (feito < bytes.length) feito += await this.#conexao.write(bytes.subarray(feito));
  }

  /** Um limite foi atingido: di-lo na última linha. */
  async #desiste(): Promise<void> {
    this.#acabou = true;
    await this.#escreve(codificarResposta({ codigo: "ERRO-130" }));
    await this.#despede();
  }

  /** Fecha este lado e dá um instante ao outro para ler a última linha e fechar o seu; fechar já seria um RST. */
  async #despede(): Promise<void> {
    this.#espera = "adeus";
    this.#prazo = this.#relogio() + this.#limites.despedida;
    await this.#conexao.closeWrite();
  }

  #fecha(): void {
    if (this.#fechada) return;
    this.#fechada = true;
    this.#prazo = Infinity;
    this.#conexao.close();
  }
}

/** Um bloco que veio cheio dá lugar ao maior; o maior, quase vazio, ao menor. */
function proximoBloco(bloco: Buffer<ArrayBuffer>, lidos: number): Buffer<ArrayBuffer> {
  if (lidos === bloco.length && bloco.length < BLOCO_MAIOR) return Buffer.allocUnsafeSlow(BLOCO_MAIOR);
  if (lidos <= BLOCO_MENOR && bloco.length > BLOCO_MENOR) return Buffer.allocUnsafeSlow(BLOCO_MENOR);
  return bloco;
}

function lerLinha(linha: string | typeof ILEGIVEL): Pedido | Erro {
  return linha === ILEGIVEL ? { codigo: "ERRO-100" } : decodificarPedido(linha);
}

/** Verdadeiro para o que acontece a uma conexão quando o outro lado some ou nós a fechamos. */
function ehDaRede(erro: unknown): boolean {
  return erro instanceof Deno.errors.ConnectionReset || erro instanceof Deno.errors.BrokenPipe ||
    erro instanceof Deno.errors.ConnectionAborted || erro instanceof Deno.errors.NotConnected ||
    erro instanceof Deno.errors.TimedOut || erro instanceof Deno.errors.BadResource ||
    erro instanceof Deno.errors.Interrupted || erro instanceof Deno.errors.UnexpectedEof;
}

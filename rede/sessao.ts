/**
 * A sessão: uma conexão, da saudação ao fim. Corta linhas, pede à agenda, responde na ordem e faz valer os limites de
 * tempo e de tamanho; uma conexão que abusa só prejudica a si mesma.
 *
 * Não abre sockets nem registra nada: recebe uma conexão (de verdade ou de teste) e avisa quem a criou. `ouvinte.ts`
 * cria uma por conexão aceita e chama `confere` de tempos em tempos.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { Agenda } from "../agenda.ts";
import type { Quem } from "../clinica/livro.ts";
import type { Erro, PedidoDe, Resultado } from "../clinica/pedido.ts";
import type { ComandoDoFio2, PedidoLido } from "../fio/clinica2.ts";
import { NEGADO, pode } from "../clinica/permissao.ts";
import { comandoDaLinha, decodificarPedido2, lerOla } from "../fio/pedidos.ts";
import { decodificarPedido, ehHttp, Enquadrador, Ilegivel, LINHA_MAXIMA } from "../protocolo.ts";
import { emBytes, emTexto } from "./bytes.ts";
import type { Laco, Trabalho } from "./laco.ts";
import type { Redator } from "./redator.ts";

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
  /** `ERRO-100` seguidos que fecham a conexão: do outro lado não há quem fale este protocolo. */
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

/** Os comandos de que a resposta pode ser grande, ou custar muito: um por grupo, e espera a vez. */
const PESADOS: { readonly [C in ComandoDoFio2]: boolean } = {
  AGEND: false,
  BUSCA: false,
  CANCEL: false,
  VAGAS: true,
  REMARC: false,
  CORRIGE: false,
  SITUA: false,
  LISTA: true,
  FECHA: true,
  EXTRA: false,
  REABRE: true,
  HISTORIA: true,
  ESPERA: false,
  DESISTE: false,
  ACEITA: false,
  RECUSA: false,
  FILA: true,
  OLA: false,
  PING: false,
  SAIR: false,
};

/** O que uma sessão precisa de uma conexão: o que `Deno.TcpConn` oferece. */
export interface Soquete {
  /** Lê para o bloco; quantos bytes vieram, ou `null` no fim. */
  read(bloco: Uint8Array): Promise<number | null>;
  /** Escreve ao menos um byte e diz quantos. */
  write(bytes: Uint8Array): Promise<number>;
  /** Fecha o lado de escrita. */
  closeWrite(): Promise<void>;
  /** Fecha, cancelando o que estiver em curso. */
  close(): void;
}

/** Quem sabe de quem é cada chave. */
export interface Porteiro {
  /** Quem mostra uma chave; nada, se ela não é de ninguém. */
  comChave(chave: string, quem: Quem): Quem | undefined;
  /** Quem já entrou, como é agora; nada, se já não pode estar aqui. */
  agora(quem: Quem): Quem | undefined;
}

/** Quem conta o que cada um pede. */
export interface Contador {
  /** Quantos segundos tem de esperar quem pede; 0 se não tem, e então o pedido fica contado. */
  conta(quem: Quem, pedido: PedidoLido | Erro): number;
}

/** O que todas as sessões de um servidor têm em comum. */
export interface Ambiente {
  /** Quem sabe de quem é cada chave. */
  readonly porteiro: Porteiro;
  /** Quem conta o que cada um pede. */
  readonly contador: Contador;
  /** Quem responde aos pedidos. */
  readonly agenda: Agenda;
  /** Quem escreve as respostas. */
  readonly redator: Redator;
  /** Um relógio que só anda para a frente, em ms; pode andar aos saltos. */
  readonly relogio: () => number;
  /** Os limites de cada conexão. */
  readonly limites: Limites;
  /** Onde os trabalhos pesados esperam a vez. */
  readonly laco: Laco;
  /** Avisado de cada resposta enviada, com o pedido, ou `undefined` se a linha não era um. */
  readonly aoResponder: (quem: Quem, pedido: PedidoLido | undefined, resultado: Resultado) => void;
}

/** O que a sessão espera, e portanto o que fazer quando o prazo vence ou o servidor para. */
type Espera = "pedido" | "linha" | "vez" | "gravacao" | "escrita" | "adeus";

/** Uma conexão em andamento. */
export class Sessao {
  /** Quantos pedidos já foram respondidos. */
  pedidos = 0;
  /** Por que a sessão acabou, quando não foi o outro lado que quis. */
  motivo: string | undefined;
  #conexao: Soquete;
  #quem: Quem;
  #ambiente: Ambiente;
  #enquadrador = new Enquadrador(LINHA_MAXIMA, emTexto);
  /** Ainda não veio uma linha que diga quem é; as vazias não dizem. */
  #desconhecido = true;
  /** Apresentou-se (`OLA`): o fio é CLINICA/2. */
  #apresentado = false;
  /** O último grupo deu muito que fazer: o seguinte espera a vez. */
  #pesada = false;
  #espera: Espera = "escrita";
  #prazo = Infinity;
  #malformadas = 0;
  /** A última resposta já foi, ou está indo; o que ainda chega é lido e esquecido. */
  #acabou = false;
  /** O servidor vai parar; o bloco em andamento é o último. */
  #encerrando = false;
  #fechada = false;

  /** Uma sessão que ainda não começou; `atende` ou `recusa` a põe em andamento. A conexão passa a ser dela. */
  constructor(conexao: Soquete, quem: Quem, ambiente: Ambiente) {
    this.#conexao = conexao;
    this.#quem = quem;
    this.#ambiente = ambiente;
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
    if (this.#ambiente.relogio() < this.#prazo) return;
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
      case "vez":
      case "gravacao":
        return;
    }
  }

  /** As chaves mudaram: continua com o que agora pode, ou acaba já. */
  reve(): void {
    const agora = this.#ambiente.porteiro.agora(this.#quem);
    if (agora !== undefined) return void (this.#quem = agora);
    this.motivo ??= "a chave já não vale";
    this.#fecha();
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

  /** Tudo numa função só: uma função assíncrona suspensa a mais custa memória a cada conexão e tempo a cada pedido. */
  async #percorre(recusada: boolean): Promise<void> {
    try {
      if (recusada) await this.#desiste();
      else await this.#escreve(this.#ambiente.redator.linha(await this.#saudacao()));
      if (this.#encerrando) return;
      let bloco = Buffer.allocUnsafeSlow(BLOCO_MENOR);
      while (!this.#fechada) {
        if (!this.#acabou) this.#aguardaLeitura();
        const lidos = await this.#conexao.read(bloco);
        if (lidos === null) return;
        if (this.#acabou) continue;
        const linhas = this.#enquadrador.recebe(lidos === bloco.length ? bloco : bloco.subarray(0, lidos));
        for (let proxima = 0; proxima < linhas.length && !this.#acabou && !this.#fechada;) {
          // Um só bloco pode pedir oitocentas listas de vagas: quem dá muito que fazer espera a vez.
          let vez = this.#pesada || lidos > BLOCO_MENOR ? this.#ambiente.laco.entra() : undefined;
          let trabalho = vez instanceof Promise ? await this.#aguardaVez(vez) : vez;
          if (this.#fechada) return;
          const grupo = this.#proximoGrupo(linhas, proxima);
          if (trabalho === undefined && this.#pesada) {
            vez = this.#ambiente.laco.entra();
            trabalho = vez instanceof Promise ? await this.#aguardaVez(vez) : vez;
            if (this.#fechada) return;
          }
          proxima += grupo.length;
          const atendidas = this.#ambiente.agenda.atende(grupo, this.#quem);
          const resultados = this.#ateAoLimite(
            atendidas instanceof Promise ? await this.#aguardaGravacao(atendidas, trabalho) : atendidas,
          );
          for (let i = 0; i < resultados.length;) {
            let texto = "";
            do {
              texto += this.#redige(grupo[i], resultados[i++]);
            } while (i < resultados.length && texto.length < this.#ambiente.limites.porEnviar);
            trabalho?.pausa(texto.length);
            await this.#escreve(texto);
            trabalho?.segue();
          }
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

  /** As vagas são de quem as pode ver. */
  #saudacao(): Resultado | Promise<Resultado> {
    return pode(this.#quem, "VAGAS") ? this.#ambiente.agenda.saudacao() : { codigo: "OK-200", primeiras: [] };
  }

  #aguardaLeitura(): void {
    if (!this.#enquadrador.incompleta) {
      this.#espera = "pedido";
      this.#prazo = this.#ambiente.relogio() + this.#ambiente.limites.ociosa;
    } else if (this.#espera !== "linha") {
      this.#espera = "linha";
      this.#prazo = this.#ambiente.relogio() + this.#ambiente.limites.linha;
    }
  }

  #aguardaVez(vez: Promise<Trabalho>): Promise<Trabalho> {
    this.#espera = "vez";
    this.#prazo = Infinity;
    return vez;
  }

  /** Os pedidos a partir de `proxima` que cabem nos limites de pedidos em voo e de respostas por enviar. */
  #proximoGrupo(linhas: readonly (string | Ilegivel)[], proxima: number): (PedidoLido | Erro)[] {
    const grupo: (PedidoLido | Erro)[] = [];
    this.#pesada = false;
    while (proxima < linhas.length && grupo.length < this.#ambiente.limites.emVoo && !this.#acabou) {
      const linha = linhas[proxima++];
      if (this.#desconhecido) this.#conhece(linha);
      const item = this.#le(linha);
      const pesada = "comando" in item && PESADOS[item.comando];
      // Vai só: num lote, o que se lê sem travas podia ser de antes do que outro servidor grava entre a leitura e o commit.
      // E um OLA: o que vem antes é de quem se era.
      const ola = "comando" in item && item.comando === "OLA";
      if ((pesada || ola) && grupo.length > 0) break;
      const pedido = ola ? this.#reconhece(item) : item;
      const segundos = this.#ambiente.contador.conta(this.#quem, pedido);
      if (segundos > 0) {
        this.motivo = "pedidos demais";
        this.#acabou = true;
        grupo.push({ codigo: "ERRO-130", segundos });
        break;
      }
      grupo.push(pedido);
      if (!("comando" in item)) {
        this.#malformadas = item.codigo === "ERRO-100" ? this.#malformadas + 1 : 0;
        if (this.#malformadas === this.#ambiente.limites.malformadas) {
          this.motivo = "mensagens malformadas demais";
          this.#acabou = true;
        }
        continue;
      }
      this.#malformadas = 0;
      if (item.comando === "SAIR") this.#acabou = true;
      this.#pesada = pesada;
      // Depois de um OLA lê-se o que segue noutro fio, se ele o mudou.
      if (this.#pesada || ola) break;
    }
    return grupo;
  }

  /** Um `OLA` bem escrito é de CLINICA/2 em qualquer fio. */
  #le(linha: string | Ilegivel): PedidoLido | Erro {
    if (linha instanceof Ilegivel) return MALFORMADA;
    const item = this.#apresentado ? decodificarPedido2(linha) : decodificarPedido(linha);
    if ("comando" in item) return item;
    const ola = this.#apresentado ? undefined : lerOla(linha);
    if (ola !== undefined) return ola;
    // O que está mal escrito num pedido que não se pode fazer não vem ao caso.
    const comando = item.codigo === "ERRO-102" || item.codigo === "ERRO-104" ? comandoDaLinha(linha) : undefined;
    return comando === undefined || pode(this.#quem, comando) ? item : NEGADO;
  }

  /** Quem se apresenta com uma chave que é de alguém passa a ser esse; com outra, continua quem era. */
  #reconhece({ comando, chave }: PedidoDe<"OLA">): PedidoDe<"OLA"> {
    const quem = chave === undefined ? undefined : this.#ambiente.porteiro.comChave(chave, this.#quem);
    if (quem === undefined) return { comando, chave };
    this.#quem = quem;
    return { comando };
  }

  /** Qualquer página da Web pode mandar um navegador aqui: nada do que ele traz depois da primeira linha se executa. */
  #conhece(linha: string | Ilegivel): void {
    const texto = linha instanceof Ilegivel ? linha.texto : linha;
    this.#desconhecido = /^\r?$/.test(texto);
    if (!ehHttp(texto)) return;
    this.motivo = "fala HTTP";
    this.#acabou = true;
  }

  /** Os resultados, quando gravados; nenhum, e a conexão fechada, se não se sabe o que houve. */
  async #aguardaGravacao(atendidas: Promise<Resultado[] | undefined>, trabalho?: Trabalho): Promise<Resultado[]> {
    this.#espera = "gravacao";
    this.#prazo = Infinity;
    trabalho?.pausa();
    const resultados = await atendidas;
    trabalho?.segue();
    if (resultados !== undefined) return resultados;
    // Nenhuma resposta seria verdadeira.
    this.motivo = "gravação de desfecho incerto";
    this.#fecha();
    return [];
  }

  /** `ERRO-130` é sempre a última linha: o que veio depois de quem tentou demais fica sem resposta. */
  #ateAoLimite(resultados: Resultado[]): Resultado[] {
    const limitado = resultados.findIndex(({ codigo }) => codigo === "ERRO-130");
    if (limitado < 0) return resultados;
    this.motivo ??= "tentou demais";
    this.#acabou = true;
    return resultados.slice(0, limitado + 1);
  }

  /** Um resultado como vai no fio, contado. */
  #redige(item: PedidoLido | Erro, resultado: Resultado): string {
    this.pedidos++;
    this.#ambiente.aoResponder(this.#quem, "comando" in item ? item : undefined, resultado);
    const ola = "comando" in item && item.comando === "OLA";
    if (ola && resultado.codigo === "OK-200") this.#apresentado = true;
    return ola || this.#apresentado
      ? this.#ambiente.redator.linha2(resultado, this.#quem, codigoDito(item))
      : this.#ambiente.redator.linha(resultado);
  }

  async #recusaLinhaLonga(): Promise<void> {
    this.motivo = "linha longa demais";
    this.#acabou = true;
    await this.#escreve(this.#ambiente.redator.linha(MALFORMADA));
  }

  async #escreve(texto: string): Promise<void> {
    this.#espera = "escrita";
    this.#prazo = this.#ambiente.relogio() + this.#ambiente.limites.escrita;
    const bytes = emBytes(texto);
    // Uma volta na fila de microtarefas: as sessões que leram juntas escrevem juntas, e o outro lado, acordado pela
    // primeira escrita, ainda está acordado nas seguintes.
    await undefined;
    let feito = await this.#conexao.write(bytes);
    while (feito < bytes.length) feito += await this.#conexao.write(bytes.subarray(feito));
  }

  /** Um limite foi atingido: di-lo na última linha. */
  async #desiste(): Promise<void> {
    this.#acabou = true;
    await this.#escreve(this.#ambiente.redator.linha({ codigo: "ERRO-130" }));
    await this.#despede();
  }

  /** Fecha este lado e dá um instante ao outro para ler a última linha e fechar o seu; fechar já seria um RST. */
  async #despede(): Promise<void> {
    this.#espera = "adeus";
    this.#prazo = this.#ambiente.relogio() + this.#ambiente.limites.despedida;
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

function codigoDito(item: PedidoLido | Erro): string | undefined {
  return "comando" in item && "codigo" in item ? item.codigo : undefined;
}

const MALFORMADA: Erro = { codigo: "ERRO-100" };

/** Verdadeiro para o que acontece a uma conexão quando o outro lado some ou nós a fechamos. */
function ehDaRede(erro: unknown): boolean {
  return erro instanceof Deno.errors.ConnectionReset || erro instanceof Deno.errors.BrokenPipe ||
    erro instanceof Deno.errors.ConnectionAborted || erro instanceof Deno.errors.NotConnected ||
    erro instanceof Deno.errors.TimedOut || erro instanceof Deno.errors.BadResource ||
    erro instanceof Deno.errors.Interrupted || erro instanceof Deno.errors.UnexpectedEof;
}

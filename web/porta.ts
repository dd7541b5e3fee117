/**
 * A porta das páginas: aceita quem liga, dá cada ligação a quem lhe põe limites e prazos (`ligacoes.ts`), e diz de quem é cada
 * pedido. Por TLS, quem liga fala com um túnel (`porta_segura.ts`), e aqui chega o que ele traz.
 *
 * @module
 */

import { delay } from "@std/async";
import { canonico, type Remoto } from "../clinica/endereco.ts";
import { mensagem } from "../clinica/texto.ts";
import { enderecoDe } from "../rede/encaminhado.ts";
import { ehLocal, jaSeFoi } from "../rede/ouvinte.ts";
import type { ParDeChaves } from "../rede/porta_tls.ts";
import type { Ambiente } from "./casa.ts";
import { motorHttp } from "./http.ts";
import { type Atende, Ligacoes, type LimitesDasLigacoes, PRAZOS } from "./ligacoes.ts";
import type { PortaSegura } from "./porta_segura.ts";

/** Quem responde a cada pedido. */
export type Responde = (request: Request, de: Ambiente["Bindings"]) => Response | Promise<Response>;

/** O que se pede a uma porta. */
export interface OpcoesDaPorta {
  /** O endereço em que atende. */
  readonly endereco: string;
  /** A porta TCP; 0 escolhe uma livre. */
  readonly porta: number;
  /** O certificado e a chave, em PEM, para atender por TLS. */
  readonly par?: ParDeChaves;
  /** Os intermediários em que se confia. */
  readonly confiados?: ReadonlySet<string>;
  /** Quantas ligações ao mesmo tempo; cada uma gasta um arquivo, e três por TLS. */
  readonly conexoes: number;
  /** Quantas de um endereço; esta máquina e os intermediários não têm este limite. */
  readonly conexoesPorEndereco: number;
  /** Avisada de uma ligação que se cortou por mal, com quem e porquê. */
  readonly aoCortar?: (cliente: string, motivo: string) => void;
  /** Avisada do que falhou. */
  readonly aoFalhar?: (o_que: string, causa: unknown) => void;
  /** Outros limites, nos testes. */
  readonly limites?: Partial<LimitesDasLigacoes>;
}

/** Ligações que podem esperar por `accept`. */
const FILA_DE_ACCEPT = 4096;

/** Depois de um `accept` que falhou, em ms. */
const ESPERA = 100;

/** Ao encerrar, quanto se espera que quem pediu leia o que se lhe responde, em ms. */
const ESPERA_PELAS_RESPOSTAS = 3000;

/** Uma porta aberta. */
export class PortaDasPaginas implements AsyncDisposable {
  #opcoes: OpcoesDaPorta;
  #responde: Responde;
  #ligacoes: Ligacoes;
  #ouve: Deno.TcpListener | undefined;
  #segura: PortaSegura | undefined;
  #fim: Promise<void> | undefined;

  private constructor(opcoes: OpcoesDaPorta, responde: Responde) {
    this.#opcoes = opcoes;
    this.#responde = responde;
    const { conexoes, conexoesPorEndereco, limites, confiados } = opcoes;
    this.#ligacoes = new Ligacoes({
      serve: motorHttp(),
      limites: { ...PRAZOS, conexoes, conexoesPorEndereco, ...limites },
      confiados,
      aoCortar: (cliente, motivo) => opcoes.aoCortar?.(cliente, motivo),
      aoFalhar: (causa) => opcoes.aoFalhar?.("um pedido às páginas ficou sem resposta", mensagem(causa)),
    });
  }

  /** Abre-a, e começa a atender. Lança o que `Deno.listen` lança, com `code`, se não pôde. */
  static async abre(opcoes: OpcoesDaPorta, responde: Responde): Promise<PortaDasPaginas> {
    const porta = new PortaDasPaginas(opcoes, responde);
    try {
      await porta.#abre();
      return porta;
    } catch (causa) {
      await porta[Symbol.asyncDispose]();
      throw causa;
    }
  }

  async #abre(): Promise<void> {
    const { endereco: hostname, porta: port, par } = this.#opcoes;
    if (par === undefined) {
      this.#ouve = Deno.listen({ hostname, port, tcpBacklog: FILA_DE_ACCEPT });
      this.#aceita(this.#ouve, (conexao) => this.#recebe(conexao, conexao.remoteAddr));
      return;
    }
    this.#ouve = Deno.listen({ hostname: "127.0.0.1", port: 0, tcpBacklog: FILA_DE_ACCEPT });
    // Só aqui: quem não atende por TLS não espera por ela.
    const { PortaSegura } = await import("./porta_segura.ts");
    this.#segura = await PortaSegura.abre({ ...this.#opcoes, par, fila: FILA_DE_ACCEPT }, this.#ouve.addr.port);
    this.#aceita(this.#ouve, (conexao) => void this.#deDentro(conexao).catch((erro) => this.#naoAceitou(erro)));
  }

  /** A porta TCP. */
  get porta(): number {
    return this.#segura?.porta ?? this.#ouve?.addr.port ?? 0;
  }

  /** Outro certificado, daqui em diante; ninguém é desligado. */
  troca(par: ParDeChaves): void {
    this.#segura?.troca(par);
  }

  /** Deixa de receber, e espera, com prazo, que se responda ao que já se recebeu. Os fluxos de eventos fecha-os quem os abriu, antes. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#fim ??= this.#encerra();
  }

  async #encerra(): Promise<void> {
    if (this.#segura === undefined) this.#ouve?.close();
    else this.#segura.encerra();
    await this.#ligacoes.encerra(ESPERA_PELAS_RESPOSTAS);
    if (this.#segura === undefined) return;
    await this.#segura[Symbol.asyncDispose]();
    this.#ouve?.close();
  }

  async #aceita(ouve: Deno.TcpListener, recebe: (conexao: Deno.TcpConn) => void): Promise<void> {
    for (;;) {
      try {
        recebe(await ouve.accept());
      } catch (erro) {
        if (this.#fim !== undefined) return;
        if (jaSeFoi(erro)) continue;
        this.#naoAceitou(erro);
        this.#ligacoes.cede("faltam arquivos, e esta ligação às páginas era a mais demorada");
        await delay(ESPERA);
      }
    }
  }

  #naoAceitou(erro: unknown): void {
    this.#opcoes.aoFalhar?.("uma ligação às páginas não pôde ser aceita", mensagem(erro));
  }

  /** Recebe o que o túnel traz. */
  async #deDentro(conexao: Deno.TcpConn): Promise<void> {
    const de = await this.#segura?.deQuem(conexao);
    if (de === undefined) conexao.close();
    else this.#recebe(conexao, de);
  }

  #recebe(conexao: Deno.TcpConn, de: Remoto): void {
    this.#ligacoes.recebe(conexao, de, this.#atende(de));
  }

  /** Quem responde ao que essa ligação pedir. */
  #atende(de: Remoto): Atende {
    const { confiados, endereco: daqui } = this.#opcoes;
    const ligado = canonico(de.hostname) ?? de.hostname;
    // Quem liga do próprio endereço em que se atende também é desta máquina: de outra não o pode dizer e receber resposta.
    const local = ehLocal(de.hostname) || de.hostname === daqui;
    const sozinho = !local && !confiados?.has(ligado);
    return (request, passou) => {
      if (sozinho) return this.#responde(request, { endereco: ligado, porta: de.port, desta: false, passou });
      const [forwarded, xForwardedFor] = [request.headers.get("forwarded"), request.headers.get("x-forwarded-for")];
      const desta = local && forwarded === null && xForwardedFor === null;
      const endereco = desta ? ligado : enderecoDe(ligado, { forwarded, xForwardedFor }, confiados);
      return this.#responde(request, { endereco, porta: de.port, desta, passou });
    };
  }
}

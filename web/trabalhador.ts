/**
 * O Worker da frente: abre a porta das páginas, às claras ou por TLS, e faz o que `porta.ts` lhe manda por um canal. O que lhe
 * chega e o que diz estão em `Ordem` e `Aviso`.
 *
 * @module
 */

import { mensagem } from "../clinica/texto.ts";
import type { Porta } from "../rede/ouvinte.ts";
import type { ParDeChaves, PortaTls } from "../rede/porta_tls.ts";
import { Frente, type LimitesDaFrente } from "./frente.ts";
import { Remetentes } from "./remetentes.ts";

/** Como se abre a porta. */
export interface ComoAbrir {
  /** O endereço em que atende. */
  readonly endereco: string;
  /** A porta TCP; 0 escolhe uma livre. */
  readonly porta: number;
  /** O certificado e a chave, para atender por TLS. */
  readonly par: ParDeChaves | undefined;
  /** Os limites. */
  readonly limites: LimitesDaFrente;
  /** Os intermediários em que se confia. */
  readonly confiados: ReadonlySet<string> | undefined;
  /** A porta, nesta máquina, do servidor HTTP. */
  readonly dentro: number;
  /** Onde se anota de quem é cada ligação. */
  readonly remetentes: SharedArrayBuffer;
}

/** O que se manda ao Worker. */
export type Ordem =
  | { readonly tipo: "abre"; readonly como: ComoAbrir }
  | { readonly tipo: "dentro"; readonly porta: number }
  | { readonly tipo: "troca"; readonly par: ParDeChaves }
  | { readonly tipo: "encerra" }
  | { readonly tipo: "acaba"; readonly prazo: number };

/** O que ele diz. */
export type Aviso =
  | { readonly tipo: "aberta"; readonly porta: number }
  | { readonly tipo: "recusada"; readonly codigo: string; readonly texto: string }
  | { readonly tipo: "fechou"; readonly cliente: string; readonly motivo: string }
  | { readonly tipo: "falhou"; readonly o_que: string; readonly causa: string }
  | { readonly tipo: "acabou" };

/** Ligações que podem esperar por `accept`. */
const FILA_DE_ACCEPT = 4096;

/** Só o faz quem o roda como Worker: um teste que o importa, não. */
addEventListener("message", (evento) => {
  if (evento instanceof MessageEvent && evento.ports.length === 1) new Trabalhador(evento.ports[0]);
});

class Trabalhador {
  #canal: MessagePort;
  #frente: Frente | undefined;
  #tls: PortaTls | undefined;
  #dentro = 0;

  constructor(canal: MessagePort) {
    this.#canal = canal;
    canal.onmessage = ({ data }) => this.#faz(data);
  }

  #diz(aviso: Aviso): void {
    this.#canal.postMessage(aviso);
  }

  async #faz(ordem: Ordem): Promise<void> {
    switch (ordem.tipo) {
      case "abre":
        return await this.#abre(ordem.como).catch((erro) => {
          const codigo = erro instanceof Error && "code" in erro ? String(erro.code) : "";
          this.#diz({ tipo: "recusada", codigo, texto: mensagem(erro) });
        });
      case "dentro":
        this.#dentro = ordem.porta;
        return;
      case "troca":
        return this.#tls?.troca(ordem.par);
      case "encerra":
        return this.#frente?.encerra();
      case "acaba":
        await this.#frente?.acaba(ordem.prazo);
        return this.#diz({ tipo: "acabou" });
      default:
        ordem satisfies never;
    }
  }

  async #abre({ endereco, porta, par, limites, confiados, dentro, remetentes }: ComoAbrir): Promise<void> {
    this.#dentro = dentro;
    const deQuem = new Remetentes(remetentes);
    const aoFechar = (cliente: string, motivo: string): void => this.#diz({ tipo: "fechou", cliente, motivo });
    const frente = this.#frente = new Frente({
      liga: () => this.#liga(),
      anota: (daqui, de) => deQuem.anota(daqui, de),
      ...{ limites, confiados, aoFechar },
      aoFalhar: (o_que, causa) => this.#diz({ tipo: "falhou", o_que, causa }),
    });
    let aberta: Porta;
    let onde: number;
    if (par === undefined) {
      const ouve = Deno.listen({ hostname: endereco, port: porta, tcpBacklog: FILA_DE_ACCEPT });
      [aberta, onde] = [ouve, ouve.addr.port];
    } else {
      const { PortaTls } = await import("../rede/porta_tls.ts");
      const opcoes = { endereco, porta, fila: FILA_DE_ACCEPT, conexoes: limites.conexoes, par };
      aberta = this.#tls = await PortaTls.abre({ ...opcoes, aoFalhar: aoFechar });
      onde = this.#tls.porta;
    }
    frente.atende(aberta);
    this.#diz({ tipo: "aberta", porta: onde });
  }

  async #liga(): Promise<{ dentro: Deno.TcpConn; porta: number }> {
    const dentro = await Deno.connect({ hostname: "127.0.0.1", port: this.#dentro });
    dentro.setNoDelay(true);
    return { dentro, porta: dentro.localAddr.port };
  }
}

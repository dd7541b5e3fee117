/**
 * Abre as páginas: junta o que elas usam do servidor e a porta por onde se pedem. `servidor.ts` chama-o depois de atender os
 * terminais, que não esperam por isto.
 *
 * @module
 */

import { Portaria } from "../acesso/portaria.ts";
import { PrimeiroAcesso } from "../acesso/primeiro.ts";
import { Sessoes } from "../acesso/sessoes.ts";
import type { LivroDasPessoas } from "../clinica/pessoa.ts";
import type { LivroDasSessoes } from "../clinica/sessao.ts";
import type { ParDeChaves } from "../rede/porta_tls.ts";
import { Arquivos } from "./arquivos.ts";
import type { Casa, Gerencia } from "./casa.ts";
import { Fluxo, type OpcoesDoFluxo } from "./fluxo.ts";
import { Feitas } from "./paciente/feitas.ts";
import { paginas } from "./paginas.ts";
import { Porteiro } from "./painel/porteiro.ts";
import { type OpcoesDaPorta, PortaDasPaginas } from "./porta.ts";
import { Selos } from "./selos.ts";

/** O que as páginas usam do servidor, e por onde se pedem. */
export interface OpcoesDasPaginas
  extends Omit<Casa, "segura" | "selos" | "arquivos" | "quemEntrou" | "fluxo" | "gerencia"> {
  /** As pessoas que entram, e o segredo do livro. */
  readonly pessoas: LivroDasPessoas;
  /** O código do primeiro acesso venceu, e vale outro. */
  readonly aoRenovar: (codigo: string) => void;
  /** Segue o que os outros servidores do livro gravam, se os há. */
  readonly segue: OpcoesDoFluxo["segue"];
  /** As sessões de quem entrou. */
  readonly sessoes: LivroDasSessoes;
  /** O que mais só a gerência usa. */
  readonly gerencia: Omit<Gerencia, "pessoas">;
  /** A porta. */
  readonly porta: OpcoesDaPorta;
}

/** As páginas no ar. */
export interface PaginasNoAr extends AsyncDisposable {
  /** A porta TCP. */
  readonly porta: number;
  /** O código do primeiro acesso; nenhum, se já há um gerente. */
  readonly primeiro: string | undefined;
  /** A quem se diz o que se gravou. */
  readonly fluxo: Fluxo;
  /** Outro certificado, daqui em diante; ninguém é desligado. */
  troca(par: ParDeChaves): void;
  /** Deixa já de receber; acaba quando o que se recebeu tiver resposta. */
  encerra(): Promise<void>;
}

/** Abre-as. Lança o que a porta lança, se não se pôde abrir. */
export async function abrePaginas(
  { pessoas, sessoes, porta, segue, aoRenovar, gerencia, ...casa }: OpcoesDasPaginas,
): Promise<PaginasNoAr> {
  const { relogio, anota, aoFalhar } = casa;
  const [arquivos, selos, portaria, primeiro] = await Promise.all([
    Arquivos.le(),
    pessoas.segredo().then((segredo) => new Selos(segredo, relogio)),
    Portaria.abre({ livro: pessoas, relogio }),
    PrimeiroAcesso.abre({
      ...{ livro: pessoas, relogio, aoRenovar },
      aoEsgotar: () => aoFalhar("o primeiro acesso fechou-se", new Error("erraram o código vezes demais; reinicie")),
      aoFalhar: (causa) => aoFalhar("o código do primeiro acesso não se renovou", causa),
    }),
  ]);
  const segura = porta.par !== undefined;
  const fluxo = new Fluxo({
    segue,
    aoFalhar: (causa) => aoFalhar("o que mudou não se pôde mostrar nas páginas", causa),
  });
  const porteiro = new Porteiro({
    ...{ portaria, primeiro, pessoas, anota, segura },
    sessoes: new Sessoes({
      ...{ livro: sessoes, relogio },
      aoFalhar: (causa) => aoFalhar("o uso de uma sessão não pôde ser escrito; ela vale na mesma", causa),
    }),
  });
  const inteira: Casa = {
    ...{ ...casa, arquivos, selos, fluxo, segura },
    gerencia: { ...gerencia, pessoas },
    quemEntrou: (c, usa) => porteiro.quemEntrou(c, usa),
  };
  const feitas = new Feitas(inteira);
  const app = paginas(inteira, porteiro, feitas);
  // Se a porta não se abre, ninguém renova o código.
  using pilha = new DisposableStack();
  pilha.use(primeiro);
  const aberta = await PortaDasPaginas.abre(
    porta,
    (request, de) => feitas.depressa(request, de) ?? app.fetch(request, de),
  );
  const fica = pilha.move();
  const encerra = (): Promise<void> => {
    fica.dispose();
    // Com um fluxo aberto a porta não acabava de fechar.
    fluxo.fechaTodos();
    return aberta[Symbol.asyncDispose]();
  };
  return {
    porta: aberta.porta,
    fluxo,
    primeiro: primeiro.codigo,
    troca: (par) => aberta.troca(par),
    ...{ encerra, [Symbol.asyncDispose]: encerra },
  };
}

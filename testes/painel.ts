/**
 * O painel sem rede: as páginas como o servidor as junta, com um livro na memória, um relógio de fora, e um navegador que só
 * guarda cookies. Só o que testa o importa.
 *
 * @module
 */

import { resume } from "../acesso/argon2.ts";
import { Portaria } from "../acesso/portaria.ts";
import { PrimeiroAcesso } from "../acesso/primeiro.ts";
import { Sessoes } from "../acesso/sessoes.ts";
import type { Lotacao } from "../acesso/vez.ts";
import { Agenda } from "../agenda.ts";
import type { Chave, ChaveNova, LivroDasChaves } from "../clinica/chave.ts";
import type { LinhaDoLivro, Quem } from "../clinica/livro.ts";
import { lerOferta } from "../clinica/oferta.ts";
import type { PapelDePessoa } from "../clinica/pessoa.ts";
import type { TabelaDaTrilha } from "../clinica/trilha.ts";
import { Arquivos } from "../web/arquivos.ts";
import type { Casa, Rotas, TrilhaAberta } from "../web/casa.ts";
import { Fluxo } from "../web/fluxo.ts";
import { paginas } from "../web/paginas.ts";
import { Porteiro } from "../web/painel/porteiro.ts";
import { Selos } from "../web/selos.ts";
import { ArmazemDeTeste } from "./livro_de_teste.ts";
import { BARATO, PessoasDeTeste } from "./pessoas.ts";
import { SessoesDeTeste } from "./sessoes.ts";

/** A frase-senha de todos. */
export const FRASE = "correto cavalo bateria grampo";

/** O que se pede, além do caminho. */
export interface OQueSePede {
  /** Os campos de um formulário: com eles é um POST. */
  readonly campos?: Readonly<Record<string, string>>;
  /** O que se diz querer; uma página, se não se diz. */
  readonly quer?: string;
  /** Mais cabeçalhos. */
  readonly cabecalhos?: Readonly<Record<string, string>>;
  /** O endereço de quem pede; o da própria máquina, se não se diz. */
  readonly endereco?: string;
}

/** A Ana, o Beto e a Clara. */
const GENTE: readonly (readonly [quem: string, papel: PapelDePessoa])[] = [
  ["ana", "gerente"],
  ["beto", "balcao"],
  ["clara", "profissional"],
];

/** Um painel. */
export class PainelDeTeste implements Disposable {
  /** As pessoas. */
  readonly pessoas: PessoasDeTeste = new PessoasDeTeste();
  /** As sessões. */
  readonly sessoes: SessoesDeTeste = new SessoesDeTeste(this.pessoas);
  /** O que ficou na trilha: `"p:1 PESSOA ENTRA 1"`. */
  readonly trilha: string[] = [];
  /** O que se viu, como se diz à trilha: `"p:1 LISTA 3 7"`. */
  readonly visto: string[] = [];
  /** Quem o viu, cada objeto uma vez. */
  readonly quemViu: Set<Quem> = new Set();
  /** As chaves. */
  readonly chaves: ChavesDeTeste = new ChavesDeTeste();
  /** O que a página da trilha lê, por `id`; sem isto, não há trilha. */
  linhas: { readonly [T in TabelaDaTrilha]: readonly LinhaDoLivro[] } | undefined;
  /** O livro. */
  readonly armazem: ArmazemDeTeste = new ArmazemDeTeste();
  /** A agenda. */
  agenda!: Agenda;
  /** O código do primeiro acesso, como o console o disse a última vez. */
  codigo: string | undefined;
  /** Renova-o. */
  passaUmaHora: () => void = () => {};
  /** As rotas todas. */
  rotas!: Rotas;
  /** O instante de agora, ms desde 1970. */
  agora: number = Date.parse("2026-11-30T10:00:00Z");
  #fluxo = new Fluxo({ aoFalhar: (causa) => console.error(causa) });

  /** Abre um; de costume, a Ana gere, o Beto é do balcão e a Clara atende, e são a pessoa 1, a 2 e a 3. */
  static async abre(
    { segura = false, painelSemTls = false, lotacao, gente = GENTE, oferta = {} }: ComoSeAbre = {},
  ): Promise<PainelDeTeste> {
    const painel = new PainelDeTeste();
    const { pessoas, sessoes: livro } = painel;
    const resumo = await resume(FRASE, BARATO);
    for (const [quem, papel] of gente) {
      const profissional = papel === "profissional" ? "DRA. CLARA" : "";
      await pessoas.cria({
        quem,
        nome: quem.toUpperCase(),
        papel,
        profissional,
        resumo,
        criadaEm: "2026-11-01T10:00:00Z",
      });
    }
    const relogio = (): number => painel.agora;
    const deQuem = ({ pessoa, papel }: Quem): string => pessoa === undefined ? papel : `p:${pessoa}`;
    const anota: Casa["anota"] = (quem, especie, numero = 0, cpf = "") =>
      void painel.trilha.push(`${deQuem(quem)} ${especie} ${numero} ${cpf}`.trimEnd());
    painel.agenda = new Agenda({ armazem: painel.armazem, oferta: lerOferta(oferta), relogio });
    const primeiro = await PrimeiroAcesso.abre({
      ...{ livro: pessoas, relogio, resume: (frase) => resume(frase, BARATO) },
      aoRenovar: (codigo) => painel.codigo = codigo,
      aoEsgotar: () => painel.codigo = undefined,
      aCada: (_ms, faz) => {
        painel.passaUmaHora = faz;
        return { [Symbol.dispose]: () => {} };
      },
    });
    painel.codigo = primeiro.codigo;
    const porteiro = new Porteiro({
      primeiro,
      ...{ pessoas, anota, segura, sessoes: new Sessoes({ livro, relogio }) },
      portaria: await Portaria.abre({ livro: pessoas, relogio, parametros: BARATO, lotacao }),
    });
    painel.rotas = paginas({
      ...{ agenda: painel.agenda, relogio, anota },
      ...{ arquivos: await Arquivos.le(), selos: new Selos(await pessoas.segredo(), relogio) },
      fluxo: painel.#fluxo,
      ...{ segura, painelSemTls, abertaAoPublico: true },
      ...{ conta: () => 0, aoFalhar: (_o_que, causa) => console.error(causa) },
      aoVer: (quem, { comando }, resultado) => {
        const numeros = "agendamentos" in resultado
          ? resultado.agendamentos.map(({ numero }) => numero)
          : "fila" in resultado
          ? resultado.fila.map(({ espera: { numero } }) => numero)
          : [];
        painel.quemViu.add(quem);
        painel.visto.push([deQuem(quem), comando, ...numeros].join(" "));
      },
      gerencia: {
        ...{ arquivoDaSemana: "/dados/clinica.json", chaves: painel.chaves, pessoas },
        trilha: () => Promise.resolve(painel.#trilha()),
      },
      quemEntrou: (c, usa) => porteiro.quemEntrou(c, usa),
    }, porteiro);
    return painel;
  }

  /** Deixa de dizer o que muda. */
  [Symbol.dispose](): void {
    this.#fluxo[Symbol.dispose]();
  }

  #trilha(): TrilhaAberta {
    const { linhas = { diario: [], acesso: [] } } = this;
    return {
      async *pedacos(tabela, { de = "", ate = "9", antesDe } = {}): AsyncGenerator<readonly LinhaDoLivro[]> {
        const quando = tabela === "diario" ? 2 : 1;
        const servem = linhas[tabela].filter((linha) => String(linha[quando]) >= de && String(linha[quando]) < ate);
        // Aos pedaços pequenos, para que se juntem.
        const todas = antesDe === undefined ? servem : servem.filter(([id]) => Number(id) < antesDe).toReversed();
        for (let i = 0; i < todas.length; i += 3) yield await Promise.resolve(todas.slice(i, i + 3));
      },
      numerosDe: () => Promise.resolve({ agendamentos: [7], esperas: [2] }),
      disfarces: (cpf) => [`disfarce de ${cpf}`],
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  }
}

/** As chaves de um livro que só está na memória. */
export class ChavesDeTeste implements LivroDasChaves {
  /** As gravadas. */
  gravadas: Chave[] = [];

  todas(): Promise<readonly Chave[]> {
    return Promise.resolve([...this.gravadas]);
  }

  cria(nova: ChaveNova): Promise<Chave> {
    const chave = { ...nova, numero: this.gravadas.length + 1, revogadaEm: "" };
    this.gravadas.push(chave);
    return Promise.resolve(chave);
  }

  revoga(numero: number, revogadaEm: string): Promise<boolean> {
    const onde = this.gravadas.findIndex((uma) => uma.numero === numero && uma.revogadaEm === "");
    if (onde >= 0) this.gravadas[onde] = { ...this.gravadas[onde], revogadaEm };
    return Promise.resolve(onde >= 0);
  }
}

/** O que umas páginas precisam além do livro, com um painel em que ninguém tem conta. */
export interface SemNinguem {
  /** À porta do painel. */
  readonly porteiro: Porteiro;
  /** O resto da casa. */
  readonly casa: Pick<
    Casa,
    "arquivos" | "selos" | "segura" | "anota" | "abertaAoPublico" | "painelSemTls" | "gerencia"
  >;
}

/** As de um servidor; os de um mesmo livro abrem os selos uns dos outros. */
export async function semNinguem(relogio: () => number): Promise<SemNinguem> {
  const pessoas = new PessoasDeTeste();
  const primeiro = await PrimeiroAcesso.abre({
    ...{ livro: pessoas, relogio, aoRenovar: () => {}, aoEsgotar: () => {} },
    aCada: () => ({ [Symbol.dispose]: () => {} }),
  });
  return {
    porteiro: new Porteiro({
      ...{ primeiro, pessoas, anota: () => {}, segura: false },
      sessoes: new Sessoes({ livro: new SessoesDeTeste(pessoas), relogio }),
      portaria: await Portaria.abre({ livro: pessoas, relogio }),
    }),
    casa: {
      ...{ arquivos: await Arquivos.le(), selos: new Selos("ab".repeat(32), relogio) },
      ...{ segura: false, anota: () => {}, abertaAoPublico: true, painelSemTls: false },
      gerencia: {
        ...{ arquivoDaSemana: "clinica.json", chaves: new ChavesDeTeste(), pessoas },
        trilha: () => Promise.reject(new Error("sem trilha")),
      },
    },
  };
}

/** Como se abre um painel. */
export interface ComoSeAbre {
  /** Atende-se por TLS. */
  readonly segura?: boolean;
  /** Entra-se de outras máquinas às claras. */
  readonly painelSemTls?: boolean;
  /** Quantos entram ao mesmo tempo. */
  readonly lotacao?: Lotacao;
  /** A semana, como está no arquivo; a de costume, se não se diz. */
  readonly oferta?: unknown;
  /** Quem já tem conta; a Ana, o Beto e a Clara, se não se diz. */
  readonly gente?: readonly (readonly [quem: string, papel: PapelDePessoa])[];
}

/** Um navegador sem tela: guarda os cookies que lhe põem, e manda-os. */
export class NavegadorDeTeste {
  /** Os cookies, por nome. */
  readonly cookies = new Map<string, string>();
  /** Os cabeçalhos `Set-Cookie`, como vieram. */
  readonly postos: string[] = [];
  #painel: PainelDeTeste;

  /** Um que nunca cá esteve. */
  constructor(painel: PainelDeTeste) {
    this.#painel = painel;
  }

  /** Pede; não segue para onde o mandem. */
  async pede(
    caminho: string,
    { campos, quer = "text/html", cabecalhos, endereco = "127.0.0.1" }: OQueSePede = {},
  ): Promise<Response> {
    const headers = new Headers({ accept: quer, ...cabecalhos });
    if (this.cookies.size > 0) {
      headers.set(
        "cookie",
        [...this.cookies].map(([nome, valor]) => `${nome}=${valor}`).join("; "),
      );
    }
    const resposta = await this.#painel.rotas.fetch(
      new Request(`http://painel${caminho}`, {
        headers,
        ...campos === undefined ? {} : { method: "POST", body: new URLSearchParams(campos) },
      }),
      { endereco, porta: 40000, desta: endereco === "127.0.0.1", passou(): void {} },
    );
    for (const posto of resposta.headers.getSetCookie()) {
      this.postos.push(posto);
      const [, nome, valor] = /^([^=]+)=([^;]*)/.exec(posto) ?? [];
      if (/max-age=0/i.test(posto)) this.cookies.delete(nome);
      else this.cookies.set(nome, valor);
    }
    return resposta;
  }

  /** Entra; devolve para onde é mandado, ou o código da recusa. */
  async entra(quem: string, campos: Readonly<Record<string, string>> = {}): Promise<string> {
    const resposta = await this.pede("/painel/entrar", { campos: { quem, frase: FRASE, ...campos } });
    return resposta.headers.get("location") ?? String(resposta.status);
  }
}

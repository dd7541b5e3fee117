/**
 * Entrar com uma frase-senha: `Portaria.entra`, que as páginas chamam. Quem erra ouve sempre a mesma recusa, ao fim do mesmo
 * trabalho, exista a pessoa ou não, e esteja errado o que estiver.
 *
 * @module
 */

import { entra, lerQuem, type LivroDasPessoas, type Pessoa, type Tentativas } from "../clinica/pessoa.ts";
import { confere, mudou, PARAMETROS, type Parametros, postico, resume } from "./argon2.ts";
import {
  acerta,
  comoEstao,
  type Contas,
  contasDe,
  falta,
  quaisContam,
  type QualConta,
  soma,
  velhas,
} from "./atraso.ts";
import { lerFrase } from "./frase.ts";
import { novoSegredoDoTotp, passoDoCodigo, usaCodigo } from "./segundo_fator.ts";
import { type Lotacao, Vez } from "./vez.ts";

/** O que alguém mostra para entrar. */
export interface Credenciais {
  /** Como se apresenta: `"ana@clinica"`. */
  readonly quem: string;
  /** A frase-senha, como foi digitada. */
  readonly frase: string;
  /** O código do aplicativo, se o disse. */
  readonly totp?: string;
  /** Um código de recuperação, no lugar dele. */
  readonly recuperacao?: string;
  /** O endereço de onde vem. */
  readonly endereco: string;
}

/** Quem entrou. */
export type QuemEntrou = Pick<Pessoa, "numero" | "quem" | "nome" | "papel" | "profissional" | "mudadaEm">;

/** Como acabou. */
export type Entrada =
  | { readonly tipo: "entrou"; readonly pessoa: QuemEntrou }
  /** Algo está errado; não se diz o quê. */
  | { readonly tipo: "recusada" }
  /** Nem se olhou: só daqui a tantos segundos. */
  | { readonly tipo: "espera"; readonly segundos: number }
  /** Nem se olhou: há gente demais a entrar neste momento. */
  | { readonly tipo: "cheia" };

/** O que uma portaria precisa. */
export interface OpcoesDaPortaria {
  /** As pessoas, e as tentativas. */
  readonly livro: LivroDasPessoas;
  /** Ms desde 1970. */
  readonly relogio: () => number;
  /** Quanto custa um resumo; o de hoje, se não se diz. */
  readonly parametros?: Parametros;
  /** Quantas contas de Argon2 ao mesmo tempo, e quantas à espera; a de costume, se não se diz. */
  readonly lotacao?: Lotacao;
}

/**
 * Metade dos processadores, que os pedidos da clínica também os querem, e quatro no máximo: 76 MiB. Na fila cabe um segundo e
 * pouco de espera.
 */
const LOTACAO: Lotacao = { aoMesmoTempo: Math.max(1, Math.min(4, navigator.hardwareConcurrency >> 1)), aEspera: 20 };

/** Vezes que se relê uma conta que outro mudou entretanto. Quem as gasta todas tem a fila cheia de tentativas iguais. */
const RELEITURAS = 20;

/** Confere quem entra. */
export class Portaria {
  #livro: LivroDasPessoas;
  #relogio: () => number;
  #parametros: Parametros;
  #vez: Vez;
  #segredo: string;
  #postico: string;
  /** O segundo fator de quem não tem nenhum: a conta faz-se na mesma. */
  #totpPostico = novoSegredoDoTotp();

  private constructor(
    { livro, relogio, parametros = PARAMETROS, lotacao = LOTACAO }: OpcoesDaPortaria,
    segredo: string,
  ) {
    this.#livro = livro;
    this.#relogio = relogio;
    this.#parametros = parametros;
    this.#vez = new Vez(lotacao);
    this.#segredo = segredo;
    this.#postico = postico(parametros);
  }

  /**
   * Abre-a.
   *
   * @throws se o livro não se pôde ler.
   */
  static async abre(opcoes: OpcoesDaPortaria): Promise<Portaria> {
    return new Portaria(opcoes, await opcoes.livro.segredo());
  }

  /**
   * Deixa entrar quem mostra o que deve. A tentativa conta-se antes de se olhar, e gravada: muitas ao mesmo tempo, em muitos
   * servidores, não são mais do que uma atrás da outra, e um reinício não as esquece.
   *
   * @throws se o livro não se pôde ler ou escrever; então ninguém entra.
   */
  async entra({ quem, frase, totp, recuperacao, endereco }: Credenciais): Promise<Entrada> {
    using lugar = this.#vez.toma();
    if (lugar === undefined) return { tipo: "cheia" };
    // O que não tem forma de ser de ninguém segue o mesmo caminho.
    const apresentado = lerQuem(quem) ?? "";
    const contas = contasDe(this.#segredo, { quem: apresentado, endereco });
    const somadas = await this.#conta(contas);
    if ("tipo" in somadas) return somadas;
    const pessoas = (await this.#livro.todas()).filter(entra);
    const achada = pessoas.find((uma) => uma.quem === apresentado);
    const lida = lerFrase(frase) ?? "";
    const certa = await this.#vez.faz(() =>
      confere(lida, (achada ?? this.#outra(pessoas, contas))?.resumo ?? this.#postico)
    );
    const depois = this.#segundoFator(achada, { totp, recuperacao });
    if (!certa || achada === undefined || depois === undefined) return { tipo: "recusada" };
    if (!await this.#grava(achada, depois, lida)) return { tipo: "recusada" };
    await this.#acerta(contas, somadas);
    const { numero, nome, papel, profissional, mudadaEm } = achada;
    return { tipo: "entrou", pessoa: { numero, quem: apresentado, nome, papel, profissional, mudadaEm } };
  }

  /** Verdadeiro se quem entrou ainda entraria: não se retirou, e nem a frase-senha nem o segundo fator mudaram. */
  async ainda({ numero, mudadaEm }: Pick<QuemEntrou, "numero" | "mudadaEm">): Promise<boolean> {
    return (await this.#livro.todas()).some((uma) => uma.numero === numero && entra(uma) && uma.mudadaEm === mudadaEm);
  }

  /**
   * A quem se confere a frase-senha de quem não existe, sem que a resposta conte: uma pessoa qualquer, sempre a mesma para o
   * mesmo nome. Assim custa o que custa a das que existem, ainda que nem todas tenham já os parâmetros de hoje.
   */
  #outra(pessoas: readonly Pessoa[], { pessoa }: Contas): Pessoa | undefined {
    return pessoas[parseInt(pessoa.quem, 16) % pessoas.length];
  }

  /** A pessoa depois de usado o segundo fator, ou como está se não o tem; nada, se não serve. */
  #segundoFator(
    achada: Pessoa | undefined,
    { totp = "", recuperacao = "" }: Pick<Credenciais, "totp" | "recuperacao">,
  ): Pessoa | undefined {
    const passo = passoDoCodigo(achada?.totp || this.#totpPostico, totp, this.#relogio());
    const ficam = usaCodigo(recuperacao, achada?.recuperacao ?? []);
    if (achada === undefined || achada.totp === "") return achada;
    if (passo !== undefined && passo > achada.passo) return { ...achada, passo };
    return ficam && { ...achada, recuperacao: ficam };
  }

  /** Gasta o código, e refaz o resumo se os parâmetros mudaram; falso se outra tentativa o gastou entretanto. */
  async #grava(antes: Pessoa, depois: Pessoa, frase: string): Promise<boolean> {
    const refeita = mudou(antes.resumo, this.#parametros)
      ? { ...depois, resumo: await this.#vez.faz(() => resume(frase, this.#parametros)) }
      : depois;
    return refeita === antes || await this.#livro.muda({ ...refeita, versao: antes.versao + 1 });
  }

  /** Soma a tentativa às contas de que é, e diz quais são; ou por que não se olha. */
  async #conta(contas: Contas): Promise<readonly QualConta[] | Exclude<Entrada, { tipo: "entrou" }>> {
    for (let vez = 0; vez < RELEITURAS; vez++) {
      const { estao, agora } = await this.#le(contas);
      const quais = quaisContam(estao, agora);
      const espera = falta(estao, quais, agora);
      if (espera > 0) return { tipo: "espera", segundos: Math.ceil(espera / 1000) };
      if (await this.#livro.conta(soma(estao, quais, agora), velhas(agora))) return quais;
    }
    return { tipo: "cheia" };
  }

  async #acerta(contas: Contas, somadas: readonly QualConta[]): Promise<void> {
    for (let vez = 0; vez < RELEITURAS; vez++) {
      const { estao, agora } = await this.#le(contas);
      if (await this.#livro.conta(acerta(estao, somadas, agora), velhas(agora))) return;
    }
  }

  async #le(contas: Contas): Promise<{ estao: Contas<Tentativas>; agora: number }> {
    const lidas = await this.#livro.tentativas([contas.pessoa, contas.endereco, contas.ali]);
    return { estao: comoEstao(contas, lidas), agora: this.#relogio() };
  }
}

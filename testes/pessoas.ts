/**
 * As pessoas de um livro que só está na memória, do modo mais curto, para os testes de quem as confere. Só o que testa o importa.
 *
 * @module
 */

import {
  type Conta,
  entra,
  type LivroDasPessoas,
  type Pessoa,
  type PessoaNova,
  type Tentativas,
} from "../clinica/pessoa.ts";

/** Um resumo barato, que só um teste usa. */
export const BARATO = { m: 8, t: 1, p: 1 };

/** As pessoas, as tentativas, e o que se lê delas. */
export class PessoasDeTeste implements LivroDasPessoas {
  /** As pessoas. */
  gravadas: Pessoa[] = [];
  /** As tentativas, por conta. */
  contas = new Map<string, Tentativas>();
  /** Corre entre o que se lê e o que se grava: o que outro servidor faz. */
  entretanto: () => void = () => {};

  segredo(): Promise<string> {
    return Promise.resolve("ab".repeat(32));
  }

  todas(): Promise<readonly Pessoa[]> {
    return Promise.resolve([...this.gravadas]);
  }

  cria(nova: PessoaNova): Promise<Pessoa | undefined> {
    if (this.gravadas.some((uma) => uma.quem === nova.quem && entra(uma))) return Promise.resolve(undefined);
    const pessoa: Pessoa = {
      ...{ numero: this.gravadas.length + 1, versao: 1, totp: "", passo: 0, recuperacao: [], retiradaEm: "" },
      ...{ ...nova, mudadaEm: nova.criadaEm },
    };
    this.gravadas.push(pessoa);
    return Promise.resolve(pessoa);
  }

  criaPrimeiro(nova: PessoaNova): Promise<Pessoa | undefined> {
    const haGerente = this.gravadas.some((uma) => uma.papel === "gerente" && entra(uma));
    return haGerente ? Promise.resolve(undefined) : this.cria(nova);
  }

  muda(depois: Pessoa): Promise<boolean> {
    this.entretanto();
    const onde = this.gravadas.findIndex(({ numero, versao }) =>
      numero === depois.numero && versao === depois.versao - 1
    );
    if (onde >= 0) this.gravadas[onde] = depois;
    return Promise.resolve(onde >= 0);
  }

  tentativas(contas: readonly Conta[]): Promise<readonly Tentativas[]> {
    return Promise.resolve(contas.flatMap((conta) => this.contas.get(chaveDa(conta)) ?? []));
  }

  conta(mudancas: Parameters<LivroDasPessoas["conta"]>[0], velhas: string): Promise<boolean> {
    this.entretanto();
    const iguais = mudancas.every(({ antes }) => {
      const { falhas = 0, ultima = "" } = this.contas.get(chaveDa(antes)) ?? {};
      return falhas === antes.falhas && ultima === antes.ultima;
    });
    if (!iguais) return Promise.resolve(false);
    for (const { depois } of mudancas) this.contas.set(chaveDa(depois), depois);
    for (const [chave, { ultima }] of this.contas) if (ultima < velhas) this.contas.delete(chave);
    return Promise.resolve(true);
  }

  perdoa(quem: readonly string[]): Promise<void> {
    for (const [chave, uma] of this.contas) if (quem.includes(uma.quem)) this.contas.set(chave, { ...uma, falhas: 0 });
    return Promise.resolve();
  }
}

function chaveDa({ quem, endereco }: Conta): string {
  return `${quem} ${endereco}`;
}

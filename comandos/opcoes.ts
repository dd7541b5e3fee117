/**
 * O livro que as opções de `servidor.ts` pedem, ou o de costume, o TLS, e os intermediários em que se confia. A semana está em
 * `semana.ts`; o certificado, em `tls.ts`.
 *
 * @module
 */

import { ehPostgres } from "../armazem/postgres_endereco.ts";
import { PORTA_TLS_PADRAO } from "../protocolo.ts";
import { canonico } from "../clinica/endereco.ts";
import { type Argumentos, ErroDeUso, lerInteiro } from "./argumentos.ts";

/** O livro pedido: a opção, a variável de ambiente, o de costume, nesta ordem. */
export function lerBanco(argumentos: Argumentos): string {
  const banco = argumentos.texto("banco") ?? (Deno.env.get("CLINICA_BANCO") || "clinica.db");
  confereBanco("banco", banco);
  return banco;
}

/**
 * Um "postgre://" não é um arquivo; e a mensagem não o repete, pois pode ter uma senha.
 *
 * @throws {ErroDeUso} se é um endereço que não é de um PostgreSQL.
 */
export function confereBanco(opcao: string, banco: string): void {
  if (/^[a-z]+:\/\//i.test(banco) && !ehPostgres(banco)) {
    throw new ErroDeUso(`--${opcao} espera um arquivo, ou um endereço que comece por postgres://`);
  }
}

/** O que as opções pedem. */
export interface PedidoDeTls {
  /** Os arquivos. */
  readonly arquivos: ArquivosDoPar;
  /** A porta TCP; 0 escolhe uma livre. */
  readonly porta: number;
  /** A porta clara não se abre. */
  readonly so: boolean;
}

/** Onde estão o certificado e a chave privada dele, em PEM. */
export interface ArquivosDoPar {
  /** O certificado, seguido dos intermediários se os há. */
  readonly certificado: string;
  /** A chave privada, sem senha. */
  readonly chave: string;
}

/**
 * O TLS que se pediu, ou nenhum.
 *
 * @throws {ErroDeUso} se falta um dos dois arquivos, ou sobra uma opção.
 */
export function lerTls(argumentos: Argumentos): PedidoDeTls | undefined {
  const [certificado, chave] = [argumentos.texto("certificado"), argumentos.texto("chave-privada")];
  const so = argumentos.tem("so-tls");
  if (certificado === undefined && chave === undefined) {
    const sobra = ["tls-porta", "so-tls"].find((nome) => argumentos.tem(nome));
    if (sobra === undefined) return undefined;
    throw new ErroDeUso(`--${sobra} precisa de --certificado e --chave-privada; servidor.ts certificado faz os dois`);
  }
  if (certificado === undefined || chave === undefined) {
    throw new ErroDeUso("--certificado e --chave-privada vão juntos");
  }
  if (so && argumentos.tem("porta")) throw new ErroDeUso("--so-tls não abre a porta de --porta; use --tls-porta");
  const porta = lerInteiro(argumentos, "tls-porta", { padrao: PORTA_TLS_PADRAO, de: 0, ate: 65535 });
  return { arquivos: { certificado, chave }, porta, so };
}

/**
 * Os endereços dos intermediários em que se confia, na forma de `canonico`; nenhum, se não se disse nenhum.
 *
 * @throws {ErroDeUso} se um não é um endereço IP.
 */
export function lerConfiados(argumentos: Argumentos): ReadonlySet<string> | undefined {
  const escritos = argumentos.textos("confia-no-proxy");
  if (escritos.length === 0) return undefined;
  return new Set(escritos.map((escrito) => {
    const endereco = canonico(escrito);
    if (endereco === undefined) throw new ErroDeUso(`--confia-no-proxy espera um endereço IP; veio "${escrito}"`);
    return endereco;
  }));
}

/** As páginas que as opções pedem. */
export interface PedidoDeWeb {
  /** A porta TCP; 0 escolhe uma livre. */
  readonly porta: number;
  /** Disse-se que porta é; senão, é a de costume. */
  readonly pedida: boolean;
  /** O painel deixa entrar de outras máquinas ainda que não seja por TLS. */
  readonly painelSemTls: boolean;
}

/** Quanto a porta das páginas está acima da dos terminais. */
const ACIMA_DA_DOS_TERMINAIS = 80;

/**
 * As páginas que se pediram, na porta de costume se não se disse outra; nenhumas, com `--sem-web`.
 *
 * @throws {ErroDeUso} se as opções não vão juntas, ou a porta não existe.
 */
export function lerWeb(argumentos: Argumentos, dosTerminais: number): PedidoDeWeb | undefined {
  const painelSemTls = argumentos.tem("painel-sem-tls");
  if (argumentos.tem("sem-web")) {
    const sobra = ["web", "painel-sem-tls"].find((nome) => argumentos.tem(nome));
    if (sobra !== undefined) throw new ErroDeUso(`--sem-web e --${sobra} não vão juntos`);
    return undefined;
  }
  const padrao = dosTerminais === 0 ? 0 : dosTerminais + ACIMA_DA_DOS_TERMINAIS;
  const porta = lerInteiro(argumentos, "web", { padrao, de: 0, ate: 65535 });
  if (porta > 65535) {
    throw new ErroDeUso(
      `a porta das páginas seria a ${porta}, ${ACIMA_DA_DOS_TERMINAIS} acima da dos terminais, e não existe; diga outra com --web`,
    );
  }
  return { porta, pedida: argumentos.tem("web"), painelSemTls };
}

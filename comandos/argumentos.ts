/**
 * Os argumentos dos comandos: como se leem e o que se diz de um comando errado.
 *
 * @module
 */

/** O comando está errado; a mensagem diz em quê. */
export class ErroDeUso extends Error {
  /** O nome da classe. */
  override name = "ErroDeUso";
}

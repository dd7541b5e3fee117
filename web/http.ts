/**
 * HTTP numa ligação que já se aceitou: o motor de `Deno.serve`, sem a porta dele.
 *
 * É uma função interna do Deno, e a única coisa interna que aqui se usa: `Deno.serve` 2.9.6 não deixa escolher quem se aceita nem
 * desligar quem quer que seja, não tem prazos, e sem arquivos livres rejeita, e leva consigo o processo. Por ela rodam os testes
 * do próprio Deno e o `node:http2` dele. Se um dia faltar, as páginas não abrem e dizem porquê; os terminais não dão por isso.
 *
 * @module
 */

/** Quem responde a um pedido; `completed` acaba quando a resposta se deu toda, ou já não há a quem. */
export type RespondeUma = (
  request: Request,
  info: Pick<Deno.ServeHandlerInfo, "completed">,
) => Response | Promise<Response>;

/** Serve uma ligação até que se feche, ou que o sinal a corte; `finished` diz quando. O sinal não a deixa acabar o que estava a meio. */
export type ServeUma<C = Deno.TcpConn> = (
  conexao: C,
  corte: AbortSignal,
  responde: RespondeUma,
) => { readonly finished: Promise<void> };

type Interna = (
  ...args: [...Parameters<ServeUma>, aoFalhar: (erro: unknown) => Response, aoComecar: () => void]
) => { readonly finished: Promise<void> };

/**
 * O motor deste Deno.
 *
 * @throws {Error} se ele não o tem.
 */
export function motorHttp(ambiente: object = Deno): ServeUma {
  const simbolo: unknown = Reflect.get(ambiente, "internal");
  const internas: unknown = typeof simbolo === "symbol" ? Reflect.get(ambiente, simbolo) : undefined;
  const serve: unknown = typeof internas === "object" && internas !== null
    ? Reflect.get(internas, "serveHttpOnConnection")
    : undefined;
  if (!ehInterna(serve)) {
    throw new Error(`o Deno ${Deno.version.deno} não serve HTTP numa ligação já aceita; com o 2.9.6 há páginas`);
  }
  const falhou = (): Response => new Response(null, { status: 500 });
  return (conexao, corte, responde) => serve(conexao, corte, responde, falhou, () => {});
}

function ehInterna(valor: unknown): valor is Interna {
  return typeof valor === "function";
}

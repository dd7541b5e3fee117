/**
 * O limite do ambiente, para as páginas: `Deno.serve` sem mais nada, que responde sempre os mesmos bytes. `bench/paginas.ts` o
 * põe ao lado do servidor.
 *
 *     deno run --allow-net bench/pagina_constante.ts PORTA BYTES
 *
 * @module
 */

if (import.meta.main) {
  const [porta, bytes] = Deno.args.map(Number);
  const pagina = crypto.getRandomValues(new Uint8Array(bytes));
  const headers = { "content-type": "text/html; charset=utf-8", "content-encoding": "gzip" };
  Deno.serve({ hostname: "127.0.0.1", port: porta, onListen(): void {} }, () => new Response(pagina, { headers }));
}

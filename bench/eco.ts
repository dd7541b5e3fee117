/**
 * O limite do ambiente: devolve os bytes que recebe, e nada mais. `bench.ts` o roda como processo, ao lado do servidor.
 *
 *     deno run --allow-net bench/eco.ts PORTA
 *
 * @module
 */

async function ecoa(conexao: Deno.TcpConn): Promise<void> {
  conexao.setNoDelay(true);
  const bloco = new Uint8Array(512);
  try {
    for (let lidos = await conexao.read(bloco); lidos !== null; lidos = await conexao.read(bloco)) {
      for (let feito = 0; feito < lidos;) feito += await conexao.write(bloco.subarray(feito, lidos));
    }
  } catch {
    // O outro lado foi-se.
  } finally {
    conexao.close();
  }
}

if (import.meta.main) {
  const ouvinte = Deno.listen({ hostname: "127.0.0.1", port: Number(Deno.args[0]), tcpBacklog: 4096 });
  for await (const conexao of ouvinte) ecoa(conexao);
}

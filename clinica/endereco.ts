/**
 * Endereços IP: como se escrevem, para que o mesmo seja sempre igual, e a rede de cada um, que é o que se conta como um só.
 * Perguntam-no as portas e o ouvinte, quem lê de quem é o que um intermediário traz, e as contas do que se tentou.
 *
 * @module
 */

/** O outro lado de uma conexão. */
export interface Remoto {
  /** O endereço IP. */
  readonly hostname: string;
  /** A porta de lá. */
  readonly port: number;
}

/** Como se escreve: `"10.0.0.7:40312"`, `"[::1]:40312"`. */
export function escreveRemoto({ hostname, port }: Remoto): string {
  return hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`;
}

/**
 * Um endereço na sua forma única, `"10.0.0.7"` ou `"2001:db8:0:0:0:0:0:1"`; um IPv4 escrito em IPv6 (`::ffff:10.0.0.7`) é o
 * IPv4. `undefined` se não é um endereço; a zona (`%eth0`) cai.
 */
export function canonico(texto: string): string | undefined {
  const [escrito] = texto.split("%");
  if (!escrito.includes(":")) return ehIpv4(escrito) ? escrito : undefined;
  const grupos = gruposDe(escrito);
  if (grupos === undefined) return undefined;
  if (grupos.slice(0, 5).every((grupo) => grupo === 0) && grupos[5] === 0xffff) {
    return [grupos[6] >> 8, grupos[6] & 0xff, grupos[7] >> 8, grupos[7] & 0xff].join(".");
  }
  return grupos.map((grupo) => grupo.toString(16)).join(":");
}

/**
 * A rede de onde se vem: um IPv4, ou o /64 de um IPv6, que é o menos que se dá a uma casa e de que ela pode usar cada
 * endereço. O que não é um endereço fica como está, e nunca vazio.
 */
export function redeDe(origem: string): string {
  const um = canonico(origem);
  if (um === undefined) return origem === "" ? "?" : origem;
  return um.includes(":") ? `${um.split(":").slice(0, 4).join(":")}::/64` : um;
}

const BYTE = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
/** Numa expressão só: pergunta-se várias vezes por pedido. */
const IPV4 = new RegExp(`^(?:${BYTE}\\.){3}${BYTE}$`);

function ehIpv4(texto: string): boolean {
  return IPV4.test(texto);
}

/** Os oito números de um IPv6. */
function gruposDe(texto: string): number[] | undefined {
  const fim = texto.lastIndexOf(":");
  const cauda = texto.slice(fim + 1);
  if (cauda.includes(".")) {
    if (!ehIpv4(cauda)) return undefined;
    const [a, b, c, d] = cauda.split(".").map(Number);
    return gruposDe(`${texto.slice(0, fim + 1)}${(a << 8 | b).toString(16)}:${(c << 8 | d).toString(16)}`);
  }
  const metades = texto.split("::").map((metade) => metade === "" ? [] : metade.split(":"));
  const [antes, depois = []] = metades;
  const faltam = 8 - antes.length - depois.length;
  if (metades.length > 2 || (metades.length === 2 ? faltam < 1 : faltam !== 0)) return undefined;
  const grupos = [...antes, ...Array(faltam).fill("0"), ...depois];
  return grupos.every((grupo) => /^[0-9a-f]{1,4}$/i.test(grupo))
    ? grupos.map((grupo) => parseInt(grupo, 16))
    : undefined;
}

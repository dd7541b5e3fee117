/**
 * Testes dos endereços e da rede deles. Sem nenhuma permissão.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { teste } from "../testes/balcao.ts";
import { canonico, redeDe } from "./endereco.ts";

teste("o mesmo, escrito de várias maneiras, é um só", () => {
  const iguais: [escritos: string[], um: string][] = [
    [["10.0.0.7", "::ffff:10.0.0.7", "::FFFF:0a00:7", "0:0:0:0:0:ffff:10.0.0.7"], "10.0.0.7"],
    [["2001:db8::1", "2001:0DB8:0:0:0:0:0:1", "2001:db8:0:0::1"], "2001:db8:0:0:0:0:0:1"],
    [["fe80::1%eth0", "fe80::1"], "fe80:0:0:0:0:0:0:1"],
    [["::", "0::0"], "0:0:0:0:0:0:0:0"],
    [["::1"], "0:0:0:0:0:0:0:1"],
  ];
  for (const [escritos, um] of iguais) for (const escrito of escritos) assertEquals(canonico(escrito), um, escrito);
});

teste("o que não é um endereço não passa por um", () => {
  const nenhuns = [
    "",
    "localhost",
    "10.0.0",
    "10.0.0.256",
    "10.0.0.07",
    "10.0.0.7:80",
    "1.2.3.4.5",
    ":",
    ":::",
    "1::2::3",
  ];
  nenhuns.push("1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "::12345", "::g", "[::1]", "::1:80:x", "1:2:3:4:5:6:7::8", " ::1");
  nenhuns.push("::10.0.0.256", "::ffff:10.0.0", "10.0.0.7 ", "-1.0.0.0", "1e1.0.0.0", "0x1.0.0.0");
  for (const nenhum of nenhuns) assertEquals(canonico(nenhum), undefined, nenhum);
});

teste("um IPv4 é a sua própria rede, também escrito em IPv6", () => {
  for (const mesmo of ["10.0.0.7", "::ffff:10.0.0.7", "::FFFF:10.0.0.7", "::ffff:a00:7", "0:0:0:0:0:ffff:0a00:0007"]) {
    assertEquals(redeDe(mesmo), "10.0.0.7", mesmo);
  }
  assertEquals(redeDe("::ffff:255.255.0.1"), "255.255.0.1");
});

teste("um IPv6 vale pelos primeiros 64 bits, seja como for que se escreva", () => {
  for (const um of ["2001:db8::1", "2001:db8:0:0:ffff::", "2001:0DB8:0000:0000:1:2:3:4", "2001:db8::1%eth0"]) {
    assertEquals(redeDe(um), "2001:db8:0:0::/64", um);
  }
  assertEquals(redeDe("2001:db8:0:1::1"), "2001:db8:0:1::/64");
  assertEquals(redeDe("fe80::1:2:3:4"), "fe80:0:0:0::/64");
  assertEquals(redeDe("::1"), "0:0:0:0::/64");
  assertEquals(redeDe("::"), "0:0:0:0::/64");
  assertEquals(redeDe("1:2:3:4:5:6:1.2.3.4"), "1:2:3:4::/64");
  // Não é um IPv4 escrito em IPv6: falta-lhe o `ffff`, ou está noutro lugar.
  assertEquals(redeDe("::10.0.0.7"), "0:0:0:0::/64");
  assertEquals(redeDe("::ffff:0:10.0.0.7"), "0:0:0:0::/64");
});

teste("o que não é um endereço fica como está, e nunca vazio", () => {
  for (
    const outro of [
      "a página",
      "2001:db8:1:2::/64",
      "1:2",
      "1:2:3:4:5:6:7:8:9",
      "1::2::3",
      "g::1",
      "::12345",
      "1:2:3:4:5:6:7::8",
    ]
  ) {
    assertEquals(redeDe(outro), outro);
  }
  assertEquals(redeDe(""), "?");
});

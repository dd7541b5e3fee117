/// <reference lib="dom" />

/**
 * O que todas as páginas do painel fazem no navegador. `/` leva à procura, como no terminal; num telefone o menu desliza até
 * onde se está. E recuar até uma delas pede-a outra
 * vez: a que o navegador guardou inteira pode ser de quem já saiu, e até lá não se vê.
 *
 * @module
 */

addEventListener("pagehide", () => document.documentElement.hidden = true);
addEventListener("pageshow", ({ persisted }) => {
  if (persisted) location.reload();
  else document.documentElement.hidden = false;
});

document.querySelector(".lugares [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

addEventListener("keydown", (tecla) => {
  const escreve = tecla.target instanceof HTMLElement && tecla.target.closest("input, select, textarea") !== null;
  if (tecla.key !== "/" || escreve || tecla.ctrlKey || tecla.metaKey || tecla.altKey || tecla.defaultPrevented) return;
  const procura = document.getElementById("procura");
  if (procura === null) return;
  tecla.preventDefault();
  procura.focus();
});

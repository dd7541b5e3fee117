/// <reference lib="dom" />

/**
 * O que um navegador faz a mais na página do agendamento: o que o QR traz depois do `#` tira-se do endereço, antes de tudo, e
 * escreve-se no formulário, que a pessoa manda; e há um botão que imprime.
 *
 * @module
 */

const trazido = /^#(\d{11})\.([0-9A-Za-z]{8})$/.exec(location.hash);
const formulario = document.querySelector<HTMLFormElement>("form[data-abre]");

if (trazido !== null && formulario !== null) {
  history.replaceState(null, "", location.pathname);
  const [, cpf, codigo] = trazido;
  for (const [nome, valor] of [["cpf", cpf], ["codigo", codigo]]) {
    const campo = formulario.querySelector<HTMLInputElement>(`input[name=${nome}]`);
    if (campo !== null) campo.value = valor;
  }
  // Quem já tem um aberto vê o formulário do outro.
  formulario.closest("details")?.setAttribute("open", "");
  formulario.querySelector("button")?.focus();
}

const imprime = document.querySelectorAll<HTMLButtonElement>("button[data-imprime]");
for (const botao of imprime) {
  botao.hidden = false;
  botao.addEventListener("click", () => print());
}

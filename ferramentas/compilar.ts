/**
 * Faz os executáveis do servidor e do cliente em `dist/`.
 *
 *     deno task compile                                       para esta máquina
 *     deno task compile --target x86_64-pc-windows-msvc       para outra
 *
 * Os argumentos vão tal como são aos dois `deno compile`: uma tarefa de `deno.json` só os daria ao último comando.
 *
 * @module
 */

/** Um executável: o script de que é feito e o que pode fazer na máquina. */
interface Executavel {
  nome: string;
  permissoes: string[];
  /** O que lê do disco e tem de ir com ele. */
  inclui?: string[];
}

const EXECUTAVEIS: readonly Executavel[] = [
  // O limite de arquivos abertos está em /proc/self/limits, que o Deno só deixa ler com todas as permissões. As páginas e o túnel
  // não estão no grafo do script: um carrega-as quando já atende, o outro é um Worker.
  { nome: "servidor", permissoes: ["--allow-all"], inclui: ["web/navegador", "web/abre.ts", "web/tunel.ts"] },
  // As bibliotecas do menu olham TERM, NO_COLOR e outras do ambiente; a chave está na pasta de configuração de quem o usa.
  { nome: "cliente", permissoes: ["--no-prompt", "--allow-net", "--allow-env", "--allow-read", "--allow-write"] },
];

async function compila({ nome, permissoes, inclui = [] }: Executavel, args: readonly string[]): Promise<boolean> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["compile", "--exclude-unused-npm", ...permissoes, ...inclui.flatMap((caminho) => ["--include", caminho])],
      ...["--output", `dist/${nome}`, ...args, `${nome}.ts`],
    ],
    stdin: "null",
    stdout: "inherit",
    stderr: "piped",
  }).output();
  const dito = new TextDecoder().decode(stderr);
  console.error(dito.trimEnd());
  if (success) return true;
  console.error(`\ncompilar: dist/${nome} não foi feito.`);
  if (dito.includes("denort")) {
    console.error(
      "O deno compile precisa do executável de base do Deno, que baixa de https://dl.deno.land na primeira vez; " +
        "ele não pôde ser obtido.\nConfira a rede e o proxy (HTTPS_PROXY), ou faça os executáveis em outra máquina.",
    );
  }
  return false;
}

if (import.meta.main) {
  for (const executavel of EXECUTAVEIS) {
    if (!await compila(executavel, Deno.args)) Deno.exit(1);
  }
}

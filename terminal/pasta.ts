/**
 * A pasta em que o terminal guarda o que é de quem o usa: as chaves (`chave.ts`) e os certificados confirmados (`conhecidos.ts`).
 * O que lá está só esse usuário pode ler.
 *
 * @module
 */

/** Um arquivo da pasta; `undefined` se o sistema não diz onde ficam as configurações de quem usa o terminal. */
export function arquivoDaPasta(nome: string): string | undefined {
  const pasta = Deno.build.os === "windows" ? variavel("APPDATA") : variavel("XDG_CONFIG_HOME") || emCasa();
  return pasta === undefined || pasta === "" ? undefined : `${pasta.replaceAll("\\", "/")}/clinica/${nome}`;
}

function emCasa(): string | undefined {
  const casa = variavel("HOME");
  return casa === undefined || casa === "" ? undefined : `${casa}/.config`;
}

/** Uma variável do ambiente. Sem permissão é como se não estivesse lá: quem só deu `--allow-net` não quer ser perguntado. */
export function variavel(nome: string): string | undefined {
  return concedida({ name: "env", variable: nome }) ? Deno.env.get(nome) : undefined;
}

/** Verdadeiro se já se tem a permissão, sem a pedir. */
export function concedida(permissao: Deno.PermissionDescriptor): boolean {
  return Deno.permissions.querySync(permissao).state === "granted";
}

/** Escreve um arquivo ao lado e por cima: quem lê no meio vê o de antes ou o de agora, e nunca com outro modo. */
export function escrevePorCima(arquivo: string, texto: string): void {
  Deno.mkdirSync(arquivo.slice(0, arquivo.lastIndexOf("/")), { recursive: true, mode: 0o700 });
  const novo = `${arquivo}.${crypto.randomUUID()}`;
  try {
    Deno.writeTextFileSync(novo, texto, { createNew: true, mode: 0o600 });
    Deno.renameSync(novo, arquivo);
  } catch (causa) {
    try {
      Deno.removeSync(novo);
    } catch {
      // não chegou a haver
    }
    throw causa;
  }
}

/**
 * O cliente da Clínica de Saúde: o menu para quem está diante de um terminal e os comandos para outros programas.
 *
 *     deno run -A cliente.ts                          # menu, servidor em localhost:9000
 *     deno run -A cliente.ts 10.0.0.30                # menu, servidor noutra máquina
 *     deno run -A cliente.ts buscar --cpf 529.982.247-25
 *     deno run -A cliente.ts 10.0.0.30 vagas --json
 *
 * Aqui se escolhe entre o menu e um comando, que faz um pedido e acaba. O que se escreveu é lido por
 * `terminal/argumentos.ts`; um comando pede com `terminal/comandos.ts` e responde com `terminal/saida.ts`; o menu está em
 * `terminal/menu.ts`, que só se carrega quando se mostra. O cliente não conhece as regras da clínica: o que existe, o que
 * está livre e o que é permitido, quem diz é o servidor. `--help` traz tudo o que aceita.
 *
 * @module
 */

import configuracao from "./deno.json" with { type: "json" };
import { inofensivo, mensagem } from "./clinica/texto.ts";
import { PORTA_PADRAO, type Resposta } from "./protocolo.ts";
import { type Chamada, lerChamada, NOMES_DE_COMANDO } from "./terminal/argumentos.ts";
import { DestinoAdverso, executa } from "./terminal/comandos.ts";
import { Conexao, SemConexao, ServidorOcupado } from "./terminal/conexao.ts";
import { escreverJson, imprime, mostra } from "./terminal/saida.ts";

const AJUDA = `Clínica de Saúde: marca, mostra e desmarca atendimentos.

Uso:
  deno run -A cliente.ts [host] [porta]                      abre o menu, num terminal
  deno run -A cliente.ts [host] [porta] comando [opções]     faz um pedido e acaba

  host    nome ou endereço IP do servidor (sem ele, localhost); aceita ::1, [::1] e host:porta
          com nome de comando, ou parecido, leva a porta ou colchetes: agenda 9000, "[agenda]"
  porta   de 1 a 65535 (sem ela, ${PORTA_PADRAO})

Comandos:
  agendar    marca um atendimento
               --cpf CPF  --nome NOME  --especialista ESPECIALIDADE
               [--data DATA]        sem ela, a primeira data livre
               [--horario HH:MM]    sem ele, o primeiro horário livre
  buscar     mostra os agendamentos de um CPF
               --cpf CPF
  cancelar   desmarca
               --cpf CPF
               [--especialista ESPECIALIDADE]    obrigatória quando há mais de um agendamento
  vagas      mostra os horários livres
               [--especialista ESPECIALIDADE]  [--data DATA]

Opções:
  --cpf            com ou sem pontos e hífen
  --data           dd/mm/aaaa ou aaaa-mm-dd; o dia da semana é calculado
  --json           escreve um objeto JSON em stdout, também quando o servidor recusa
  -h, --help       mostra esta ajuda
  --versao         mostra a versão

Exemplos:
  deno run -A cliente.ts
  deno run -A cliente.ts 10.0.0.30
  deno run -A cliente.ts vagas --especialista "clínico geral"
  deno run -A cliente.ts agendar --cpf 529.982.247-25 --nome "Ana Lima" \\
      --especialista nutricionista
  deno run -A cliente.ts agendar --cpf 529.982.247-25 --nome "Ana Lima" \\
      --especialista nutricionista --data 27/11/2026 --horario 09:30
  deno run -A cliente.ts 10.0.0.30 9100 buscar --cpf 52998224725 --json
  deno run -A cliente.ts "[::1]:9000" cancelar --cpf 52998224725 --especialista nutricionista

Código de saída:
  0  deu certo
  1  o servidor respondeu ERRO
  2  o comando foi escrito errado
  3  sem conexão, ou não se sabe se o pedido foi feito
  130  interrompido com Ctrl-C

No menu, as setas e Enter escolhem, Esc volta um passo e Ctrl-C sai. NO_COLOR tira as cores.`;

const USO = `Uso: cliente.ts [host] [porta] [${NOMES_DE_COMANDO.join("|")}] [opções]
Veja todas as opções e exemplos com --help.`;

/** Os códigos de saída do processo. */
export const SAIDA = { ok: 0, erro: 1, uso: 2, semConexao: 3, interrompido: 130 } as const;

/** Faz o que o comando pede, escreve a resposta e devolve o código de saída. */
async function comanda({ endereco, comando, json }: Extract<Chamada, { tipo: "comando" }>): Promise<number> {
  const interrupcao = new AbortController();
  const interrompe = (): void => interrupcao.abort();
  const muda = comando.nome === "agendar" || comando.nome === "cancelar";
  // Uma consulta pode morrer calada; quem interrompe uma mudança precisa saber se ela pode ter acontecido.
  if (muda) Deno.addSignalListener("SIGINT", interrompe);
  using conexao = new Conexao(endereco, { sinal: interrupcao.signal });
  let resposta: Resposta;
  try {
    resposta = await executa(conexao, comando);
  } catch (erro) {
    if (!(erro instanceof ServidorOcupado)) return await explica(erro, conexao);
    resposta = { codigo: "ERRO-130" };
  } finally {
    if (muda) Deno.removeSignalListener("SIGINT", interrompe);
  }
  if (json) await imprime(escreverJson(resposta, comando.nome));
  else await mostra(resposta);
  return resposta.codigo.startsWith("OK") ? SAIDA.ok : SAIDA.erro;
}

/** Diz em stderr por que não houve resposta e devolve o código de saída. */
async function explica(erro: unknown, { sinal }: Conexao): Promise<number> {
  // O terminal acaba de ecoar ^C onde estava o cursor.
  if (sinal.aborted && Deno.stderr.isTerminal()) await imprime("", Deno.stderr);
  if (erro instanceof DestinoAdverso) await imprime(erro.message, Deno.stderr);
  else if (erro === sinal.reason) await imprime("Interrompido; nada foi alterado.", Deno.stderr);
  else if (erro instanceof SemConexao) {
    await imprime([`Sem conexão: ${erro.message}.`, "Confira o endereço e se o servidor está de pé."], Deno.stderr);
  } else throw erro;
  return sinal.aborted ? SAIDA.interrompido : SAIDA.semConexao;
}

async function main(args: readonly string[]): Promise<number> {
  const chamada = lerChamada(args);
  switch (chamada.tipo) {
    case "ajuda":
      await imprime(AJUDA);
      return SAIDA.ok;
    case "versao":
      await imprime(`cliente da Clínica de Saúde ${configuracao.version}`);
      return SAIDA.ok;
    case "uso":
      await imprime([`Erro: ${inofensivo(chamada.mensagem)}`, USO], Deno.stderr);
      return SAIDA.uso;
    case "comando":
      return await comanda(chamada);
    case "menu":
      if (chamada.duvida !== undefined) await imprime([`Aviso: ${inofensivo(chamada.duvida)}.`], Deno.stderr);
      if (!Deno.stdin.isTerminal() || !Deno.stdout.isTerminal()) {
        await imprime(["Erro: o menu precisa de um terminal; sem ele, diga o comando.", USO], Deno.stderr);
        return SAIDA.uso;
      }
      return await (await import("./terminal/menu.ts")).menu(chamada.endereco);
  }
}

async function protegido(args: readonly string[]): Promise<number> {
  try {
    return await main(args);
  } catch (erro) {
    await imprime(`Erro inesperado: ${inofensivo(mensagem(erro))}`, Deno.stderr);
    return SAIDA.semConexao;
  }
}

if (import.meta.main) Deno.exit(await protegido(Deno.args));

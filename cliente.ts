/**
 * O cliente da Clínica de Saúde: o menu para quem está diante de um terminal e os comandos para outros programas.
 *
 *     deno run -A cliente.ts                          # menu, servidor em localhost:9000
 *     deno run -A cliente.ts 10.0.0.30                # menu, servidor noutra máquina
 *     deno run -A cliente.ts buscar --cpf 529.982.247-25
 *     deno run -A cliente.ts 10.0.0.30 vagas --json
 *     deno run -A cliente.ts agenda amanhã            # o dia da recepção
 *
 * Aqui se escolhe entre o menu e um comando, que faz um pedido e acaba. O que se escreveu é lido por
 * `terminal/argumentos.ts`; um comando pede com `terminal/comandos.ts` e responde com `terminal/saida.ts`, e com o que
 * `terminal/esclarecer.ts` pergunta a mais, se é preciso; o menu está em `terminal/menu.ts`, que só se carrega quando se
 * mostra. O cliente não conhece as regras da clínica: o que existe, o que está livre e o que é permitido, quem diz é o
 * servidor. `--help` traz tudo o que aceita.
 *
 * @module
 */

import configuracao from "./deno.json" with { type: "json" };
import { inofensivo, mensagem } from "./clinica/texto.ts";
import { ErroDeUso } from "./comandos/argumentos.ts";
import { PORTA_PADRAO, PORTA_TLS_PADRAO } from "./protocolo.ts";
import { type Chamada, lerChamada } from "./terminal/argumentos.ts";
import { chaveDe, ChaveInutil, semChaves } from "./terminal/chave.ts";
import { ListaEstragada } from "./terminal/conhecidos.ts";
import { DestinoAdverso, executa } from "./terminal/comandos.ts";
import { alvoDe, Conexao, type Endereco, PRAZO_DA_CONEXAO } from "./terminal/conexao.ts";
import { esclarece } from "./terminal/esclarecer.ts";
import { entra, esquece, esqueceCertificado } from "./terminal/entrar.ts";
import { DA_CHAVE, type NomeDeComando, NOMES_DE_COMANDO } from "./terminal/formas.ts";
import { SERVIDOR_ANTIGO } from "./terminal/frases.ts";
import { comoEntrar } from "./terminal/papel.ts";
import { escreverJson, imprime, mostra } from "./terminal/saida.ts";
import { colunas, quebra } from "./terminal/telas.ts";
import { ChaveRecusada, type Respondido, SemConexao, ServidorAntigo, ServidorOcupado } from "./terminal/tubo.ts";

const AJUDA = `Clínica de Saúde: marca, mostra e desmarca atendimentos, e faz o dia da recepção.

Uso:
  deno run -A cliente.ts [host] [porta]                      abre o menu, num terminal
  deno run -A cliente.ts [host] [porta] comando [opções]     faz um pedido e acaba

  host    nome ou endereço IP do servidor (sem ele, localhost); aceita ::1, [::1] e host:porta
          com nome de comando, ou parecido, leva a porta ou colchetes: agenda 9000, "[agenda]"
  porta   de 1 a 65535 (sem ela, ${PORTA_PADRAO})

O paciente:
  agendar    marca um atendimento
               --cpf CPF  --nome NOME  --especialista ESPECIALIDADE
               [--data DATA]           sem ela, a primeira data livre
               [--horario HH:MM]       sem ele, o primeiro horário livre
               [--profissional NOME]   sem ele, o que tiver menos gente marcada
               [--email E-MAIL]  [--telefone TELEFONE]    para avisos
  remarcar   muda de hora num passo só; o número e o código ficam
               --cpf CPF  --especialista ESPECIALIDADE  --data DATA
               [--horario HH:MM]  [--profissional NOME]  [--motivo TEXTO]
  cancelar   desmarca
               --cpf CPF
               [--especialista ESPECIALIDADE]    obrigatória quando há mais de um agendamento
               [--motivo TEXTO]
  buscar     mostra os agendamentos de um CPF
               --cpf CPF
  vagas      mostra os horários livres
               [--especialista ESPECIALIDADE]  [--data DATA]  [--profissional NOME]

Sem hora que sirva, a lista de espera; a que vaga é do primeiro a quem serve:
  esperar    entra na lista: esperar CPF ESPECIALIDADE --nome NOME
               [--profissional NOME]   só este; sem ele, qualquer um
               [--de DATA]  [--ate DATA]  [--turno manhã ou tarde]
               [--antecedencia MINUTOS]    que têm de faltar para a hora
               [--marca]    marca, ou muda o que já há, sem perguntar; sem ela, segura-se a hora
                            e espera-se pela resposta
               [--email E-MAIL]  [--telefone TELEFONE]    para avisos
               [--prioridade 0 a 4]  [--motivo TEXTO]     da recepção
  desistir   sai da lista, e perde o lugar: desistir CPF ESPECIALIDADE
  aceitar    fica com a hora segurada: aceitar CPF ESPECIALIDADE [--motivo TEXTO]
  recusar    deixa-a passar, e continua na lista: recusar CPF ESPECIALIDADE
  fila       quem espera, e os convites por responder: fila ESPECIALIDADE

A recepção:
  agenda     o dia de cada profissional: agenda [DATA]; sem ela, hoje
               [--especialista ESPECIALIDADE]  [--profissional NOME]
  situacao   muda a situação: situacao CPF ESPECIALIDADE SITUAÇÃO
               confirmado, chegou, chamado (de novo: chama outra vez), atendido, saiu, faltou,
               cancelado, ou desfaz, que volta à de antes
               [--prioridade 0 a 4]    0 nenhuma, 1 doador, 2 legal, 3 mais de 80, 4 emergência
               [--local SALA]  [--motivo TEXTO]
  agendar    e mais:
               --encaixe --horario HH:MM    a qualquer minuto de um atendimento, ocupado ou não
               [--motivo TEXTO]  [--nota TEXTO]
  corrigir   corrige: corrigir CPF ESPECIALIDADE, e ao menos uma
               [--nome NOME]  [--nota TEXTO]  [--email E-MAIL]  [--telefone TELEFONE]
               as três últimas, com "", apagam
  historia   tudo o que houve com um CPF: historia CPF
  fechar     fecha um dia, ou parte dele, e diz quem ficou de fora: fechar DATA
               [--ate DATA]  [--inicio HH:MM]  [--fim HH:MM]
               [--especialista ESPECIALIDADE]  [--profissional NOME]  [--motivo TEXTO]
  extra      acrescenta um atendimento: extra ESPECIALIDADE DATA INÍCIO VAGAS MINUTOS
               [--profissional NOME]  [--local SALA]  [--encaixes QUANTOS]
  reabrir    desfaz um fechar ou um extra, pelo número que ele disse: reabrir NÚMERO

  O que aqui vem sem nome também se dá por opções: --cpf, --especialista, --situacao, --data,
  --inicio, --vagas, --minutos, --numero. Os comandos da recepção, os da lista de espera e remarcar
  são de um servidor que fale CLINICA/2.

A chave deste terminal, se o servidor as quer:
  entra      pergunta-a sem a mostrar, ou lê-a de stdin; experimenta-a, e guarda-a para este servidor
  esquece    apaga a que se guardou; no servidor ela vale até que a revoguem
               --certificado    esquece antes o certificado por TLS que se confirmou: o próximo
                                que o servidor mostrar confirma-se outra vez

  Procura-se em --chave, na variável CLINICA_CHAVE e no arquivo em que entra a guardou
  ($XDG_CONFIG_HOME/clinica/chaves.json ou ~/.config/clinica/chaves.json; no Windows,
  %APPDATA%\\clinica\\chaves.json), por esta ordem. Se outros podem ler o arquivo, não se usa.

Opções:
  --cpf            com ou sem pontos e hífen
  --data, --de, --ate
                   dd/mm/aaaa, aaaa-mm-dd, hoje ou amanhã; o dia da semana é calculado
  --numero         em remarcar, cancelar, situacao e corrigir: este agendamento, e não outro do CPF;
                   em desistir, aceitar e recusar: só se a entrada na lista é esta
  --codigo         nos mesmos e em buscar: só se o código do agendamento, ou da entrada, é este; um
                   quiosque só trata do que é de quem o diz; em esperar, o do que se quer mais cedo
  --versao         nos quatro primeiros: só se ainda é esta; se alguém o mudou antes, ERRO-117
  --chave CHAVE    entra com esta; quem está nesta máquina vê-a com ps: prefira entra, ou
                   CLINICA_CHAVE
  --json           escreve um objeto JSON em stdout, também quando o servidor recusa
  --tls            cifra a conexão (porta ${PORTA_TLS_PADRAO}, sem outra); da primeira vez mostra a impressão do
                   certificado do servidor, que se confirma, e depois não aceita outro
  --certificado-raiz ARQUIVO
                   o mesmo, e em vez de perguntar aceita só o que está no arquivo, ou ele assinou
  -h, --help       mostra esta ajuda
  --versao         sem comando, mostra a versão do cliente

Exemplos:
  deno run -A cliente.ts
  deno run -A cliente.ts 10.0.0.30
  deno run -A cliente.ts vagas --especialista "clínico geral"
  deno run -A cliente.ts agendar --cpf 529.982.247-25 --nome "Ana Lima" \\
      --especialista nutricionista --data 27/11/2026 --horario 09:30
  deno run -A cliente.ts remarcar 529.982.247-25 nutricionista --data 04/12/2026
  deno run -A cliente.ts esperar 52998224725 nutricionista --nome "Ana Lima" --turno manhã
  deno run -A cliente.ts agenda amanhã
  deno run -A cliente.ts situacao 52998224725 nutricionista chegou --prioridade 2
  deno run -A cliente.ts fechar 24/12/2026 --inicio 12:00 --motivo "véspera de Natal"
  deno run -A cliente.ts 10.0.0.30 entra
  deno run -A cliente.ts 10.0.0.30 9100 buscar --cpf 52998224725 --json

Código de saída:
  0  deu certo
  1  o servidor respondeu ERRO, ou não aceita a chave
  2  o comando foi escrito errado, ou a chave não se pode usar
  3  sem conexão, ou não se sabe se o pedido foi feito
  4  o servidor é de uma versão anterior e não conhece o comando, ou uma opção dele
  130  interrompido com Ctrl-C

No menu, as setas e Enter escolhem, Esc volta um passo e Ctrl-C sai; no dia da recepção, ? mostra as
teclas. NO_COLOR tira as cores.`;

const USO = `Uso: cliente.ts [host] [porta] [comando] [opções]
Comandos: ${[...NOMES_DE_COMANDO, ...DA_CHAVE].join(", ")}.
Veja todas as opções e exemplos com --help.`;

/** Os códigos de saída do processo. */
export const SAIDA = { ok: 0, erro: 1, uso: 2, semConexao: 3, antigo: 4, interrompido: 130 } as const;

/** Os comandos que só consultam: interrompidos, nada aconteceu. */
const CONSULTAS: readonly NomeDeComando[] = ["buscar", "vagas", "agenda", "historia", "fila"];

/** Faz o que o comando pede, escreve a resposta e devolve o código de saída. */
async function comanda({ endereco, comando, chave, json }: Extract<Chamada, { tipo: "comando" }>): Promise<number> {
  const interrupcao = new AbortController();
  const interrompe = (): void => interrupcao.abort();
  const muda = !CONSULTAS.includes(comando.nome);
  // Uma consulta pode morrer calada; quem interrompe uma mudança precisa saber se ela pode ter acontecido.
  if (muda) Deno.addSignalListener("SIGINT", interrompe);
  using conexao = new Conexao(endereco, { sinal: interrupcao.signal, chave: chaveDe(endereco, chave) });
  let resposta: Respondido;
  let esclarecimento: readonly string[] = [];
  try {
    await confereCertificado(endereco);
    resposta = await executa(conexao, comando);
    if (!json) esclarecimento = await esclarece(conexao, comando, resposta);
  } catch (erro) {
    if (erro instanceof ServidorAntigo) {
      if (json) await imprime(escreverJson({ codigo: "ERRO-101" }, comando.nome));
      else await imprime(SERVIDOR_ANTIGO, Deno.stderr);
      return SAIDA.antigo;
    }
    if (erro instanceof ErroDeUso) return await dizUso(erro.message);
    if (erro instanceof ChaveRecusada) {
      if (json) await imprime(escreverJson({ codigo: "ERRO-120" }, comando.nome));
      else await dizRecusa(erro, endereco);
      return SAIDA.erro;
    }
    if (!(erro instanceof ServidorOcupado)) return await explica(erro, conexao);
    resposta = { codigo: "ERRO-130", ...erro.segundos === undefined ? {} : { segundos: erro.segundos } };
  } finally {
    if (muda) Deno.removeSignalListener("SIGINT", interrompe);
  }
  if (json) await imprime(escreverJson(resposta, comando.nome));
  else await mostra(resposta, comando.nome, { esclarecimento });
  return resposta.codigo.startsWith("OK") ? SAIDA.ok : SAIDA.erro;
}

/** Por TLS e da primeira vez, mostra o certificado a quem está diante do terminal; sem terminal, quem liga dirá o que falta. */
async function confereCertificado(endereco: Endereco): Promise<void> {
  if (endereco.tls === undefined || endereco.tls.raiz !== undefined) return;
  if (!Deno.stdin.isTerminal() || !Deno.stdout.isTerminal()) return;
  const { CertificadoRecusado, confia } = await import("./terminal/tls.ts");
  const alvo = alvoDe(endereco);
  const pergunta = (impressao: string): boolean => {
    const texto = [
      `${alvo.servidor} mostra um certificado que este terminal não conhece:`,
      `  SHA-256 ${impressao}`,
      "O console do servidor mostra a mesma impressão. Confere, e é esse o servidor? (sim ou não)",
    ];
    return /^s(im)?$/i.test(prompt(texto.join("\n"))?.trim() ?? "");
  };
  try {
    await confia(alvo, { sinal: AbortSignal.timeout(PRAZO_DA_CONEXAO), pergunta });
  } catch (causa) {
    // De um servidor que não atende falará a conexão.
    if (causa instanceof CertificadoRecusado) throw causa;
  }
}

/** Guarda ou esquece a chave deste terminal, e devolve o código de saída. */
async function trataDaChave(chamada: Extract<Chamada, { tipo: typeof DA_CHAVE[number] }>): Promise<number> {
  const { tipo, endereco, certificado } = chamada;
  if (tipo === "esquece") {
    const havia = await (certificado ? esqueceCertificado(endereco) : esquece(endereco));
    return havia ? SAIDA.ok : SAIDA.erro;
  }
  try {
    await confereCertificado(endereco);
    switch (await entra(endereco)) {
      case "guardada":
        return SAIDA.ok;
      case "não é uma chave":
        return await dizUso("isso não é uma chave: são letras e números seguidos, e começam por clinica_");
      case "sem chaves":
        return SAIDA.antigo;
      case "interrompida":
        return SAIDA.interrompido;
    }
  } catch (erro) {
    if (erro instanceof ChaveRecusada) {
      await imprime("O servidor não aceita esta chave, e ela não se guardou: confira-a, ou peça outra.", Deno.stderr);
      return SAIDA.erro;
    }
    if (!(erro instanceof SemConexao)) throw erro;
    return await semConexao(erro);
  }
}

/** Diz em stderr que a chave não vale, e como se troca. */
async function dizRecusa({ message }: ChaveRecusada, endereco: Endereco): Promise<void> {
  const outra = `Peça outra a quem cuida do servidor, e guarde-a com ${comoEntrar(endereco)}.`;
  await imprime([message, outra].flatMap((frase) => quebra(frase, colunas())), Deno.stderr);
}

/** Diz em stderr o que está errado no comando e devolve o código de saída. */
async function dizUso(mensagem: string): Promise<number> {
  await imprime([`Erro: ${inofensivo(semChaves(mensagem))}`, USO], Deno.stderr);
  return SAIDA.uso;
}

/** Diz em stderr por que não houve resposta e devolve o código de saída. */
async function explica(erro: unknown, { sinal }: Conexao): Promise<number> {
  // O terminal acaba de ecoar ^C onde estava o cursor.
  if (sinal.aborted && Deno.stderr.isTerminal()) await imprime("", Deno.stderr);
  if (erro instanceof DestinoAdverso) await imprime(erro.message, Deno.stderr);
  else if (erro === sinal.reason) await imprime("Interrompido; nada foi alterado.", Deno.stderr);
  else if (erro instanceof SemConexao) await semConexao(erro);
  else throw erro;
  return sinal.aborted ? SAIDA.interrompido : SAIDA.semConexao;
}

async function semConexao({ name, message }: SemConexao): Promise<number> {
  // Quem mostrou o certificado atende: o que há a fazer já está dito.
  const confira = name === "CertificadoRecusado" ? [] : ["Confira o endereço e se o servidor está de pé."];
  await imprime([`Sem conexão: ${message}.`, ...confira], Deno.stderr);
  return SAIDA.semConexao;
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
      return await dizUso(chamada.mensagem);
    case "entra":
    case "esquece":
      return await trataDaChave(chamada);
    case "comando":
      return await comanda(chamada);
    case "menu":
      if (chamada.duvida !== undefined) await imprime([`Aviso: ${inofensivo(chamada.duvida)}.`], Deno.stderr);
      if (!Deno.stdin.isTerminal() || !Deno.stdout.isTerminal()) {
        return await dizUso("o menu precisa de um terminal; sem ele, diga o comando.");
      }
      return await abreMenu(chamada);
  }
}

async function abreMenu({ endereco, chave }: Extract<Chamada, { tipo: "menu" }>): Promise<number> {
  try {
    await confereCertificado(endereco);
  } catch (erro) {
    if (!(erro instanceof SemConexao)) throw erro;
    return await semConexao(erro);
  }
  return await (await import("./terminal/menu.ts")).menu(endereco, chaveDe(endereco, chave));
}

async function protegido(args: readonly string[]): Promise<number> {
  try {
    return await main(args);
  } catch (erro) {
    if (erro instanceof ChaveInutil || erro instanceof ListaEstragada) {
      await imprime(quebra(inofensivo(erro.message), colunas()), Deno.stderr);
      return SAIDA.uso;
    }
    await imprime(`Erro inesperado: ${inofensivo(semChaves(mensagem(erro)))}`, Deno.stderr);
    return SAIDA.semConexao;
  }
}

if (import.meta.main) Deno.exit(await protegido(Deno.args));

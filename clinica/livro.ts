/**
 * O livro: o que pode mudar nele, o contrato de quem o guarda (`Armazem`) e os erros que ele pode dar, e o efeito líquido de
 * um lote (`resume`).
 *
 * As regras estão em `regras.ts`, quem cumpre o contrato em `armazem/`.
 *
 * @module
 */

import type { Agendamento, Papel } from "./agendamento.ts";
import type { Espera, HoraVaga, Posto } from "./espera.ts";
import type { Excecao } from "./excecao.ts";
import type { Ocupacao } from "./ocupacao.ts";
import type { ParDaTentativa, Tentativa } from "./tentativa.ts";

/** Quem pediu uma mudança. */
export interface Quem {
  /** De onde: o endereço, ou o /64 de um IPv6. */
  readonly origem: string;
  /** A conexão, como o console a conta: `"10.0.0.7:40312"`. */
  readonly cliente: string;
  /** O que pode (`permissao.ts`). */
  readonly papel: Papel;
  /** O número da chave de acesso com que entrou, se trouxe uma. */
  readonly chave?: number;
  /** O número da pessoa que entrou pelas páginas. */
  readonly pessoa?: number;
  /** O nome que a chave lhe dá, ou o da pessoa. */
  readonly nome?: string;
  /** De um profissional, a chave de quem atende. */
  readonly profissional?: string;
}

/** Como se fala com uma pessoa; `""` onde não há. */
export interface Contato {
  /** 11 dígitos. */
  readonly cpf: string;
  /** O e-mail. */
  readonly email: string;
  /** O telefone, E.164. */
  readonly telefone: string;
}

/** O que se quis com uma mudança. `ARQUIVA` tira de ativo o que já acabou, quando o par (CPF, especialidade) marca de novo. */
export type Intencao =
  | ("AGEND" | "REMARC" | "CANCEL" | "SITUA" | "DESFAZ" | "CORRIGE" | "ARQUIVA")
  | ("FECHA" | "EXTRA" | "REABRE")
  | ("ESPERA" | "DESISTE" | "ACEITA" | "RECUSA" | "PROMOVE" | "VENCE" | "TICK")
  | "CONTA"
  | AtoDoTitular;

/** O que se faz por causa dos direitos de uma pessoa sobre os seus dados (`titular.ts`). */
export type AtoDoTitular = "EXPORTA" | "RETIFICA" | "ANONIMIZA" | "GUARDA" | "SOLTA";

/** O que toda mudança diz. */
export interface Feita {
  /** O que se quis. */
  readonly ato: Intencao;
  /** Quem pediu. */
  readonly quem: Quem;
}

/** Um agendamento que nasce (sem `antes`) ou muda: a imagem de antes e a de depois, com a versão seguinte. */
export interface DoAgendamento extends Feita {
  /** Sobre o que é. */
  readonly sobre: "agendamento";
  /** Como estava. */
  readonly antes?: Agendamento;
  /** Como fica. */
  readonly depois: Agendamento;
}

/** Uma exceção que nasce (sem `antes`) ou deixa de valer. */
export interface DaExcecao extends Feita {
  /** Sobre o que é. */
  readonly sobre: "excecao";
  /** Como estava. */
  readonly antes?: Excecao;
  /** Como fica. */
  readonly depois: Excecao;
}

/** O contato de uma pessoa, que se grava por cima do que havia. */
export interface DoContato extends Feita {
  /** Sobre o que é. */
  readonly sobre: "contato";
  /** Como fica. */
  readonly depois: Contato;
}

/** Uma entrada na lista de espera que nasce (sem `antes`) ou muda, com a versão seguinte. */
export interface DaEspera extends Feita {
  /** Sobre o que é. */
  readonly sobre: "espera";
  /** Como estava. */
  readonly antes?: Espera;
  /** Como fica. */
  readonly depois: Espera;
}

/** O último `TICK`, que se grava por cima do anterior: com vários servidores, só um por minuto trata do que venceu. */
export interface DoTique extends Feita {
  /** Sobre o que é. */
  readonly sobre: "tique";
  /** Quando foi (`"2026-11-23T10:00:00Z"`). */
  readonly depois: string;
}

/** A conta do que se tentou, que se grava por cima da que havia. */
export interface DaTentativa extends Feita {
  /** Sobre o que é. */
  readonly sobre: "tentativa";
  /** Como fica. */
  readonly depois: Tentativa;
}

/** Apaga algumas (`TENTATIVAS_APAGADAS`) das contas que já nada dizem. */
export interface DaPoda extends Feita {
  /** Sobre o que é. */
  readonly sobre: "poda";
  /** As que disseram até este instante, ms desde 1970. */
  readonly depois: number;
}

/**
 * Algo que se fez por causa dos direitos de uma pessoa, e que fica escrito: é o rasto. O que muda nas linhas dela são outras
 * mudanças, do mesmo lote; a que anonimiza tira também o contato e as contas do que se tentou com o CPF, e as anotações de antes passam ao pseudônimo.
 */
export interface DoTitular extends Feita {
  /** Sobre o que é. */
  readonly sobre: "titular";
  /** O que se fez. */
  readonly ato: AtoDoTitular;
  /** O que fica anotado. */
  readonly depois: Anotacao;
}

/** O que fica anotado do que se fez pelos direitos de uma pessoa. */
export interface Anotacao {
  /** O que se fez. */
  readonly ato: AtoDoTitular;
  /** De quem. */
  readonly cpf: string;
  /** O que passa a ter no lugar do CPF, só em `ANONIMIZA`; senão `""`. */
  readonly pseudonimo: string;
  /** Por que se guarda, ou por que se anonimizou antes do prazo; `""` se não se disse. */
  readonly motivo: string;
}

/**
 * Uma mudança no livro: uma imagem, seja qual for o ato. Quem percorre mudanças usa um `switch` sem `default` que acaba em
 * `impossivel`: uma espécie nova não compila até que todos saibam dela.
 */
export type Mudanca = DoAgendamento | DaExcecao | DoContato | DaEspera | DoTique | DaTentativa | DaPoda | DoTitular;

/** O fim de um `switch` que trata todos os casos: um que falte é um erro de tipo. */
export function impossivel(caso: never): never {
  throw new TypeError(`caso sem tratamento: ${JSON.stringify(caso)}`);
}

/** O que as regras veem do livro. */
export interface Vista {
  /** Os agendamentos ativos de um CPF, os que já acabaram incluídos, em qualquer ordem. */
  ativosDe(cpf: string): readonly Agendamento[];
  /** Os `LINHAS_DE_UM_CPF` mais novos de um CPF, em qualquer situação, do mais novo ao mais antigo, por número. */
  historiaDe(cpf: string): readonly Agendamento[];
  /** O que está tomado numa agenda numa data; quem chama não o muda. */
  ocupacao(agenda: string, data: string): Ocupacao;
  /** Os agendamentos de um período que contam (`conta`), em qualquer ordem. */
  periodo(periodo: Periodo): readonly Agendamento[];
  /** Os `CANCELADOS_DE_UM_DIA` cancelados mais novos de uma data, do mais novo ao mais antigo, por número. */
  cancelados(data: string): readonly Agendamento[];
  /**
   * As exceções que valem, por número; a mesma lista enquanto não mudam. As que acabaram antes do `hoje` do alcance podem
   * faltar.
   */
  excecoes(): readonly Excecao[];
  /** Como se fala com uma pessoa, se ela o disse. */
  contatoDe(cpf: string): Contato | undefined;
  /** O número da última senha dada numa data com essa letra; 0 se nenhuma. */
  ultimaSenha(data: string, letra: LetraDeSenha): number;
  /**
   * Verdadeiro se já se leu quanto se podia e o livro continuou a mudar: o que vagar segura-se para ninguém, e quem prossegue
   * dá-o.
   */
  readonly soSegura: boolean;
  /** Verdadeiro se há alguém em alguma lista de espera, ou uma hora segurada: quase sempre não há, e nada mais se pergunta. */
  alguemEspera(): boolean;
  /** A entrada de pé de um CPF na lista de uma especialidade. */
  esperaDe(cpf: string, especialidade: string): Espera | undefined;
  /** As entradas de pé de um CPF, em todas as especialidades. */
  esperasDe(cpf: string): readonly Espera[];
  /** O que mais o livro tem de um CPF, e só serve a quem trata dos direitos dele. */
  fichaDe(cpf: string): Ficha;
  /** O agendamento segurado para uma entrada de pé. */
  conviteDe(espera: Espera): Agendamento | undefined;
  /**
   * As entradas de pé da especialidade de uma hora, na ordem (`naOrdem`); as que não a querem, ou têm um convite, podem
   * faltar.
   */
  fila(hora: HoraVaga): Iterable<Espera>;
  /** As primeiras `FILA_MOSTRADA` entradas de pé de uma especialidade, na ordem. */
  listaDeEspera(especialidade: string): readonly Espera[];
  /** Quantas entradas de pé de uma especialidade estão antes deste lugar da ordem. */
  quantasAntes(especialidade: string, lugar: Posto): number;
  /** Quantas entradas de pé entraram por um endereço. */
  esperasDaOrigem(origem: string): number;
  /** Um número de entrada, e um lugar na ordem, ainda não usado, maior que todos. */
  novaEspera(): number;
  /** O que o relógio já mandou fazer e ainda não se fez, no máximo `PENDENCIAS_MAXIMAS` de cada. */
  pendencias(quando: Quando): Pendencias;
  /** Quando foi o último `TICK`; `""` se nenhum. */
  ultimoTique(): string;
  /** A conta do que se tentou com um CPF por uma rede. */
  tentativa(cpf: string, rede: string): Tentativa | undefined;
  /** Um número de agendamento ainda não usado. */
  novoNumero(): number;
  /** Um número de exceção ainda não usado, maior que todos. */
  novaExcecao(): number;
}

/** Quantos agendamentos de um CPF `historiaDe` dá, no máximo: quem marca e desmarca um milhão de vezes não faz esperar os outros. */
export const LINHAS_DE_UM_CPF = 1000;

/** Quantos `cancelados` dá, no máximo: a lista de um dia não espera por quem marca e desmarca sem fim. */
export const CANCELADOS_DE_UM_DIA = 1000;

/** Quantas entradas de uma lista de espera se mostram, no máximo. */
export const FILA_MOSTRADA = 1000;

/** O que o livro tem de uma pessoa além do que tem marcado, do que espera e do contato. */
export interface Ficha {
  /** Os dados não se apagam, por mais que passe o prazo: há uma guarda legal. */
  readonly guarda?: GuardaLegal;
  /** As `LINHAS_DE_UM_CPF` entradas mais novas da lista de espera que acabaram. */
  readonly acabadas: readonly Espera[];
}

/** Uma guarda legal. */
export interface GuardaLegal {
  /** Por quê; `""` se não se disse. */
  readonly motivo: string;
  /** Desde quando (`"2026-11-23T10:00:00Z"`). */
  readonly desde: string;
}

/** Um instante, e a data dele na clínica. */
export interface Quando {
  /** `"2026-11-23T10:00:00Z"`. */
  readonly instante: string;
  /** `"aaaa-mm-dd"`. */
  readonly hoje: string;
  /** Se também se querem as faltas de dias que passaram. */
  readonly faltas: boolean;
}

/** O que o relógio já mandou fazer. */
export interface Pendencias {
  /** As horas seguradas cujo prazo venceu, as seguradas para ninguém incluídas, por prazo. */
  readonly convites: readonly Agendamento[];
  /** As entradas cujo último dia passou. */
  readonly esperas: readonly Espera[];
  /** Os que eram esperados num dia que passou e não chegaram; não os de que já se desfez uma falta destas (`terminouEm`). */
  readonly faltas: readonly Agendamento[];
  /** Há contas do que se tentou que já nada dizem. */
  readonly velhas: boolean;
  /** O mesmo lote já tratou de algumas, e do livro não se leram todas. */
  readonly haMais?: boolean;
}

/** Pendências de cada espécie que se tratam de uma vez: quem pede uma coisa honesta não espera por mais. */
export const PENDENCIAS_MAXIMAS = 16;

/** `A` comum, `P` com prioridade. */
export type LetraDeSenha = "A" | "P";

/** Um dia de uma agenda (`agendaDe`). */
export type Dia = readonly [agenda: string, data: string];

/** De uma data a outra, incluídas, `"aaaa-mm-dd"`. */
export type Periodo = readonly [de: string, ate: string];

/** O que um lote pode tocar, sabido só pelos pedidos: para os armazéns que travam e carregam linhas. Nada se repete. */
export interface Alcance {
  /** Os CPFs de que se leem ou mudam os ativos; e, num lote, os que se travam. */
  readonly cpfs: readonly string[];
  /** Os CPFs, dentre aqueles, de que se lê a história. */
  readonly historias: readonly string[];
  /** Os CPFs, dentre aqueles, cujos ativos podem sair do dia em que estão, ou voltar a ele: também esses dias podem mudar. */
  readonly mudam: readonly string[];
  /** Os CPFs, dentre os de `historias`, em que algo que acabou pode voltar: também os dias de todos os deles podem mudar, e leem-se. */
  readonly voltam: readonly string[];
  /** As agendas que se leem também nos dias desses: as que com eles disputam os mesmos minutos. */
  readonly vizinhas: readonly string[];
  /** Os dias em que se pode marcar, ou que se leem, `[agenda, "aaaa-mm-dd"]`. */
  readonly dias: readonly Dia[];
  /** Os períodos de que se lê o que conta. */
  readonly periodos: readonly Periodo[];
  /** As datas de que se leem os cancelados. */
  readonly cancelados: readonly string[];
  /** As datas em que se pode dar uma senha. */
  readonly senhas: readonly string[];
  /** Os números das exceções que podem deixar de valer: também dos períodos delas se lê o que conta. */
  readonly reabrem: readonly number[];
  /** Se se leem as exceções, ou se podem mudar: então todos os dias de todas as agendas podem mudar. */
  readonly excecoes: "nada" | "le" | "muda";
  /** As exceções que acabaram antes desta data não fazem falta; `""`, todas fazem. */
  readonly hoje: string;
  /** As especialidades em cuja lista de espera se entra, de que se sai, ou que se mostram. */
  readonly listas: readonly string[];
  /**
   * O que vagar é de quem espera por isso: se há alguém à espera, ou pode passar a haver (`listas`), leem-se as exceções, os
   * candidatos, o que têm marcado, os dias disso e, se as regras contam faltas, a história deles; e pode nascer um
   * agendamento por cada hora que vague.
   */
  readonly promove: boolean;
  /** Os CPFs, dentre os de `historias`, de que se lê a ficha. */
  readonly fichas: readonly string[];
  /** As pendências que se leem. */
  readonly pendencias: Quando | undefined;
  /** As contas do que se tentou que se leem ou mudam; a de um CPF, só de um destes `cpfs`. */
  readonly tentativas: readonly ParDaTentativa[];
  /** Quantos agendamentos podem nascer, no máximo. */
  readonly novos: number;
}

/** Um alcance vazio, para dizer só o que se toca. */
export const NENHUM_ALCANCE: Alcance = {
  cpfs: [],
  historias: [],
  mudam: [],
  voltam: [],
  vizinhas: [],
  dias: [],
  periodos: [],
  cancelados: [],
  senhas: [],
  reabrem: [],
  excecoes: "nada",
  hoje: "",
  listas: [],
  promove: false,
  fichas: [],
  pendencias: undefined,
  tentativas: [],
  novos: 0,
};

/**
 * O fim de um lote. `gravado`: está no disco. `nada`: sabe-se que nada mudou. `recusado`: uma restrição do banco recusou
 * o lote e nada mudou. `incerto`: pode ter mudado ou não, e não se conseguiu descobrir. `pendente`: a resposta do commit
 * perdeu-se e o armazém está descobrindo o que houve; enquanto isso já recebe o lote seguinte.
 */
export type Desfecho<R> = Fim<R> | { readonly tipo: "pendente"; readonly fim: Promise<Fim<R>> };

/** Um desfecho que não muda mais. */
export type Fim<R> =
  | { readonly tipo: "gravado"; readonly resultado: R }
  | { readonly tipo: "nada" | "recusado" | "incerto"; readonly causa: unknown };

/** O que `decide` devolve a um lote: o resultado e o que gravar. */
export interface Lote<R> {
  /** O que `lote` devolve quando a gravação dá certo. */
  readonly resultado: R;
  /** O que gravar, na ordem. Vazio: não há o que gravar. */
  readonly mudancas: readonly Mudanca[];
}

/** O contrato de quem guarda o livro. Quem o chama garante um lote por vez; leituras podem vir a qualquer hora. */
export interface Armazem extends AsyncDisposable {
  /**
   * Mostra o livro a `decide` e grava, tudo ou nada, as mudanças que ela devolve. `decide` é pura e pode ser chamada de
   * novo. O armazém não rejeita: conta o que houve no `Desfecho`.
   */
  lote<R>(alcance: () => Alcance, quando: number, decide: (vista: Vista) => Lote<R>): Promise<Desfecho<R>>;
  /** Lê o que está gravado. Lança, ou rejeita, se o livro não está ao alcance. */
  le<R>(alcance: () => Alcance, consulta: (vista: Vista) => R): R | Promise<R>;
  /** Os agendamentos que contam de uma data (`conta`), por agenda, hora e número; ou só os de uma agenda. */
  lista(data: string, agenda?: string): Promise<Agendamento[]>;
  /** Os dias com agendamentos que contam a partir de uma data. */
  diasMarcados(desde: string): Promise<Dia[]>;
}

/** O livro não pôde ser aberto, copiado ou lido; a mensagem diz qual, o que houve e o que fazer. */
export class ErroDoArmazem extends Error {
  /** A mensagem diz o que houve e o que fazer; a causa é o erro de baixo. */
  constructor(mensagem: string, causa?: unknown) {
    super(mensagem, { cause: causa });
    this.name = "ErroDoArmazem";
  }
}

/** O banco, noutra máquina, não está ao alcance; sabe-se disso há algum tempo, e procura-se por ele. */
export class BancoForaDoAlcance extends ErroDoArmazem {
  /** `"BancoForaDoAlcance"`. */
  override name = "BancoForaDoAlcance";
}

/** O efeito de um lote, sem passos intermediários: de cada linha, como estava antes dele e como fica. */
export interface Liquido {
  /** O instante do lote, como fica no livro (`"2026-11-23T10:00:00Z"`). */
  readonly quando: string;
  /** Os agendamentos que entram, na situação em que ficam. */
  readonly novos: readonly Novo[];
  /** Os que mudam: a linha é a de `numero` e `versao` de `antes`. */
  readonly mudados: readonly Mudado[];
  /** As exceções que entram ou mudam, como ficam. */
  readonly excecoes: readonly Excecao[];
  /** Os contatos, como ficam. */
  readonly contatos: readonly Contato[];
  /** As entradas da lista de espera que entram, ou mudam: a linha é a de `numero` e `versao` de `antes`. */
  readonly esperas: readonly { readonly antes?: Espera; readonly depois: Espera }[];
  /** O instante do último `TICK`, se houve um. */
  readonly tique: string | undefined;
  /** As contas do que se tentou, como ficam. */
  readonly tentativas: readonly Tentativa[];
  /** Apagam-se algumas das que disseram até este instante, ms desde 1970, se se apagam. */
  readonly poda: number | undefined;
  /** O que se fez por causa dos direitos de alguém, na ordem; antes dos contatos. */
  readonly titulares: readonly Anotacao[];
  /** As últimas senhas, das datas e letras em que se deu alguma: o número delas só cresce. */
  readonly senhas: readonly UltimaSenha[];
}

/** A última senha que se deu numa data com uma letra. */
export interface UltimaSenha {
  /** `"aaaa-mm-dd"`. */
  readonly data: string;
  /** De qual das sequências. */
  readonly letra: LetraDeSenha;
  /** O número dela. */
  readonly ultima: number;
}

/** O que sobra de um `Liquido` de que se gravou tudo. Um campo novo que um armazém esqueça não compila. */
export type Nada = Record<string, never>;

/** Um agendamento que entra no livro, e quem o pediu. */
export interface Novo {
  /** O agendamento. */
  readonly agendamento: Agendamento;
  /** Endereço ou terminal. */
  readonly origem: string;
}

/** Um agendamento que muda. */
export interface Mudado {
  /** Como está gravado. */
  readonly antes: Agendamento;
  /** Como fica. */
  readonly depois: Agendamento;
}

/** O efeito líquido das mudanças de um lote. */
export function resume(mudancas: readonly Mudanca[], quando: number): Liquido {
  const novos = new Map<number, Novo>();
  const mudados = new Map<number, Mudado>();
  const excecoes = new Map<number, Excecao>();
  const contatos = new Map<string, Contato>();
  const senhas = new Map<string, UltimaSenha>();
  const esperas = new Map<number, DaEspera>();
  const tentativas = new Map<string, Tentativa>();
  const titulares: Anotacao[] = [];
  let tique: string | undefined;
  let poda: number | undefined;
  for (const mudanca of mudancas) {
    switch (mudanca.sobre) {
      case "agendamento": {
        const { antes, depois, quem: { origem } } = mudanca;
        const novo = novos.get(depois.numero);
        const dada = senhaDada(antes, depois);
        if (dada !== undefined && dada.ultima > (senhas.get(dada.data + dada.letra)?.ultima ?? 0)) {
          senhas.set(dada.data + dada.letra, dada);
        }
        if (antes === undefined || novo !== undefined) {
          novos.set(depois.numero, { agendamento: depois, origem: novo?.origem ?? origem });
        } else {
          // Apaga e repõe: fica na ordem da última mudança, em que cada um toma o que o anterior já deixou.
          const primeiro = mudados.get(depois.numero)?.antes ?? antes;
          mudados.delete(depois.numero);
          mudados.set(depois.numero, { antes: primeiro, depois });
        }
        break;
      }
      case "excecao":
        excecoes.set(mudanca.depois.numero, mudanca.depois);
        break;
      case "contato":
        contatos.set(mudanca.depois.cpf, mudanca.depois);
        break;
      case "espera": {
        // Sem `antes`, nasceu neste lote.
        const { antes } = esperas.get(mudanca.depois.numero) ?? mudanca;
        esperas.set(mudanca.depois.numero, { ...mudanca, antes });
        break;
      }
      case "tique":
        tique = mudanca.depois;
        break;
      case "tentativa":
        tentativas.set(`${mudanca.depois.cpf} ${mudanca.depois.rede}`, mudanca.depois);
        break;
      case "poda":
        poda = mudanca.depois;
        break;
      case "titular":
        titulares.push(mudanca.depois);
        // O que se disse dela antes não fica; quem volta a marcar, no mesmo lote, é outra pessoa.
        if (mudanca.ato === "ANONIMIZA") {
          const { cpf } = mudanca.depois;
          contatos.delete(cpf);
          for (const [par, conta] of tentativas) if (conta.cpf === cpf) tentativas.delete(par);
        }
        break;
      default:
        impossivel(mudanca);
    }
  }
  return {
    quando: Temporal.Instant.fromEpochMilliseconds(quando).toString(),
    novos: [...novos.values()],
    mudados: [...mudados.values()],
    excecoes: [...excecoes.values()],
    contatos: [...contatos.values()],
    senhas: [...senhas.values()],
    esperas: [...esperas.values()].map(({ antes, depois }) => ({ antes, depois })),
    tique,
    tentativas: [...tentativas.values()],
    poda,
    titulares,
  };
}

/** A senha que uma mudança dá, se dá uma: a linha pode perdê-la depois, e ainda assim não se dá outra vez. */
export function senhaDada(antes: Agendamento | undefined, { data, senha }: Agendamento): UltimaSenha | undefined {
  if (senha === "" || senha === antes?.senha) return undefined;
  return { data, letra: senha.startsWith("P") ? "P" : "A", ultima: Number(senha.slice(1)) };
}

/** Uma tabela de um livro como está gravada, com a história: para copiar um livro de um armazém para outro. */
export type TabelaDoLivro =
  | ("agendamento" | "excecao" | "contato" | "espera" | "senha" | "chave" | "pessoa" | "tentativa")
  | ("titular" | "diario" | "acesso");

/** Uma linha de uma tabela, com os valores na ordem em que as colunas estão no esquema. */
export type LinhaDoLivro = readonly (string | number | null)[];

/** Uma linha de uma tabela, por coluna. */
export type LinhaComNomes = Readonly<Record<string, unknown>>;

/** Tudo o que um livro tem de um CPF, como está gravado. */
export interface DadosDeUmCpf {
  /** Os agendamentos. */
  readonly agendamento: readonly LinhaComNomes[];
  /** As entradas da lista de espera. */
  readonly espera: readonly LinhaComNomes[];
  /** O contato. */
  readonly contato: readonly LinhaComNomes[];
  /** As contas do que se tentou com ele. */
  readonly tentativa: readonly LinhaComNomes[];
  /** O que se fez pelos direitos dele. */
  readonly titular: readonly LinhaComNomes[];
  /** As linhas do diário que falam de algum desses números: o instante e as mudanças. */
  readonly diario: readonly (readonly [quando: string, mudancas: string])[];
}

/** CPFs que podem já não se guardar. */
export interface Vencidos {
  /** Os que têm alguma linha de antes da data. */
  readonly cpfs: readonly string[];
  /** Até que número se procurou; falta, se já não há mais. */
  readonly ate: number | undefined;
}

/** O que um livro sabe de quem já não se guarda. */
export interface LivroDaVarredura {
  /** Os CPFs com algo de antes de uma data, dentre as linhas seguintes a um número. */
  vencidos(antesDe: string, depoisDe: number): Promise<Vencidos>;
  /**
   * Faz a varredura, se nenhum outro servidor a faz. `faz` recebe o que a última deixou escrito, `""` se nenhuma, e dá o que
   * passa a estar; nada, se não acabou. Verdadeiro se acabou.
   */
  varre(faz: (escrito: string) => Promise<string | undefined>): Promise<boolean>;
  /** O que se apagou sai também do arquivo; falso se ainda não se pôde. */
  limpa(): boolean;
}

/** Um livro de que se copia. Enquanto se copia, ninguém o muda, ou as mudanças não se veem. */
export interface Fonte extends AsyncDisposable {
  /** Quantas linhas há, em todas as tabelas. */
  readonly total: number;
  /** Todas as linhas de uma tabela, pela chave, aos pedaços. */
  pedacos(tabela: TabelaDoLivro): AsyncIterable<readonly LinhaDoLivro[]>;
}

/** Um livro vazio que recebe uma cópia, numa transação: sem `confirma`, fica vazio. */
export interface LivroNovo extends AsyncDisposable {
  /** Grava mais linhas de uma tabela. */
  recebe(tabela: TabelaDoLivro, linhas: readonly LinhaDoLivro[]): Promise<void>;
  /** O que está gravado, pela chave, aos pedaços. */
  pedacos(tabela: TabelaDoLivro): AsyncIterable<readonly LinhaDoLivro[]>;
  /** Torna durável o que se recebeu. */
  confirma(): Promise<void>;
}

/**
 * O que os outros servidores gravaram num mesmo PostgreSQL, seguido pelo diário, para quem o mostra (`SeguidorDoDiario`); e a dica,
 * a quem segue, de que há o que ler (`Dica`). Só `postgres.ts` os usa.
 *
 * Garante-o uma sondagem por segundo; uma notificação só a antecipa. Manda-a outra conexão, depois do commit e no máximo dez vezes
 * por segundo: na transação do lote, tomaria uma trava de todos os que confirmam.
 *
 * Os números do diário não se confirmam por ordem: o que ainda não está à vista pode vir a estar abaixo do que já se leu. Lê-se tudo
 * o que há acima de um piso e ainda não se entregou; e o piso sobe até um número quando já acabaram todas as transações que tinham
 * tirado um da sequência antes dele: até acabar, cada uma tem uma trava nela, que `pg_locks` mostra.
 *
 * @module
 */

import { lerMudancas, type Registrada, sobreQue } from "../clinica/diario.ts";
import { impossivel, type Mudanca, type Periodo } from "../clinica/livro.ts";
import { type Autor, haNovidade, type Mexido, NADA_DE_NOVO, type Novidade, TUDO_DE_NOVO } from "../clinica/novidade.ts";
import { daquiA, type Ligacao, numeros, type Valor } from "./postgres_ligacao.ts";
import { Canal } from "./postgres_principal.ts";
import { lerSituacao } from "./tabelas.ts";

/** Entre uma sondagem e a seguinte, em ms. */
const ENTRE_SONDAGENS = 1000;

/** Entre uma dica e a seguinte, em ms. */
const ENTRE_DICAS = 100;

/** Linhas que se leem de cada vez. */
const LINHAS = 2000;

/** Onde se diz que há o que ler. */
const CANAL = "clinica_diario";

const PREPARADAS = {
  // Uma transação tem a trava de antes de tirar um número até acabar; o seu começo e o seu fim veem-se fora da ordem das outras.
  vivas: `
    SELECT coalesce(string_agg(virtualtransaction, ','), '') FROM pg_locks
    WHERE locktype = 'relation' AND relation = 'diario_id_seq'::regclass AND mode = 'RowExclusiveLock'
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
  acima: `
    SELECT id, mudancas FROM diario WHERE id > $1 AND id NOT IN (SELECT unnest($2::bigint[])) ORDER BY id
    LIMIT ${LINHAS}`,
  ultima: "SELECT coalesce(max(id), 0) FROM diario",
  onde: "SELECT numero, data FROM agendamento WHERE numero = ANY ($1::bigint[])",
  em_que_lista: "SELECT numero, especialidade FROM espera WHERE numero = ANY ($1::bigint[])",
};

// ------------------------------------------------------------------------------------------------------ seguir

/** O que um seguidor precisa. */
export interface OpcoesDoSeguidor {
  /** Uma conexão nova, só dele. */
  readonly conecta: () => Promise<Ligacao>;
  /** Quanto se espera por uma ida, em ms. */
  readonly prazo: number;
  /** Como este servidor assina as suas dicas, que não lhe servem. */
  readonly nome: string;
  /** Recebe o que os outros gravaram; e que pode ter mudado tudo, ao começar e se não se sabe o que se perdeu. */
  readonly aoMudar: (novidade: Novidade) => void;
}

/** Números que já se leram, e as transações que então podiam ter algum abaixo deles. */
interface Degrau {
  readonly ate: number;
  /** As que ainda não acabaram; ainda não se sabe, até à sondagem seguinte. */
  vivas: ReadonlySet<string> | undefined;
  /** O que elas gravaram não se vai ler. */
  readonly perdeu: boolean;
}

/** Segue o diário. */
export class SeguidorDoDiario {
  #opcoes: OpcoesDoSeguidor;
  #canal: Canal;
  /** A linha do tempo do banco que se segue; noutra, os números podem ser outros. */
  #linha: number | undefined;
  /** Até aqui está tudo entregue. */
  #piso = 0;
  /** Os que estão acima do piso e não se leem: já se entregaram, ou são de lotes deste servidor. */
  #conhecidos = new Set<number>();
  /** Dentre esses, os de lotes de que ainda não se sabe o fim. */
  #emCurso = new Set<number>();
  #maior = 0;
  #degrau: Degrau | undefined;
  #haDica = false;
  #acorda: () => void = () => {};
  #fechado = false;
  #fim: Promise<void>;

  /** Começa já. */
  constructor(opcoes: OpcoesDoSeguidor) {
    this.#opcoes = opcoes;
    this.#canal = new Canal(() => this.#conecta(), (fora) => fora ?? this.#desperta());
    this.#fim = this.#segue();
  }

  /** Um lote deste servidor vai ser confirmado: a sua linha não é dos outros. */
  decidiu(id: number): void {
    this.#conhecidos.add(id);
    this.#emCurso.add(id);
  }

  /** Sabe-se o fim dele; se não é que ficou gravado, e afinal ficou, lê-se como o dos outros. */
  acabou(id: number, gravado: boolean): void {
    this.#emCurso.delete(id);
    if (!gravado) this.#conhecidos.delete(id);
    else this.#maior = Math.max(this.#maior, id);
  }

  /** Deixa de seguir. */
  async fecha(): Promise<void> {
    this.#fechado = true;
    this.#desperta();
    await Promise.all([this.#canal.fecha(), this.#fim]);
  }

  async #conecta(): Promise<Ligacao> {
    const { conecta, prazo, nome } = this.#opcoes;
    const ligacao = await conecta();
    try {
      ligacao.aoNotificar = (quem) => {
        if (quem !== nome) this.#desperta();
      };
      await ligacao.prepara(PREPARADAS, daquiA(prazo));
      await ligacao.consulta(`LISTEN ${CANAL}`, daquiA(prazo));
      return ligacao;
    } catch (causa) {
      await ligacao.fecha();
      throw causa;
    }
  }

  async #segue(): Promise<void> {
    while (!this.#fechado) {
      this.#haDica = false;
      try {
        await this.#sonda();
      } catch {
        // O canal já procura o banco, e o que falta lê-se quando ele voltar.
      }
      await this.#espera();
    }
  }

  async #espera(): Promise<void> {
    if (this.#haDica || this.#fechado) return;
    await new Promise<void>((segue) => {
      const alarme = setTimeout(segue, ENTRE_SONDAGENS);
      this.#acorda = () => {
        clearTimeout(alarme);
        segue();
      };
    });
  }

  #desperta(): void {
    this.#haDica = true;
    this.#acorda();
  }

  async #sonda(): Promise<void> {
    const ate = daquiA(this.#opcoes.prazo);
    const ligacao = await this.#canal.toma(ate);
    if (this.#linha !== ligacao.linhaDoTempo) return await this.#comeca(ligacao, ate);
    for (let cheia = true; cheia && !this.#fechado;) {
      const [{ rows: [[vivas]] }, { rows }] = await ligacao.executa([
        { preparada: "vivas" },
        { preparada: "acima", valores: [String(this.#piso), numeros([...this.#conhecidos])] },
      ], ate);
      await this.#entrega(ligacao, rows, ate);
      cheia = rows.length === LINHAS;
      if (!cheia) this.#sobe(lerVivas(vivas));
    }
  }

  /** Do que houve até aqui não se sabe; do que ainda não acabou também não se saberá. */
  async #comeca(ligacao: Ligacao, ate: number): Promise<void> {
    const [{ rows: [[ultima]] }, { rows: [[escritas]] }] = await ligacao.executa(
      [{ preparada: "ultima" }, { preparada: "vivas" }],
      ate,
    );
    const vivas = lerVivas(escritas);
    this.#maior = this.#piso = Number(ultima);
    this.#conhecidos = new Set(this.#emCurso);
    this.#degrau = { ate: this.#piso, vivas, perdeu: vivas.size > 0 };
    this.#linha = ligacao.linhaDoTempo;
    this.#opcoes.aoMudar(TUDO_DE_NOVO);
  }

  async #entrega(ligacao: Ligacao, rows: readonly (readonly Valor[])[], ate: number): Promise<void> {
    // Um lote deste servidor pode ter começado depois de se perguntar.
    const linhas = rows.map(([id, mudancas]) => ({ id: Number(id), mudancas: mudancas ?? "" }))
      .filter(({ id }) => !this.#conhecidos.has(id));
    if (linhas.length === 0) return;
    const novidade = await leNovidade(ligacao, linhas.map(({ mudancas }) => mudancas), ate);
    for (const { id } of linhas) this.#conhecidos.add(id);
    this.#maior = Math.max(this.#maior, linhas[linhas.length - 1].id);
    if (haNovidade(novidade)) this.#opcoes.aoMudar(novidade);
  }

  /** Com as transações que estavam por acabar antes da última leitura. */
  #sobe(vivas: ReadonlySet<string>): void {
    const degrau = this.#degrau;
    if (degrau !== undefined) {
      degrau.vivas = degrau.vivas?.intersection(vivas) ?? vivas;
      if (degrau.vivas.size > 0) return;
      if (degrau.perdeu) this.#opcoes.aoMudar(TUDO_DE_NOVO);
      // O que é deste servidor e não se sabe se ficou pode ainda ter de se ler.
      this.#piso = Math.max(this.#piso, Math.min(degrau.ate, ...[...this.#emCurso].map((id) => id - 1)));
      for (const id of this.#conhecidos) if (id <= this.#piso) this.#conhecidos.delete(id);
    }
    this.#degrau = this.#maior > this.#piso ? { ate: this.#maior, vivas: undefined, perdeu: false } : undefined;
  }
}

function lerVivas(escritas: Valor): ReadonlySet<string> {
  return new Set((escritas ?? "").split(",").filter((uma) => uma !== ""));
}

// ------------------------------------------------------------------------------------------------------ o que o diário diz

/** O que linhas do diário dizem que mudou; o que elas não dizem de um agendamento ou de uma entrada lê-se como está agora. */
async function leNovidade(ligacao: Ligacao, linhas: readonly string[], ate: number): Promise<Novidade> {
  const feitas: { readonly registrada: Registrada; readonly autor: Autor }[] = [];
  for (const linha of linhas) {
    const deAlguns = lerMudancas(linha);
    if (deAlguns === undefined) return TUDO_DE_NOVO;
    for (const [papel, quem, registradas] of deAlguns) {
      const chave = quem.startsWith("k:") ? Number(quem.slice(2)) : undefined;
      feitas.push(...registradas.map((registrada) => ({ registrada, autor: { papel, chave } })));
    }
  }
  const sem = (tabela: "agendamento" | "espera"): string =>
    numeros(
      feitas.map(({ registrada }) => registrada)
        .filter((uma) => sobreQue(uma) === tabela && lerOnde(uma[4]).data === undefined).map(([, numero]) => numero),
    );
  const [{ rows: datas }, { rows: listas }] = await ligacao.executa([
    { preparada: "onde", valores: [sem("agendamento")] },
    { preparada: "em_que_lista", valores: [sem("espera")] },
  ], ate);
  return novidadeDoDiario(feitas, { datas: new Map(datas.map(par)), listas: new Map(listas.map(par)) });
}

function par([numero, valor]: readonly Valor[]): [numero: number, valor: string] {
  return [Number(numero), valor ?? ""];
}

function novidadeDoDiario(
  feitas: readonly { readonly registrada: Registrada; readonly autor: Autor }[],
  { datas, listas }: { datas: ReadonlyMap<number, string>; listas: ReadonlyMap<number, string> },
): Novidade {
  const agendamentos: Mexido[] = [];
  const periodos: Periodo[] = [];
  const mudadas = new Set<string>();
  for (const { registrada, autor } of feitas) {
    const [ato, numero, versao, antes, depois] = registrada;
    const que = sobreQue(registrada);
    switch (que) {
      case "agendamento": {
        const [de, para] = [lerOnde(antes), lerOnde(depois)];
        const data = para.data ?? datas.get(numero);
        if (data === undefined) return TUDO_DE_NOVO;
        const suas = de.data === undefined || de.data === data ? [data] : [de.data, data];
        const situacoes = {
          de: de.situacao === "" ? "" as const : lerSituacao(de.situacao),
          para: lerSituacao(para.situacao),
        };
        agendamentos.push({ numero, versao, ato, ...situacoes, datas: suas, autor });
        break;
      }
      case "espera": {
        const lista = listas.get(numero);
        if (lista === undefined) return TUDO_DE_NOVO;
        mudadas.add(lista);
        break;
      }
      case "excecao": {
        const [, de, ate] = depois.split(" ");
        // O que se faz pelos direitos de alguém não tem número, nem datas.
        if (numero !== 0) periodos.push([de, ate]);
        break;
      }
      default:
        impossivel(que);
    }
  }
  return { ...NADA_DE_NOVO, agendamentos, periodos, listas: [...mudadas] };
}

/** A situação, e a data se o diário a diz, de `"MARCADO 2026-11-30 08:00 E:CLINICO GERAL"`. */
function lerOnde(escrito: string): { situacao: string; data: string | undefined } {
  const [, situacao = "", data] = /^(\w*)(?: ENCAIXE)?(?: (\d{4}-\d\d-\d\d) )?/.exec(escrito) ?? [];
  return { situacao, data };
}

// ------------------------------------------------------------------------------------------------------ a dica

/** Diz a quem segue o diário que há o que ler; o que se perde não faz falta. */
export class Dica {
  #manda: (instrucao: { texto: string; valores: string[] }) => Promise<unknown>;
  #nome: string;
  #ultima = -Infinity;
  #alarme: ReturnType<typeof setTimeout> | undefined;
  #mandando: Promise<unknown> | undefined;
  #fechada = false;

  /** `manda` leva-a por uma conexão que não é a dos lotes; `nome` é o deste servidor. */
  constructor(nome: string, manda: (instrucao: { texto: string; valores: string[] }) => Promise<unknown>) {
    this.#nome = nome;
    this.#manda = manda;
  }

  /** Um lote ficou gravado. */
  gravou(mudancas: readonly Mudanca[]): void {
    if (this.#fechada || this.#alarme !== undefined || !mudancas.some(({ sobre }) => SE_VEEM.has(sobre))) return;
    this.#alarme = setTimeout(() => {
      this.#alarme = undefined;
      this.#ultima = performance.now();
      this.#mandando = this.#manda({ texto: `SELECT pg_notify('${CANAL}', $1)`, valores: [this.#nome] }).catch(
        () => {},
      );
    }, Math.max(0, this.#ultima + ENTRE_DICAS - performance.now()));
  }

  /** Não manda mais. */
  async fecha(): Promise<void> {
    this.#fechada = true;
    clearTimeout(this.#alarme);
    await this.#mandando;
  }
}

/** O que, ao mudar, muda o que se mostra. */
const SE_VEEM: ReadonlySet<Mudanca["sobre"]> = new Set(["agendamento", "excecao", "espera"]);

/**
 * O armazém em PostgreSQL: o mesmo livro para vários servidores.
 *
 * Um lote é uma transação que trava o que ele pode tocar, carrega só isso, mostra-o à função que a agenda lhe deu e grava
 * o que ela pediu. São duas idas ao banco por lote, haja nele um pedido ou mil. Consultas leem do banco,
 * nunca da memória, e as que chegam juntas vão juntas.
 *
 * O banco pode sumir, voltar noutra máquina ou calar-se no meio de um commit. Com ele fora do alcance tudo falha na hora
 * e procura-se por ele ao fundo; depois de um commit sem resposta descobre-se o que houve antes de responder. Cada lote e
 * cada leitura tem um prazo só, que vale por tudo o que faz.
 *
 * `servidor.ts` o abre quando `--banco` é `postgres://…`. O endereço lê-se em `postgres_endereco.ts`, a conexão está em
 * `postgres_ligacao.ts`, a procura do banco em `postgres_principal.ts`, o que o banco tem de ter em `postgres_esquema.ts`. Um
 * lote começa e decide-se em `postgres_lote.ts`, com as travas de `postgres_travas.ts`, e acaba em `postgres_desfecho.ts`; as
 * consultas que vão juntas estão em `postgres_leituras.ts`; o que uns e outras leem pede-se em `postgres_carga.ts` e fica em
 * `postgres_vista.ts`; o que se manda está em `postgres_instrucoes.ts`, e a diferença dos relógios em `postgres_relogio.ts`. O
 * que os outros servidores gravam segue-se em `postgres_diario.ts`.
 *
 * @module
 */

import type { Agendamento } from "../clinica/agendamento.ts";
import type { LivroDasChaves } from "../clinica/chave.ts";
import type { Acesso, Cabeca, Elo } from "../clinica/trilha.ts";
import { escreveDiario } from "../clinica/diario.ts";
import {
  type Alcance,
  type Armazem,
  type BancoForaDoAlcance,
  type Desfecho,
  type Dia,
  ErroDoArmazem,
  type Fim,
  type Lote,
  type Mudanca,
  type Quem,
  resume,
  type Vencidos,
  type Vista,
} from "../clinica/livro.ts";
import type { Novidade } from "../clinica/novidade.ts";
import type { LivroDasPessoas } from "../clinica/pessoa.ts";
import type { LivroDasSessoes } from "../clinica/sessao.ts";
import { disfarceDe } from "./disfarce.ts";
import { Alargamento, BuscaDeFaltas } from "./postgres_alargamento.ts";
import { type Lembrancas, UltimasExcecoes } from "./postgres_carga.ts";
import { chavesDoPostgres } from "./postgres_chaves.ts";
import { Dica, SeguidorDoDiario } from "./postgres_diario.ts";
import { Desfechos } from "./postgres_desfecho.ts";
import { lerEndereco } from "./postgres_endereco.ts";
import { confere, explica, migra, restricoesDe } from "./postgres_esquema.ts";
import { escreve, instrucao, preparadas } from "./postgres_instrucoes.ts";
import { daquiA, type Instrucao, type Ligacao, type Retorno } from "./postgres_ligacao.ts";
import { Leituras, lendoDe } from "./postgres_leituras.ts";
import { alarga, comeca, experimenta, podeVagar, type Travado } from "./postgres_lote.ts";
import { PRAZO_LONGO } from "./postgres_migracao.ts";
import { pessoasDoPostgres } from "./postgres_pessoas.ts";
import { Canal, Principal } from "./postgres_principal.ts";
import { DiferencaDosRelogios } from "./postgres_relogio.ts";
import { sessoesDoPostgres } from "./postgres_sessoes.ts";
import { acrescenta, cabecasDe } from "./postgres_trilha.ts";
import { Acessos, Selo } from "./selo.ts";
import { ENCAIXADO, lerAgendamento, NA_VAGA, selecaoDoDia } from "./postgres_tabelas.ts";
import { buscaDeVencidos, TOMA_A_VARREDURA, VARREU } from "./postgres_titular.ts";
import { confirmaLivres, travaTudo } from "./postgres_travas.ts";

// ------------------------------------------------------------------------------------------------------ os prazos

/** Quanto se espera pelo banco, em ms. */
export interface Prazos {
  /** Um lote, das travas ao commit: um banco vivo leva dezenas de ms. */
  readonly lote: number;
  /** Uma ida de leituras; as que esperavam por ela falham com ela. */
  readonly leitura: number;
  /** Desde o começo do lote, para saber o que houve com um commit sem resposta. */
  readonly desfecho: number;
  /** Uma transação à espera do servidor dela, até que o banco a desfaça; menor que o de um lote, que espera por ela. */
  readonly parada: number;
  /** De quanto em quanto se comparam os relógios. */
  readonly entreRelogios: number;
}

/**
 * Um pedido que não pôde ser feito pode ter esperado pelo lote que ia à frente, pelo seu e por uma leitura: ao todo, menos
 * de 6 s.
 */
export const PRAZOS: Prazos = { lote: 2200, leitura: 1300, desfecho: 3700, parada: 1200, entreRelogios: 60_000 };

/** O banco desiste de uma instrução antes de quem espera por ela: um banco vivo responde, e a conexão não se perde. */
const NO_BANCO = 0.8;

/** Quanto pode levar uma conexão nova a ficar pronta, depois de ligada, em ms. */
const PRAZO_DE_PREPARO = 3000;

// ------------------------------------------------------------------------------------------------------ o armazém

/** Como um `ArmazemPostgres` funciona. */
export interface OpcoesDoPostgres {
  /** Chamada quando o banco sai do alcance, com o erro, e quando volta; uma vez por mudança. */
  aoMudar?: (fora: BancoForaDoAlcance | undefined) => void;
  /**
   * Chamada com uma frase quando o relógio daqui e o do banco passam a discordar, mudam muito ou voltam a concordar; quando o
   * livro segue outra semana; e com o andamento, quando é trazido de uma versão anterior.
   */
  aoAvisar?: (aviso: string) => void;
  /**
   * A semana deste servidor, numa impressão digital: a que vale no livro é uma só, e com outra nada se decide sobre um dia.
   * Sem ela, nada se confere.
   */
  semana?: string;
  /** O relógio deste servidor, em ms desde 1970; o do sistema, se não se diz outro. */
  relogio?: () => number;
  /** Com que se sela a trilha; sem ele, com um que acaba com este processo. */
  selo?: Selo;
  /** Os prazos que não são os de `PRAZOS`. */
  prazos?: Partial<Prazos>;
}

/** O armazém num banco PostgreSQL, partilhado por vários servidores. */
export class ArmazemPostgres implements Armazem {
  #principal: Principal;
  #prazos: Prazos;
  /** Enquanto se abre, um erro é de quem abre. */
  #aoMudar: (fora: BancoForaDoAlcance | undefined) => void = () => {};
  #escritor: Canal;
  #leitor: Canal;
  /** As listas do dia não são de quem espera uma resposta, e não a fazem esperar. Só se liga quando se pede uma. */
  #listas: Canal;
  /** Os acessos escrevem-se à parte dos lotes, e nenhum espera pelo outro. */
  #trilha: Canal;
  /** Os canais que não chegam ao banco. */
  #fora = new Set<"escritor" | "leitor">();
  #leituras: Leituras;
  #lembrancas: Lembrancas = { excecoes: new UltimasExcecoes(), busca: new BuscaDeFaltas() };
  /** Se havia quem esperasse, da última vez. */
  #alguemEspera = true;
  #semana: string | undefined;
  #selo: Selo;
  #acessos: Acessos;
  #disfarca: (quem: Quem) => string = () => "";
  #relogio: () => number;
  #diferenca: DiferencaDosRelogios;
  #aoAvisar: (aviso: string) => void;
  #alarme: ReturnType<typeof setInterval> | undefined;
  #comparacao: Promise<void> | undefined;
  #fechado = false;
  #nome = crypto.randomUUID();
  #seguidores = new Set<SeguidorDoDiario>();
  #dica = new Dica(
    this.#nome,
    (dica) => lendoDe(this.#trilha, this.#prazos.leitura, (ligacao, ate) => ligacao.executa([dica], ate)),
  );
  #desfechos = new Desfechos((ate) => this.#conecta(this.#prazos.lote, ate), () => this.#fechado);

  private constructor(
    principal: Principal,
    { prazos, semana, selo = Selo.aoAcaso(), relogio = Date.now, aoAvisar = () => {} }: OpcoesDoPostgres,
  ) {
    this.#selo = selo;
    this.#acessos = new Acessos(selo);
    this.#principal = principal;
    this.#semana = semana;
    this.#aoAvisar = aoAvisar;
    this.#prazos = { ...PRAZOS, ...prazos };
    this.#relogio = relogio;
    this.#diferenca = new DiferencaDosRelogios(aoAvisar);
    const { lote, leitura } = this.#prazos;
    this.#escritor = new Canal(() => this.#conecta(lote), (fora) => this.#mudou("escritor", fora));
    this.#leitor = new Canal(() => this.#conecta(leitura), (fora) => this.#mudou("leitor", fora));
    this.#listas = new Canal(() => this.#conecta(leitura), () => {});
    this.#trilha = new Canal(() => this.#conecta(lote), () => {});
    this.#leituras = new Leituras(this.#leitor, { prazo: leitura, lembrancas: this.#lembrancas });
  }

  /**
   * Abre o livro no endereço `postgres://usuario:senha@maquina:5432/banco`, criando o esquema se falta e trazendo-o à
   * versão de hoje.
   *
   * @throws {ErroDoArmazem} se o banco não está ao alcance, não é um livro inteiro, ou é de uma versão mais nova.
   */
  static async abre(url: string, opcoes: OpcoesDoPostgres = {}): Promise<ArmazemPostgres> {
    const endereco = lerEndereco(url);
    const armazem = new ArmazemPostgres(new Principal(endereco), opcoes);
    try {
      await armazem.#escritor.toma(Infinity);
      await armazem.#leitor.toma(Infinity);
      await armazem.#estreiaASemana();
      await armazem.#comparaOsRelogios();
      armazem.#alarme = setInterval(() => {
        armazem.#comparacao = armazem.#comparaOsRelogios().catch(() => {});
      }, armazem.#prazos.entreRelogios);
      armazem.#aoMudar = opcoes.aoMudar ?? (() => {});
      return armazem;
    } catch (causa) {
      await armazem[Symbol.asyncDispose]();
      throw explica(endereco, causa);
    }
  }

  /** Uma conexão pronta para o livro, com o esquema em dia, para quem espera no máximo `prazo` por uma ida. */
  async #conecta(prazo: number, ate: number = Infinity): Promise<Ligacao> {
    const ligacao = await this.#principal.acha({ instrucao: prazo * NO_BANCO, parada: this.#prazos.parada }, ate);
    try {
      await this.#apronta(ligacao, () => Math.min(ate, daquiA(PRAZO_DE_PREPARO)));
      return ligacao;
    } catch (causa) {
      await ligacao.fecha();
      throw causa;
    }
  }

  /** Trazer o livro a outra versão leva o que levar; o prazo conta de novo depois. */
  async #apronta(ligacao: Ligacao, prazo: () => number): Promise<void> {
    const { mostrado } = this.#principal.endereco;
    await migra(ligacao, mostrado, { ate: prazo(), aoAndar: this.#aoAvisar });
    const pronta = prazo();
    await confere(ligacao, mostrado, pronta);
    await ligacao.prepara(preparadas(await restricoesDe(ligacao, pronta)), pronta);
    const [{ rows: [[segredo]] }] = await ligacao.consulta("SELECT segredo FROM clinica_livro", pronta);
    this.#disfarca = disfarceDe(segredo ?? "");
  }

  #mudou(canal: "escritor" | "leitor", fora: BancoForaDoAlcance | undefined): void {
    const antes = this.#fora.size;
    if (fora === undefined) this.#fora.delete(canal);
    else this.#fora.add(canal);
    if ((antes === 0) !== (this.#fora.size === 0)) this.#aoMudar(fora);
  }

  /** Uma pergunta barata; a ida conta pela metade. */
  async #comparaOsRelogios(): Promise<void> {
    const { ida, agora, noBanco } = await lendoDe(this.#leitor, this.#prazos.leitura, async (ligacao, ate) => {
      const saida = performance.now();
      const [{ rows: [[noBanco]] }] = await ligacao.executa(
        [{ texto: "SELECT round(extract(epoch FROM clock_timestamp()) * 1000)" }],
        ate,
      );
      return { ida: performance.now() - saida, agora: this.#relogio(), noBanco: Number(noBanco) };
    });
    this.#diferenca.recebe(agora - ida / 2 - noBanco, ida / 2);
  }

  // ---------------------------------------------------------------------------------------------------- a semana

  /** O primeiro a abrir o livro diz a semana dele; os outros sabem logo se a sua é outra. */
  async #estreiaASemana(): Promise<void> {
    const semana = this.#semana;
    if (semana === undefined) return;
    const [, { rows: [[valida]] }] = await lendoDe(
      this.#leitor,
      this.#prazos.leitura,
      (ligacao, ate) =>
        ligacao.executa([instrucao("estreia", semana), { texto: "SELECT semana_que_vale FROM clinica_livro" }], ate),
    );
    if (valida !== semana) this.#aoAvisar(OUTRA_SEMANA);
  }

  /**
   * Faz desta a semana do livro, e a deste servidor. Espera por quem está decidindo, e quem decide depois já a vê.
   * `aoValer` é chamada no instante em que ela passa a ser a deste: entre um e outro nada se decide.
   *
   * @throws se não se conseguiu; a semana pode ter mudado no livro, e adotá-la outra vez não faz mal.
   */
  async adotaSemana(semana: string, aoValer: () => void = () => {}): Promise<void> {
    const ate = daquiA(this.#prazos.lote);
    const ligacao = await this.#conecta(this.#prazos.lote, ate);
    try {
      await ligacao.executa([instrucao("comeca"), travaTudo(), instrucao("adota", semana), instrucao("confirma")], ate);
      this.#semana = semana;
      aoValer();
    } finally {
      await ligacao.fecha();
    }
  }

  /** A semana deste servidor, se ele tem uma. */
  get semana(): string | undefined {
    return this.#semana;
  }

  /** Um servidor de uma semana diferente da do livro não muda nada: diz por quê, se é o caso. */
  #recusaDaSemana(minha: string | undefined, vale: string): ErroDoArmazem | undefined {
    return minha !== undefined && minha !== vale ? new ErroDoArmazem(OUTRA_SEMANA) : undefined;
  }

  // ---------------------------------------------------------------------------------------------------- um lote

  /** Grava o lote numa transação: uma ida para travar e carregar, outra para gravar e confirmar. */
  async lote<R>(alcance: () => Alcance, quando: number, decide: (vista: Vista) => Lote<R>): Promise<Desfecho<R>> {
    const desde = performance.now();
    const ate = desde + this.#prazos.lote;
    try {
      if (this.#diferenca.recusa !== undefined) throw this.#diferenca.recusa;
      const pedido: Pedido<R> = { alcance: alcance(), largo: new Alargamento(), desfeitas: 0, quando, decide, ate };
      pedido.largo.esperas = pedido.alcance.promove && this.#alguemEspera;
      pedido.largo.excecoes = pedido.largo.esperas && podeVagar(pedido.alcance);
      for (;;) {
        const decidida = await this.#decide(pedido);
        const { ligacao, lote } = decidida;
        if (lote.mudancas.length === 0) {
          // As respostas valem do que se leu sob as travas; soltá-las não as muda, e o lote seguinte vai atrás.
          ligacao.desfaz(daquiA(this.#prazos.lote));
          return { tipo: "gravado", resultado: lote.resultado };
        }
        const desfecho = await this.#grava(decidida, { quando, desde, ate });
        if (desfecho !== undefined) return desfecho;
        for (const cpf of decidida.porConfirmar) pedido.largo.cpfs.add(cpf);
        pedido.desfeitas++;
      }
    } catch (causa) {
      return { tipo: "nada", causa };
    }
  }

  /** Grava o que se decidiu; nada, se alguém a quem se deu algo marcou entretanto outra coisa, e há que decidir de novo. */
  async #grava<R>(
    { ligacao, id, ponta, lote, porConfirmar }: Decidida<R>,
    { quando, desde, ate }: { quando: number; desde: number; ate: number },
  ): Promise<Desfecho<R> | undefined> {
    let escrita: readonly Instrucao[];
    const sorte = loteAoAcaso();
    try {
      const liquido = resume(lote.mudancas, quando);
      for (const { depois: { situacao, data } } of liquido.mudados) {
        if (situacao === "MARCADO" || situacao === "CONFIRMADO") this.#lembrancas.busca.volta(data);
      }
      for (const { agendamento: { data } } of liquido.novos) this.#lembrancas.busca.volta(data);
      if (liquido.esperas.length > 0) this.#alguemEspera = true;
      const anotada = this.#selada(
        [Number(id), sorte, liquido.quando, escreveDiario(lote.mudancas, this.#disfarca)],
        ponta,
      );
      escrita = [...confirmaLivres(porConfirmar), ...escreve(liquido), instrucao("anota", ...anotada)];
    } catch (causa) {
      await ligacao.desfaz(ate);
      throw causa;
    }
    const confirmacao = { id, lote: sorte, resultado: lote.resultado, ate: desde + this.#prazos.desfecho };
    for (const seguidor of this.#seguidores) seguidor.decidiu(Number(id));
    const como = { ligacao, escrita: [...escrita, instrucao("confirma")], ate };
    const desfecho = await this.#desfechos.confirma(confirmacao, como);
    const acabou = (fim: Fim<R> | undefined): void => this.#acabou(Number(id), fim?.tipo === "gravado", lote.mudancas);
    if (desfecho?.tipo === "pendente") void desfecho.fim.then(acabou);
    else acabou(desfecho);
    return desfecho;
  }

  /** Sabe-se o fim de um lote: dos outros servidores, quem segue o livro há de o ler; deste, só se não se soube que ficou. */
  #acabou(id: number, gravado: boolean, mudancas: readonly Mudanca[]): void {
    for (const seguidor of this.#seguidores) seguidor.acabou(id, gravado);
    if (gravado) this.#dica.gravou(mudancas);
  }

  /** A linha do diário de um lote, com o selo. */
  #selada(linha: readonly (string | number)[], { ordem, selo }: Elo): string[] {
    const semSelo = [...linha, this.#selo.servidor, ordem + 1];
    return [...semSelo, this.#selo.sela("diario", semSelo, selo)].map(String);
  }

  /**
   * Decide com as travas tomadas. A quem se dá o que vaga só se sabe depois de ler: o que faltou lê-se na mesma transação, se
   * ninguém tem o que é preciso travar para isso. Se alguém o tem, desfaz-se e toma-se tudo em ordem; ao fim de umas vezes já
   * não se promove, e o que vaga segura-se para ninguém.
   */
  async #decide<R>(pedido: Pedido<R>): Promise<Decidida<R>> {
    const { quando, ate, largo } = pedido;
    for (;; pedido.desfeitas++) {
      const minha = this.#semana;
      const como = { lembrancas: this.#lembrancas, largo, quando, ate, cadeia: this.#selo.servidor };
      const soSegura = pedido.desfeitas > ALARGAMENTOS;
      const travado = await comeca(() => this.#escritor.toma(ate), { pedido: pedido.alcance, soSegura, ...como });
      const { ligacao, id, semana, ponta, vista } = travado;
      try {
        const recusa = this.#recusaDaSemana(minha, semana);
        if (recusa !== undefined) throw recusa;
        if (pedido.alcance.promove) this.#alguemEspera = vista.alguemEspera();
        const lote = await this.#experimenta(travado, pedido);
        if (lote !== undefined) return { ligacao, id, ponta, lote, porConfirmar: vista.porConfirmar };
        if (pedido.desfeitas >= 2 * ALARGAMENTOS) {
          throw new ErroDoArmazem("o livro mudou tanto que não se pôde decidir");
        }
      } catch (causa) {
        await ligacao.desfaz(ate);
        throw causa;
      }
      await ligacao.desfaz(ate);
    }
  }

  /** Decide tantas vezes quantas for preciso ler mais; nada, se não se pôde ler tudo. */
  async #experimenta<R>(
    travado: Travado,
    { largo, quando, decide, ate }: Pedido<R>,
  ): Promise<Lote<R> | undefined> {
    for (let elos = 0;; elos++) {
      const lote = experimenta(travado.vista, decide);
      if (lote !== undefined) return lote;
      const falta = travado.vista.tomaFalta() ?? new Alargamento();
      largo.junta(falta);
      const como = { largo, lembrancas: this.#lembrancas, quando, ate };
      if (elos === ELOS || !await alarga(travado, falta, como)) return undefined;
    }
  }

  // ---------------------------------------------------------------------------------------------------- as leituras

  /** Lê o que está gravado, do banco: o que já foi confirmado por qualquer servidor vê-se. */
  le<R>(alcance: () => Alcance, consulta: (vista: Vista) => R): R | Promise<R> {
    return this.#leituras.le(alcance(), consulta);
  }

  /** Os agendamentos que contam numa data, ou só os de uma agenda. */
  async lista(data: string, agenda?: string): Promise<Agendamento[]> {
    const selecao = [selecaoDoDia(data, agenda)];
    const [{ rows }] = agenda === undefined
      ? await this.#aParte(selecao)
      : await lendoDe(this.#listas, this.#prazos.leitura, (ligacao, ate) => ligacao.executa(selecao, ate));
    return rows.map(lerAgendamento);
  }

  /** Os dias com agendamentos que contam a partir de uma data. */
  async diasMarcados(desde: string): Promise<Dia[]> {
    const parte = (condicao: string): string =>
      `SELECT a.agenda, a.data FROM agendamento AS a WHERE ${condicao} AND a.data >= $1`;
    const texto = `${parte(NA_VAGA)} UNION ${parte(ENCAIXADO)}`;
    const [{ rows }] = await this.#aParte([{ texto, valores: [desde] }]);
    return rows.map(([agenda, data]) => [agenda ?? "", data ?? ""]);
  }

  /** As chaves de acesso. */
  readonly chaves: LivroDasChaves = chavesDoPostgres((instrucoes) => this.#pede(instrucoes));

  /** As pessoas que entram pelas páginas, e as tentativas de entrar. */
  readonly pessoas: LivroDasPessoas = pessoasDoPostgres((instrucoes) => this.#pede(instrucoes));

  /** As sessões de quem entrou. */
  readonly sessoes: LivroDasSessoes = sessoesDoPostgres((instrucoes) => this.#pede(instrucoes));

  #pede(instrucoes: readonly Instrucao[]): Promise<readonly Retorno[]> {
    return lendoDe(this.#listas, this.#prazos.leitura, (ligacao, ate) => ligacao.executa(instrucoes, ate));
  }

  // ---------------------------------------------------------------------------------------------------- a trilha

  /** Como o diário diz quem. */
  disfarca(quem: Quem): string {
    return this.#disfarca(quem);
  }

  /** Acrescenta acessos à trilha, num lote só deles. */
  async acrescenta(acessos: readonly Acesso[]): Promise<void> {
    await lendoDe(
      this.#trilha,
      this.#prazos.lote,
      (ligacao, ate) => acrescenta(ligacao, acessos, { selo: this.#selo, deles: this.#acessos, ate }),
    );
  }

  /** As pontas das cadeias com um destes nomes. */
  async cabecas(...servidores: readonly string[]): Promise<Cabeca[]> {
    return await lendoDe(
      this.#listas,
      this.#prazos.leitura,
      (ligacao, ate) => cabecasDe(ligacao, servidores, ate),
    );
  }

  // ---------------------------------------------------------------------------------------------------- os outros

  /**
   * Segue o que os outros servidores gravam, e o que este gravou sem o saber, até que se feche o que devolve: custa uma conexão e
   * uma pergunta por segundo. `aoMudar` recebe primeiro que pode ter mudado tudo, quando já nada do que vier se perde.
   */
  segue(aoMudar: (novidade: Novidade) => void): Disposable {
    const prazo = this.#prazos.leitura;
    const seguidor = new SeguidorDoDiario({ conecta: () => this.#conecta(prazo), prazo, nome: this.#nome, aoMudar });
    this.#seguidores.add(seguidor);
    return { [Symbol.dispose]: () => void seguidor.fecha().finally(() => this.#seguidores.delete(seguidor)) };
  }

  // ---------------------------------------------------------------------------------------------------- os titulares

  /** Os CPFs com algo de antes de uma data. */
  async vencidos(antesDe: string, depoisDe: number): Promise<Vencidos> {
    const [{ rows: cpfs }, { rows: [ate] }] = await lendoDe(
      this.#listas,
      this.#prazos.leitura,
      (ligacao, prazo) => ligacao.executa(buscaDeVencidos(antesDe, depoisDe), prazo),
    );
    return { cpfs: cpfs.map(([cpf]) => cpf ?? ""), ate: ate === undefined ? undefined : Number(ate[0]) };
  }

  /** Um servidor de cada vez: a trava é da conexão, e um que caia solta-a. */
  async varre(faz: (escrito: string) => Promise<string | undefined>): Promise<boolean> {
    const ligacao = await this.#conecta(PRAZO_LONGO);
    try {
      const [{ rows: [[minha, escrito]] }] = await ligacao.executa(
        [{ texto: TOMA_A_VARREDURA }],
        daquiA(PRAZO_LONGO),
      );
      const depois = minha === "t" ? await faz(escrito ?? "") : undefined;
      if (depois === undefined) return false;
      await ligacao.executa([{ texto: VARREU, valores: [depois] }], daquiA(PRAZO_LONGO));
      return true;
    } finally {
      await ligacao.fecha();
    }
  }

  /** O que se escreve por cima fica no banco até que um VACUUM lhe dê outro uso: disso trata quem o mantém. */
  limpa(): boolean {
    return false;
  }

  /** O que percorre o livro inteiro tem uma conexão e um prazo à parte: as consultas não esperam por ele. */
  async #aParte(instrucoes: readonly Instrucao[]): Promise<readonly Retorno[]> {
    const ligacao = await this.#conecta(PRAZO_LONGO);
    try {
      return await ligacao.executa(instrucoes, daquiA(PRAZO_LONGO));
    } finally {
      await ligacao.fecha();
    }
  }

  /** Fecha as conexões; um desfecho que ainda se procura fica incerto. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#fechado = true;
    clearInterval(this.#alarme);
    await Promise.all([
      this.#dica.fecha(),
      ...[...this.#seguidores].map((seguidor) => seguidor.fecha()),
      this.#escritor.fecha(),
      this.#leitor.fecha(),
      this.#listas.fecha(),
      this.#trilha.fecha(),
      this.#comparacao,
    ]);
  }
}

/** Vezes que se desfaz para tomar em ordem o que se descobriu, no máximo, antes de só segurar. */
const ALARGAMENTOS = 3;

/** Vezes que se lê mais numa transação, no máximo: uma por elo de uma cadeia, e umas a mais. */
const ELOS = 24;

/** O que se diz a quem segue outra semana. */
const OUTRA_SEMANA =
  "outra semana vale neste livro, e com esta nada se marca nem se muda; torne igual o clinica.json " +
  "deste servidor ao dos outros, ou inicie-o com --adota-semana para que os outros sigam o dele";

/** O que distingue a linha do diário de um lote da de qualquer outro: 16 bytes ao acaso, em hexadecimal. */
function loteAoAcaso(): string {
  return crypto.getRandomValues(new Uint8Array(16)).toHex();
}

/** O que se pede a um lote, e o que se sabe dele de uma vez para a outra. */
interface Pedido<R> {
  readonly alcance: Alcance;
  readonly quando: number;
  readonly decide: (vista: Vista) => Lote<R>;
  readonly ate: number;
  /** O que se juntou ao alcance. */
  readonly largo: Alargamento;
  /** Vezes que se desfez. */
  desfeitas: number;
}

/** Um lote decidido, com as travas tomadas. */
interface Decidida<R> {
  readonly ligacao: Ligacao;
  readonly id: string;
  readonly ponta: Elo;
  readonly lote: Lote<R>;
  /** Os CPFs sem nada marcado a quem se deu algo, e que ainda se não travaram. */
  readonly porConfirmar: readonly string[];
}

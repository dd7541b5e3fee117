/**
 * O esquema de um livro SQLite: como nasceu, e o que o leva de uma versão à seguinte. `sqlite_migracao.ts` o aplica,
 * `sqlite_arquivo.ts` o reconhece.
 *
 * @module
 */

import type { Situacao } from "../clinica/agendamento.ts";

/** Marca no cabeçalho do SQLite que diz que o arquivo é um livro da clínica ("CLIN"). */
export const ID_DA_APLICACAO = 0x434c494e;

/** A versão de um livro trazido a hoje. */
export const VERSAO = 6;

/** O primeiro esquema. */
export const ESQUEMA_1 = `
  CREATE TABLE agendamento (
    id INTEGER PRIMARY KEY,
    cpf TEXT NOT NULL CHECK (length(cpf) = 11),
    nome TEXT NOT NULL CHECK (nome <> ''),
    especialidade TEXT NOT NULL CHECK (especialidade <> ''),
    profissional TEXT NOT NULL,
    data TEXT NOT NULL CHECK (data GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'),
    hora TEXT NOT NULL CHECK (hora GLOB '[0-9][0-9]:[0-9][0-9]'),
    minutos INTEGER NOT NULL CHECK (minutos > 0),
    criado_em TEXT NOT NULL,
    cancelado_em TEXT,
    origem TEXT NOT NULL,
    ativo INTEGER NOT NULL CHECK (ativo = 0 OR (ativo = 1 AND cancelado_em IS NULL))
  ) STRICT;
  CREATE UNIQUE INDEX uma_vaga_um_agendamento
    ON agendamento (especialidade, data, hora, profissional) WHERE cancelado_em IS NULL;
  CREATE UNIQUE INDEX um_ativo_por_cpf_e_especialidade
    ON agendamento (cpf, especialidade) WHERE ativo = 1;`;

const ATIVAS: readonly Situacao[] = ["CONFIRMADO", "CHEGOU", "CHAMADO"];
const ENCERRADAS: readonly Situacao[] = ["ATENDIDO", "SAIU", "FALTOU", "CONVIDADO", "PASSOU"];

/** Não `IN`: com mais de duas, o SQLite faz uma tabela em cada instrução. Primeiro as mais comuns. */
function umaDe(...situacoes: readonly Situacao[]): string {
  return situacoes.map((situacao) => `situacao = '${situacao}'`).join(" OR ");
}

/**
 * As tabelas do segundo; a dos agendamentos tem outro nome até que os do primeiro passem para ela. O que um agendamento tem
 * de costume ao nascer (`nasce`) é o valor que a coluna toma quando não se diz outro: dizê-lo custaria em cada linha.
 */
export const TABELAS_2: string = `
  CREATE TABLE agendamento_2 (
    numero INTEGER PRIMARY KEY,
    versao INTEGER NOT NULL DEFAULT 1 CHECK (versao >= 1),
    codigo TEXT NOT NULL CHECK (codigo = '' OR length(codigo) = 8),
    cpf TEXT NOT NULL CHECK (length(cpf) = 11),
    nome TEXT NOT NULL CHECK (nome <> ''),
    especialidade TEXT NOT NULL CHECK (especialidade <> ''),
    profissional TEXT NOT NULL,
    agenda TEXT NOT NULL CHECK (agenda <> ''),
    data TEXT NOT NULL CHECK (data GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'),
    hora TEXT NOT NULL CHECK (hora GLOB '[0-9][0-9]:[0-9][0-9]'),
    minutos INTEGER NOT NULL CHECK (minutos > 0),
    situacao TEXT NOT NULL DEFAULT 'MARCADO' CHECK (${umaDe("MARCADO", "CANCELADO", ...ATIVAS, ...ENCERRADAS)}),
    ativo INTEGER NOT NULL DEFAULT 1 CHECK (ativo = 0 OR (ativo = 1 AND (${umaDe("MARCADO", ...ATIVAS)}))),
    encaixe INTEGER NOT NULL DEFAULT 0 CHECK (encaixe IN (0, 1)),
    local TEXT NOT NULL DEFAULT '',
    motivo TEXT NOT NULL DEFAULT '',
    nota TEXT NOT NULL DEFAULT '',
    email TEXT NOT NULL DEFAULT '',
    telefone TEXT NOT NULL DEFAULT '',
    senha TEXT NOT NULL DEFAULT '',
    prioridade INTEGER NOT NULL DEFAULT 0 CHECK (prioridade BETWEEN 0 AND 4),
    chegou_em TEXT NOT NULL DEFAULT '',
    chamado_em TEXT NOT NULL DEFAULT '',
    chamadas INTEGER NOT NULL DEFAULT 0 CHECK (chamadas >= 0),
    terminou_em TEXT NOT NULL DEFAULT '',
    substitui INTEGER NOT NULL DEFAULT 0,
    pilha TEXT NOT NULL DEFAULT '[]',
    criado_em TEXT NOT NULL,
    origem TEXT NOT NULL
  ) STRICT;
  CREATE TABLE excecao (
    numero INTEGER PRIMARY KEY,
    tipo TEXT NOT NULL CHECK (tipo IN ('FECHA', 'EXTRA')),
    de TEXT NOT NULL,
    ate TEXT NOT NULL,
    inicio INTEGER NOT NULL,
    fim INTEGER NOT NULL,
    especialidade TEXT NOT NULL,
    profissional TEXT NOT NULL,
    vagas INTEGER NOT NULL,
    minutos INTEGER NOT NULL,
    local TEXT NOT NULL,
    encaixes INTEGER NOT NULL,
    motivo TEXT NOT NULL,
    revogada INTEGER NOT NULL CHECK (revogada IN (0, 1)),
    criada_em TEXT NOT NULL
  ) STRICT;
  CREATE TABLE contato (
    cpf TEXT PRIMARY KEY CHECK (length(cpf) = 11),
    email TEXT NOT NULL,
    telefone TEXT NOT NULL,
    mudou_em TEXT NOT NULL
  ) STRICT;
  CREATE TABLE espera (
    numero INTEGER PRIMARY KEY,
    versao INTEGER NOT NULL CHECK (versao >= 1),
    codigo TEXT NOT NULL CHECK (codigo = '' OR length(codigo) = 8),
    cpf TEXT NOT NULL CHECK (length(cpf) = 11),
    nome TEXT NOT NULL CHECK (nome <> ''),
    especialidade TEXT NOT NULL CHECK (especialidade <> ''),
    profissional TEXT NOT NULL,
    de TEXT NOT NULL,
    ate TEXT NOT NULL,
    turno TEXT NOT NULL,
    antecedencia INTEGER NOT NULL,
    marca INTEGER NOT NULL CHECK (marca IN (0, 1)),
    prioridade INTEGER NOT NULL CHECK (prioridade BETWEEN 0 AND 4),
    motivo TEXT NOT NULL,
    isenta INTEGER NOT NULL CHECK (isenta IN (0, 1)),
    email TEXT NOT NULL,
    telefone TEXT NOT NULL,
    lapsos INTEGER NOT NULL CHECK (lapsos >= 0),
    ordem INTEGER NOT NULL,
    desde TEXT NOT NULL,
    terminou_em TEXT NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX uma_espera_por_cpf_e_especialidade ON espera (cpf, especialidade) WHERE terminou_em = '';
  CREATE TABLE diario (
    id INTEGER PRIMARY KEY,
    lote TEXT NOT NULL,
    quando TEXT NOT NULL,
    mudancas TEXT NOT NULL
  ) STRICT;
  CREATE TABLE por_cpf (cpf TEXT NOT NULL, numero INTEGER NOT NULL, PRIMARY KEY (cpf, numero)) STRICT, WITHOUT ROWID;
  CREATE TABLE por_data (data TEXT NOT NULL, numero INTEGER NOT NULL, PRIMARY KEY (data, numero)) STRICT, WITHOUT ROWID;
  CREATE TABLE clinica_livro (nome TEXT PRIMARY KEY, valor TEXT NOT NULL) STRICT;`;

/** Quem conta: nem cancelado nem passado adiante. */
export const CONTA = "situacao <> 'CANCELADO' AND situacao <> 'PASSOU'";

/** Os índices, depois das linhas: ordená-las uma vez custa menos que pô-las uma a uma. A tabela toma o nome da anterior. */
export const INDICES_2: readonly string[] = [
  "DROP TABLE agendamento",
  "ALTER TABLE agendamento_2 RENAME TO agendamento",
  `CREATE UNIQUE INDEX uma_vaga_um_agendamento ON agendamento (data, agenda, hora) WHERE NOT encaixe AND ${CONTA}`,
  "CREATE UNIQUE INDEX um_ativo_por_cpf_e_especialidade ON agendamento (cpf, especialidade) WHERE ativo",
  `CREATE INDEX encaixes_do_dia ON agendamento (data, agenda) WHERE encaixe AND ${CONTA}`,
  "CREATE INDEX senhas ON agendamento (data, senha) WHERE senha <> ''",
];

/**
 * O terceiro: a última senha dada fica escrita à parte, pois a linha que a tinha pode perdê-la. Do que se deu antes sabe-se
 * o que as linhas ainda têm.
 */
export const ESQUEMA_3 = `
  CREATE TABLE senha (
    data TEXT NOT NULL,
    letra TEXT NOT NULL CHECK (letra IN ('A', 'P')),
    ultima INTEGER NOT NULL CHECK (ultima > 0),
    PRIMARY KEY (data, letra)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO senha
    SELECT data, substr(senha, 1, 1), max(CAST(substr(senha, 2) AS INTEGER)) FROM agendamento
    WHERE senha <> '' AND senha GLOB '[AP][0-9]*' GROUP BY 1, 2;
  DROP INDEX senhas;`;

/**
 * O quarto: a lista de espera, que ninguém tinha usado, refaz-se. O banco garante que há uma entrada de pé por CPF e
 * especialidade, que uma hora segurada é de uma só, e que quem acabou não segura nenhuma. Um agendamento diz por que entrada
 * tem a sua hora.
 */
export const ESQUEMA_4 = `
  DROP TABLE espera;
  CREATE TABLE espera (
    numero INTEGER PRIMARY KEY,
    versao INTEGER NOT NULL CHECK (versao >= 1),
    codigo TEXT NOT NULL CHECK (length(codigo) = 8),
    cpf TEXT NOT NULL CHECK (length(cpf) = 11),
    nome TEXT NOT NULL CHECK (nome <> ''),
    especialidade TEXT NOT NULL CHECK (especialidade <> ''),
    profissional TEXT NOT NULL,
    de TEXT NOT NULL,
    ate TEXT NOT NULL,
    turno TEXT NOT NULL CHECK (turno IN ('', 'MANHÃ', 'TARDE')),
    antecedencia INTEGER NOT NULL CHECK (antecedencia >= 0),
    marca INTEGER NOT NULL CHECK (marca IN (0, 1)),
    prioridade INTEGER NOT NULL CHECK (prioridade BETWEEN 0 AND 4),
    motivo TEXT NOT NULL,
    isenta INTEGER NOT NULL CHECK (isenta IN (0, 1)),
    email TEXT NOT NULL,
    telefone TEXT NOT NULL,
    origem TEXT NOT NULL,
    lapsos INTEGER NOT NULL CHECK (lapsos >= 0),
    ordem INTEGER NOT NULL,
    desde TEXT NOT NULL,
    convite INTEGER NOT NULL DEFAULT 0 CHECK (convite = 0 OR (convite > 0 AND terminou_em = '')),
    passou TEXT NOT NULL DEFAULT '[]',
    terminou_em TEXT NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX uma_espera_por_cpf_e_especialidade ON espera (cpf, especialidade) WHERE terminou_em = '';
  CREATE UNIQUE INDEX uma_espera_por_convite ON espera (convite) WHERE convite <> 0;
  CREATE INDEX convidados ON agendamento (terminou_em) WHERE situacao = 'CONVIDADO';
  ALTER TABLE agendamento ADD COLUMN espera INTEGER NOT NULL DEFAULT 0 CHECK (espera >= 0);`;

/**
 * As chaves de acesso. Nenhuma se apaga: por elas se sabe que já houve uma, e quem fez o que está no diário. Uma
 * entrada diz se pode mover o que a pessoa tem marcado; as de antes podem, que eram todas da casa.
 */
const CHAVES = `
  CREATE TABLE chave (
    numero INTEGER PRIMARY KEY,
    resumo TEXT NOT NULL UNIQUE CHECK (length(resumo) = 64),
    papel TEXT NOT NULL CHECK (papel IN ('quiosque', 'integracao', 'profissional', 'balcao', 'gerente')),
    nome TEXT NOT NULL CHECK (nome <> ''),
    profissional TEXT NOT NULL CHECK ((profissional <> '') = (papel = 'profissional')),
    ate TEXT NOT NULL,
    criada_em TEXT NOT NULL,
    revogada_em TEXT NOT NULL DEFAULT ''
  ) STRICT;
  ALTER TABLE espera ADD COLUMN move INTEGER NOT NULL DEFAULT 1 CHECK (move IN (0, 1))`;

/**
 * As pessoas que entram pelas páginas, nenhuma das quais se apaga; e as tentativas de entrar, que não dizem de quem
 * nem de onde: `quem` e `endereco` são resumos feitos com o segredo do livro, `''` é qualquer.
 */
const PESSOAS = `
  CREATE TABLE pessoa (
    numero INTEGER PRIMARY KEY,
    versao INTEGER NOT NULL DEFAULT 1 CHECK (versao >= 1),
    quem TEXT NOT NULL CHECK (quem <> ''),
    nome TEXT NOT NULL CHECK (nome <> ''),
    papel TEXT NOT NULL CHECK (papel IN ('profissional', 'balcao', 'gerente')),
    profissional TEXT NOT NULL CHECK ((profissional <> '') = (papel = 'profissional')),
    resumo TEXT NOT NULL CHECK (resumo LIKE '$argon2id$%'),
    totp TEXT NOT NULL DEFAULT '' CHECK (totp = '' OR length(totp) >= 32),
    passo INTEGER NOT NULL DEFAULT 0 CHECK (passo >= 0),
    recuperacao TEXT NOT NULL DEFAULT '[]',
    criada_em TEXT NOT NULL,
    mudada_em TEXT NOT NULL,
    retirada_em TEXT NOT NULL DEFAULT ''
  ) STRICT;
  CREATE UNIQUE INDEX uma_pessoa_por_quem ON pessoa (quem) WHERE retirada_em = '';
  CREATE TABLE tentativa_de_entrar (
    quem TEXT NOT NULL,
    endereco TEXT NOT NULL,
    falhas INTEGER NOT NULL CHECK (falhas >= 0),
    ultima TEXT NOT NULL,
    entrou TEXT NOT NULL,
    PRIMARY KEY (quem, endereco),
    CHECK (quem <> '' OR endereco <> '')
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX tentativas_de_entrar_velhas ON tentativa_de_entrar (ultima)`;

/** A conta do que se tentou sem acertar. Não é para sempre: o relógio apaga as que já nada dizem. */
const TENTATIVAS = `
  CREATE TABLE tentativa (
    cpf TEXT NOT NULL CHECK (length(cpf) IN (0, 11)),
    rede TEXT NOT NULL CHECK (cpf <> '' OR rede <> ''),
    recentes TEXT NOT NULL,
    dia TEXT NOT NULL,
    erros INTEGER NOT NULL CHECK (erros >= 0),
    recusas INTEGER NOT NULL CHECK (recusas >= 0),
    acertou INTEGER NOT NULL CHECK (acertou >= 0),
    ate INTEGER NOT NULL,
    PRIMARY KEY (cpf, rede)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX tentativas_velhas ON tentativa (ate)`;

/**
 * A trilha: o diário, que já havia, ganha os selos, e o que nele está fica fora das cadeias; os acessos têm a sua tabela.
 */
const TRILHA = `
  ALTER TABLE diario ADD COLUMN servidor TEXT NOT NULL DEFAULT '';
  ALTER TABLE diario ADD COLUMN ordem INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE diario ADD COLUMN selo TEXT NOT NULL DEFAULT '';
  CREATE TABLE acesso (
    id INTEGER PRIMARY KEY,
    quando TEXT NOT NULL,
    papel TEXT NOT NULL,
    quem TEXT NOT NULL,
    especie TEXT NOT NULL,
    cpf TEXT NOT NULL,
    numeros TEXT NOT NULL,
    vezes INTEGER NOT NULL CHECK (vezes > 0),
    servidor TEXT NOT NULL CHECK (servidor <> ''),
    ordem INTEGER NOT NULL CHECK (ordem > 0),
    selo TEXT NOT NULL CHECK (selo <> '')
  ) STRICT;
  CREATE INDEX da_cadeia ON acesso (servidor)`;

/**
 * O que se fez pelos direitos de alguém sobre os seus dados, de que também se sabe se há uma guarda legal; e o que
 * `servidor.ts titular` pede ao servidor que tem o livro, que se apaga logo que está feito.
 */
const TITULARES = `
  CREATE TABLE titular (
    numero INTEGER PRIMARY KEY,
    quando TEXT NOT NULL,
    ato TEXT NOT NULL CHECK (ato IN ('EXPORTA', 'RETIFICA', 'ANONIMIZA', 'GUARDA', 'SOLTA')),
    pessoa TEXT NOT NULL CHECK (length(pessoa) = 11),
    motivo TEXT NOT NULL
  ) STRICT;
  CREATE INDEX do_titular ON titular (pessoa);
  CREATE INDEX esperas_acabadas ON espera (cpf) WHERE terminou_em <> '';
  CREATE TABLE pedido_de_fora (
    numero INTEGER PRIMARY KEY,
    pedido TEXT NOT NULL,
    resposta TEXT NOT NULL DEFAULT ''
  ) STRICT`;

/** O quinto: quem entra, o que pode, e o que viu; e o que cada pessoa pode pedir dos seus dados. */
export const ESQUEMA_5: string = [CHAVES, PESSOAS, TENTATIVAS, TRILHA, TITULARES].join(";");

/** O sexto: as sessões de quem entrou pelas páginas. Da ficha só está o resumo; as vencidas apagam-se quando alguém entra. */
export const ESQUEMA_6 = `
  CREATE TABLE sessao (
    resumo TEXT PRIMARY KEY CHECK (length(resumo) = 64),
    pessoa INTEGER NOT NULL,
    mudada_em TEXT NOT NULL,
    criada_em TEXT NOT NULL,
    vista_em TEXT NOT NULL,
    expira_em TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX sessoes_da_pessoa ON sessao (pessoa)`;

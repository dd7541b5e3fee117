BEGIN TRANSACTION;
CREATE TABLE IF NOT EXISTS "agendamento" (
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
    situacao TEXT NOT NULL DEFAULT 'MARCADO' CHECK (situacao = 'MARCADO' OR situacao = 'CANCELADO' OR situacao = 'CONFIRMADO' OR situacao = 'CHEGOU' OR situacao = 'CHAMADO' OR situacao = 'ATENDIDO' OR situacao = 'SAIU' OR situacao = 'FALTOU' OR situacao = 'CONVIDADO' OR situacao = 'PASSOU'),
    ativo INTEGER NOT NULL DEFAULT 1 CHECK (ativo = 0 OR (ativo = 1 AND (situacao = 'MARCADO' OR situacao = 'CONFIRMADO' OR situacao = 'CHEGOU' OR situacao = 'CHAMADO'))),
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
  , espera INTEGER NOT NULL DEFAULT 0 CHECK (espera >= 0)) STRICT;
INSERT INTO agendamento VALUES(1,1,'79NJQZ3V','10000000108','PESSOA 1','CLINICO GERAL','','E:CLINICO GERAL','2026-12-07','08:00',30,'MARCADO',1,0,'','','','','+5511999990000','',0,'','',0,'',0,'[]','2026-11-26T11:01:28.35Z','127.0.0.1',0);
INSERT INTO agendamento VALUES(2,2,'25TKF79Z','10000000280','PESSOA 2','CLINICO GERAL','','E:CLINICO GERAL','2026-12-07','08:30',30,'CANCELADO',0,0,'','','','','+5511999990000','',0,'','',0,'2026-11-26T11:01:28.369Z',0,'[["gerente","","MARCADO"]]','2026-11-26T11:01:28.362Z','127.0.0.1',0);
INSERT INTO agendamento VALUES(3,1,'17V6Q2QY','10000000361','PESSOA 3','CLINICO GERAL','','E:CLINICO GERAL','2026-12-07','09:00',30,'MARCADO',1,0,'','','','','+5511999990000','',0,'','',0,'',0,'[]','2026-11-26T11:01:28.366Z','127.0.0.1',0);
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
INSERT INTO excecao VALUES(1,'FECHA','2026-12-07','2026-12-07',960,1020,'','',0,0,'',0,'reunião',0,'2026-11-26T11:01:28.38Z');
CREATE TABLE contato (
    cpf TEXT PRIMARY KEY CHECK (length(cpf) = 11),
    email TEXT NOT NULL,
    telefone TEXT NOT NULL,
    mudou_em TEXT NOT NULL
  ) STRICT;
INSERT INTO contato VALUES('10000000108','','+5511999990000','2026-11-26T11:01:28.35Z');
INSERT INTO contato VALUES('10000000280','','+5511999990000','2026-11-26T11:01:28.362Z');
INSERT INTO contato VALUES('10000000361','','+5511999990000','2026-11-26T11:01:28.366Z');
CREATE TABLE diario (
    id INTEGER PRIMARY KEY,
    lote TEXT NOT NULL,
    quando TEXT NOT NULL,
    mudancas TEXT NOT NULL
  , servidor TEXT NOT NULL DEFAULT '', ordem INTEGER NOT NULL DEFAULT 0, selo TEXT NOT NULL DEFAULT '') STRICT;
INSERT INTO diario VALUES(1,'4133560b3ef2f7dd4b6e161084d20841','2026-11-26T11:01:28.35Z','[["gerente","h:0b3c3e9f34ce9425",[["AGEND",1,1,"","MARCADO 2026-12-07 08:00 E:CLINICO GERAL"]]]]','recepcao.f64feea8',1,'546387cda45b96f53518292abcfb5a8d');
INSERT INTO diario VALUES(2,'9b7d709fcb948346d6928d5f9e34daad','2026-11-26T11:01:28.362Z','[["gerente","h:0b3c3e9f34ce9425",[["AGEND",2,1,"","MARCADO 2026-12-07 08:30 E:CLINICO GERAL"]]]]','recepcao.f64feea8',2,'774c2665fa5f0ec4411d216327853dd3');
INSERT INTO diario VALUES(3,'4e3644bc515bcc56c7391bad6ec82e15','2026-11-26T11:01:28.366Z','[["gerente","h:0b3c3e9f34ce9425",[["AGEND",3,1,"","MARCADO 2026-12-07 09:00 E:CLINICO GERAL"]]]]','recepcao.f64feea8',3,'07b6866974c9ecc5e1b7fdb01913e423');
INSERT INTO diario VALUES(4,'42edaeb48485f57b2578cf0bfb3773cd','2026-11-26T11:01:28.369Z','[["gerente","h:0b3c3e9f34ce9425",[["CANCEL",2,2,"MARCADO","CANCELADO"]]]]','recepcao.f64feea8',4,'a6dc1aad5366ef504e455a48aa78b6f2');
INSERT INTO diario VALUES(5,'cba0c4b5cf2b62c7bbb25c4801d83cdf','2026-11-26T11:01:28.373Z','[["gerente","h:0b3c3e9f34ce9425",[["ESPERA",1,1,"","ESPERA"]]]]','recepcao.f64feea8',5,'95b8a4ef90e15b9a723a7ce3a5b1f625');
INSERT INTO diario VALUES(6,'429fe4f61d85f6b3d510d3f94fecd859','2026-11-26T11:01:28.38Z','[["gerente","h:0b3c3e9f34ce9425",[["FECHA",1,0,"","FECHA 2026-12-07 2026-12-07"]]]]','recepcao.f64feea8',6,'005171ca5cf5e6676fbd784854ed3a40');
INSERT INTO diario VALUES(7,'75b71d56d6585f4cc1f64aa2a5489664','2026-11-26T11:01:30.358Z','[["gerente","",[["GUARDA",0,0,"",""]]]]','recepcao.f64feea8',7,'39477e7993749a64f879b6730f3b3a2e');
CREATE TABLE por_cpf (cpf TEXT NOT NULL, numero INTEGER NOT NULL, PRIMARY KEY (cpf, numero)) STRICT, WITHOUT ROWID;
CREATE TABLE por_data (data TEXT NOT NULL, numero INTEGER NOT NULL, PRIMARY KEY (data, numero)) STRICT, WITHOUT ROWID;
CREATE TABLE clinica_livro (nome TEXT PRIMARY KEY, valor TEXT NOT NULL) STRICT;
INSERT INTO clinica_livro VALUES('segredo','83a50ad91e319ee756562a4c7b2416afab1f7266aa9b0d6ec3ca0ed71d25bc6a');
INSERT INTO clinica_livro VALUES('varrido_em','2026-11-26 1');
CREATE TABLE senha (
    data TEXT NOT NULL,
    letra TEXT NOT NULL CHECK (letra IN ('A', 'P')),
    ultima INTEGER NOT NULL CHECK (ultima > 0),
    PRIMARY KEY (data, letra)
  ) STRICT, WITHOUT ROWID;
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
  , move INTEGER NOT NULL DEFAULT 1 CHECK (move IN (0, 1))) STRICT;
INSERT INTO espera VALUES(1,1,'MCDRFBMN','10000000442','PESSOA 4','CLINICO GERAL','','','','',0,0,0,'',0,'','','127.0.0.1',0,1,'2026-11-26T11:01:28.373Z',0,'[]','',1);
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
INSERT INTO chave VALUES(1,'0130bfe427d6d265206dd96d4fe7f98a1655d0a9d3f43529f1d7c8ae232079d5','balcao','Balcão 1','','','2026-11-26T11:01:29Z','');
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
INSERT INTO pessoa VALUES(1,1,'ana@clinica','Ana Lima','gerente','','$argon2id$v=19$m=19456,t=2,p=1$j+uBhxrD8dlfSy/79BSfKw$hzlPexLXBTZORjgw0PBv9UESrLAE+QN8zAMTK8WIS5A','',0,'[]','2026-11-26T11:01:29Z','2026-11-26T11:01:29Z','');
INSERT INTO pessoa VALUES(2,3,'bia@clinica','bia@clinica','balcao','','$argon2id$v=19$m=19456,t=2,p=1$Kjg7jJmGMAfP4IH2QkazNQ$BSOONIbjYt/z8fp6EtG3Evqvw3Qfy8BttvsebE8Q6FA','VXLQR2ET254D2Z3NXUW45RZQVVSZXRIL',0,'[]','2026-11-26T11:01:29Z','2026-11-26T11:01:30Z','2026-11-26T11:01:30Z');
CREATE TABLE tentativa_de_entrar (
    quem TEXT NOT NULL,
    endereco TEXT NOT NULL,
    falhas INTEGER NOT NULL CHECK (falhas >= 0),
    ultima TEXT NOT NULL,
    entrou TEXT NOT NULL,
    PRIMARY KEY (quem, endereco),
    CHECK (quem <> '' OR endereco <> '')
  ) STRICT, WITHOUT ROWID;
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
INSERT INTO acesso VALUES(1,'2026-11-26T11:01:28Z','gerente','h:0b3c3e9f34ce9425','FECHA','','',1,'recepcao.f64feea8',1,'524145bf0ecda25b46d1a54ad2a54baa');
INSERT INTO acesso VALUES(2,'2026-11-26T11:01:28Z','gerente','h:0b3c3e9f34ce9425','BUSCA','','1',1,'recepcao.f64feea8',2,'4899f297e29e31a1a38a5985da40e5f0');
INSERT INTO acesso VALUES(3,'2026-11-26T11:01:28Z','comando','u:0','CHAVE CRIA','','1',1,'recepcao-comandos.f64feea8',1,'d032e59ea8533f8a54f4ff9ae6efe466');
INSERT INTO acesso VALUES(4,'2026-11-26T11:01:29Z','comando','u:0','PESSOA CRIA','','1',1,'recepcao-comandos.f64feea8',2,'7b52e3fe17522f0ec39f42e5b2f4bfb5');
INSERT INTO acesso VALUES(5,'2026-11-26T11:01:29Z','comando','u:0','PESSOA CRIA','','2',1,'recepcao-comandos.f64feea8',3,'d23ed7d217d3e865732e2634f702b891');
INSERT INTO acesso VALUES(6,'2026-11-26T11:01:29Z','comando','u:0','PESSOA TOTP','','2',1,'recepcao-comandos.f64feea8',4,'973505b16e24d97954cf6eb5b9594d52');
INSERT INTO acesso VALUES(7,'2026-11-26T11:01:29Z','comando','u:0','PESSOA RETIRA','','2',1,'recepcao-comandos.f64feea8',5,'2a6ddb170357711738086941f582e60b');
INSERT INTO acesso VALUES(8,'2026-11-26T11:01:30Z','comando','u:0','TITULAR GUARDA','','',1,'recepcao-comandos.f64feea8',6,'ef39a22b2e4e2ef54097282d26f56838');
INSERT INTO acesso VALUES(9,'2026-11-26T11:01:30Z','comando','u:0','LISTA','','',1,'recepcao-comandos.f64feea8',7,'ae20b467e60108f7d0b40931531d27e1');
CREATE TABLE titular (
    numero INTEGER PRIMARY KEY,
    quando TEXT NOT NULL,
    ato TEXT NOT NULL CHECK (ato IN ('EXPORTA', 'RETIFICA', 'ANONIMIZA', 'GUARDA', 'SOLTA')),
    pessoa TEXT NOT NULL CHECK (length(pessoa) = 11),
    motivo TEXT NOT NULL
  ) STRICT;
INSERT INTO titular VALUES(1,'2026-11-26T11:01:30.358Z','GUARDA','10000000108','processo 1');
CREATE TABLE pedido_de_fora (
    numero INTEGER PRIMARY KEY,
    pedido TEXT NOT NULL,
    resposta TEXT NOT NULL DEFAULT ''
  ) STRICT;
CREATE UNIQUE INDEX uma_vaga_um_agendamento ON agendamento (data, agenda, hora) WHERE NOT encaixe AND situacao <> 'CANCELADO' AND situacao <> 'PASSOU';
CREATE UNIQUE INDEX um_ativo_por_cpf_e_especialidade ON agendamento (cpf, especialidade) WHERE ativo;
CREATE INDEX encaixes_do_dia ON agendamento (data, agenda) WHERE encaixe AND situacao <> 'CANCELADO' AND situacao <> 'PASSOU';
CREATE UNIQUE INDEX uma_espera_por_cpf_e_especialidade ON espera (cpf, especialidade) WHERE terminou_em = '';
CREATE UNIQUE INDEX uma_espera_por_convite ON espera (convite) WHERE convite <> 0;
CREATE INDEX convidados ON agendamento (terminou_em) WHERE situacao = 'CONVIDADO';
CREATE UNIQUE INDEX uma_pessoa_por_quem ON pessoa (quem) WHERE retirada_em = '';
CREATE INDEX tentativas_de_entrar_velhas ON tentativa_de_entrar (ultima);
CREATE INDEX tentativas_velhas ON tentativa (ate);
CREATE INDEX da_cadeia ON acesso (servidor);
CREATE INDEX do_titular ON titular (pessoa);
CREATE INDEX esperas_acabadas ON espera (cpf) WHERE terminou_em <> '';
COMMIT;
PRAGMA application_id = 1129072974; PRAGMA user_version = 5;

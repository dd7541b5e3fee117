/**
 * A ajuda de `servidor.ts`, e a versão.
 *
 * @module
 */

import configuracaoDoDeno from "../deno.json" with { type: "json" };
import { PORTA_PADRAO, PORTA_TLS_PADRAO } from "../protocolo.ts";

/** A versão do programa. */
export const VERSAO: string = configuracaoDoDeno.version;

/** O que `servidor.ts --help` diz. */
export const AJUDA: string = `Clínica de Saúde ${VERSAO}: o servidor do livro de agendamentos.

USO
  servidor.ts [opções]                      atende até Ctrl-C
  servidor.ts copia DESTINO [--banco F]     copia o livro para um arquivo novo, sem parar o servidor
  servidor.ts lista [DATA] [--csv|--json]   a lista do dia (hoje, ou dd/mm/aaaa); --csv=excel para o Excel
  servidor.ts chave cria --papel P --nome N [--ate dd/mm/aaaa] [--profissional P] [--sim]
                                            uma chave de acesso, que se mostra uma vez; P é um de
                                            quiosque, integracao, profissional, balcao, gerente
  servidor.ts chave lista [--json]          as chaves que há
  servidor.ts chave revoga NÚMERO           uma deixa de valer, dentro de um segundo
  servidor.ts pessoa cria QUEM --papel P [--nome N] [--profissional P] [--sorteia]
                                            quem entra pelas páginas, como ana@clinica; P é um de
                                            profissional, balcao, gerente; a frase-senha pergunta-se, lê-se
                                            de stdin, ou --sorteia mostra uma, uma vez
  servidor.ts pessoa lista [--json]         as pessoas que há
  servidor.ts pessoa senha QUEM [--sorteia] outra frase-senha
  servidor.ts pessoa totp QUEM [--desliga]  um segundo fator, o código de um aplicativo, com um QR
  servidor.ts pessoa recuperacao QUEM       códigos para quem perde o aplicativo, que se mostram uma vez
  servidor.ts pessoa retira QUEM            deixa de entrar
  servidor.ts titular exporta CPF           tudo o que o livro tem de uma pessoa, em JSON (LGPD, art. 18)
  servidor.ts titular corrige CPF [--nome N] [--email E] [--telefone T]
                                            corrige-o em tudo o que é dela
  servidor.ts titular anonimiza CPF [--forca --motivo M] [--compacta] [--sim]
                                            tira-lhe o nome, o CPF e o contato; ficam a especialidade, as
                                            datas e as situações. Não se faz com algo por vir nem dentro do
                                            prazo de "guarda", salvo com --forca
  servidor.ts titular guarda CPF [--motivo M] [--solta]
                                            uma guarda legal: nada dela se anonimiza até que se solte
  servidor.ts titular compacta              refaz o arquivo do livro, sem o que se apagou antes desta versão
  servidor.ts certificado [--nome N]…       um certificado para atender por TLS, com os nomes e endereços desta
                                            máquina e os N; em certificado.pem e certificado.chave.pem, ou
                                            onde dizem --certificado e --chave-privada; --substitui troca os
                                            que há
  servidor.ts trilha [--cpf C] [--quem Q] [--de D] [--ate D] [--csv|--json]
                                            quem viu e quem mudou o quê, por ordem; Q como a própria trilha o
                                            diz (k:12 uma chave, p:12 uma pessoa), D dd/mm/aaaa
  servidor.ts trilha --confere [--cabeca X]…
                                            acha linhas mudadas, tiradas ou postas; e, contra as cabeças que o
                                            console disse, se alguém cortou o fim
  servidor.ts importar --de A --para B      copia um livro inteiro, com a história, para outro vazio;
                                            cada um é um arquivo ou postgres://…

OPÇÕES
  --porta N                    porta TCP (${PORTA_PADRAO}; 0 escolhe uma livre e a mostra)
  --endereco IP                endereço em que atende (0.0.0.0, todas as interfaces)
  --banco ARQUIVO              o livro (clinica.db; ":memory:" para experimentar, nada fica)
  --banco postgres://…         o livro num PostgreSQL, partilhado por vários servidores:
                               postgres://usuario:senha@maquina:5432/banco; sem --banco vale a
                               variável CLINICA_BANCO, em que a senha não aparece em "ps"
  --banco-novo                 começa um livro vazio num arquivo que existe e está vazio
  --config ARQUIVO             a semana da clínica (clinica.json, se existe; senão a semana embutida);
                               uma mudança nele vale em cinco segundos, sem reiniciar
  --anonimo O_QUE              o que pode, num terminal, quem não traz chave: nada, vagas, quiosque ou tudo
                               (tudo, até que haja a primeira chave; depois, vagas); com nada ou vagas, as
                               páginas dos pacientes também não marcam
  --adota-semana               num livro partilhado, os outros servidores passam a ter de seguir a deste
  --certificado ARQUIVO        o certificado, e a chave privada dele, para atender também por TLS; trocados os
  --chave-privada ARQUIVO      arquivos, os novos valem dentro de um minuto, sem desligar ninguém
  --tls-porta N                a porta TCP por TLS (${PORTA_TLS_PADRAO}; 0 escolhe uma livre)
  --so-tls                     só por TLS: a outra porta não se abre
  --web N                      a porta das páginas (a dos terminais mais 80: ${PORTA_PADRAO + 80}; 0 escolhe uma livre)
  --sem-web                    sem páginas
  --painel-sem-tls             o painel deixa entrar de outras máquinas ainda que não seja por TLS: quem estiver na
                               rede pode ler o que por ele passa, as frases-senha também
  --chave-da-trilha ARQUIVO    a chave que sela a trilha, fora do livro; faz-se se falta (ao lado do livro, com
                               .trilha no fim; num PostgreSQL, clinica.trilha). A trilha lê-se com várias
  --conexoes N                 conexões ao mesmo tempo (1000)
  --conexoes-por-endereco N    conexões de um mesmo endereço (100; a própria máquina não tem este limite)
  --confia-no-proxy IP         de quem liga deste endereço (um por opção) espera o cabeçalho PROXY v2, e só dele: o
                               endereço de cada um é o que lá vem; nas páginas, o de Forwarded ou X-Forwarded-For
  --log texto|json             como o console conta o que acontece (texto)
  --detalhado                  conta também as consultas
  --quieto                     conta só o começo, o fim e o que vai mal
  --help                       esta ajuda
  --versao                     a versão

Em outro terminal: deno run -A cliente.ts          Em outra máquina: deno run -A cliente.ts <ip>
`;

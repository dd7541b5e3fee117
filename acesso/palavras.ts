/**
 * As palavras com que se sorteia uma frase-senha: 256, comuns, de quatro a sete letras sem acentos, nenhuma a uma letra de
 * outra.
 *
 * @module
 */

/** As palavras, por ordem alfabética. */
export const PALAVRAS: readonly string[] = `
  abelha abrigo adubo agulha ajuda alegre aluno amarelo ameixa amigo amora andar anjo antena apito arado arame areia
  aroma arroz atalho azeite balde baleia bambu banana banco barba barro batata bebida bigode bola bolsa bonde boneca
  borda bravo broto buraco cabelo cabo cabra cacau cadeira caderno calado caldo calma caminho campo caneca canto
  capa capim carta castelo cavalo cebola chave chinelo chuva cidade cinema clara coelho cofre coisa colher colina
  comida compra copo coroa correio corte corvo costa couve creme cuia curva dado dama dente deserto direita disco
  dobra doce domingo dono duna duplo escada escola espelho espiga estrada estrela faca farinha feira ferro festa
  figo fila filtro flauta flor folha forno fruta gaita galho galinha garfo garoa gato gaveta goiaba gota grade grama
  grande grilo inverno janela jardim jarra jogo junco lago lebre leite lenha lento letra lima limpo lista livro lobo
  lona louro lousa luar lugar lupa malha manga marca melado menta mesa metro milho moeda moinho morango mundo muro
  navio neve ninho nome novelo nuvem ontem ordem orelha paina palco pano parede parque pedra peito peixe pera perna
  piano pipa planta pluma poeta polvo pomar pombo ponte porto potro praia prato prego prova pulo quadro quarto
  queijo quinta ramo rede regra relva reta ribeira rico roda romaria rosto roupa sapato selo semana serra sino
  sobrado sombra sonho sopa suco tabela tampa tarde tatu teatro tecido teia telha tempo tigre tinta toalha tomate
  torre trave trem trevo trigo trilho tronco tropa tubo turma vaga vapor varanda vela verde vidro viola violeta
  visita volta zebra`.trim().split(/\s+/);

/**
 * O que muda de uma semana para outra, em palavras curtas, para quem trocou `clinica.json` ver se trocou o que queria.
 *
 * `console.ts` o conta quando uma semana nova passa a valer.
 *
 * @module
 */

import { DIAS_DA_SEMANA, ENCAIXES_PADRAO, hora, type Oferta, type Turno } from "../clinica/oferta.ts";
import type { Regras } from "../clinica/politica.ts";
import { dataNoFio } from "../protocolo.ts";

/** O que muda, uma frase cada; nenhuma se valem as mesmas coisas. */
export function diferencas(antes: Oferta, depois: Oferta): string[] {
  return [
    ...troca("nome", antes.nome, depois.nome),
    ...troca("fuso", antes.fuso, depois.fuso),
    ...troca("semanas", antes.semanas, depois.semanas),
    ...entramESaem("data fechada", [...antes.fechado].map(dataNoFio), [...depois.fechado].map(dataNoFio)),
    ...entramESaem("profissional", nomes(antes.profissionais), nomes(depois.profissionais)),
    ...ordem("profissionais", nomes(antes.profissionais), nomes(depois.profissionais)),
    ...entramESaem("especialidade", nomes(antes.especialidades), nomes(depois.especialidades)),
    ...ordem("especialidades", nomes(antes.especialidades), nomes(depois.especialidades)),
    ...atendimentos(antes, depois),
    ...regras(antes, depois),
    ...troca("espera.antecedencia", antes.espera.antecedencia, depois.espera.antecedencia),
    ...troca("espera.prazo", antes.espera.prazo, depois.espera.prazo),
    ...troca("faltaAutomatica", ligada(antes), ligada(depois)),
    ...troca("guarda.meses", antes.guarda.meses, depois.guarda.meses),
  ];
}

function ligada({ faltaAutomatica }: Oferta): string {
  return faltaAutomatica ? "ligada" : "desligada";
}

/** As regras, pelo nome que têm na configuração. */
function regras({ regras: eram }: Oferta, { regras: sao }: Oferta): string[] {
  const ditas = ({ faltas, ...numeros }: Regras): [string, string | number][] => [
    ...Object.entries(numeros).map((
      [nome, valor],
    ): [string, string | number] => [nome, valor === 0 ? "nenhuma" : valor]),
    ["faltas", faltas === undefined ? "nenhuma" : `${faltas.quantas} em ${faltas.meses} meses`],
  ];
  const antes = new Map(ditas(eram));
  return ditas(sao).flatMap(([nome, valor]) => troca(`regras.${nome}`, antes.get(nome) ?? "nenhuma", valor));
}

function nomes(com: readonly { readonly nome: string }[]): string[] {
  return com.map(({ nome }) => nome);
}

function troca(o_que: string, antes: string | number, depois: string | number): string[] {
  return antes === depois ? [] : [`${o_que}: ${antes} -> ${depois}`];
}

function entramESaem(o_que: string, antes: readonly string[], depois: readonly string[]): string[] {
  const [era, e] = [new Set(antes), new Set(depois)];
  return [
    ...[...e.difference(era)].map((um) => `mais ${o_que}: ${um}`),
    ...[...era.difference(e)].map((um) => `menos ${o_que}: ${um}`),
  ];
}

/** A ordem da configuração conta: por ela se escolhe entre profissionais, e se mostram as especialidades. */
function ordem(o_que: string, antes: readonly string[], depois: readonly string[]): string[] {
  const ficam = depois.filter((um) => antes.includes(um));
  const mudou = antes.filter((um) => depois.includes(um)).some((um, i) => um !== ficam[i]);
  return mudou ? [`${o_que}, pela ordem: ${depois.join(", ")}`] : [];
}

/** Os atendimentos de cada especialidade e profissional em cada dia da semana. */
function atendimentos(antes: Oferta, depois: Oferta): string[] {
  const [eram, sao] = [porDia(antes), porDia(depois)];
  return [...new Set([...sao.keys(), ...eram.keys()])].flatMap((onde) => {
    const [era, e] = [eram.get(onde), sao.get(onde)];
    if (era === undefined) return [`mais ${onde}: ${e}`];
    if (e === undefined) return [`menos ${onde}: ${era}`];
    return troca(onde, era, e);
  });
}

/** De cada dia, especialidade e profissional, os turnos por extenso. */
function porDia({ semana, especialidades }: Oferta): Map<string, string> {
  const achados = new Map<string, string>();
  for (const [i, dia] of DIAS_DA_SEMANA.entries()) {
    for (const { chave, nome } of especialidades) {
      for (const { profissional, turnos } of semana.get(i + 1)?.get(chave) ?? []) {
        const quem = profissional === undefined ? "" : ` (${profissional.nome})`;
        achados.set(`${nome}${quem}, ${dia}`, turnos.map(porExtenso).join(" e "));
      }
    }
  }
  return achados;
}

/** `"08:00 a 10:30 de 30 em 30 min, Sala 1, 3 encaixes"`; os encaixes de costume não se dizem. */
function porExtenso({ inicio, fim, minutos, local, encaixes }: Turno): string {
  return [
    `${hora(inicio)} a ${hora(fim)} de ${minutos} em ${minutos} min`,
    ...local === "" ? [] : [local],
    ...encaixes === ENCAIXES_PADRAO ? [] : [encaixes === 1 ? "1 encaixe" : `${encaixes} encaixes`],
  ].join(", ");
}

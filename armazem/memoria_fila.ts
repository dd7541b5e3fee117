/**
 * Quem espera por uma hora, na ordem da lista e sem passar por quem não a quer: no começo de uma lista velha ficam os que
 * querem o que quase nunca vaga, e podem ser milhares. As entradas que querem o mesmo estão num grupo, e os grupos pela
 * ordem da primeira de cada um; pergunta-se a cada grupo, uma vez, se quer a hora.
 *
 * Só `memoria_espera.ts` a usa.
 *
 * @module
 */

import { desejoDe, type Espera, type HoraVaga, naOrdem, type Posto, quer } from "../clinica/espera.ts";
import { Ordenada } from "./ordenada.ts";

/** As que querem o mesmo. */
type Grupo = Ordenada<Posto, Espera>;

/** Um grupo, e a primeira dele. */
interface DaPrimeira {
  readonly primeira: Espera;
  readonly grupo: Grupo;
}

/** Um grupo de que já se deram algumas: a que se segue, e o resto. */
interface Aberto {
  readonly seguinte: Espera;
  readonly resto: Iterator<Espera>;
}

/** As entradas de uma lista a quem se pode convidar. */
export class Fila {
  #grupos = new Map<string, Grupo>();
  #porPrimeira = new Ordenada<DaPrimeira>((a, b) => naOrdem(a.primeira, b.primeira));

  /** Põe uma entrada; uma que já tem um convite não espera por outro. */
  poe(espera: Espera): void {
    if (espera.convite !== 0) return;
    const desejo = desejoDe(espera);
    let grupo = this.#grupos.get(desejo);
    if (grupo === undefined) this.#grupos.set(desejo, grupo = new Ordenada(naOrdem));
    const { primeiro } = grupo;
    grupo.poe(espera);
    this.#acerta(grupo, primeiro);
  }

  /** Tira uma que se pôs. */
  tira(espera: Espera): void {
    if (espera.convite !== 0) return;
    const desejo = desejoDe(espera);
    const grupo = this.#grupos.get(desejo);
    if (grupo === undefined) return;
    const { primeiro } = grupo;
    grupo.tira(espera);
    this.#acerta(grupo, primeiro);
    if (grupo.primeiro === undefined) this.#grupos.delete(desejo);
  }

  /** O grupo vai para o lugar da que é agora a primeira. */
  #acerta(grupo: Grupo, antes: Espera | undefined): void {
    const { primeiro } = grupo;
    if (primeiro === antes) return;
    if (antes !== undefined) this.#porPrimeira.tira({ primeira: antes, grupo });
    if (primeiro !== undefined) this.#porPrimeira.poe({ primeira: primeiro, grupo });
  }

  /** As que querem uma hora, na ordem; lê-se só até onde se percorre. */
  *quemQuer(hora: HoraVaga): Generator<Espera> {
    const abertos = new Ordenada<Aberto>((a, b) => naOrdem(a.seguinte, b.seguinte));
    for (const { primeira, grupo } of this.#porPrimeira) {
      if (!quer(primeira, hora)) continue;
      yield* antesDe(abertos, primeira);
      const resto = grupo[Symbol.iterator]();
      resto.next();
      yield primeira;
      avanca(abertos, resto);
    }
    yield* antesDe(abertos, undefined);
  }
}

/** As dos grupos abertos que vêm antes de um lugar, ou todas. */
function* antesDe(abertos: Ordenada<Aberto>, lugar: Posto | undefined): Generator<Espera> {
  for (let um = abertos.primeiro; um !== undefined; um = abertos.primeiro) {
    if (lugar !== undefined && naOrdem(um.seguinte, lugar) > 0) return;
    abertos.tira(um);
    yield um.seguinte;
    avanca(abertos, um.resto);
  }
}

function avanca(abertos: Ordenada<Aberto>, resto: Iterator<Espera>): void {
  const { value, done } = resto.next();
  if (!done) abertos.poe({ seguinte: value, resto });
}

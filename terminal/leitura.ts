/**
 * Das opções da linha de comando, já separadas por `argumentos.ts`, ao comando que pedem: o que falta, o que sobra, e como se
 * lê cada valor.
 *
 * @module
 */

import { confereData, conferePeriodo } from "./datas.ts";
import {
  type Bandeira,
  type ComandoDado,
  CONTATO,
  DE_UM_COMANDO,
  FORMAS,
  type Inteira,
  INTEIRAS,
  type NomeDeComando,
  type Qual,
  type QualEntrada,
  type SituacaoPedida,
  SITUACOES_PEDIDAS,
} from "./formas.ts";
import { corta } from "./telas.ts";
import { lerCodigo } from "../clinica/agendamento.ts";
import type { ParteDoDia } from "../clinica/espera.ts";
import { chave } from "../clinica/texto.ts";
import { ErroDeUso } from "../comandos/argumentos.ts";
import {
  EMAIL,
  type Leitor,
  livre,
  LOCAL_MAXIMO,
  MINUTO,
  MINUTO_FINAL,
  MOTIVO_MAXIMO,
  NOTA_MAXIMA,
  PARTE_DO_DIA,
  TELEFONE,
} from "../fio/leitores.ts";

/** As opções que se escreveram sem valor, ou com um vazio. */
export interface SemValor {
  /** As que se escreveram com um valor vazio, `--nota ""`, e não sem valor. */
  readonly vazias: ReadonlySet<Bandeira>;
  /** As que se escreveram sem valor, e dizem algo a um comando. */
  readonly ditas: ReadonlySet<keyof typeof DE_UM_COMANDO>;
}

/** Como o servidor lê um texto que podia não entender, e o que se espera que ele seja. */
const ESPERADOS: { readonly [B in Bandeira]?: readonly [le: Leitor<unknown>, oque: string] } = {
  inicio: [MINUTO, "uma hora, como 08:00"],
  fim: [MINUTO_FINAL, "uma hora, como 12:30"],
  email: [EMAIL, "um endereço, como ana@exemplo.com"],
  telefone: [TELEFONE, "um número com o código de área, como (11) 98765-4321"],
  motivo: [livre(MOTIVO_MAXIMO), `um texto de até ${MOTIVO_MAXIMO} caracteres que se vejam`],
  nota: [livre(NOTA_MAXIMA), `um texto de até ${NOTA_MAXIMA} caracteres que se vejam`],
  // O servidor responde a um código mal escrito como a um errado: aqui diz-se o que é.
  codigo: [
    (texto) => lerCodigo(String(texto)) ?? { codigo: "ERRO-100" },
    "oito letras e números, como ABCD-EFGH",
  ],
  local: [livre(LOCAL_MAXIMO), `um texto de até ${LOCAL_MAXIMO} caracteres que se vejam`],
};

/** Quantas colunas se repetem de um texto que não serve. */
const VISTO_MAXIMO = 40;

/**
 * O comando que as opções dizem.
 *
 * @throws {ErroDeUso} com a que falta, sobra ou não se lê.
 */
export function montaComando(
  nome: NomeDeComando,
  bandeiras: ReadonlyMap<Bandeira, string>,
  { vazias, ditas }: SemValor,
): ComandoDado {
  const { obrigatorias, opcionais } = FORMAS[nome];
  const faltam = obrigatorias.filter((bandeira) => !bandeiras.has(bandeira));
  if (faltam.length > 0) throw new ErroDeUso(`${nome} precisa de ${faltam.map((f) => `--${f}`).join(", ")}`);
  for (const [bandeira, valor] of bandeiras) {
    if (![...obrigatorias, ...opcionais].includes(bandeira)) throw new ErroDeUso(`--${bandeira} não se usa em ${nome}`);
    const apaga = nome === "corrigir" && vazias.has(bandeira) && CONTATO.some((campo) => campo === bandeira);
    if (valor === "" && !apaga) throw new ErroDeUso(`falta o valor de --${bandeira}`);
    confereTexto(bandeira, valor);
  }
  for (const dita of ditas) {
    if (nome !== DE_UM_COMANDO[dita]) throw new ErroDeUso(`--${dita} não se usa em ${nome}`);
  }
  const texto = (bandeira: Bandeira): string => bandeiras.get(bandeira) ?? "";
  const talvez = <B extends Bandeira>(...nomes: B[]): { [K in B]?: string } => {
    const ditos: { [K in B]?: string } = {};
    for (const bandeira of nomes) if (bandeiras.has(bandeira)) ditos[bandeira] = bandeiras.get(bandeira);
    return ditos;
  };
  const inteiro = (bandeira: Inteira): number => lerInteiro(bandeira, texto(bandeira));
  const inteiros = <B extends Inteira>(...nomes: B[]): { [K in B]?: number } => {
    const ditos: { [K in B]?: number } = {};
    for (const bandeira of nomes) if (bandeiras.has(bandeira)) ditos[bandeira] = inteiro(bandeira);
    return ditos;
  };
  const qualEntrada = (): QualEntrada => ({ ...inteiros("numero"), ...talvez("codigo") });
  const qual = (): Qual => ({ ...qualEntrada(), ...inteiros("versao") });
  const cpf = texto("cpf");
  const especialista = texto("especialista");
  const data = texto("data");
  switch (nome) {
    case "agendar": {
      const encaixe = ditas.has("encaixe");
      if (encaixe && !bandeiras.has("horario")) throw new ErroDeUso("um encaixe precisa de --horario: a que minuto");
      const mais = talvez("data", "horario", "profissional", "motivo", ...CONTATO);
      return { nome, cpf, paciente: texto("nome"), especialista, ...mais, ...(encaixe ? { encaixe } : {}) };
    }
    case "remarcar":
      return { nome, cpf, especialista, data, ...talvez("horario", "profissional", "motivo"), ...qual() };
    case "cancelar":
      return { nome, cpf, ...talvez("especialista", "motivo"), ...qual() };
    case "esperar": {
      const quando = talvez("de", "ate");
      if (quando.de !== undefined) confereData("de", quando.de);
      if (quando.ate !== undefined) conferePeriodo(quando.de ?? "", quando.ate, "de");
      const mais = {
        ...talvez("codigo", "profissional", "motivo", "email", "telefone"),
        ...inteiros("antecedencia", "prioridade"),
      };
      const turno = bandeiras.has("turno") ? { turno: lerTurno(texto("turno")) } : {};
      const marca = ditas.has("marca") ? { marca: true } as const : {};
      return { nome, cpf, paciente: texto("nome"), especialista, ...quando, ...turno, ...mais, ...marca };
    }
    case "desistir":
    case "recusar":
      return { nome, cpf, especialista, ...qualEntrada() };
    case "aceitar":
      return { nome, cpf, especialista, ...talvez("motivo"), ...qualEntrada() };
    case "fila":
      return { nome, especialista };
    case "buscar":
      return { nome, cpf, ...talvez("codigo") };
    case "historia":
      return { nome, cpf };
    case "vagas":
      return { nome, ...talvez("especialista", "data", "profissional") };
    case "agenda":
      return { nome, ...talvez("data", "especialista", "profissional") };
    case "situacao": {
      const situacao = lerSituacao(texto("situacao"));
      return { nome, cpf, especialista, situacao, ...talvez("local", "motivo"), ...inteiros("prioridade"), ...qual() };
    }
    case "corrigir": {
      const paciente = bandeiras.get("nome");
      const mais = talvez(...CONTATO);
      if (paciente === undefined && Object.keys(mais).length === 0) {
        throw new ErroDeUso("corrigir precisa do que corrigir: --nome, --email, --telefone ou --nota");
      }
      return {
        nome,
        cpf,
        especialista,
        ...(paciente === undefined ? {} : { paciente }),
        ...mais,
        ...qual(),
      };
    }
    case "fechar": {
      const quando = talvez("ate", "inicio", "fim");
      if (quando.ate !== undefined) conferePeriodo(data, quando.ate);
      // Horas já conferidas comparam-se como textos.
      const { inicio = "00:00", fim = "24:00" } = quando;
      if (fim <= inicio) throw new ErroDeUso(`--fim ${fim} não é depois de --inicio ${inicio}`);
      return { nome, data, ...quando, ...talvez("especialista", "profissional", "motivo") };
    }
    case "extra": {
      const [vagas, minutos] = [inteiro("vagas"), inteiro("minutos")];
      const mais = { ...talvez("profissional", "local"), ...inteiros("encaixes") };
      return { nome, especialista, data, inicio: texto("inicio"), vagas, minutos, ...mais };
    }
    case "reabrir":
      return { nome, numero: inteiro("numero") };
  }
}

function lerInteiro(bandeira: Inteira, texto: string): number {
  const [menor, maior] = INTEIRAS[bandeira];
  const valor = /^\d{1,15}$/.test(texto) ? Number(texto) : NaN;
  if (valor >= menor && valor <= maior) return valor;
  const limites = maior === Infinity ? `${menor} em diante` : `${menor} a ${maior}`;
  throw new ErroDeUso(`--${bandeira} espera um número de ${limites}; veio "${texto}"`);
}

function confereTexto(bandeira: Bandeira, texto: string): void {
  const [le, oque] = ESPERADOS[bandeira] ?? [];
  // Um leitor devolve um objeto só para dizer o erro.
  if (typeof le?.(texto) === "object") {
    throw new ErroDeUso(`--${bandeira} espera ${oque}; veio "${corta(texto, VISTO_MAXIMO)}"`);
  }
}

function lerSituacao(texto: string): SituacaoPedida {
  const escrita = chave(texto);
  const achada = SITUACOES_PEDIDAS.find((situacao) => situacao === escrita);
  if (achada !== undefined) return achada;
  const aceitas = SITUACOES_PEDIDAS.map((situacao) => situacao.toLowerCase()).join(", ");
  throw new ErroDeUso(`"${texto}" não é uma situação; use ${aceitas}`);
}

function lerTurno(texto: string): ParteDoDia {
  const turno = PARTE_DO_DIA(texto);
  if (typeof turno === "string") return turno;
  throw new ErroDeUso(`--turno espera manhã ou tarde; veio "${corta(texto, VISTO_MAXIMO)}"`);
}

/** What is to be planned: kept in the address, so that a plan can be sent to somebody; and well-known runs to begin from. */
import { to } from "../shell/router";
import type { PlanAsked } from "./types";

export const SCREEN = "plan";

export interface Known {
  id: string;
  asked: PlanAsked;
}

const NOTHING_YET = { assume: {}, curves: false } as const;

/** To begin from. The numbers are those of the published runs, or of what a sentence in the news says. */
export const KNOWN: readonly Known[] = [
  { id: "news", asked: { ...NOTHING_YET, parameters: 300e9, tokens: 20e12, gpus: 10_000, gpu: "h100", context: 8192, batch_tokens: 2 ** 24, precision: "bfloat16", optimiser: "adamw" } },
  { id: "llama405", asked: { ...NOTHING_YET, parameters: 405e9, tokens: 15.6e12, gpus: 16_384, gpu: "h100", context: 8192, batch_tokens: 2 ** 24, precision: "bfloat16", optimiser: "adamw" } },
  { id: "seven", asked: { ...NOTHING_YET, parameters: 7e9, tokens: 1e12, gpus: 256, gpu: "h100", context: 4096, batch_tokens: 2 ** 22, precision: "bfloat16", optimiser: "muon" } },
  { id: "server", asked: { ...NOTHING_YET, parameters: 1e9, tokens: 20e9, gpus: 8, gpu: "h100", context: 4096, batch_tokens: 2 ** 20, precision: "bfloat16", optimiser: "muon" } },
];

const FIRST = (KNOWN[0] as Known).asked;
const NUMBERS = ["parameters", "tokens", "gpus", "context", "batch_tokens"] as const;

/** Whether two ask for the same. */
export const same = (one: PlanAsked, other: PlanAsked): boolean => addressOf(one) === addressOf(other);

/** The address of a plan. */
export function addressOf(asked: PlanAsked): string {
  const query = new URLSearchParams();
  for (const name of NUMBERS) query.set(name, String(asked[name]));
  query.set("gpu", asked.gpu);
  query.set("precision", asked.precision);
  query.set("optimiser", asked.optimiser);
  for (const [name, ends] of Object.entries(asked.assume).sort()) query.set(`with.${name}`, ends.join(".."));
  return `${to(SCREEN)}?${query.toString()}`;
}

/** What an address asks; anything may be in there, and what is not understood has its usual value. */
export function askedIn(query: Readonly<Record<string, string>>): PlanAsked {
  const number = (name: (typeof NUMBERS)[number]): number => {
    const value = Number(query[name]);
    return Number.isInteger(value) && value > 0 ? value : FIRST[name];
  };
  const assume: Record<string, number[]> = {};
  for (const [name, text] of Object.entries(query)) {
    const ends = text.split("..").map(Number);
    if (name.startsWith("with.") && ends.every((end) => Number.isFinite(end) && end >= 0)) assume[name.slice("with.".length)] = ends;
  }
  const precision = (["float32", "bfloat16", "fp8"] as const).find((one) => one === query.precision) ?? FIRST.precision;
  return {
    parameters: number("parameters"), tokens: number("tokens"), gpus: number("gpus"), context: number("context"), batch_tokens: number("batch_tokens"),
    gpu: /^[\w-]{1,32}$/.test(query.gpu ?? "") ? (query.gpu as string) : FIRST.gpu,
    precision, optimiser: query.optimiser === "muon" ? "muon" : "adamw", assume, curves: false,
  };
}

/** What a person chose: model, system prompt, sampling, theme and language; kept in the browser. */
import type { Sampling } from "../api/types";
import { KEYS, keep, recall } from "./kept";
import { createStore } from "./store";

export type Theme = "system" | "light" | "dark";
export type Language = "en" | "fr";

export interface Preferences {
  /** "" = the server's default. */
  model: string;
  system: string;
  sampling: Sampling;
  theme: Theme;
  /** "" = the browser's. */
  language: Language | "";
  /** Whether the sidebar is shown where there is room for it. */
  sidebar: boolean;
  /** Models that stand first. */
  favourites: string[];
}

export const DEFAULTS: Preferences = { model: "", system: "", sampling: {}, theme: "system", language: "", sidebar: true, favourites: [] };

function number(value: unknown, least: number, most: number): number | undefined {
  return typeof value === "number" && value >= least && value <= most ? value : undefined;
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((word): word is string => typeof word === "string" && word !== "") : [];
}

/** Sampling settings within their limits; what is outside or absent is left to the model. */
export function cleanSampling(kept: unknown): Sampling {
  const given = (kept ?? {}) as Record<keyof Sampling, unknown>;
  const stop = strings(given.stop);
  const sampling: Sampling = {
    temperature: number(given.temperature, 0, 2),
    top_p: number(given.top_p, 0, 1),
    max_tokens: number(given.max_tokens, 1, 1_000_000),
    seed: number(given.seed, 0, Number.MAX_SAFE_INTEGER),
    stop: stop.length > 0 ? stop.slice(0, 4) : undefined,
    leave_out_oldest: given.leave_out_oldest === true || undefined,
  };
  return Object.fromEntries(Object.entries(sampling).filter(([, value]) => value !== undefined));
}

/** Preferences from what the browser kept; anything may be in there. */
export function cleanPreferences(kept: unknown): Preferences {
  const given = (kept ?? {}) as Partial<Record<keyof Preferences, unknown>>;
  return {
    model: typeof given.model === "string" ? given.model : "",
    system: typeof given.system === "string" ? given.system : "",
    sampling: cleanSampling(given.sampling),
    theme: given.theme === "light" || given.theme === "dark" ? given.theme : "system",
    language: given.language === "en" || given.language === "fr" ? given.language : "",
    sidebar: given.sidebar !== false,
    favourites: strings(given.favourites),
  };
}

export const preferences = createStore(cleanPreferences(recall(KEYS.preferences)));

/** Changes some preferences, keeps them, and shows a new theme at once. */
export function prefer(some: Partial<Preferences>): void {
  const next = { ...preferences.get(), ...some };
  preferences.set(next);
  keep(KEYS.preferences, next);
  if (next.theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = next.theme;
}

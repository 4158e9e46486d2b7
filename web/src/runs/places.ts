/** Addresses of the views of runs, and what is being prepared in one of them. */
import { go, to } from "../shell/router";
import { createStore } from "../state/store";
import { freeName } from "./figures";

export const START = `${to("runs")}?start=`;

/** Where these runs are compared. */
export const comparing = (names: readonly string[]): string => `${to("runs")}?compare=${names.map(encodeURIComponent).join(",")}`;

/** A run that is being prepared: which recipe, and what was changed of each. It stays while one looks elsewhere. */
export interface Draft {
  /** A shipped recipe's name; "" = the recipe of a run that was there. */
  recipe: string;
  texts: Readonly<Record<string, string | undefined>>;
  names: Readonly<Record<string, string | undefined>>;
}

export const draft = createStore<Draft>({ recipe: "starter", texts: {}, names: {} });

/** Prepares a run with the recipe of one that is there. */
export function startAgain(name: string, recipe: string): void {
  const { texts, names } = draft.get();
  draft.set({ recipe: "", texts: { ...texts, "": recipe }, names: { ...names, "": freeName(name, [name]) } });
  go(START);
}

/** Which models answer next: one, or several side by side, their names hidden until the vote if one likes. */
import type { PageModel } from "../api/types";
import { open } from "./open";
import { preferences } from "./preferences";
import { modelInUse, server } from "./server";
import { createStore, useStore } from "./store";

export interface Choice {
  /** Chosen for the conversation that is open; "" = as it was. */
  model: string;
  /** Several are asked at once. */
  compare: boolean;
  models: readonly string[];
  blind: boolean;
}

export const MOST_MODELS = 4;

export const choice = createStore<Choice>({ model: "", compare: false, models: [], blind: false });

export function choose(some: Partial<Choice>): void {
  choice.set({ ...choice.get(), ...some });
}

/** The name that is asked next, a released one or a model's: chosen here, else the conversation's last, else the person's. */
export function nameInUse(): string {
  const wanted = choice.get().model || open.get().summary?.model || preferences.get().model;
  return modelInUse(server.get(), wanted)?.name ?? "";
}

/** The model that answers next, in a component. */
export function useModel(): PageModel | undefined {
  const state = useStore(server);
  const { model } = useStore(choice);
  const { model: mine } = useStore(preferences);
  const last = useStore(open, ({ summary }) => summary?.model ?? "");
  return modelInUse(state, model || last || mine);
}

/** The models of a comparison that are still there. */
export function compared(): string[] {
  const { compare, models } = choice.get();
  const there = models.filter((name) => server.get().models.some((model) => model.name === name));
  return compare && there.length > 1 ? there.slice(0, MOST_MODELS) : [];
}

/** What a question carries of it. */
export function chosenModels(): { models: string[]; blind: boolean } {
  const several = compared();
  if (several.length > 1) return { models: several, blind: choice.get().blind };
  const name = nameInUse();
  return { models: name === "" ? [] : [name], blind: false };
}

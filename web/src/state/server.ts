/** What the server said of itself: settings and models, asked again while a model loads. */
import { api } from "../api/call";
import { apiKey, failureIn, setApiKey } from "../api/client";
import type { ApiFailure, PageModel, PageSettings } from "../api/types";
import { createStore } from "./store";

export interface Server {
  settings: PageSettings | null;
  /** What can chat: released names, then models. */
  models: PageModel[];
  /** The name that answers when none is chosen. */
  default: string;
  failure: ApiFailure | null;
  /** The person must give a key before anything else. */
  needsKey: boolean;
  asked: boolean;
}

export const server = createStore<Server>({
  settings: null, models: [], default: "", failure: null, needsKey: false, asked: false,
});

function wantsKey(failure: ApiFailure): boolean {
  return failure.code === "invalid_api_key";
}

/** Asks the server for its settings and models. Never throws: what failed is in the store. */
export async function askServer(): Promise<void> {
  try {
    const models = await api.get("/api/models");
    const settings = server.get().settings ?? (await api.get("/api/settings"));
    const chatting = models.models.filter((model) => model.chat);
    server.set({ settings, models: chatting, default: models.default, failure: null, needsKey: false, asked: true });
  } catch (error) {
    const failure = failureIn(error);
    server.set({ ...server.get(), failure, needsKey: wantsKey(failure), asked: true });
  }
}

/** Resolves when the server has answered once, or has failed to. */
export function serverAsked(): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (!server.get().asked) return;
      end();
      resolve();
    };
    const end = server.subscribe(look);
    look();
  });
}

/** Tries a key: keeps it when the server takes it. Gives whether it did. */
export async function tryKey(key: string): Promise<boolean> {
  setApiKey(key);
  await askServer();
  if (server.get().needsKey) setApiKey("");
  return !server.get().needsKey;
}

/** Forgets the key of this tab, and asks for one again. */
export function forgetKey(): void {
  if (apiKey() === "") return;
  setApiKey("");
  void askServer();
}

/** The models alone, without the released names that lead to them: what is compared and judged. */
export function ownModels({ models }: Server): PageModel[] {
  return models.filter(({ name, release }) => release === null || release.model === name);
}

/** The name of the model: of a released name, of the one that is in service. */
export function behind({ name, release }: PageModel): string {
  return release?.model ?? name;
}

/** As the menu shows them: what is released, then the favourites, then the others. */
export function inOrder(models: readonly PageModel[], favourites: readonly string[]): PageModel[] {
  const rank = ({ name, release }: PageModel): number => (release ? 2 : 0) + (favourites.includes(name) ? 1 : 0);
  return [...models].sort((a, b) => rank(b) - rank(a));
}

/** The model that will answer: the chosen one if it is there, else the default, else the first. */
export function modelInUse({ models, default: fallback }: Server, chosen: string): PageModel | undefined {
  return (
    models.find((model) => model.name === chosen) ?? models.find((model) => model.name === fallback) ?? models[0]
  );
}

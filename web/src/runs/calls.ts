/** What these screens ask of the server. */
import { api } from "../api/call";

const run = (name: string): { path: { name: string } } => ({ path: { name } });
const VERBS = { pause: "/api/runs/{name}/pause", resume: "/api/runs/{name}/resume", stop: "/api/runs/{name}/stop" } as const;

export type Verb = keyof typeof VERBS;

export const calls = {
  runs: async () => (await api.get("/api/runs")).runs,
  run: (name: string) => api.get("/api/runs/{name}", run(name)),
  metrics: (name: string, after: string) => api.get("/api/runs/{name}/metrics", { ...run(name), query: { after } }),
  recipes: async () => (await api.get("/api/recipes")).recipes,
  check: async (recipe: string) => (await api.post("/api/runs/check", { body: { recipe, set: {} } })).facts,
  start: (name: string, recipe: string) => api.post("/api/runs", { body: { name, recipe, set: {} } }),
  tell: (name: string, verb: Verb) => api.post(VERBS[verb], run(name)),
  addModel: async (name: string, model: string) => (await api.post("/api/runs/{name}/model", { ...run(name), body: { name: model } })).model,
  remove: (name: string) => api.delete("/api/runs/{name}", run(name)),
};

/** What these screens ask of the server. */
import { api } from "../api/call";
import type { Which } from "./types";

const AT_ONCE = 25;
const of = (id: string): { path: { evaluation_id: string } } => ({ path: { evaluation_id: id } });

export const calls = {
  list: (filter: { model?: string; suite?: string; before?: string }) => api.get("/api/evaluations", { query: { model: filter.model, suite: filter.suite, before: filter.before } }),
  whole: (id: string) => api.get("/api/evaluations/{evaluation_id}", { ...of(id), query: { limit: 1 } }),
  items: async (id: string, which: Which, task: string, after: number) => {
    const { items, next } = await api.get("/api/evaluations/{evaluation_id}", { ...of(id), query: { which, task, after, limit: AT_ONCE } });
    return { items, next: next === null ? null : String(next) };
  },
  begin: (model: string, suite: string, judge: string, shots: number | null) => api.post("/api/evaluations", { body: { model, suite, judge, shots } }),
  compare: async (first: string, second: string) => (await api.get("/api/evaluations/compare", { query: { first, second } })).rows,
  suites: async () => (await api.get("/api/suites")).suites,
};

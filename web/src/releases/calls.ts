/** What these screens ask of the server. */
import { api } from "../api/call";
import type { Stage } from "./types";

const of = (name: string): { path: { name: string } } => ({ path: { name } });

export interface Wanted {
  model: string;
  alias: string;
  stage: Stage;
  share: number;
  reason: string;
}

export interface Exception {
  model: string;
  alias: string;
  requirements: string[];
  reason: string;
  days: number;
}

export const calls = {
  all: (before = "") => api.get("/api/releases", { query: { before: before || undefined } }),
  pauses: async () => (await api.get("/api/pauses")).pauses,
  candidates: async () => (await api.get("/api/versions", { query: { status: "candidate" } })).items,
  judgement: (model: string, alias: string) => api.get("/api/models/{name}/judgement", { ...of(model), query: { alias } }),
  release: (wanted: Wanted) => api.post("/api/releases", { body: wanted }),
  rollback: (alias: string) => api.post("/api/releases/{alias}/rollback", { path: { alias }, body: { reason: "" } }),
  ask: (exception: Exception) => api.post("/api/overrides", { body: exception }),
  signOverride: (id: string) => api.post("/api/overrides/{override_id}/sign", { path: { override_id: id } }),
  signPause: (id: string, reason: string) => api.post("/api/pauses/{pause_id}/sign", { path: { pause_id: id }, body: { reason } }),
  version: (name: string) => api.get("/api/versions/{name}", of(name)),
  lineage: (name: string) => api.get("/api/versions/{name}/lineage", of(name)),
  card: (name: string, summary: boolean) => api.get("/api/versions/{name}/card", { ...of(name), query: { summary } }),
  verify: (name: string) => api.post("/api/versions/{name}/verify", of(name)),
  bill: (name: string) => api.get("/api/versions/{name}/bom", of(name)),
};

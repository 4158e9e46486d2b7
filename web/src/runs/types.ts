/** What the server says of runs, by the names that these screens use. */
import type { components } from "../api/schema";

type Schemas = components["schemas"];

export type RunSummary = Schemas["RunTold"];
export type RunState = RunSummary["state"];
export type RunDetail = Schemas["RunWhole"];
export type Checkpoint = RunDetail["checkpoints"][number];
export type ShippedRecipe = Schemas["RecipeTold"];
/** What a run would take. */
export type Facts = Schemas["Facts"];

/** One line of what a run writes down; see `training/events.py`. */
export interface Row {
  kind: string;
  step: number;
  /** Seconds since 1970. */
  time: number;
  [fact: string]: unknown;
}

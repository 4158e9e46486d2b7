/** What the server says of evaluations, by the names that these screens use. */
import type { components } from "../api/schema";

type Schemas = components["schemas"];

export type Summary = Schemas["EvaluationTold"];
export type Whole = Schemas["EvaluationWhole"];
export type Metric = Schemas["MetricTold"];
export type Item = Schemas["ItemTold"];
export type Row = Schemas["ComparedRow"];
export type Suite = Schemas["SuiteTold"];
export type Which = "all" | "good" | "bad";

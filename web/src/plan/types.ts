/** What the server says of plans, by the names that this screen uses. */
import type { components } from "../api/schema";

type Schemas = components["schemas"];

export type Planned = Schemas["PlanTold"];
export type Outcome = Planned["expected"];
export type Assumption = Planned["assumptions"][number];
export type Threshold = Planned["thresholds"][number];
export type Curves = NonNullable<Planned["curves"]>;
export type PlanAsked = Required<Schemas["PlanAsked"]>;
/** How well all goes. */
export type Case = "good" | "expected" | "bad";

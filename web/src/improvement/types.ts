/** What the server says of the closed loop, by the names that this screen uses. */
import type { components } from "../api/schema";

type Schemas = components["schemas"];

export type Round = Schemas["ImprovementTold"];
export type Step = Schemas["StepTold"];
export type LoopSettings = Schemas["SettingsTold"];
export type Method = LoopSettings["method"];

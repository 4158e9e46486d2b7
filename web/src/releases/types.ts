/** What the server says of releases and versions, by the names that these screens use. */
import type { components } from "../api/schema";

type Schemas = components["schemas"];

export type Alias = Schemas["AliasTold"];
export type Entry = Schemas["ReleaseTold"];
export type Override = Schemas["OverrideTold"];
export type Pause = Schemas["PauseTold"];
export type Policy = Schemas["PolicyTold"];
export type Judgement = Schemas["JudgementTold"];
export type Line = Judgement["lines"][number];
export type Stage = Alias["stage"];
export type Version = Schemas["VersionTold"];
export type WholeVersion = Schemas["VersionWhole"];
export type Lineage = Schemas["LineageTold"];
export type Card = Schemas["CardTold"];

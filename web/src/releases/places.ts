/** Addresses of the views of releases. */
import { to } from "../shell/router";

const here = to("releases");

/** A model at the gate, for a name that people ask for. */
export const atGate = (model: string, alias = "chat"): string => `${here}?model=${encodeURIComponent(model)}&alias=${encodeURIComponent(alias)}`;

/** A version: its lineage and its card. */
export const ofVersion = (id: string): string => to("releases", id);

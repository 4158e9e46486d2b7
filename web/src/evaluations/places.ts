/** Addresses of the views of evaluations. */
import { to } from "../shell/router";

const here = to("evaluations");

export const START = `${here}?start=`;

/** Where a new one is asked for, of this model and suite. */
export const starting = (model: string, suite = ""): string => `${here}?start=&model=${encodeURIComponent(model)}&suite=${encodeURIComponent(suite)}`;

/** Where two are compared, the earlier first. */
export const comparing = (first: string, second: string): string => `${here}?first=${encodeURIComponent(first)}&second=${encodeURIComponent(second)}`;

/** Those of a model alone. */
export const ofModel = (model: string): string => (model ? `${here}?model=${encodeURIComponent(model)}` : here);

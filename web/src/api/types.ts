/** What the page and the server say to each other, by the names that the page uses. */
import type { components } from "./schema";

/** A model as people choose it. */
export type PageModel = components["schemas"]["PageModel"];
/** All models, and the one that answers when none is chosen. */
export type PageModels = components["schemas"]["PageModels"];
/** What the page must know of the server. */
export type PageSettings = components["schemas"]["PageSettings"];

/** One message of a request. */
export interface ChatMessage {
  role: "system" | "user" | "assistant";
  content: string;
}

/** How the next word is drawn; what is absent is left to the model's own default. */
export interface Sampling {
  /** 0 (always the likeliest word) to 2. */
  temperature?: number;
  /** Share of the likeliest words kept, 0 to 1. */
  top_p?: number;
  /** Limit of an answer, in tokens. */
  max_tokens?: number;
  /** The same seed and settings give the same answer. */
  seed?: number;
  /** The answer ends before any of these. */
  stop?: string[];
  /** When the conversation is longer than the model reads: true = its oldest messages are left out, and that is said. */
  leave_out_oldest?: boolean;
}

/** Tokens of a request and its answer. */
export interface Usage {
  prompt_tokens: number;
  completion_tokens: number;
}

/** A failure as the server tells it; see `server/errors.py`. */
export interface ApiFailure {
  code: string;
  message: string;
  hint?: string;
  /** The field that is wrong. */
  param?: string;
  /** Seconds after which it may be tried again. */
  retry_after_s?: number;
}

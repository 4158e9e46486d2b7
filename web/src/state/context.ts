/** How much of a model's context a conversation uses, and how fast an answer came. */
import type { Message, Usage } from "../api/chat";

export interface Gauge {
  used: number;
  /** Prompt and answer together, in tokens. */
  limit: number;
  /** 0 to 1. */
  share: number;
  level: "calm" | "near" | "full";
}

/** From this share on, people are told that the conversation nears its end. */
const NEAR = 0.75;
const FULL = 0.95;

const tokensOf = ({ usage }: Message): number => (usage ? usage.tokens_in + usage.tokens_out : 0);

/** The gauge after the last answer whose tokens were counted (of one that failed, none are); null = nothing was, or the limit is unknown. */
export function gaugeOf(shown: readonly Message[], limit: number): Gauge | null {
  const last = shown.findLast((message) => message.role === "assistant" && tokensOf(message) > 0);
  if (limit <= 0 || !last) return null;
  const used = tokensOf(last);
  const share = Math.min(1, used / limit);
  return { used, limit, share, level: share >= FULL ? "full" : share >= NEAR ? "near" : "calm" };
}

/** A shorter answer says nothing of a speed: its words came together. */
const LEAST_SPAN_MS = 100;

/** Tokens per second of an answer, without the wait for its first; null = not measured. */
export function speedOf(usage: Usage | null): number | null {
  if (!usage || usage.first_token_ms === null || usage.tokens_out < 2) return null;
  const span = usage.total_ms - usage.first_token_ms;
  return span >= LEAST_SPAN_MS ? ((usage.tokens_out - 1) / span) * 1000 : null;
}

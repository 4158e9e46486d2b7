/** How much of a model's context a conversation uses. */
import type { Message } from "./conversation";

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

/** The gauge after the last answer whose tokens were counted; null = nothing was, or the limit is unknown. */
export function gaugeOf(messages: Message[], limit: number): Gauge | null {
  const counted = messages.findLast((message) => message.role === "assistant" && message.measures.usage !== undefined);
  if (limit <= 0 || counted?.role !== "assistant" || !counted.measures.usage) return null;
  const used = counted.measures.usage.prompt_tokens + counted.measures.usage.completion_tokens;
  const share = Math.min(1, used / limit);
  return { used, limit, share, level: share >= FULL ? "full" : share >= NEAR ? "near" : "calm" };
}

/** Tokens per second of an answer, without the wait for its first; null = not measured. */
export function speedOf(message: Message): number | null {
  if (message.role !== "assistant") return null;
  const { usage, spanMs } = message.measures;
  if (!usage || !spanMs || usage.completion_tokens < 2) return null;
  return ((usage.completion_tokens - 1) / spanMs) * 1000;
}

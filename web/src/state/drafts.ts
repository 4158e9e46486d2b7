/** What was typed and not sent, one draft for each conversation; kept in this browser at once, on the server soon after. */
import { KEYS, keep, recall } from "./kept";

/** Older drafts go first. */
const MOST = 50;

export interface KeptDraft {
  text: string;
  /** When it was typed, in milliseconds since 1970. */
  at: number;
}

type Drafts = Record<string, KeptDraft>;

/** Drafts from what the browser kept; anything may be in there. */
export function cleanDrafts(kept: unknown): Drafts {
  if (typeof kept !== "object" || kept === null || Array.isArray(kept)) return {};
  const good = (draft: unknown): draft is KeptDraft => {
    const { text, at } = (draft ?? {}) as Partial<Record<keyof KeptDraft, unknown>>;
    return typeof text === "string" && typeof at === "number";
  };
  return Object.fromEntries(Object.entries(kept).filter((entry): entry is [string, KeptDraft] => good(entry[1])));
}

/** The drafts with one changed; the last changed stands last. */
export function withDraft(drafts: Drafts, key: string, draft: KeptDraft | null): Drafts {
  const { [key]: _, ...others } = drafts;
  const kept = Object.entries(others).slice(-(MOST - 1));
  return Object.fromEntries(draft === null ? kept : [...kept, [key, draft]]);
}

/** The draft kept here; null = none. Read each time: another tab may have changed it. */
export function draftOf(key: string): KeptDraft | null {
  return cleanDrafts(recall(KEYS.drafts))[key] ?? null;
}

/** Keeps a draft; an empty one is kept too for a while, as it is newer than what the server may have. */
export function keepDraft(key: string, draft: KeptDraft | null): void {
  keep(KEYS.drafts, withDraft(cleanDrafts(recall(KEYS.drafts)), key, draft));
}

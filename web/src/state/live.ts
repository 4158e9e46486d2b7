/**
 * The live stream: what other tabs, other devices and the models do reaches this page as it happens.
 *
 * Does: one connection, taken up again where it broke (event ids), with growing pauses; none while the tab is hidden,
 * as a browser has six for all its tabs.
 * Does not: know what an event means; see `events.ts`.
 */
import { send } from "../api/call";
import type { LiveEvent } from "../api/chat";
import { RequestFailed } from "../api/client";
import { readEvents } from "../api/stream";
import { online } from "../shell/network";

const PAUSES_MS = [250, 500, 1000, 2000, 4000, 8000];
/** The server sends something every ten seconds; after this long the connection is dead, whatever TCP says. */
const SILENCE_MS = 25_000;
const HIDDEN_MS = 20_000;

interface Wanted {
  conversation: string | null;
  after: string;
}

let wanted: Wanted | null = null;
let current: AbortController | null = null;
let hear: (event: LiveEvent) => void = () => undefined;

/** Says who hears the events; once. */
export function onLiveEvent(hears: (event: LiveEvent) => void): void {
  hear = hears;
}

/** Follows all conversations, and `conversation` in every word, from event `after` on. */
export function follow(conversation: string | null, after: string): void {
  wanted = { conversation, after };
  restart();
}

/** Follows all conversations and no single one, from what was heard last. */
export function followAll(): void {
  if (wanted?.conversation) follow(null, wanted.after);
}

/** Stops following: nobody is signed in. */
export function unfollow(): void {
  wanted = null;
  current?.abort();
}

function restart(): void {
  current?.abort();
  if (wanted === null || (typeof document !== "undefined" && document.visibilityState === "hidden" && hiddenFor())) return;
  current = new AbortController();
  void run(wanted, current.signal);
}

let hiddenSince = 0;
const hiddenFor = (): boolean => hiddenSince > 0 && Date.now() - hiddenSince >= HIDDEN_MS;

async function run(mine: Wanted, signal: AbortSignal): Promise<void> {
  for (let failures = 0; !signal.aborted; failures += 1) {
    const heard = await once(mine, signal);
    if (signal.aborted || heard === "refused") return;
    if (heard === "some") failures = 0;
    else online.set(false);
    const pause = PAUSES_MS[Math.min(failures, PAUSES_MS.length - 1)] ?? 8000;
    await new Promise((resolve) => setTimeout(resolve, pause * (0.75 + Math.random() / 2)));
  }
}

/** One connection; tells whether anything was heard, or that the server wants no connection from this person. */
async function once(mine: Wanted, signal: AbortSignal): Promise<"some" | "nothing" | "refused"> {
  const own = new AbortController();
  const stop = (): void => own.abort();
  signal.addEventListener("abort", stop, { once: true });
  let dead = setTimeout(stop, SILENCE_MS);
  let heard: "some" | "nothing" = "nothing";
  try {
    const query = new URLSearchParams({ ...(mine.conversation && { conversation: mine.conversation }), ...(mine.after && { after: mine.after }) });
    const response = await send(`/api/events?${query}`, { signal: own.signal });
    if (response.body === null) return "nothing";
    for await (const part of readEvents(response.body)) {
      clearTimeout(dead);
      dead = setTimeout(stop, SILENCE_MS);
      if (signal.aborted) break;
      if (heard === "nothing") online.set(true);
      heard = "some";
      if (part.kind !== "event") continue;
      if (part.id) mine.after = part.id;
      hear({ name: part.event, data: JSON.parse(part.data) as unknown } as LiveEvent);
    }
  } catch (error) {
    if (error instanceof RequestFailed && ["invalid_api_key", "forbidden", "not_found"].includes(error.failure.code)) return "refused";
  } finally {
    clearTimeout(dead);
    signal.removeEventListener("abort", stop);
    own.abort();
  }
  return heard;
}

/** Follows the tab: a hidden one lets go of its connection after a while, and takes up again when it is seen. */
export function followTab(): () => void {
  let later: ReturnType<typeof setTimeout> | undefined;
  const changed = (): void => {
    clearTimeout(later);
    if (document.visibilityState === "hidden") {
      hiddenSince = Date.now();
      later = setTimeout(() => current?.abort(), HIDDEN_MS);
      return;
    }
    hiddenSince = 0;
    if (current === null || current.signal.aborted) restart();
  };
  const back = (): void => restart();
  document.addEventListener("visibilitychange", changed);
  addEventListener("online", back);
  return () => {
    clearTimeout(later);
    document.removeEventListener("visibilitychange", changed);
    removeEventListener("online", back);
  };
}

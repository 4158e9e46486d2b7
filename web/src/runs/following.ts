/** Follows runs while they go: asks for what is new of each, while the page can be seen. */
import { useCallback, useEffect, useRef, useState } from "react";
import { failureIn } from "../api/call";
import type { ApiFailure } from "../api/types";
import { calls } from "./calls";
import { type History, NOTHING, withRows } from "./history";
import type { Row, RunState, RunSummary } from "./types";

const LOOK_AGAIN_MS = 2000;

/** A run as far as it is known here. */
export interface Followed {
  run: RunSummary | undefined;
  history: History;
  failure: ApiFailure | null;
}

/** Whether a run can change by itself. */
export const moves = (state: RunState | undefined): boolean => state === "waiting" || state === "running";

/** Calls back every two seconds while `live`, unless the page is out of sight; and at once when it comes back. */
export function useLook(live: boolean, look: () => void): void {
  const latest = useRef(look);
  latest.current = look;
  useEffect(() => {
    if (!live) return undefined;
    const seen = (): void => {
      if (document.visibilityState === "visible") latest.current();
    };
    const timer = setInterval(seen, LOOK_AGAIN_MS);
    document.addEventListener("visibilitychange", seen);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", seen);
    };
  }, [live]);
}

interface Kept extends Followed {
  next: string;
  busy: boolean;
}

const UNKNOWN: Kept = { run: undefined, history: NOTHING, failure: null, next: "", busy: false };

/** The runs of these names, live; and a function that looks at once, whether they move or not. */
export function useFollowed(names: readonly string[]): [ReadonlyMap<string, Followed>, () => Promise<void>] {
  const kept = useRef(new Map<string, Kept>());
  const [shown, show] = useState<ReadonlyMap<string, Followed>>(new Map());
  const gone = useRef(false);
  const one = useCallback(async (name: string): Promise<void> => {
    const before = kept.current.get(name) ?? UNKNOWN;
    if (before.busy) return;
    kept.current.set(name, { ...before, busy: true });
    let after: Kept;
    try {
      const { rows, whole, next, run } = await calls.metrics(name, before.next);
      after = { run, next, history: withRows(whole ? NOTHING : before.history, rows as Row[]), failure: null, busy: false };
    } catch (error) {
      after = { ...before, failure: failureIn(error), busy: false };
    }
    kept.current.set(name, after);
    if (!gone.current) show(new Map(kept.current));
  }, []);
  const key = names.join(" ");
  const all = useCallback(async () => void (await Promise.all(key.split(" ").filter(Boolean).map(one))), [key, one]);
  useEffect(() => {
    gone.current = false;
    void all();
    return () => {
      gone.current = true;
    };
  }, [all]);
  const live = names.filter((name) => {
    const { run, failure } = shown.get(name) ?? UNKNOWN;
    return moves(run?.state) || (failure !== null && failure.code !== "not_found");
  });
  useLook(live.length > 0, () => void Promise.all(live.map(one)));
  return [shown, all];
}

/** What a screen fetches when it is opened: its value, its failure, and whether it is on its way. */
import { useCallback, useEffect, useRef, useState } from "react";
import { failureIn } from "../api/call";
import type { ApiFailure } from "../api/types";

export interface Fetched<T> {
  value: T | undefined;
  failure: ApiFailure | null;
  pending: boolean;
}

/**
 * Fetches when the component comes, when one of `of` changes, and when the given function is called. What was there
 * stays until the new value is; an answer that is overtaken by a newer one is dropped.
 */
export function useFetched<T>(fetch: () => Promise<T>, of: readonly unknown[]): [Fetched<T>, () => Promise<void>] {
  const [state, setState] = useState<Fetched<T>>({ value: undefined, failure: null, pending: true });
  const turn = useRef(0);
  const latest = useRef(fetch);
  latest.current = fetch;
  const again = useCallback(async () => {
    turn.current += 1;
    const mine = turn.current;
    const put = (some: Partial<Fetched<T>>): void => {
      if (mine === turn.current) setState((before) => ({ ...before, ...some, pending: false }));
    };
    setState((before) => ({ ...before, pending: true }));
    try {
      put({ value: await latest.current(), failure: null });
    } catch (error) {
      put({ failure: failureIn(error) });
    }
  }, []);
  useEffect(() => {
    void again();
    return () => {
      turn.current += 1;
    };
    // The caller names what the request depends on.
  }, [again, ...of]);
  return [state, again];
}

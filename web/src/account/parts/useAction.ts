/** One thing asked of the server by a button or a form: whether it is on its way, and why the last one failed. */
import { useCallback, useRef, useState } from "react";
import { failureIn } from "../../api/call";
import type { ApiFailure } from "../../api/types";

export interface Action {
  busy: boolean;
  failure: ApiFailure | null;
  /** Does the work unless one is on its way; gives whether it succeeded. */
  run: (work: () => Promise<unknown>) => Promise<boolean>;
  clear: () => void;
}

export function useAction(): Action {
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<ApiFailure | null>(null);
  const running = useRef(false);
  const run = useCallback(async (work: () => Promise<unknown>): Promise<boolean> => {
    if (running.current) return false;
    running.current = true;
    setBusy(true);
    setFailure(null);
    try {
      await work();
      return true;
    } catch (error) {
      setFailure(failureIn(error));
      return false;
    } finally {
      running.current = false;
      setBusy(false);
    }
  }, []);
  const clear = useCallback(() => setFailure(null), []);
  return { busy, failure, run, clear };
}

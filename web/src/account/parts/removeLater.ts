/**
 * Removal that can be undone: what is removed leaves the list at once, and the server when the offer to undo is over.
 *
 * Does: offer "undo" for as long as its toast is shown; remove when the toast goes, is put away, or the page is closed.
 * Does not: wait. To remove something without delay, put the toast away.
 */
import { useCallback, useRef, useState } from "react";
import { failureIn } from "../../api/call";
import type { ApiFailure } from "../../api/types";
import { toast } from "../../design";
import { toasts } from "../../design/toasts";

/** Calls `remove` when the toast with `text` has gone, or `back` when it is undone. */
export function removeLater(text: string, remove: () => void, back: () => void): void {
  let over = false;
  const end = (then: () => void): void => {
    if (over) return;
    over = true;
    unsubscribe();
    removeEventListener("pagehide", leave);
    then();
  };
  const leave = (): void => end(remove);
  toast(text, () => end(back));
  const mine = toasts.get().at(-1);
  const unsubscribe = toasts.subscribe(() => {
    // "Undo" puts the toast away before it calls back: let it be heard first.
    if (!toasts.get().includes(mine as NonNullable<typeof mine>)) queueMicrotask(leave);
  });
  addEventListener("pagehide", leave);
}

interface Removal {
  /** Whether a row is on its way out and not to be shown. */
  gone: (id: string) => boolean;
  remove: (id: string, text: string, work: () => Promise<unknown>) => void;
  failure: ApiFailure | null;
}

/** For a list whose rows can be removed; `done` is called when the server has removed one. */
export function useRemoval(done: () => unknown): Removal {
  const [hidden, hide] = useState<ReadonlySet<string>>(new Set());
  const [failure, setFailure] = useState<ApiFailure | null>(null);
  const latest = useRef(done);
  latest.current = done;
  const show = (id: string): void => hide((before) => new Set([...before].filter((other) => other !== id)));
  const remove = useCallback((id: string, text: string, work: () => Promise<unknown>): void => {
    setFailure(null);
    hide((before) => new Set([...before, id]));
    const really = async (): Promise<void> => {
      try {
        await work();
        await latest.current();
      } catch (error) {
        setFailure(failureIn(error));
      }
      show(id);
    };
    removeLater(text, () => void really(), () => show(id));
  }, []);
  return { gone: (id) => hidden.has(id), remove, failure };
}

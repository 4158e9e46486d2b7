/** Runs on their way out: they leave the list at once, and the disk when the offer to undo is over. */
import { removeLater } from "../account/parts/removeLater";
import { failureIn } from "../api/call";
import { refused } from "../state/sidebar";
import { createStore } from "../state/store";
import { calls } from "./calls";

export const leaving = createStore<ReadonlySet<string>>(new Set());

/** Shows the run of this name again, or a new one that is called as it was. */
export function show(name: string): void {
  leaving.set(new Set([...leaving.get()].filter((other) => other !== name)));
}

/** Removes a run, unless it is undone while the toast that says `text` is shown. */
export function removeRun(name: string, text: string): void {
  leaving.set(new Set([...leaving.get(), name]));
  const really = (): void => {
    // Kept out of the list until it is read anew; what the server refuses comes back, and is said.
    calls.remove(name).catch((error: unknown) => {
      refused.set(failureIn(error));
      show(name);
    });
  };
  removeLater(text, really, () => show(name));
}

/** Short sentences at the bottom of the page, with a way to undo what was done: instead of "are you sure?". */
import { createStore } from "../state/store";

export interface Toast {
  id: number;
  text: string;
  /** What brings back what was before. */
  undo?: () => void;
  /** The thing that was changed: of two changes to one thing, only the later can be undone. */
  about?: string;
}

export const toasts = createStore<Toast[]>([]);
let last = 0;

/** Shows `text` until it was read: seconds for the words, longer while something can be undone. It takes the place of a toast `about` the same thing. */
export function toast(text: string, undo?: () => void, about?: string): void {
  last += 1;
  const made: Toast = { id: last, text, ...(undo && { undo }), ...(about && { about }) };
  const others = toasts.get().filter((one) => !about || one.about !== about);
  toasts.set([...others.slice(-2), made]);
}

/** Takes a toast away. */
export function dismiss(id: number): void {
  toasts.set(toasts.get().filter((one) => one.id !== id));
}

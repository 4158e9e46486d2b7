/** The smallest store that React can follow: a value, and who wants to know of its changes. */
import { useSyncExternalStore } from "react";

export interface Store<T> {
  get: () => T;
  set: (next: T) => void;
  /** Calls back after each change; returns how to stop. */
  subscribe: (changed: () => void) => () => void;
}

/** A store that holds `value` first. */
export function createStore<T>(value: T): Store<T> {
  const watchers = new Set<() => void>();
  return {
    get: () => value,
    set: (next) => {
      if (Object.is(next, value)) return;
      value = next;
      watchers.forEach((changed) => changed());
    },
    subscribe: (changed) => {
      watchers.add(changed);
      return () => watchers.delete(changed);
    },
  };
}

/**
 * The store's value in a component, or what `select` takes from it; the component is drawn again when that changes.
 *
 * While an answer comes its store changes thirty times a second: what is drawn beside the answer selects.
 */
export function useStore<T>(store: Store<T>): T;
export function useStore<T, S extends string | number | boolean | null>(store: Store<T>, select: (value: T) => S): S;
export function useStore<T, S>(store: Store<T>, select?: (value: T) => S): T | S {
  return useSyncExternalStore(store.subscribe, () => (select ? select(store.get()) : store.get()));
}

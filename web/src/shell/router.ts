/**
 * Where the page is: the part of the address after `#`.
 *
 * Does: `#/c/ID`, `#/account/…`, and the one-time links `#setup=TOKEN`. After the `#`, nothing of it is
 * ever sent to a server, written into its log or told to another site: it may hold what gives access.
 * Does not: load or draw a screen; see `screens.ts`.
 */
import { createStore } from "../state/store";

export interface Place {
  /** The first part: "" (a new conversation), "c", "account", … */
  screen: string;
  /** What follows, decoded. */
  rest: string[];
  /** `?name=value` after it. */
  query: Record<string, string>;
}

/** One-time links hold their secret as `#name=TOKEN`; they open the screen of that name. */
const ONE_TIME = /^#?([a-z_]+)=(.+)$/;

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The place that an address' hash names; anything may be in there. */
export function placeOf(hash: string): Place {
  const once = ONE_TIME.exec(hash);
  if (once) return { screen: (once[1] ?? "").replaceAll("_", "-"), rest: [], query: { token: decoded(once[2] ?? "") } };
  const [path = "", query = ""] = hash.replace(/^#?\/?/, "").split("?", 2);
  const [screen = "", ...rest] = path.split("/").map(decoded);
  return { screen, rest: rest.filter((part) => part !== ""), query: Object.fromEntries(new URLSearchParams(query)) };
}

/** The hash of a path: `to("c", id)` is `#/c/ID`. */
export function to(...parts: string[]): string {
  return `#/${parts.map(encodeURIComponent).join("/")}`;
}

export const place = createStore<Place>(placeOf(typeof location === "undefined" ? "" : location.hash));

/** Goes to a place; `replace` leaves none behind for the "back" button. */
export function go(hash: string, replace = false): void {
  if (hash === location.hash || (hash === "#/" && location.hash === "")) return;
  if (replace) {
    history.replaceState(null, "", hash);
    place.set(placeOf(hash));
  } else location.hash = hash;
}

/** Follows the address; returns how to stop. */
export function followAddress(): () => void {
  const changed = (): void => place.set(placeOf(location.hash));
  changed();
  addEventListener("hashchange", changed);
  return () => removeEventListener("hashchange", changed);
}

/** Who is at the page: nobody yet, the local owner, or a person who signed in. */
import { api, failureIn } from "../api/call";
import type { components } from "../api/schema";
import { createStore } from "./store";

export type SessionState = components["schemas"]["SessionState"];

/** null = the server has not said yet. */
export const session = createStore<SessionState | null>(null);

/** What is said of the session is numbered when it is asked for; what is older than what was taken is not taken. */
let last = 0;
let taken = 0;

function take(number: number, state: SessionState | null): void {
  if (number < taken) return;
  taken = number;
  session.set(state);
}

/** Takes what the server said of the session after a sign-in; what was asked before it counts no more. */
export function setSession(state: SessionState): void {
  last += 1;
  take(last, state);
}

/** Asks who is at the page; throws nothing: a server that does not answer leaves what was known. */
export async function askSession(): Promise<void> {
  last += 1;
  const mine = last;
  try {
    take(mine, await api.get("/api/session"));
  } catch (error) {
    if (failureIn(error).code === "not_found") take(mine, null);
  }
}

/** Ends the session on the server, then shows sign-in. */
export async function signOut(): Promise<void> {
  await api.delete("/api/session");
  await askSession();
}

/** Whether the person may do what the contract calls `what`; for `useStore`. */
export const may =
  (what: string) =>
  (state: SessionState | null): boolean =>
    state?.me?.permissions.includes(what as never) ?? false;

/** Who is at the page: nobody yet, the local owner, or a person who signed in. */
import { api, failureIn } from "../api/call";
import type { components } from "../api/schema";
import { createStore } from "./store";

export type SessionState = components["schemas"]["SessionState"];

/** null = the server has not said yet. */
export const session = createStore<SessionState | null>(null);

/** Takes what the server said of the session: after a sign-in, or when it was asked. */
export function setSession(state: SessionState): void {
  session.set(state);
}

/** Asks who is at the page; throws nothing: a server that does not answer leaves what was known. */
export async function askSession(): Promise<void> {
  try {
    setSession(await api.get("/api/session"));
  } catch (error) {
    if (failureIn(error).code === "not_found") session.set(null);
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

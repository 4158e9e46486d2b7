import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { type SessionState, askSession, session, setSession } from "./session";

const state = (name: SessionState["state"]): SessionState => ({ state: name, me: null }) as SessionState;

let sent: { answer: (body: unknown) => void; fail: () => void }[];

beforeEach(() => {
  sent = [];
  vi.stubGlobal("fetch", () => new Promise<Response>((resolve, reject) => sent.push({ answer: (body) => resolve(Response.json(body)), fail: () => reject(new TypeError("no network")) })));
});
afterEach(() => vi.unstubAllGlobals());

it("does not take what was asked before a sign-in", async () => {
  const asked = askSession();
  setSession(state("signed_in"));
  sent[0]?.answer(state("signed_out"));
  await asked;
  expect(session.get()?.state).toBe("signed_in");
});

it("takes the newest that was answered, in whatever order the answers come", async () => {
  const asked = [askSession(), askSession(), askSession()];
  sent[2]?.fail();
  sent[1]?.answer(state("signed_in"));
  await asked[1];
  sent[0]?.answer(state("signed_out"));
  await Promise.all(asked);
  expect(session.get()?.state).toBe("signed_in");
});

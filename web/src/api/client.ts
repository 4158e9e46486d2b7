/**
 * Requests to the server, and how they fail.
 *
 * Does: send the API key when there is one, and turn every failure into one `RequestFailed`.
 * Does not: keep anything but that key, and that for this browser tab only.
 */
import type { ApiFailure } from "./types";

const KEY = "causerie.key";
/** For browsers that refuse `sessionStorage`. */
let keyHere = "";

/** The failure of a request: the server's own words, or a code of ours when it said none. */
export class RequestFailed extends Error {
  constructor(readonly failure: ApiFailure) {
    super(failure.message);
  }
}

/** The API key kept for this tab, or "". */
export function apiKey(): string {
  try {
    return sessionStorage.getItem(KEY) ?? "";
  } catch {
    return keyHere;
  }
}

/** Keeps the key until the tab is closed; "" forgets it. */
export function setApiKey(key: string): void {
  keyHere = key;
  try {
    if (key === "") sessionStorage.removeItem(KEY);
    else sessionStorage.setItem(KEY, key);
  } catch {
    // A browser that keeps nothing keeps the key until the next reload.
  }
}

/** The server's error object, wherever it was found; null = this is none. */
export function failureOf(body: unknown): ApiFailure | null {
  const error = (body as { error?: Partial<Record<keyof ApiFailure, unknown>> } | null)?.error;
  if (typeof error !== "object" || error === null) return null;
  return {
    code: typeof error.code === "string" ? error.code : "unknown",
    message: typeof error.message === "string" ? error.message : "",
    ...(typeof error.hint === "string" && { hint: error.hint }),
    ...(typeof error.param === "string" && { param: error.param }),
  };
}

let signedOut: () => void = () => undefined;

/** Says what is done when the server no longer knows who is asking. */
export function onSignedOut(does: () => void): void {
  signedOut = does;
}

/** Sends a request with the key of this tab, if there is one; gives a success, throws `RequestFailed`. */
export async function send(address: string, init: RequestInit): Promise<Response> {
  const key = apiKey();
  let response: Response;
  try {
    response = await fetch(address, { ...init, headers: { ...init.headers, ...(key && { authorization: `Bearer ${key}` }) } });
  } catch (error) {
    if ((error as Error).name === "AbortError") throw error;
    throw new RequestFailed({ code: "unreachable", message: "" });
  }
  if (response.ok) return response;
  const body: unknown = await response.json().catch(() => null);
  const failure = failureOf(body) ?? { code: "unknown", message: `HTTP ${response.status}` };
  if (failure.code === "invalid_api_key") signedOut();
  const wait = Number(response.headers.get("retry-after"));
  throw new RequestFailed(wait > 0 ? { ...failure, retry_after_s: wait } : failure);
}

/** The failure in what was caught: the server's own, or one of ours. */
export function failureIn(error: unknown): ApiFailure {
  return error instanceof RequestFailed ? error.failure : { code: "unknown", message: String(error) };
}

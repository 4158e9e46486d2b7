/**
 * Calls of the page's own routes, typed by the server's OpenAPI schema: a path, body or field that is not there does
 * not compile.
 *
 * Does: fill in the path, send JSON, give the body of a success, and turn every failure into one `RequestFailed`.
 * Does not: keep anything, or try again.
 */
import { send } from "./client";
import type { paths } from "./schema";

export { failureIn, send } from "./client";

type Method = "get" | "post" | "put" | "patch" | "delete";
type PathsWith<M extends Method> = { [P in keyof paths]: paths[P] extends Record<M, object> ? P : never }[keyof paths];
type Operation<P extends keyof paths, M extends Method> = paths[P] extends Record<M, infer O> ? O : never;
type Content<T> = T extends { content: { "application/json": infer B } } ? B : undefined;
type Parameters<O, K extends string> = O extends { parameters: Record<K, infer V> } ? ([V] extends [undefined] ? unknown : Record<K, V>) : unknown;
type Responses<O> = O extends { responses: infer R } ? R : never;

/** What a success of this call holds; undefined for an empty one. */
export type Answer<P extends keyof paths, M extends Method> = Content<
  Responses<Operation<P, M>>[keyof Responses<Operation<P, M>> & (200 | 201 | 202 | 204)]
>;
/** The JSON that this call takes. */
export type Body<P extends keyof paths, M extends Method> = Operation<P, M> extends { requestBody?: infer B } ? Content<NonNullable<B>> : undefined;

export type Options<P extends keyof paths, M extends Method> = Parameters<Operation<P, M>, "path"> & {
  query?: Operation<P, M> extends { parameters: { query?: infer Q } } ? Q : never;
  signal?: AbortSignal;
  /** Sent to the end even when the page is closed meanwhile (64 KiB at most). */
  keepalive?: boolean;
} & (Body<P, M> extends undefined ? unknown : { body: Body<P, M> });

interface Loose {
  path?: Record<string, string | number>;
  query?: Record<string, unknown>;
  body?: unknown;
  signal?: AbortSignal;
  keepalive?: boolean;
}

/** The address of a call: its path filled in, and its query; absent and null values are left out. */
export function addressOf(path: string, { path: names = {}, query = {} }: Loose): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(names[name])));
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== "");
  const search = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return search === "" ? filled : `${filled}?${search}`;
}

async function call(method: Method, path: string, options: Loose): Promise<unknown> {
  const response = await send(addressOf(path, options), {
    method: method.toUpperCase(), signal: options.signal, keepalive: options.keepalive,
    ...(options.body !== undefined && { body: JSON.stringify(options.body), headers: { "content-type": "application/json" } }),
  });
  return response.status === 204 ? undefined : response.json();
}

const caller =
  <M extends Method>(method: M) =>
  <P extends PathsWith<M>>(path: P, ...[options]: object extends Options<P, M> ? [Options<P, M>?] : [Options<P, M>]): Promise<Answer<P, M>> =>
    call(method, path, (options ?? {}) as Loose) as Promise<Answer<P, M>>;

/** `await api.get("/api/conversations/{id}", { path: { id } })` */
export const api = { get: caller("get"), post: caller("post"), put: caller("put"), patch: caller("patch"), delete: caller("delete") };

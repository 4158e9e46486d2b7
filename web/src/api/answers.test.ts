import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type AnswerEvent, eventsOf, progressOf, streamAnswer } from "./answers";
import { RequestFailed, failureOf } from "./client";

const kept = new Map<string, string>();
const fetchHere = globalThis.fetch;
let reply = { status: 200, body: "" };
let seen = { body: "", authorization: "" };
const server = createServer((request, response) => {
  let body = "";
  request.on("data", (some: Buffer) => (body += some.toString()));
  request.on("end", () => {
    seen = { body, authorization: request.headers.authorization ?? "" };
    response.writeHead(reply.status, { "content-type": "text/event-stream" }).end(reply.body);
  });
});

beforeEach(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  globalThis.fetch = (path, init) => fetchHere(`http://127.0.0.1:${port}${String(path)}`, init);
  Object.assign(globalThis, { sessionStorage: { getItem: (key: string) => kept.get(key) ?? null } });
});

afterEach(async () => {
  globalThis.fetch = fetchHere;
  kept.clear();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

async function answer(): Promise<AnswerEvent[]> {
  const events: AnswerEvent[] = [];
  const asked = streamAnswer("m", [{ role: "user", content: "hello" }], { seed: 1 }, new AbortController().signal);
  for await (const event of asked) events.push(event);
  return events;
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(() => "none", (error: unknown) => (error instanceof RequestFailed ? error.failure.code : "other"));
}

describe("streamAnswer", () => {
  it("gives progress, words, the end and the usage in order", async () => {
    reply = {
      status: 200,
      body:
        ": prompt 1/2\n\n" +
        'data: {"model":"two","choices":[{"delta":{"role":"assistant","content":null}}]}\n\n' +
        'data: {"choices":[{"delta":{"content":"Hi"}}]}\n\n' +
        'data: {"choices":[{"delta":{},"finish_reason":"length"}]}\n\n' +
        'data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":1}}\n\ndata: [DONE]\n\n',
    };
    expect(await answer()).toEqual([
      { kind: "reading", done: 1, total: 2 },
      { kind: "model", name: "two" },
      { kind: "text", text: "Hi" },
      { kind: "end", reason: "length" },
      { kind: "usage", usage: { prompt_tokens: 3, completion_tokens: 1 } },
    ]);
    expect(JSON.parse(seen.body)).toMatchObject({ model: "m", seed: 1, stream: true, stream_options: { include_usage: true } });
  });

  it("sends the key of this tab", async () => {
    kept.set("causerie.key", "sk-1");
    reply = { status: 200, body: "data: [DONE]\n\n" };
    await answer();
    expect(seen.authorization).toBe("Bearer sk-1");
  });

  it("fails with the server's code, before and in the middle of an answer", async () => {
    const error = '{"error":{"code":"engine_crashed","message":"it died","hint":"try again"}}';
    reply = { status: 502, body: error };
    expect(await codeOf(answer())).toBe("engine_crashed");
    reply = { status: 200, body: `data: ${error}\n\n` };
    expect(await codeOf(answer())).toBe("engine_crashed");
  });

  it("calls a stream without its end cut", async () => {
    reply = { status: 200, body: 'data: {"choices":[{"delta":{"content":"Hi"}}]}\n\n' };
    expect(await codeOf(answer())).toBe("cut");
  });

  it("calls a proxy's error page unknown", async () => {
    reply = { status: 504, body: "<html>Gateway</html>" };
    expect(await codeOf(answer())).toBe("unknown");
  });

  it("calls a server that is not there unreachable", async () => {
    globalThis.fetch = () => fetchHere("http://127.0.0.1:1/");
    expect(await codeOf(answer())).toBe("unreachable");
  });
});

describe("what the server says", () => {
  it("may hold nothing that the page can use", () => {
    expect(failureOf(null)).toBeNull();
    expect(failureOf({ error: "no" })).toBeNull();
    expect(failureOf({ error: { code: 5 } })).toEqual({ code: "unknown", message: "" });
    expect(progressOf("keep-alive")).toBeNull();
    expect(eventsOf({})).toEqual([]);
    expect(eventsOf({ model: 3, choices: [{ delta: { role: "assistant" } }] })).toEqual([]);
  });
});

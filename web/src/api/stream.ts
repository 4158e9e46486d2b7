/**
 * Server-sent events, read from the body of a `fetch`.
 *
 * `EventSource` can send neither a body nor a key, hence this parser:
 * https://html.spec.whatwg.org/multipage/server-sent-events.html
 * Comments are kept, because the server tells the progress of reading a prompt in them.
 */

/** A whole event, or a comment line. */
export type StreamPart = { kind: "event"; event: string; id: string; data: string } | { kind: "comment"; text: string };

/**
 * Makes a parser that takes text as it arrives, cut anywhere, and gives back what became whole.
 *
 * An event that is not ended by an empty line is never given: it may be cut. `id` is the last one that was told.
 */
export function createEventParser(): (text: string) => StreamPart[] {
  let rest = "";
  let data: string[] = [];
  let event = "message";
  let id = "";
  return (text) => {
    const parts: StreamPart[] = [];
    const lines = (rest + text).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const [, field = "", value = ""] = /^([^:]*)(?::[ ]?(.*))?$/s.exec(line) ?? [];
      if (line === "") {
        if (data.length > 0) parts.push({ kind: "event", event, id, data: data.join("\n") });
        data = [];
        event = "message";
      } else if (field === "") parts.push({ kind: "comment", text: value.trim() });
      else if (field === "data") data.push(value);
      else if (field === "event") event = value;
      else if (field === "id") id = value;
    }
    return parts;
  };
}

/** Parts of a response's body, in order. Throws what `fetch` throws when the connection breaks. */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<StreamPart> {
  const parse = createEventParser();
  const decoder = new TextDecoder();
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield* parse(decoder.decode(value, { stream: true }));
    }
  } finally {
    reader.cancel().catch(() => undefined);
  }
}

/**
 * Server-sent events, read from the body of a `fetch`.
 *
 * `EventSource` cannot send a body, hence this parser: https://html.spec.whatwg.org/multipage/server-sent-events.html
 * Comments are kept, because the server tells the progress of reading a prompt in them.
 */

/** A whole event's data, or a comment line. */
export type StreamPart = { kind: "data"; data: string } | { kind: "comment"; text: string };

/**
 * Makes a parser that takes text as it arrives, cut anywhere, and gives back what became whole.
 *
 * An event that is not ended by an empty line is never given: it may be cut.
 */
export function createEventParser(): (text: string) => StreamPart[] {
  let rest = "";
  let data: string[] = [];
  return (text) => {
    const parts: StreamPart[] = [];
    const lines = (rest + text).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line === "") {
        if (data.length > 0) parts.push({ kind: "data", data: data.join("\n") });
        data = [];
      } else if (line.startsWith(":")) {
        parts.push({ kind: "comment", text: line.slice(1).trim() });
      } else if (line.startsWith("data:")) {
        data.push(line.slice(line.startsWith("data: ") ? 6 : 5));
      }
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

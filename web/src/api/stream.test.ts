import { describe, expect, it } from "vitest";
import { type StreamPart, createEventParser, readEvents } from "./stream";

const STREAM = ': prompt 256/6031\n\ndata: {"a":"é"}\n\ndata: one\r\ndata: two\r\n\r\nid: 7\nevent: x\ndata:[DONE]\n\ndata\n\n';
const PARTS: StreamPart[] = [
  { kind: "comment", text: "prompt 256/6031" },
  { kind: "event", event: "message", id: "", data: '{"a":"é"}' },
  { kind: "event", event: "message", id: "", data: "one\ntwo" },
  { kind: "event", event: "x", id: "7", data: "[DONE]" },
  { kind: "event", event: "message", id: "7", data: "" },
];

describe("the event parser", () => {
  it("reads a stream cut at every possible place", () => {
    for (let cut = 0; cut <= STREAM.length; cut++) {
      const parse = createEventParser();
      expect([...parse(STREAM.slice(0, cut)), ...parse(STREAM.slice(cut))]).toEqual(PARTS);
    }
  });

  it("reads a stream that comes one character at a time", () => {
    const parse = createEventParser();
    expect(Array.from(STREAM).flatMap((sign) => parse(sign))).toEqual(PARTS);
  });

  it("gives nothing of an event that was not ended", () => {
    expect(createEventParser()("data: half")).toEqual([]);
    expect(createEventParser()("data: half\n")).toEqual([]);
  });
});

describe("readEvents", () => {
  it("puts together a sign whose bytes came apart", async () => {
    const bytes = new TextEncoder().encode(STREAM);
    const at = bytes.indexOf(0xc3) + 1;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        controller.enqueue(bytes.slice(0, at));
        controller.enqueue(bytes.slice(at));
        controller.close();
      },
    });
    const parts: StreamPart[] = [];
    for await (const part of readEvents(body)) parts.push(part);
    expect(parts).toEqual(PARTS);
  });
});

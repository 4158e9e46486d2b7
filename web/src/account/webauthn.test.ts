import { expect, it } from "vitest";
import { alreadyThere, base64urlOf, bytesOf, turnedAway } from "./webauthn";

it("writes and reads bytes as base64url, without padding", () => {
  const bytes = new Uint8Array([0, 250, 255, 62, 63]);
  expect(base64urlOf(bytes.buffer)).toBe("APr_Pj8");
  expect([...bytesOf("APr_Pj8")]).toEqual([...bytes]);
  expect(bytesOf("")).toHaveLength(0);
});

it("knows who turned away from a fault", () => {
  expect(turnedAway(new DOMException("", "NotAllowedError"))).toBe(true);
  expect(turnedAway(new DOMException("", "SecurityError"))).toBe(false);
  expect(alreadyThere(new DOMException("", "InvalidStateError"))).toBe(true);
  expect(turnedAway(new Error("NotAllowedError"))).toBe(false);
});

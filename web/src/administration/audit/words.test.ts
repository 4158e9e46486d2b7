import { expect, it } from "vitest";
import { shortId } from "./words";

it("shortens identifiers to their kind and end, and leaves other words alone", () => {
  expect(shortId("key_01m89evk4968hmq4248gxvkk03")).toBe("key_…xvkk03");
  expect(shortId("person_local")).toBe("person_local");
  expect(shortId("smollm2-135m-instruct")).toBe("smollm2-135m-instruct");
  expect(shortId("models conversations")).toBe("models conversations");
});

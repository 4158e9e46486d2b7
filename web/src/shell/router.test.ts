import { describe, expect, it } from "vitest";
import { placeOf, to } from "./router";

describe("the address", () => {
  it("names a screen and what follows", () => {
    expect(placeOf("")).toEqual({ screen: "", rest: [], query: {} });
    expect(placeOf("#/c/conv_1?message=m2")).toEqual({ screen: "c", rest: ["conv_1"], query: { message: "m2" } });
    expect(placeOf("#/administration/people/p%2F1/")).toEqual({ screen: "administration", rest: ["people", "p/1"], query: {} });
  });

  it("may be a one-time link", () => {
    expect(placeOf("#setup=a-b_c=")).toEqual({ screen: "setup", rest: [], query: { token: "a-b_c=" } });
    expect(placeOf("#sign_in_error=conflict")).toEqual({ screen: "sign-in-error", rest: [], query: { token: "conflict" } });
  });

  it("may be damaged", () => {
    expect(placeOf("#/c/%E0%A4%A").rest).toEqual(["%E0%A4%A"]);
  });

  it("is written as it is read", () => {
    expect(placeOf(to("c", "a/b c"))).toMatchObject({ screen: "c", rest: ["a/b c"] });
  });
});

import { afterEach, describe, expect, it, vi } from "vitest";
import { addressOf, send } from "./call";

afterEach(() => vi.unstubAllGlobals());

describe("an address", () => {
  it("is its path filled in, and its query without what is absent", () => {
    expect(addressOf("/api/a/{id}/b", { path: { id: "x/y" }, query: { limit: 5, cursor: null, search: "", word: "a b" } })).toBe("/api/a/x%2Fy/b?limit=5&word=a+b");
    expect(addressOf("/api/a", {})).toBe("/api/a");
  });
});

describe("a request that fails", () => {
  it("tells the server's own failure", async () => {
    vi.stubGlobal("fetch", async () => Response.json({ error: { code: "forbidden", message: "no" } }, { status: 403 }));
    await expect(send("/api/a", {})).rejects.toMatchObject({ failure: { code: "forbidden", message: "no" } });
  });

  it("says that the server is not reached", async () => {
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("no network")));
    await expect(send("/api/a", {})).rejects.toMatchObject({ failure: { code: "unreachable" } });
  });
});

import { afterEach, expect, it, vi } from "vitest";
import type { Folder, Summary } from "../api/chat";
import { forgetConversation, listed, loadSidebar, noteConversation, noteFolders, sidebar, throwAway } from "./sidebar";

const one = (id: string, some: Partial<Summary> = {}): Summary =>
  ({ id, title: id, pinned: false, archived: false, deleted_at: null, updated_at: `2026-11-24T19:00:0${id.length}Z`, ...some }) as Summary;
const ids = (some: readonly Summary[]): string[] => some.map(({ id }) => id);

/** Lets the next request wait; gives how to answer it. */
function waiting(): (body: unknown) => void {
  let answer: (response: Response) => void = () => undefined;
  vi.stubGlobal("fetch", () => new Promise<Response>((resolve) => (answer = resolve)));
  return (body) => answer(Response.json(body));
}

afterEach(() => {
  vi.unstubAllGlobals();
  sidebar.set({ folders: [], known: new Map(), next: null, asked: false });
});

it("keeps what it heard while the list was on its way", async () => {
  for (const id of ["a", "bb", "gone"]) noteConversation(one(id));
  const answer = waiting();
  const loaded = loadSidebar();
  noteConversation(one("bb", { title: "renamed" }));
  noteConversation(one("new"));
  forgetConversation("gone");
  const folders = [{ id: "f" }] as Folder[];
  noteFolders(folders);
  answer({ folders: [], pinned: [], items: [one("bb"), one("gone")], next: null, draft: null, event_id: "e1" });
  await loaded;
  expect(ids(listed(sidebar.get())), "what the answer does not have was not heard of since").toEqual(["new", "bb"]);
  expect(sidebar.get().known.get("bb")?.title).toBe("renamed");
  expect(sidebar.get().folders).toBe(folders);
});

it("has a conversation in the trash before the server has said so", async () => {
  noteConversation(one("a"));
  noteConversation(one("bb", { archived: true }));
  const answer = waiting();
  const thrown = throwAway("a");
  expect(ids(listed(sidebar.get()))).toEqual([]);
  expect(ids(listed(sidebar.get(), "archived"))).toEqual(["bb"]);
  expect(ids(listed(sidebar.get(), "trash"))).toEqual(["a"]);
  answer(null);
  await thrown;
  expect(ids(listed(sidebar.get(), "trash"))).toEqual(["a"]);
});

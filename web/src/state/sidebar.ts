/**
 * The conversations of the person: folders, pinned, by age. A change is shown at once and told to the server; when
 * the server refuses, it is taken back and said.
 */
import type { Folder, Summary } from "../api/chat";
import { api, failureIn } from "../api/call";
import type { ApiFailure } from "../api/types";
import { createStore } from "./store";

export interface Sidebar {
  folders: readonly Folder[];
  /** Every conversation that was told, by its id: pinned, in folders and not, archived too. */
  known: ReadonlyMap<string, Summary>;
  /** Cursor of the older ones (null = all are here). */
  next: string | null;
  asked: boolean;
}

export const sidebar = createStore<Sidebar>({ folders: [], known: new Map(), next: null, asked: false });

/** Said when a change was refused; the page shows it. */
export const refused = createStore<ApiFailure | null>(null);

function update(some: Partial<Sidebar>): void {
  sidebar.set({ ...sidebar.get(), ...some });
}

function withAll(known: ReadonlyMap<string, Summary>, summaries: readonly Summary[]): Map<string, Summary> {
  const all = new Map(known);
  for (const summary of summaries) all.set(summary.id, summary);
  return all;
}

/** Fetches the list anew. Gives the id of the event from which it is to be followed. Throws `RequestFailed`. */
export async function loadSidebar() {
  const before = sidebar.get();
  const { folders, pinned, items, next, draft, event_id } = await api.get("/api/sidebar");
  const now = sidebar.get();
  const known = withAll(new Map(), [...pinned, ...items]);
  // What was heard while the answer was on its way is newer than the answer.
  for (const id of before.known.keys()) if (!now.known.has(id)) known.delete(id);
  for (const [id, summary] of now.known) if (before.known.get(id) !== summary) known.set(id, summary);
  update({ folders: now.folders === before.folders ? folders : now.folders, known, next, asked: true });
  return { draft, event_id };
}

/** Fetches the next older conversations. */
export async function loadOlder(): Promise<void> {
  const cursor = sidebar.get().next;
  if (cursor === null) return;
  const { items, next } = await api.get("/api/conversations", { query: { state: "active", pinned: false, cursor } });
  update({ known: withAll(sidebar.get().known, items), next });
}

/** Takes what an event or an answer says of a conversation. */
export function noteConversation(summary: Summary): void {
  update({ known: withAll(sidebar.get().known, [summary]) });
}

export function forgetConversation(id: string): void {
  const known = new Map(sidebar.get().known);
  if (known.delete(id)) update({ known });
}

export function noteFolders(folders: readonly Folder[]): void {
  update({ folders });
}

type Kind = "active" | "archived" | "trash";

const kindOf = ({ archived, deleted_at }: Summary): Kind => (deleted_at !== null ? "trash" : archived ? "archived" : "active");

/** What the list shows, or the archive, or the trash; newest first. */
export function listed({ known }: Sidebar, kind: Kind = "active"): Summary[] {
  return [...known.values()]
    .filter((one) => kindOf(one) === kind)
    .sort((a, b) => (a.updated_at < b.updated_at ? 1 : a.updated_at > b.updated_at ? -1 : 0));
}

type Change = Partial<Pick<Summary, "title" | "folder_id" | "pinned" | "archived">>;

async function tell(before: Summary, after: Summary, send: () => Promise<Summary | undefined>): Promise<boolean> {
  noteConversation(after);
  try {
    noteConversation((await send()) ?? after);
    return true;
  } catch (error) {
    noteConversation(before);
    refused.set(failureIn(error));
    return false;
  }
}

/** Renames, pins, archives or moves a conversation. */
export function changeConversation(id: string, change: Change): Promise<boolean> {
  const before = sidebar.get().known.get(id);
  if (!before) return Promise.resolve(false);
  return tell(before, { ...before, ...change }, () => api.patch("/api/conversations/{conversation_id}", { path: { conversation_id: id }, body: change }));
}

/** Puts a conversation into the trash. */
export function throwAway(id: string): Promise<boolean> {
  const before = sidebar.get().known.get(id);
  if (!before) return Promise.resolve(false);
  return tell(before, { ...before, deleted_at: new Date().toISOString() }, () => api.delete("/api/conversations/{conversation_id}", { path: { conversation_id: id } }));
}

/** Takes a conversation out of the trash. */
export async function takeBack(id: string): Promise<void> {
  try {
    noteConversation(await api.post("/api/conversations/{conversation_id}/restore", { path: { conversation_id: id } }));
  } catch (error) {
    refused.set(failureIn(error));
  }
}

/** Runs a change of folders; what fails is said. */
export async function changeFolders(change: () => Promise<unknown>): Promise<void> {
  try {
    await change();
    noteFolders((await api.get("/api/folders")).items);
  } catch (error) {
    refused.set(failureIn(error));
  }
}

/** Opening, leaving and beginning conversations; and what the live stream says of the open one. */
import { api, failureIn } from "../api/call";
import type { Conversation, LiveEvent } from "../api/chat";
import { type Open, NEW, open, opened, update, withComparison, withMessage, withSummary } from "./open";
import { noteDraft } from "./drafting";
import { follow, followAll, onLiveEvent } from "./live";
import { forgetConversation, loadSidebar, noteConversation, noteFolders } from "./sidebar";
import { append, replace } from "./streams";

/** Conversations that were open lately are shown at once when one comes back, and fetched anew behind it. */
const LATELY = 8;
const lately = new Map<string, Open>();
/** Whether what is shown is older than what the server would say: it could not be reached. */
let stale = false;

function remember(): void {
  const before = open.get();
  if (before.id === null || before.loading || before.failure) return;
  lately.delete(before.id);
  lately.set(before.id, before);
  const oldest = lately.keys().next().value;
  if (lately.size > LATELY && oldest !== undefined) lately.delete(oldest);
}

/** Shows a conversation: as it was known at once, as it is when the server has said. */
export async function openConversation(id: string): Promise<void> {
  if (open.get().id === id && open.get().failure === null) return;
  remember();
  open.set(lately.get(id) ?? { ...NEW, id, loading: true });
  await refresh(id);
}

async function refresh(id: string): Promise<void> {
  try {
    const given = await api.get("/api/conversations/{conversation_id}", { path: { conversation_id: id } });
    if (open.get().id !== id) return;
    adopt(given);
    if (given.draft) noteDraft(given.draft);
  } catch (error) {
    if (open.get().id !== id) return;
    const failure = failureIn(error);
    stale = failure.code === "unreachable";
    // What was known can be read without the server.
    if (!stale || open.get().tree.head === null) update({ loading: false, failure });
  }
}

/** Takes a conversation as the server gave it, and follows it from there. */
export function adopt(given: Conversation): void {
  const { pending, id } = open.get();
  stale = false;
  open.set(opened(given, id === given.id ? pending : null));
  noteConversation(open.get().summary ?? given);
  follow(given.id, given.event_id);
}

/** Shows an empty conversation; the server hears of it with its first question. */
export function beginAnew(temporary = false): void {
  const now = open.get();
  if (now.id === null && now.temporary === temporary && now.tree.head === null && now.failure === null) return;
  remember();
  open.set({ ...NEW, temporary });
  followAll();
}

/** Fetches the list, and follows it; a conversation that is open is followed by its own opening. */
export async function openSidebar(): Promise<void> {
  const { draft, event_id } = await loadSidebar();
  if (draft) noteDraft(draft);
  if (open.get().id === null || open.get().failure) follow(null, event_id);
}

/** Fetches everything anew: the stream has a gap. */
async function resync(): Promise<void> {
  const { id } = open.get();
  await loadSidebar().catch(() => undefined);
  lately.clear();
  if (id !== null) await refresh(id);
}

function inOpen(conversation: string, to: (before: Open) => Open): void {
  const before = open.get();
  if (before.id === conversation) open.set(to(before));
}

/** Takes in one event. */
export function hear(event: LiveEvent): void {
  switch (event.name) {
    case "ready":
      if (!event.data.resumed || stale) void resync();
      return;
    case "conversation":
      noteConversation(event.data.conversation);
      inOpen(event.data.conversation.id, (before) => withSummary(before, event.data.conversation));
      return;
    case "conversation_removed":
      forgetConversation(event.data.id);
      lately.delete(event.data.id);
      inOpen(event.data.id, () => ({ ...NEW, id: event.data.id, failure: { code: "not_found", message: "" } }));
      return;
    case "folders":
      return noteFolders(event.data.folders);
    case "draft":
      return noteDraft(event.data);
    case "message":
      return inOpen(event.data.conversation_id, (before) => withMessage(before, event.data.message));
    case "delta":
      return append(event.data);
    case "snapshot":
      return replace(event.data);
    case "comparison":
      return update(withComparison(open.get(), event.data.comparison));
  }
}

onLiveEvent((event) => hear(event));

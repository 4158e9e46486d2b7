/** What the page and the server say to each other of conversations, by the names that the page uses. */
import type { components } from "./schema";

type Schemas = components["schemas"];

export type Folder = Schemas["Folder"];
export type Summary = Schemas["Summary"];
export type Conversation = Schemas["Conversation"];
export type Message = Schemas["Message"];
export type Attachment = Schemas["Attachment"];
export type Failure = Schemas["Failure"];
export type Usage = Schemas["AnswerUsage"];
export type Parameters = Schemas["Parameters"];
export type Comparison = Schemas["Comparison"];
export type Feedback = Schemas["Feedback"];
export type FeedbackBody = Schemas["FeedbackAsked"];
export type Draft = Schemas["Draft"];
export type Share = Schemas["ShareTold"];
export type Prompt = Schemas["PromptTold"];
export type Memory = Schemas["MemoryTold"];
export type Personal = Schemas["PersonalTold"];
export type Part = Schemas["Part"];
export type Ask = Schemas["Ask"];

/** Every event of `GET /api/events`, by its name. */
export interface LiveEvents {
  ready: { resumed: boolean };
  conversation: { conversation: Summary };
  conversation_removed: { id: string };
  folders: { folders: Folder[] };
  draft: Pick<Draft, "key" | "content" | "attachments" | "updated_at">;
  message: { conversation_id: string; message: Message };
  delta: { message_id: string; seq: number; content?: string; reasoning?: string };
  snapshot: { message_id: string; seq: number; content: string; reasoning: string };
  comparison: { comparison: Comparison };
}

export type LiveEvent = { [K in keyof LiveEvents]: { name: K; data: LiveEvents[K] } }[keyof LiveEvents];

/** Joins our store to assistant-ui: it draws the thread and edits text, our store keeps the conversation. */
import { type AppendMessage, type AssistantRuntime, type ThreadMessageLike, useExternalStoreRuntime } from "@assistant-ui/react";
import { useMemo } from "react";
import { answer, ask, chat, stop } from "../state/chat";
import { modelInUse, server, serverAsked } from "../state/server";
import { preferences } from "../state/preferences";
import { type Answer, type Message, shown } from "../state/conversation";
import { useStore } from "../state/store";

function statusOf({ state }: Answer): ThreadMessageLike["status"] {
  if (state === "running") return { type: "running" };
  if (state === "done") return { type: "complete", reason: "stop" };
  if (state === "failed") return { type: "incomplete", reason: "error" };
  return { type: "incomplete", reason: "cancelled" };
}

function convertMessage(message: Message): ThreadMessageLike {
  return {
    id: message.id,
    role: message.role,
    content: [{ type: "text", text: message.text }],
    metadata: { custom: { message } },
    ...(message.role === "assistant" && { status: statusOf(message) }),
  };
}

const textOf = (message: AppendMessage): string =>
  message.content.map((part) => (part.type === "text" ? part.text : "")).join("");

/** The name of the model that will answer, as soon as the server has said which there are ("" = none). */
async function modelToAsk(): Promise<string> {
  await serverAsked();
  return modelInUse(server.get(), preferences.get().model)?.name ?? "";
}

/** assistant-ui's view of the conversation. Nothing can be sent once the server has said that it has no model. */
export function useChatRuntime(): AssistantRuntime {
  const none = useStore(server, ({ asked, failure, models }) => asked && failure === null && models.length === 0);
  const { conversation, running } = useStore(chat);
  const messages = useMemo(() => shown(conversation), [conversation]);
  return useExternalStoreRuntime<Message>({
    messages,
    convertMessage,
    isRunning: running !== null,
    isSendDisabled: none,
    onNew: async (message) => ask(textOf(message), chat.get().conversation.head, modelToAsk()),
    onEdit: async (message) => ask(textOf(message), message.parentId, modelToAsk()),
    onReload: async (question) => (question === null ? undefined : answer(question, await modelToAsk())),
    onCancel: async () => stop(),
  });
}

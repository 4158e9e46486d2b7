/** Joins our store to assistant-ui: it draws the thread and edits text, our store keeps the conversation. */
import { type AppendMessage, type AssistantRuntime, type ThreadMessageLike, useExternalStoreRuntime } from "@assistant-ui/react";
import { useMemo } from "react";
import { answer, ask, chat, stop } from "../state/chat";
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

/** assistant-ui's view of the conversation; questions go to `model` ("" = there is none, nothing can be sent). */
export function useChatRuntime(model: string): AssistantRuntime {
  const { conversation, running } = useStore(chat);
  const messages = useMemo(() => shown(conversation), [conversation]);
  return useExternalStoreRuntime<Message>({
    messages,
    convertMessage,
    isRunning: running !== null,
    isSendDisabled: model === "",
    onNew: async (message) => ask(textOf(message), chat.get().conversation.head, model),
    onEdit: async (message) => ask(textOf(message), message.parentId, model),
    onReload: async (question) => (question === null ? undefined : answer(question, model)),
    onCancel: async () => stop(),
  });
}

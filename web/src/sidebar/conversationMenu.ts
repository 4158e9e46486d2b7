/** What can be done with a conversation, in its menus and the command palette. */
import { useTranslation } from "react-i18next";
import { api, failureIn, send } from "../api/call";
import type { Summary } from "../api/chat";
import { type MenuItem, toast } from "../design";
import { go } from "../shell/router";
import { saveFile, fileName } from "../state/files";
import { open } from "../state/open";
import { changeConversation, noteConversation, refused, sidebar, takeBack, throwAway } from "../state/sidebar";

/** Saves a conversation as a file: what is shown of it, to read; or the whole tree, to import again. */
async function exportAs(one: Summary, format: "markdown" | "json"): Promise<void> {
  try {
    const response = await send(`/api/conversations/${encodeURIComponent(one.id)}/export?format=${format}`, {});
    saveFile(fileName(one.title, format === "json" ? "json" : "md"), await response.blob());
  } catch (error) {
    refused.set(failureIn(error));
  }
}

async function anotherTitle(one: Summary): Promise<void> {
  try {
    noteConversation(await api.post("/api/conversations/{conversation_id}/title", { path: { conversation_id: one.id } }));
  } catch (error) {
    refused.set(failureIn(error));
  }
}

/** Leaves the conversation when it is the open one. */
function leave(id: string): void {
  if (open.get().id === id) go("#/");
}

export interface ConversationMenu {
  /** Its items; `rename` begins to edit the title where it stands. */
  items: (one: Summary, rename?: () => void, share?: () => void) => MenuItem[];
}

export function useConversationMenu(): ConversationMenu["items"] {
  const { t } = useTranslation();
  const done = async (change: Promise<boolean>, text: string, undo: () => void): Promise<void> => {
    if (await change) toast(text, undo);
  };
  const archive = (one: Summary): void => {
    void done(changeConversation(one.id, { archived: !one.archived }), t(one.archived ? "row.unarchived" : "row.archived"), () => void changeConversation(one.id, { archived: one.archived }));
    if (!one.archived) leave(one.id);
  };
  const remove = (one: Summary): void => {
    void done(throwAway(one.id), t("row.deleted"), () => void takeBack(one.id));
    leave(one.id);
  };
  const move = (one: Summary, folder_id: string | null): void => void done(changeConversation(one.id, { folder_id }), t("row.moved"), () => void changeConversation(one.id, { folder_id: one.folder_id }));
  const folders = (one: Summary): MenuItem[] => [
    ...sidebar.get().folders.filter(({ id }) => id !== one.folder_id).map(({ id, name }, index) => ({ label: t("row.moveTo", { name }), icon: "folder" as const, apart: index === 0, choose: () => move(one, id) })),
    ...(one.folder_id ? [{ label: t("row.moveOut"), icon: "folder" as const, choose: () => move(one, null) }] : []),
  ];
  return (one, rename, share) => {
    if (one.deleted_at !== null) return [{ label: t("row.restore"), icon: "again", choose: () => void takeBack(one.id) }];
    return [
      { label: t(one.pinned ? "row.unpin" : "row.pin"), icon: "pin", choose: () => void changeConversation(one.id, { pinned: !one.pinned }) },
      ...(rename ? [{ label: t("row.rename"), icon: "edit" as const, choose: rename }] : []),
      { label: t("row.anotherTitle"), icon: "bulb", choose: () => void anotherTitle(one) },
      ...(share ? [{ label: t("row.share"), icon: "share" as const, choose: share }] : []),
      ...folders(one),
      { label: t("row.markdown"), icon: "download", apart: true, choose: () => void exportAs(one, "markdown") },
      { label: t("row.json"), icon: "download", choose: () => void exportAs(one, "json") },
      { label: t(one.archived ? "row.unarchive" : "row.archive"), icon: "archive", apart: true, choose: () => archive(one) },
      { label: t("row.delete"), icon: "trash", danger: true, choose: () => remove(one) },
    ];
  };
}

/** The content of attachments, also where the server wants a key, which a browser sends with no picture or link. */
import { useEffect, useState } from "react";
import type { Attachment } from "../api/chat";
import { apiKey, failureIn, send } from "../api/client";
import { saveFile } from "../state/files";
import { refused } from "../state/sidebar";

export function addressOf({ id }: Pick<Attachment, "id">): string {
  return `/api/attachments/${encodeURIComponent(id)}/content`;
}

/** The address of a picture; "" until it is there. */
export function usePicture(attachment: Attachment): string {
  const address = addressOf(attachment);
  const [shown, show] = useState(apiKey() === "" ? address : "");
  useEffect(() => {
    if (apiKey() === "") return undefined;
    let made = "";
    send(address, {}).then(async (response) => {
      made = URL.createObjectURL(await response.blob());
      show(made);
    }, () => undefined);
    return () => URL.revokeObjectURL(made);
  }, [address]);
  return shown;
}

/** Saves an attachment as the file that it was. */
export async function save(attachment: Attachment): Promise<void> {
  try {
    saveFile(attachment.name, await (await send(addressOf(attachment), {})).blob());
  } catch (error) {
    refused.set(failureIn(error));
  }
}

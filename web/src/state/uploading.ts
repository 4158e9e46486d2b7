/** Files on their way to the server: chosen, dropped, or a long text that was pasted. */
import { failureIn, send } from "../api/call";
import type { Attachment } from "../api/chat";
import type { ApiFailure } from "../api/types";
import { box, setAttachments } from "./drafting";
import { createStore } from "./store";

export interface Upload {
  id: number;
  name: string;
  failure: ApiFailure | null;
}

/** From so many characters on, a pasted text becomes a file. */
export const LONG_PASTE = 4000;
const MOST = 20;

export const uploads = createStore<readonly Upload[]>([]);
let count = 0;

export function dismissUpload(id: number): void {
  uploads.set(uploads.get().filter((upload) => upload.id !== id));
}

async function one(file: File, mine: Upload, key: string): Promise<void> {
  try {
    const response = await send(`/api/attachments?name=${encodeURIComponent(file.name)}`, { method: "POST", body: file, headers: { "content-type": "application/octet-stream" } });
    const attachment = (await response.json()) as Attachment;
    if (box.get().key === key) setAttachments([...box.get().attachments, attachment]);
    dismissUpload(mine.id);
  } catch (error) {
    const failure = failureIn(error);
    uploads.set(uploads.get().map((upload) => (upload.id === mine.id ? { ...upload, failure } : upload)));
  }
}

/** Sends files and puts them into the box as each arrives. */
export async function attach(files: Iterable<File>): Promise<void> {
  const free = MOST - box.get().attachments.length - uploads.get().length;
  const { key } = box.get();
  const coming = [...files].slice(0, Math.max(0, free)).map((file) => ({ file, mine: { id: (count += 1), name: file.name, failure: null } }));
  uploads.set([...uploads.get(), ...coming.map(({ mine }) => mine)]);
  for (const { file, mine } of coming) await one(file, mine, key);
}

/** A long text as a file; its first words name it. */
export function textFile(text: string): File {
  const words = text.trim().split(/\s+/, 5).join(" ").replaceAll(/[^\p{L}\p{N} _-]/gu, "").slice(0, 40).trim();
  return new File([text], `${words || "text"}.txt`, { type: "text/plain" });
}

/**
 * Dictation into the message box, where the browser recognises speech on this machine.
 *
 * Does not: use a recogniser that sends the voice away, as several browsers do unless told otherwise.
 */
import { createStore } from "../state/store";

/** What the page uses of the Web Speech API, which TypeScript's library does not have. */
interface Recognition extends EventTarget {
  lang: string;
  continuous: boolean;
  interimResults: boolean;
  processLocally: boolean;
  start: () => void;
  stop: () => void;
  onresult: ((event: { resultIndex: number; results: ArrayLike<ArrayLike<{ transcript: string }> & { isFinal: boolean }> }) => void) | null;
  onend: (() => void) | null;
  onerror: ((event: { error: string }) => void) | null;
}
interface RecognitionKind {
  new (): Recognition;
  available?: (options: { langs: string[]; processLocally: boolean }) => Promise<string>;
}

/** Why there is no dictation: the browser has none of its own, or it was not allowed to listen. */
export type Refusal = "unavailable" | "not-allowed";

export const listening = createStore(false);
let running: Recognition | null = null;

function kind(): RecognitionKind | undefined {
  const host = globalThis as { SpeechRecognition?: RecognitionKind; webkitSpeechRecognition?: RecognitionKind };
  return host.SpeechRecognition ?? host.webkitSpeechRecognition;
}

/** Whether this browser recognises `language` without sending the voice anywhere. */
async function isLocal(Kind: RecognitionKind, language: string): Promise<boolean> {
  if (!Kind.available) return false;
  const state = await Kind.available({ langs: [language], processLocally: true }).catch(() => "unavailable");
  return state === "available";
}

/** Listens, and gives each phrase as it becomes sure. */
export async function dictate(language: string, said: (phrase: string) => void, refused: (why: Refusal) => void): Promise<void> {
  const Kind = kind();
  if (!Kind || !(await isLocal(Kind, language))) {
    refused("unavailable");
    return;
  }
  const recognition = new Kind();
  Object.assign(recognition, { lang: language, continuous: true, interimResults: false, processLocally: true });
  recognition.onresult = (event) => {
    for (let at = event.resultIndex; at < event.results.length; at += 1) {
      const result = event.results[at];
      if (result?.isFinal) said(result[0]?.transcript.trim() ?? "");
    }
  };
  recognition.onerror = ({ error }) => {
    if (error !== "aborted" && error !== "no-speech") refused(error === "not-allowed" ? "not-allowed" : "unavailable");
  };
  recognition.onend = () => {
    running = null;
    listening.set(false);
  };
  running = recognition;
  listening.set(true);
  recognition.start();
}

/** Stops listening; what was understood stays. */
export function stopDictation(): void {
  running?.stop();
}

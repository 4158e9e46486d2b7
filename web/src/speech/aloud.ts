/**
 * Reading aloud, with the voices that the browser has on this machine.
 *
 * Does not: use a voice that sends the text to its maker (`localService` is false).
 */
import { createStore } from "../state/store";

/** The message that is being read (null = none). */
export const reading = createStore<string | null>(null);

/** Markdown without its signs; code and formulas are not for the ear. */
export function spoken(markdown: string, codeWord: string): string {
  return markdown
    .replaceAll(/^ {0,3}(`{3,}|~{3,})[\s\S]*?(?:^ {0,3}\1[`~]*[ \t]*$|(?![\s\S]))/gm, `${codeWord}.`)
    .replaceAll(/!?\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replaceAll(/`([^`]*)`/g, "$1")
    .replaceAll(/^[ \t]*(?:#{1,6}|>|[-*+]|\d+\.)[ \t]+/gm, "")
    .replaceAll(/^[ \t|:-]+$/gm, "")
    .replaceAll("|", ", ")
    .replaceAll(/\*\*|__|~~|\$\$?|[*_]/g, "")
    .trim();
}

/** A voice of this machine for `language`; undefined = there is none. */
export function voiceFor(voices: SpeechSynthesisVoice[], language: string): SpeechSynthesisVoice | undefined {
  const own = voices.filter((voice) => voice.localService && voice.lang.toLowerCase().startsWith(language));
  return own.find((voice) => voice.default) ?? own[0];
}

/** Browsers tell their voices late: waits for them a little. */
async function voices(): Promise<SpeechSynthesisVoice[]> {
  const known = speechSynthesis.getVoices();
  if (known.length > 0) return known;
  return new Promise((resolve) => {
    const told = (): void => resolve(speechSynthesis.getVoices());
    speechSynthesis.addEventListener("voiceschanged", told, { once: true });
    setTimeout(told, 700);
  });
}

/** Reads a message; false = this browser has no voice of its own for the language. */
export async function readAloud(id: string, text: string, language: string): Promise<boolean> {
  if (typeof speechSynthesis === "undefined") return false;
  const voice = voiceFor(await voices(), language);
  if (!voice) return false;
  speechSynthesis.cancel();
  // Long utterances are cut by some browsers: one for each paragraph.
  const parts = text.split(/\n+/).filter((part) => part.trim() !== "");
  reading.set(id);
  parts.forEach((part, index) => {
    const said = new SpeechSynthesisUtterance(part);
    said.voice = voice;
    said.lang = voice.lang;
    const over = (): void => {
      if (reading.get() === id) reading.set(null);
    };
    said.onerror = over;
    if (index === parts.length - 1) said.onend = over;
    speechSynthesis.speak(said);
  });
  return true;
}

/** Falls silent. */
export function fallSilent(): void {
  reading.set(null);
  if (typeof speechSynthesis !== "undefined") speechSynthesis.cancel();
}

/** What the server says, in the reader's language: the French comes with the first sentence of it that is shown. */
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { WithCode } from "../design/WithCode";
import { createStore, useStore } from "../state/store";
import { type French, translator } from "./sentences";

const french = createStore<{ sentence: French; list: French } | null>(null);
let asked: Promise<void> | undefined;

/** Gets the French sentences, once; a failure is tried again with the next sentence. */
function load(): void {
  asked ??= import("virtual:french-sentences").then(
    ({ default: sentences }) => french.set(translator(sentences)),
    () => void (asked = undefined),
  );
}

export interface Words {
  text: string;
  /** Of the text: set where it is not the page's. */
  lang: "en" | undefined;
}

/** Puts sentences of the server into the reader's language: one, or several with commas between them. */
export function useSaid(): { sentence: (sentence: string) => Words; list: (text: string) => Words } {
  const { i18n } = useTranslation();
  const here = i18n.language === "fr";
  const known = useStore(french);
  useEffect(() => {
    if (here) load();
  }, [here]);
  const words = (text: string, made: string | undefined): Words => (made === undefined ? { text, lang: here ? "en" : undefined } : { text: made, lang: undefined });
  return {
    sentence: (sentence) => words(sentence, here ? known?.sentence(sentence) : undefined),
    list: (text) => words(text, here ? known?.list(text) : undefined),
  };
}

/** A sentence of the server, in the reader's language. */
export function Said({ text }: { text: string }) {
  const { text: words, lang } = useSaid().sentence(text);
  return <span lang={lang}><WithCode text={words} /></span>;
}

/** What failed and what to do about it, as the server says it. */
export function SaidBoth({ message, hint }: { message: string; hint?: string | null | undefined }) {
  return <><Said text={message} />{message && hint && " · "}{hint && <Said text={hint} />}</>;
}

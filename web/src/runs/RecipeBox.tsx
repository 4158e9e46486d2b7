/** A box for a recipe: its text with numbered lines, of which one can be marked and shown. */
import { type Ref, useId, useImperativeHandle, useRef } from "react";
import { useTranslation } from "react-i18next";

export interface RecipeBoxHandle {
  /** Puts the caret on a line, and brings it into sight. */
  show: (line: number) => void;
}

interface Props {
  text: string;
  /** The line that is wrong. */
  wrong: number | undefined;
  change: (text: string) => void;
  ref: Ref<RecipeBoxHandle>;
}

export function RecipeBox({ text, wrong, change, ref }: Props) {
  const { t } = useTranslation();
  const id = useId();
  const box = useRef<HTMLTextAreaElement>(null);
  const numbers = useRef<HTMLDivElement>(null);
  const lines = text.split("\n");
  useImperativeHandle(ref, () => ({
    show: (line) => {
      const area = box.current;
      if (!area) return;
      const before = lines.slice(0, line - 1).reduce((length, one) => length + one.length + 1, 0);
      area.focus();
      area.setSelectionRange(before, before + (lines[line - 1]?.length ?? 0));
      area.scrollTop = (line - 4) * (area.scrollHeight / Math.max(1, lines.length));
    },
  }), [lines]);
  return (
    <div className="recipe-box">
      <label className="unseen" htmlFor={id}>{t("runs.start.box")}</label>
      <div ref={numbers} className="recipe-lines" aria-hidden="true">{lines.map((_, at) => <span key={at} className={at + 1 === wrong ? "wrong-line" : undefined}>{at + 1}</span>)}</div>
      <textarea
        ref={box} id={id} value={text} wrap="off" spellCheck={false} autoCapitalize="off" autoComplete="off" lang="en" dir="ltr" aria-invalid={wrong !== undefined}
        onChange={(event) => change(event.target.value)}
        onScroll={({ currentTarget: { scrollTop } }) => {
          if (numbers.current) numbers.current.scrollTop = scrollTop;
        }}
      />
    </div>
  );
}

/** A modal dialog: the browser's own, which keeps the focus inside, closes on Esc and gives the focus back. */
import { type ReactNode, useEffect, useId, useRef } from "react";
import { useTranslation } from "react-i18next";
import { IconButton } from "./Button";

interface Props {
  title: string;
  /** "sheet" = from the right edge; "card" = in the middle; "wide" = a card for tables and two columns. */
  kind?: "sheet" | "card" | "wide";
  /** Without it the dialog cannot be dismissed. */
  close?: () => void;
  /** Name of the close button; "Close" when absent. */
  closeLabel?: string;
  children: ReactNode;
}

export function Dialog({ title, kind = "card", close, closeLabel, children }: Props) {
  const { t } = useTranslation();
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useEffect(() => {
    const shownDialog = dialog.current;
    const before = document.activeElement;
    shownDialog?.showModal();
    // The browser would choose the close button. What one came to fill in comes first, else the title, which is read.
    const first = ["form :is(input:not([type=file]), textarea, select):enabled", "h2"].map((wanted) => shownDialog?.querySelector<HTMLElement>(wanted));
    first.find((element) => element)?.focus();
    return () => {
      shownDialog?.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={dialog} className={`dialog ${kind === "wide" ? "card wide" : kind}`} aria-labelledby={titleId}
      onCancel={(event) => {
        if (event.target !== dialog.current) return;
        event.preventDefault();
        close?.();
      }}
      onMouseDown={(event) => {
        if (event.target === dialog.current) close?.();
      }}
    >
      <div className="dialog-inside">
        <div className="dialog-head">
          <h2 id={titleId} tabIndex={-1}>{title}</h2>
          {close && <IconButton icon="close" label={closeLabel ?? t("design.close")} onClick={close} />}
        </div>
        {children}
      </div>
    </dialog>
  );
}

/** A modal dialog: the browser's own, which keeps the focus inside, closes on Esc and gives the focus back. */
import { type ReactNode, useEffect, useId, useRef } from "react";
import { Icon } from "./Icon";

interface Props {
  title: string;
  /** Name of the close button; without it the dialog cannot be dismissed. */
  closeLabel?: string;
  /** "sheet" = from the right edge; "card" = in the middle. */
  kind: "sheet" | "card";
  close?: () => void;
  children: ReactNode;
}

export function Dialog({ title, closeLabel, kind, close, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useEffect(() => {
    const shownDialog = dialog.current;
    const before = document.activeElement;
    shownDialog?.showModal();
    return () => {
      shownDialog?.close();
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={dialog} className={`dialog ${kind}`} aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault();
        close?.();
      }}
      onMouseDown={(event) => {
        if (event.target === dialog.current) close?.();
      }}
    >
      <div className="dialog-inside">
        <div className="dialog-head">
          <h2 id={titleId}>{title}</h2>
          {closeLabel && (
            <button className="round" type="button" onClick={close} aria-label={closeLabel} title={closeLabel}><Icon name="close" /></button>
          )}
        </div>
        {children}
      </div>
    </dialog>
  );
}

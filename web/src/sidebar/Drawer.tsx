/** The sidebar on a phone: a modal drawer from the left edge, closed by a tap beside it, Esc, or a choice in it. */
import { type ReactNode, useEffect, useRef } from "react";

export function Drawer({ label, close, children }: { label: string; close: () => void; children: ReactNode }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const shown = dialog.current;
    const before = document.activeElement;
    shown?.showModal();
    shown?.focus();
    return () => {
      shown?.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={dialog} tabIndex={-1} className="drawer" aria-label={label}
      onCancel={(event) => {
        event.preventDefault();
        close();
      }}
      onMouseDown={(event) => event.target === dialog.current && close()}
    >
      {children}
    </dialog>
  );
}

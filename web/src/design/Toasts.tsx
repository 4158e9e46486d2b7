/** Draws the toasts; once, at the root. Their time stands still while the pointer or the focus is on them. */
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useStore } from "../state/store";
import { Icon } from "./Icon";
import { type Toast, dismiss, toasts } from "./toasts";
import { WithCode } from "./WithCode";

const SHOWN_MS = 6000;
const UNDO_MS = 10_000;

function One({ toast: { id, text, undo } }: { toast: Toast }) {
  const { t } = useTranslation();
  const [held, hold] = useState(false);
  useEffect(() => {
    if (held) return undefined;
    const over = setTimeout(() => dismiss(id), undo ? UNDO_MS : SHOWN_MS);
    return () => clearTimeout(over);
  }, [held, id, undo]);
  return (
    <div className="toast" onPointerEnter={() => hold(true)} onPointerLeave={() => hold(false)} onFocus={() => hold(true)} onBlur={() => hold(false)}>
      <span><WithCode text={text} /></span>
      {undo && (
        <button
          type="button"
          onClick={() => {
            dismiss(id);
            undo();
          }}
        >
          {t("design.undo")}
        </button>
      )}
      <button className="shut" type="button" onClick={() => dismiss(id)} aria-label={t("design.dismiss")} title={t("design.dismiss")}><Icon name="close" /></button>
    </div>
  );
}

export function Toasts() {
  const { t } = useTranslation();
  const all = useStore(toasts);
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    // Shown again each time, so that it lies above a dialog that was opened since.
    const shown = place.current;
    if (all.length === 0 || !shown) return;
    if (shown.matches(":popover-open")) shown.hidePopover();
    shown.showPopover();
  }, [all]);
  return (
    <div ref={place} popover="manual" className="toasts" role="region" aria-label={t("design.toasts")}>
      <div role="status" aria-live="polite" className="toasts-said">{all.map((one) => <One key={one.id} toast={one} />)}</div>
    </div>
  );
}

/** What stands where nothing is yet, and what to do about it; and what stands there while it is fetched. */
import type { ReactNode } from "react";
import { Icon, type IconName } from "./Icon";

export function EmptyHint({ icon, title, text, children }: { icon: IconName; title: string; text?: string; children?: ReactNode }) {
  return (
    <div className="empty-hint">
      <Icon name={icon} />
      <strong>{title}</strong>
      {text && <p>{text}</p>}
      {children}
    </div>
  );
}

export function Pending({ text }: { text: string }) {
  return <p className="pending" role="status"><span className="pulse" aria-hidden="true" />{text}</p>;
}

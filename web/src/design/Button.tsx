/** Buttons: with words, or with an icon that has a name. */
import type { ComponentProps, ReactNode, Ref } from "react";
import { Icon, type IconName } from "./Icon";

interface ButtonProps extends Omit<ComponentProps<"button">, "children"> {
  /** "strong" = the one thing that a form or dialog is for; "danger" = what takes something away. */
  kind?: "plain" | "strong" | "danger" | "quiet";
  icon?: IconName;
  /** Waits for the server: cannot be pressed twice. */
  busy?: boolean;
  children: ReactNode;
}

export function Button({ kind = "plain", icon, busy = false, children, className = "", type = "button", disabled = false, ...rest }: ButtonProps) {
  const look = kind === "quiet" ? "quiet" : kind === "plain" ? "button" : `button ${kind}`;
  return (
    <button {...rest} type={type} className={`${look} ${className}`.trim()} disabled={disabled || busy} aria-busy={busy || undefined}>
      {icon && <Icon name={icon} />}
      {children}
    </button>
  );
}

interface IconButtonProps extends Omit<ComponentProps<"button">, "children"> {
  icon: IconName;
  /** Spoken, and shown as a tip. */
  label: string;
  /** "round" = in bars; "quiet" = beside a text. */
  look?: "round" | "quiet";
  ref?: Ref<HTMLButtonElement>;
}

export function IconButton({ icon, label, look = "round", className = "", ...rest }: IconButtonProps) {
  return (
    <button type="button" {...rest} className={`${look} ${className}`.trim()} aria-label={label} title={label}>
      <Icon name={icon} />
    </button>
  );
}

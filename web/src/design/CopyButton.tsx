/** A button that copies a text and says so for a moment. */
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { Icon } from "./Icon";

const SAID_MS = 1600;

interface Props {
  /** Asked when pressed. */
  text: () => string;
  label: string;
  /** Whether the label is also written, not only spoken. */
  written?: boolean;
  className?: string;
}

export function CopyButton({ text, label, written = false, className = "quiet" }: Props) {
  const { t } = useTranslation();
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return undefined;
    const over = setTimeout(() => setCopied(false), SAID_MS);
    return () => clearTimeout(over);
  }, [copied]);
  const copy = (): void => {
    navigator.clipboard.writeText(text()).then(() => setCopied(true), () => undefined);
  };
  const name = copied ? t("design.copied") : label;
  return (
    <button className={className} type="button" onClick={copy} aria-label={name} title={name}>
      <Icon name={copied ? "check" : "copy"} />
      {written && <span>{name}</span>}
    </button>
  );
}

/** A command to type in a terminal, with a button that copies it. */
import { useTranslation } from "react-i18next";
import { CopyButton } from "./CopyButton";

export function Command({ text }: { text: string }) {
  const { t } = useTranslation();
  return (
    <span className="command">
      <code>{text}</code>
      <CopyButton text={() => text} label={t("design.copyCommand")} />
    </span>
  );
}

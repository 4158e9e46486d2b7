/** Something that is shown once and never again: a key, a link, recovery codes. */
import { useTranslation } from "react-i18next";
import { Button, CopyButton } from "../../design";
import { saveFile } from "../../state/files";

interface Props {
  text: string;
  /** What it is, for screen readers. */
  label: string;
  /** Offers to keep it in a file of this name too. */
  file?: string;
}

export function Secret({ text, label, file }: Props) {
  const { t } = useTranslation();
  return (
    <div className="secret">
      <pre tabIndex={0} aria-label={label} role="region"><code>{text}</code></pre>
      <div className="buttons">
        <CopyButton className="button strong" text={() => text} label={t("account.secret.copy")} written />
        {file && <Button icon="download" onClick={() => saveFile(file, `${text}\n`)}>{t("account.secret.file")}</Button>}
      </div>
    </div>
  );
}

/** Another name, typed where the old one stood: Enter keeps it, Esc leaves it. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../../design";
import { Failed } from "./Failed";
import { useAction } from "./useAction";

interface Props {
  label: string;
  name: string;
  save: (name: string) => Promise<void>;
  close: () => void;
}

export function Rename({ label, name, save, close }: Props) {
  const { t } = useTranslation();
  const { busy, failure, run } = useAction();
  const [text, setText] = useState(name);
  const keep = async (): Promise<void> => {
    if (text.trim() === name || (await run(() => save(text.trim())))) close();
  };
  return (
    <form
      className="rename"
      onKeyDown={(event) => event.key === "Escape" && close()}
      onSubmit={(event) => {
        event.preventDefault();
        void keep();
      }}
    >
      <input className="input" aria-label={label} value={text} maxLength={64} required autoFocus onChange={(event) => setText(event.target.value)} />
      <Button kind="strong" type="submit" busy={busy}>{t("account.save")}</Button>
      <Button onClick={close}>{t("account.cancel")}</Button>
      <Failed failure={failure} />
    </form>
  );
}

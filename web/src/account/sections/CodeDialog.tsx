/** Asks for a code of the second factor before something that weakens it. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button, Dialog, TextField } from "../../design";
import { Failed } from "../parts/Failed";
import { useAction } from "../parts/useAction";

interface Props {
  title: string;
  text: string;
  button: string;
  danger?: boolean;
  send: (code: string) => Promise<void>;
  close: () => void;
}

export function CodeDialog({ title, text, button, danger = false, send, close }: Props) {
  const { t } = useTranslation();
  const { busy, failure, run } = useAction();
  const [code, setCode] = useState("");
  return (
    <Dialog title={title} close={close}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          void run(() => send(code.trim()));
        }}
      >
        <p className="lead">{text}</p>
        <Failed failure={failure} meaning={{ sign_in_failed: t("account.code.wrong") }} />
        <TextField label={t("account.code.any")} value={code} change={setCode} autoComplete="one-time-code" autoCapitalize="none" spellCheck={false} maxLength={64} required autoFocus />
        <div className="buttons end">
          <Button onClick={close}>{t("account.cancel")}</Button>
          <Button kind={danger ? "danger" : "strong"} type="submit" busy={busy}>{button}</Button>
        </div>
      </form>
    </Dialog>
  );
}

/** Switching the second factor on: a QR code for the application, then its first code as proof that it has it. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/call";
import { Button, CopyButton, Dialog, TextField } from "../../design";
import { useFetched } from "../../state/fetched";
import { Failed } from "../parts/Failed";
import { Loaded } from "../parts/Loaded";
import { useAction } from "../parts/useAction";

export function SetUpDialog({ close, done }: { close: () => void; done: (codes: string[]) => void }) {
  const { t } = useTranslation();
  const [made, again] = useFetched(() => api.post("/api/me/second-factor"), []);
  const { busy, failure, run } = useAction();
  const [code, setCode] = useState("");
  const confirm = async (): Promise<void> => done((await api.post("/api/me/second-factor/confirm", { body: { code: code.replaceAll(" ", "") } })).recovery_codes);
  return (
    <Dialog title={t("account.factor.add")} close={close}>
      <Loaded of={made} again={again}>
        {({ svg, secret }) => (
          <form
            className="form"
            onSubmit={(event) => {
              event.preventDefault();
              void run(confirm);
            }}
          >
            <p className="lead">{t("account.factor.scan")}</p>
            {/* A picture, not markup: nothing in it can run. */}
            <img className="qr" src={`data:image/svg+xml,${encodeURIComponent(svg)}`} alt={t("account.factor.qr")} />
            <p className="hint">{t("account.factor.type")}</p>
            <p className="typed-secret"><code>{secret.replace(/(.{4})(?=.)/g, "$1 ")}</code><CopyButton text={() => secret} label={t("account.factor.copy")} /></p>
            <Failed failure={failure} meaning={{ sign_in_failed: t("account.code.wrong"), invalid_request: t("account.code.wrong") }} />
            <TextField label={t("account.code.label")} hint={t("account.factor.prove")} value={code} change={setCode} autoComplete="one-time-code" inputMode="numeric" pattern="[0-9 ]{6,7}" maxLength={7} required />
            <div className="buttons end">
              <Button onClick={close}>{t("account.cancel")}</Button>
              <Button kind="strong" type="submit" busy={busy}>{t("account.factor.on")}</Button>
            </div>
          </form>
        )}
      </Loaded>
    </Dialog>
  );
}

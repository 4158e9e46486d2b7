/** The language of the page; with an account, the server remembers it for every browser. */
import { useTranslation } from "react-i18next";
import { api } from "../../api/call";
import { Select } from "../../design";
import { type Language as Code, preferences, prefer } from "../../state/preferences";
import { session } from "../../state/session";
import { useStore } from "../../state/store";
import { Failed } from "../parts/Failed";
import { useAction } from "../parts/useAction";

export function Language() {
  const { t } = useTranslation();
  const { language } = useStore(preferences);
  const state = useStore(session);
  const { busy, failure, run } = useAction();
  const choose = (next: Code | ""): void => {
    prefer({ language: next });
    if (state?.state === "signed_in") void run(() => api.patch("/api/me", { body: { language: next === "" ? null : next } }));
  };
  return (
    <>
      <Failed failure={failure} />
      <Select
        label={t("account.language.label")} hint={t("account.language.hint")} value={language} change={choose} disabled={busy}
        options={[["", t("account.language.browser")], ["en", "English"], ["fr", "Français"]]}
      />
    </>
  );
}

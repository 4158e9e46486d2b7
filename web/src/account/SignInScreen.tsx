/** Signing in: by password with a second factor, by passkey, or at somebody who vouches for the person. */
import "./strings";
import "./account.css";
import { useTranslation } from "react-i18next";
import { Button, EmptyHint } from "../design";
import { go, place } from "../shell/router";
import { session } from "../state/session";
import { useStore } from "../state/store";
import { Welcome } from "./parts/Welcome";
import { CodeForm } from "./signIn/CodeForm";
import { PasswordForm } from "./signIn/PasswordForm";
import { OtherWays } from "./signIn/OtherWays";

export default function SignInScreen() {
  const { t, i18n } = useTranslation();
  const state = useStore(session);
  const { screen, query } = useStore(place);
  const wrong = screen === "sign-in-error" ? (query.token ?? "") : "";
  if (state?.state === "second_factor") return <Welcome title={t("account.code.title")} text={t("account.code.text")}><CodeForm /></Welcome>;
  if (state?.state === "personal" || state?.state === "signed_in") {
    return (
      <Welcome title={t("account.signIn.title")}>
        <EmptyHint icon="check" title={t(state.state === "personal" ? "account.signIn.alone" : "account.signIn.done")}>
          <Button kind="strong" onClick={() => go("#/")}>{t("account.signIn.go")}</Button>
        </EmptyHint>
      </Welcome>
    );
  }
  return (
    <Welcome title={t("account.signIn.title")} text={t("account.signIn.text")}>
      {wrong && <p className="failed" role="alert">{t(i18n.exists(`account.signIn.outside.${wrong}`) ? `account.signIn.outside.${wrong}` : "account.signIn.outside.other")}</p>}
      {state?.methods.password !== false && <PasswordForm />}
      {state && <OtherWays methods={state.methods} />}
      <p className="hint">{t("account.signIn.forgotten")}</p>
    </Welcome>
  );
}

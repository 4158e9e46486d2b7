/** Signing in without a password: a passkey, or somebody who vouches for the person. */
import { useTranslation } from "react-i18next";
import { api } from "../../api/call";
import { Button, Icon } from "../../design";
import type { SessionState } from "../../state/session";
import { Failed } from "../parts/Failed";
import { useAction } from "../parts/useAction";
import { hasPasskeys, showPasskey, turnedAway } from "../webauthn";
import { enter } from "./enter";

async function withPasskey(): Promise<void> {
  const { public_key } = await api.post("/api/session/passkey/options");
  try {
    const credential = await showPasskey(public_key);
    enter(await api.post("/api/session/passkey", { body: { credential } }));
  } catch (error) {
    if (!turnedAway(error)) throw error;
  }
}

export function OtherWays({ methods: { passkey, oidc } }: { methods: SessionState["methods"] }) {
  const { t } = useTranslation();
  const { busy, failure, run } = useAction();
  const withKey = passkey && hasPasskeys();
  if (!withKey && oidc.length === 0) return null;
  return (
    <div className="form">
      <p className="or"><span>{t("account.signIn.or")}</span></p>
      <Failed failure={failure} meaning={{ sign_in_failed: t("account.signIn.passkeyUnknown") }} />
      {withKey && <Button icon="key" busy={busy} onClick={() => void run(withPasskey)}>{t("account.signIn.passkey")}</Button>}
      {oidc.map(({ id, name }) => (
        <a key={id} className="button" href={`/sign-in/oidc/${encodeURIComponent(id)}`}><Icon name="out" />{t("account.signIn.with", { name })}</a>
      ))}
    </div>
  );
}

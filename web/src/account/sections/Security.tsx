/** How one signs in, and where one is signed in. */
import { useTranslation } from "react-i18next";
import { session } from "../../state/session";
import { useStore } from "../../state/store";
import { Head } from "../parts/Sections";
import { Passkeys } from "./Passkeys";
import { Password } from "./Password";
import { SecondFactor } from "./SecondFactor";
import { Sessions } from "./Sessions";

export function Security() {
  const { t } = useTranslation();
  const state = useStore(session);
  if (!state?.me) return null;
  return (
    <>
      <Head title={t("account.sections.security")} text={t("account.security.text")} />
      <Passkeys possible={state.methods.passkey} />
      <SecondFactor />
      <Password has={state.me.has_password} login={state.me.login ?? ""} />
      <Sessions />
    </>
  );
}

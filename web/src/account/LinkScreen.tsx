/** A one-time link: the first account, an invitation, or a new password. */
import "./strings";
import "./account.css";
import { useTranslation } from "react-i18next";
import { api } from "../api/call";
import { Button, EmptyHint, Pending } from "../design";
import { go, place, to } from "../shell/router";
import { useFetched } from "../state/fetched";
import { useStore } from "../state/store";
import { LinkForm } from "./signIn/LinkForm";
import { Failed } from "./parts/Failed";
import { Welcome } from "./parts/Welcome";

export default function LinkScreen() {
  const { t } = useTranslation();
  const { query } = useStore(place);
  const token = query.token ?? "";
  const [looked, again] = useFetched(() => api.post("/api/links/look", { body: { token } }), [token]);
  if (looked.failure?.code === "link_not_valid") {
    return (
      <Welcome title={t("account.link.over")}>
        <EmptyHint icon="link" title={t("account.link.overWhy")} text={t("account.link.overHint")}>
          <Button kind="strong" onClick={() => go(to("sign-in"))}>{t("account.signIn.title")}</Button>
        </EmptyHint>
      </Welcome>
    );
  }
  if (!looked.value) {
    return (
      <Welcome title={t("account.link.look")}>
        {looked.failure ? <Failed failure={looked.failure} again={() => void again()} /> : <Pending text={t("opening")} />}
      </Welcome>
    );
  }
  const link = looked.value;
  const role = link.role ? t(`account.roles.${link.role}`) : "";
  return (
    <Welcome title={t(`account.link.${link.kind}.title`)} text={t(`account.link.${link.kind}.text`, { role, login: link.login ?? "" })}>
      <LinkForm link={link} token={token} />
    </Welcome>
  );
}

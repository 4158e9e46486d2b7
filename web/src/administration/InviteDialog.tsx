/** An invitation: for whom and as what; then its link, this once. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Failed } from "../account/parts/Failed";
import { Secret } from "../account/parts/Secret";
import { useAction } from "../account/parts/useAction";
import type { Role } from "../account/types";
import { api } from "../api/call";
import { Button, Dialog, Select, TextField } from "../design";
import { useFetched } from "../state/fetched";
import { Picks } from "./parts/Picks";
import { RoleField } from "./parts/RoleField";

const LASTS = ["1", "7", "30", "90"] as const;

export function InviteDialog({ close, made }: { close: () => void; made: () => void }) {
  const { t } = useTranslation();
  const { busy, failure, run } = useAction();
  const [groups] = useFetched(() => api.get("/api/admin/groups"), []);
  const [email, setEmail] = useState("");
  const [role, setRole] = useState<Role>("member");
  const [group_ids, setGroups] = useState<string[]>([]);
  const [days, setDays] = useState<(typeof LASTS)[number]>("7");
  const [link, setLink] = useState("");
  const send = async (): Promise<void> => {
    setLink((await api.post("/api/admin/invitations", { body: { role, group_ids, days: Number(days), ...(email.trim() && { email: email.trim() }) } })).link);
    made();
  };
  if (link) {
    return (
      <Dialog title={t("administration.invitations.made")}>
        <div className="form">
          <p className="lead">{t("administration.invitations.madeText")}</p>
          <Secret text={link} label={t("administration.invitations.made")} />
          <div className="buttons end"><Button onClick={close}>{t("administration.invitations.sent")}</Button></div>
        </div>
      </Dialog>
    );
  }
  return (
    <Dialog title={t("administration.people.invite")} close={close}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          void run(send);
        }}
      >
        <p className="lead">{t("administration.invitations.text")}</p>
        <Failed failure={failure} />
        <RoleField value={role} change={setRole} />
        <TextField label={t("account.email")} hint={t("administration.invitations.emailHint")} value={email} change={setEmail} type="email" autoComplete="off" maxLength={254} />
        <Picks legend={t("account.groups")} all={groups.value?.items ?? []} chosen={group_ids} change={setGroups} none={t("administration.groups.noneYet")} />
        <Select label={t("administration.invitations.lasts")} value={days} change={setDays} options={LASTS.map((each) => [each, t("account.keys.days", { count: Number(each) })])} />
        <div className="buttons end">
          <Button onClick={close}>{t("account.cancel")}</Button>
          <Button kind="strong" type="submit" busy={busy}>{t("administration.invitations.make")}</Button>
        </div>
      </form>
    </Dialog>
  );
}

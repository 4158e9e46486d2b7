/** Invitations that are out: taken back, or waiting to be used. */
import { useTranslation } from "react-i18next";
import { Failed } from "../account/parts/Failed";
import { useRemoval } from "../account/parts/removeLater";
import { Part } from "../account/parts/Sections";
import { api } from "../api/call";
import { Badge, Button, Icon } from "../design";
import { ago, date } from "../i18n/dates";
import type { Invitation } from "./types";

export function Invitations({ items, again }: { items: Invitation[]; again: () => Promise<void> }) {
  const { t } = useTranslation();
  const { gone, remove, failure } = useRemoval(again);
  const shown = items.filter(({ id }) => !gone(id));
  if (shown.length === 0 && !failure) return null;
  const revoke = ({ id }: Invitation): void =>
    remove(id, t("administration.invitations.revoked"), () => api.delete("/api/admin/invitations/{invitation_id}", { path: { invitation_id: id }, keepalive: true }));
  return (
    <Part title={t("administration.invitations.title")}>
      <Failed failure={failure} />
      <ul className="rows">{shown.map((one) => <Row key={one.id} one={one} revoke={() => revoke(one)} />)}</ul>
    </Part>
  );
}

function Row({ one, revoke }: { one: Invitation; revoke: () => void }) {
  const { t, i18n } = useTranslation();
  const name = one.email ?? t("administration.invitations.anyone");
  const over = new Date(one.expires_at).getTime() <= Date.now();
  const words = [
    t(`account.roles.${one.role}`), ...one.groups.map((group) => group.name), one.invited_by && t("administration.invitations.by", { name: one.invited_by.name }),
    one.used_at ? t("account.used", { when: ago(one.used_at, i18n.language) }) : t("administration.invitations.until", { date: date(one.expires_at, i18n.language) }),
  ];
  return (
    <li>
      <Icon name="link" />
      <div className="row-words"><strong>{name}</strong><span className="hint">{words.filter(Boolean).join(" · ")}</span></div>
      {one.used_at && <Badge tone="good">{t("administration.invitations.used")}</Badge>}
      {!one.used_at && over && <Badge>{t("account.keys.expired")}</Badge>}
      {!one.used_at && !over && <Button onClick={revoke} aria-label={t("administration.invitations.revokeOne", { name })}>{t("administration.invitations.revoke")}</Button>}
    </li>
  );
}

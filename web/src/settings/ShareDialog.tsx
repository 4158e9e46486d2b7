/** Sharing a conversation by a link: made, seen, taken back. The link is shown once, as the server keeps only its trace. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, failureIn } from "../api/call";
import type { Share } from "../api/chat";
import { Badge, Button, CopyButton, Dialog, Select, toast } from "../design";
import { ago, date } from "../i18n/dates";
import { useRemedy } from "../i18n/remedy";
import { useFetched } from "../state/fetched";
import { open } from "../state/open";
import { useStore } from "../state/store";
import "./settings.css";
import "./strings";

const DAYS = ["1", "7", "30", "365", "never"] as const;
const AUDIENCES = ["members", "anyone"] as const;

/** The address of a share: its token stays after the `#`, out of every log. */
export function linkOf(token: string): string {
  return `${location.origin}/#shared=${encodeURIComponent(token)}`;
}

function New({ conversation, made }: { conversation: string; made: () => Promise<void> }) {
  const { t } = useTranslation();
  const remedy = useRemedy();
  const [audience, setAudience] = useState<(typeof AUDIENCES)[number]>("members");
  const [days, setDays] = useState<(typeof DAYS)[number]>("30");
  const [link, setLink] = useState("");
  const [wrong, tell] = useState("");
  const make = async (): Promise<void> => {
    try {
      const { token } = await api.post("/api/conversations/{conversation_id}/shares", { path: { conversation_id: conversation }, body: { audience, expires_days: days === "never" ? null : Number(days) } });
      setLink(linkOf(token));
      tell("");
      await made();
    } catch (error) {
      tell(remedy(failureIn(error)));
    }
  };
  return (
    <section>
      <p>{t("share.text")}</p>
      <Select label={t("share.audience")} tall={false} value={audience} change={setAudience} options={AUDIENCES.map((name) => [name, t(`share.audiences.${name}`)])} />
      <Select label={t("share.expires")} tall={false} value={days} change={setDays} options={DAYS.map((name) => [name, name === "never" ? t("share.never") : t("share.days", { count: Number(name) })])} />
      <p className="wrong" role="alert">{wrong}</p>
      <Button kind="strong" icon="link" onClick={() => void make()}>{t("share.make")}</Button>
      {link && (
        <div className="form">
          <div className="link-row">
            <input className="input" readOnly value={link} aria-label={t("share.link")} onFocus={(event) => event.target.select()} />
            <CopyButton text={() => link} label={t("share.copy")} written className="button" />
          </div>
          <p className="hint">{t("share.once")}</p>
        </div>
      )}
    </section>
  );
}

function Row({ share, changed }: { share: Share; changed: () => Promise<void> }) {
  const { t, i18n } = useTranslation();
  const remedy = useRemedy();
  const over = share.expires_at !== null && Date.parse(share.expires_at) < Date.now();
  const revoke = async (): Promise<void> => {
    try {
      await api.delete("/api/shares/{share_id}", { path: { share_id: share.id } });
      await changed();
    } catch (error) {
      toast(remedy(failureIn(error)));
    }
  };
  const until = share.expires_at ? t("share.until", { date: date(share.expires_at, i18n.language) }) : t("share.forever");
  return (
    <li className="thing">
      <div><strong>{t(`share.audiences.${share.audience}`)}</strong><p>{t("share.since", { ago: ago(share.created_at, i18n.language) })} · {until}</p></div>
      {share.revoked_at !== null ? <Badge>{t("share.revoked")}</Badge> : over ? <Badge>{t("share.over")}</Badge> : <Button kind="danger" onClick={() => void revoke()}>{t("share.revoke")}</Button>}
    </li>
  );
}

export default function ShareDialog({ close }: { close: () => void }) {
  const { t } = useTranslation();
  const id = useStore(open, (state) => state.id) ?? "";
  const [{ value }, again] = useFetched(() => api.get("/api/shares", { query: { conversation_id: id } }), [id]);
  return (
    <Dialog title={t("share.title")} close={close}>
      <New conversation={id} made={again} />
      {value !== undefined && value.items.length > 0 && (
        <section>
          <h3>{t("share.links")}</h3>
          <ul className="things">{value.items.map((share) => <Row key={share.id} share={share} changed={again} />)}</ul>
        </section>
      )}
    </Dialog>
  );
}

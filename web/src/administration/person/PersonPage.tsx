/** One person: who they are, what they may, how they get in again, what they used; and their end. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Loaded } from "../../account/parts/Loaded";
import { Head, Part } from "../../account/parts/Sections";
import { UsageView } from "../../account/parts/UsageView";
import { api } from "../../api/call";
import { Badge, Icon } from "../../design";
import { to } from "../../shell/router";
import { useFetched } from "../../state/fetched";
import { may, session } from "../../state/session";
import { useStore } from "../../state/store";
import type { Person } from "../types";
import { Access } from "./Access";
import { Contact } from "./Contact";
import { Membership } from "./Membership";
import { Removal } from "./Removal";
import { Rescue } from "./Rescue";

export function PersonPage({ id }: { id: string }) {
  const { t } = useTranslation();
  const [person, again] = useFetched(() => api.get("/api/admin/people/{person_id}", { path: { person_id: id } }), [id]);
  return (
    <>
      <p><a className="quiet back" href={to("administration", "people")}><Icon name="left" />{t("administration.sections.people")}</a></p>
      <Loaded of={person} again={again}>{(one) => <Sheet person={one} again={again} />}</Loaded>
    </>
  );
}

function Sheet({ person, again }: { person: Person; again: () => Promise<void> }) {
  const { t } = useTranslation();
  const me = useStore(session)?.me;
  const owns = useStore(session, may("own"));
  const mine = me?.id === person.id;
  const manageable = owns || (person.role !== "owner" && person.role !== "administrator");
  const [days, setDays] = useState(30);
  const [usage, usageAgain] = useFetched(() => api.get("/api/admin/people/{person_id}/usage", { path: { person_id: person.id }, query: { days } }), [person.id, days]);
  return (
    <>
      <Head title={person.name || person.login || t("administration.people.unnamed")} text={[person.login, person.email].filter(Boolean).join(" · ")}>
        <Badge tone="accent">{t(`account.roles.${person.role}`)}</Badge>
        {person.disabled_at && <Badge tone="bad">{t("administration.people.disabled")}</Badge>}
        {mine && <Badge tone="good">{t("administration.person.you")}</Badge>}
      </Head>
      {!manageable && <p className="notice"><Icon name="lock" />{t("administration.person.ownersOnly")}</p>}
      {manageable && (
        <>
          <Contact person={person} again={again} />
          <Access person={person} mine={mine} again={again} />
        </>
      )}
      <Membership person={person} again={again} />
      {manageable && <Rescue person={person} mine={mine} again={again} />}
      <h3 className="tile-head">{t("account.sections.usage")}</h3>
      <Loaded of={usage} again={usageAgain}>{(value) => <UsageView usage={value} days={days} choose={setDays} />}</Loaded>
      {manageable && !mine && <Part title={t("administration.person.delete")} text={t("administration.person.deleteText")}><Removal person={person} /></Part>}
    </>
  );
}

/** People: found, made, invited; one of them on a page of their own. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Loaded } from "../account/parts/Loaded";
import { Head } from "../account/parts/Sections";
import { api } from "../api/call";
import { Badge, Button, type Column, EmptyHint, Table } from "../design";
import { ago, dateTime } from "../i18n/dates";
import { place, to } from "../shell/router";
import { useFetched } from "../state/fetched";
import { useStore } from "../state/store";
import { Invitations } from "./Invitations";
import { InviteDialog } from "./InviteDialog";
import { NewPersonDialog } from "./NewPersonDialog";
import { Search } from "./parts/Search";
import { Alone } from "./parts/Alone";
import { PersonPage } from "./person/PersonPage";
import { useMore } from "./parts/useMore";
import type { Person } from "./types";

export function People() {
  const { rest } = useStore(place);
  return rest[1] ? <PersonPage key={rest[1]} id={rest[1]} /> : <List />;
}

function List() {
  const { t, i18n } = useTranslation();
  const [search, setSearch] = useState("");
  const [open, setOpen] = useState<"invite" | "new" | null>(null);
  const [people, again, more] = useMore((cursor) => api.get("/api/admin/people", { query: { search, cursor } }), [search]);
  const [invitations, invitationsAgain] = useFetched(() => api.get("/api/admin/invitations"), []);
  const columns: Column<Person>[] = [
    { name: t("account.name"), kind: "head", cell: (one) => <a href={to("administration", "people", one.id)}>{one.name || one.login}</a> },
    { name: t("account.login"), cell: ({ login }) => login },
    { name: t("account.role"), cell: ({ role }) => <Badge tone={role === "owner" || role === "administrator" ? "accent" : "calm"}>{t(`account.roles.${role}`)}</Badge> },
    { name: t("account.groups"), cell: ({ groups }) => (groups.length > 0 ? groups.map(({ name }) => name).join(", ") : "–") },
    {
      name: t("administration.people.seen"),
      cell: ({ seen_at, disabled_at }) => {
        if (disabled_at) return <Badge tone="bad">{t("administration.people.disabled")}</Badge>;
        return seen_at ? <span title={dateTime(seen_at, i18n.language)}>{ago(seen_at, i18n.language)}</span> : t("administration.people.never");
      },
    },
  ];
  return (
    <>
      <Head title={t("administration.sections.people")} text={t("administration.people.text")}>
        <Button onClick={() => setOpen("new")}>{t("administration.people.new")}</Button>
        <Button kind="strong" icon="plus" onClick={() => setOpen("invite")}>{t("administration.people.invite")}</Button>
      </Head>
      <Alone />
      <Search label={t("administration.people.search")} change={setSearch} />
      <Loaded of={people} again={again}>
        {({ items, next }) => (
          <>
            <Table
              caption={t("administration.sections.people")} columns={columns} rows={items} keyOf={({ id }) => id}
              empty={<EmptyHint icon="person" title={t(search ? "administration.nothingFound" : "administration.people.none")} text={t(search ? "administration.nothingFoundHint" : "administration.people.noneHint")} />}
            />
            {next && <div className="buttons"><Button onClick={more}>{t("administration.more")}</Button></div>}
          </>
        )}
      </Loaded>
      <Loaded of={invitations} again={invitationsAgain}>{({ items }) => <Invitations items={items} again={invitationsAgain} />}</Loaded>
      {open === "new" && <NewPersonDialog close={() => setOpen(null)} made={() => void again()} />}
      {open === "invite" && <InviteDialog close={() => setOpen(null)} made={() => void invitationsAgain()} />}
    </>
  );
}

/** Groups: what people are together for, so that models and quotas can be given to all of them at once. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Failed } from "../account/parts/Failed";
import { Loaded } from "../account/parts/Loaded";
import { useRemoval } from "../account/parts/removeLater";
import { Head } from "../account/parts/Sections";
import { api } from "../api/call";
import { Button, type Column, EmptyHint, Menu, Table } from "../design";
import { number } from "../i18n/format";
import { useFetched } from "../state/fetched";
import { GroupDialog } from "./GroupDialog";
import { MembersDialog } from "./MembersDialog";
import { Alone } from "./parts/Alone";
import type { Group } from "./types";

type Open = { what: "new" } | { what: "edit" | "members"; group: Group } | null;

export function Groups() {
  const { t, i18n } = useTranslation();
  const [groups, again] = useFetched(() => api.get("/api/admin/groups"), []);
  const { gone, remove, failure } = useRemoval(again);
  const [open, setOpen] = useState<Open>(null);
  const close = (): void => setOpen(null);
  const away = ({ id, name }: Group): void =>
    remove(id, t("administration.groups.removed", { name }), () => api.delete("/api/admin/groups/{group_id}", { path: { group_id: id }, keepalive: true }));
  const columns: Column<Group>[] = [
    { name: t("account.name"), kind: "head", cell: (one) => one.name },
    { name: t("administration.groups.description"), cell: ({ description }) => description || "–" },
    { name: t("administration.groups.members"), kind: "number", cell: ({ members }) => number(members, i18n.language) },
    {
      name: t("account.keys.tools"), kind: "tools",
      cell: (group) => (
        <span className="tools-inside">
          <Button onClick={() => setOpen({ what: "members", group })} aria-label={t("administration.groups.membersOf", { name: group.name })}>{t("administration.groups.members")}</Button>
          <Menu
            label={t("administration.menu", { name: group.name })}
            items={() => [
              { label: t("administration.edit"), icon: "edit", choose: () => setOpen({ what: "edit", group }) },
              { label: t("account.remove"), icon: "trash", danger: true, choose: () => away(group) },
            ]}
          />
        </span>
      ),
    },
  ];
  const button = <Button kind="strong" icon="plus" onClick={() => setOpen({ what: "new" })}>{t("administration.groups.new")}</Button>;
  return (
    <>
      <Head title={t("administration.sections.groups")} text={t("administration.groups.text")}>{groups.value && groups.value.items.length > 0 && button}</Head>
      <Alone />
      <Failed failure={failure} />
      <Loaded of={groups} again={again}>
        {({ items }) => (
          <Table
            caption={t("administration.sections.groups")} columns={columns} rows={items.filter(({ id }) => !gone(id))} keyOf={({ id }) => id}
            empty={<EmptyHint icon="group" title={t("administration.groups.none")} text={t("administration.groups.noneHint")}>{button}</EmptyHint>}
          />
        )}
      </Loaded>
      {open?.what === "new" && <GroupDialog close={close} done={() => void again()} />}
      {open?.what === "edit" && <GroupDialog group={open.group} close={close} done={() => void again()} />}
      {open?.what === "members" && <MembersDialog group={open.group} close={close} changed={() => void again()} />}
    </>
  );
}

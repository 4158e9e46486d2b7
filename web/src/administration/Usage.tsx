/** What everybody used. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Loaded } from "../account/parts/Loaded";
import { Head, Part } from "../account/parts/Sections";
import { UsageView, useMeasures } from "../account/parts/UsageView";
import { api } from "../api/call";
import { Table } from "../design";
import { to } from "../shell/router";
import { useFetched } from "../state/fetched";
import type { UsageOfAll } from "./types";

export function Usage() {
  const { t } = useTranslation();
  const [days, setDays] = useState(30);
  const [usage, again] = useFetched(() => api.get("/api/admin/usage", { query: { days } }), [days]);
  return (
    <>
      <Head title={t("administration.sections.usage")} text={t("administration.usage.text")} />
      <Loaded of={usage} again={again}>
        {(value) => <UsageView usage={value} days={days} choose={setDays}><ByPerson usage={value} /></UsageView>}
      </Loaded>
    </>
  );
}

function ByPerson({ usage }: { usage: UsageOfAll }) {
  const { t } = useTranslation();
  const columns = useMeasures(usage.currency);
  const who = { name: t("administration.keys.person"), kind: "head" as const, cell: ({ id, name }: UsageOfAll["people"][number]) => (id ? <a href={to("administration", "people", id)}>{name || t("administration.people.unnamed")}</a> : t("administration.usage.gone")) };
  return (
    <Part title={t("administration.usage.byPerson")}>
      <Table caption={t("administration.usage.byPerson")} columns={[who, ...columns]} rows={usage.people} keyOf={({ id }) => id ?? ""} />
    </Part>
  );
}

/** Quotas: what a person, a group or a key may use in a day or a month. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Failed } from "../account/parts/Failed";
import { Loaded } from "../account/parts/Loaded";
import { QuotaMeter, useQuotaName } from "../account/parts/Quotas";
import { useRemoval } from "../account/parts/removeLater";
import { Head } from "../account/parts/Sections";
import type { Quota } from "../account/types";
import { api } from "../api/call";
import { Badge, Button, EmptyHint, Menu } from "../design";
import { useFetched } from "../state/fetched";
import { QuotaDialog } from "./QuotaDialog";

async function look(): Promise<{ items: Quota[]; currency: string }> {
  const [quotas, prices] = await Promise.all([api.get("/api/admin/quotas"), api.get("/api/admin/prices")]);
  return { items: quotas.items, currency: prices.currency };
}

export function Quotas() {
  const { t } = useTranslation();
  const [quotas, again] = useFetched(look, []);
  const { gone, remove, failure } = useRemoval(again);
  const [open, setOpen] = useState<Quota | "new" | null>(null);
  const away = ({ id, subject_name }: Quota): void =>
    remove(id, t("administration.quotas.removed", { name: subject_name }), () => api.delete("/api/admin/quotas/{quota_id}", { path: { quota_id: id }, keepalive: true }));
  const button = <Button kind="strong" icon="plus" onClick={() => setOpen("new")}>{t("administration.quotas.new")}</Button>;
  return (
    <>
      <Head title={t("administration.sections.quotas")} text={t("administration.quotas.text")}>{quotas.value && quotas.value.items.length > 0 && button}</Head>
      <Failed failure={failure} />
      <Loaded of={quotas} again={again}>
        {({ items, currency }) => {
          const shown = items.filter(({ id }) => !gone(id));
          if (shown.length === 0) return <EmptyHint icon="gauge" title={t("administration.quotas.none")} text={t("administration.quotas.noneHint")}>{button}</EmptyHint>;
          return <ul className="cards">{bySubject(shown).map((quotas) => <Card key={quotas[0].subject_id} quotas={quotas} currency={currency} edit={setOpen} remove={away} />)}</ul>;
        }}
      </Loaded>
      {open && <QuotaDialog quota={open === "new" ? undefined : open} currency={quotas.value?.currency ?? "EUR"} close={() => setOpen(null)} done={() => void again()} />}
    </>
  );
}

type Some = [Quota, ...Quota[]];

/** The quotas of each person, group or key together, in the order they came in. */
function bySubject(quotas: Quota[]): Some[] {
  const found = new Map<string, Some>();
  for (const quota of quotas) {
    const before = found.get(quota.subject_id);
    if (before) before.push(quota);
    else found.set(quota.subject_id, [quota]);
  }
  return [...found.values()];
}

interface CardProps {
  quotas: Some;
  currency: string;
  edit: (quota: Quota) => void;
  remove: (quota: Quota) => void;
}

function Card({ quotas, currency, edit, remove }: CardProps) {
  const { t } = useTranslation();
  const named = useQuotaName(currency);
  const name = quotas[0].subject_name || t("administration.quotas.goneSubject");
  const menu = (quota: Quota) => (
    <Menu
      label={t("administration.quotas.menu", { name, quota: named(quota) })}
      items={() => [
        { label: t("administration.quotas.change"), icon: "edit", choose: () => edit(quota) },
        { label: t("account.remove"), icon: "trash", danger: true, choose: () => remove(quota) },
      ]}
    />
  );
  return (
    <li className="panel card">
      <h3 className="tile-head">{name} <Badge>{t(`administration.quotas.kinds.${quotas[0].subject_kind}`)}</Badge></h3>
      {quotas.map((quota) => <QuotaMeter key={quota.id} quota={quota} currency={currency} tools={menu(quota)} />)}
    </li>
  );
}

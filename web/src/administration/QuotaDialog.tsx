/** A quota: whose, of what, for how long, how much; of one that is there, how much. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Failed } from "../account/parts/Failed";
import { useAction } from "../account/parts/useAction";
import type { Quota } from "../account/types";
import { api } from "../api/call";
import { Button, Dialog, Select, TextField } from "../design";
import { useFetched } from "../state/fetched";
import type { Named } from "./types";

type Kind = Quota["subject_kind"];
type Unit = Quota["unit"];
type Period = Quota["period"];
const KINDS: readonly Kind[] = ["person", "group", "key"];
const UNITS: readonly Unit[] = ["tokens", "requests", "money"];
const PERIODS: readonly Period[] = ["day", "month"];

interface Props {
  quota: Quota | undefined;
  currency: string;
  close: () => void;
  done: () => void;
}

/** Everybody and everything of a kind that a quota can be for. */
async function subjectsOf(kind: Kind): Promise<Named[]> {
  if (kind === "group") return (await api.get("/api/admin/groups")).items;
  if (kind === "key") return (await api.get("/api/admin/keys")).items.filter(({ revoked_at }) => !revoked_at).map(({ id, name, person }) => ({ id, name: `${name} (${person.name})` }));
  const people: Named[] = [];
  let cursor: string | null | undefined = "";
  while (cursor !== null && cursor !== undefined) {
    const page: { items: Named[]; next?: string | null } = await api.get("/api/admin/people", { query: { cursor } });
    people.push(...page.items);
    cursor = page.next;
  }
  return people;
}

export function QuotaDialog({ quota, currency, close, done }: Props) {
  const { t } = useTranslation();
  const { busy, failure, run } = useAction();
  const [kind, setKind] = useState<Kind>("person");
  const [chosen, choose] = useState("");
  const [unit, setUnit] = useState<Unit>(quota?.unit ?? "tokens");
  const [period, setPeriod] = useState<Period>("month");
  const [limit, setLimit] = useState(quota ? String(quota.limit) : "");
  const [subjects] = useFetched(() => (quota ? Promise.resolve([]) : subjectsOf(kind)), [kind]);
  const subject = subjects.value?.some(({ id }) => id === chosen) ? chosen : (subjects.value?.[0]?.id ?? "");
  const send = async (): Promise<void> => {
    if (quota) await api.patch("/api/admin/quotas/{quota_id}", { path: { quota_id: quota.id }, body: { limit: Number(limit) } });
    else await api.post("/api/admin/quotas", { body: { subject_kind: kind, subject_id: subject, unit, period, limit: Number(limit) } });
    done();
    close();
  };
  return (
    <Dialog title={quota ? t("administration.quotas.changeOf", { name: quota.subject_name }) : t("administration.quotas.new")} close={close}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          void run(send);
        }}
      >
        <Failed failure={failure} meaning={{ conflict: t("administration.quotas.taken") }} />
        {!quota && (
          <>
            <Select label={t("administration.quotas.for")} value={kind} change={setKind} options={KINDS.map((one) => [one, t(`administration.quotas.kinds.${one}`)])} />
            <Select label={t(`administration.quotas.which.${kind}`)} value={subject} change={choose} options={(subjects.value ?? []).map(({ id, name }) => [id, name])} hint={subjects.value?.length === 0 ? t("administration.quotas.noSubject") : undefined} />
            <Select label={t("administration.quotas.unit")} value={unit} change={setUnit} options={UNITS.map((one) => [one, t(`administration.quotas.units.${one}`, { currency })])} hint={unit === "money" ? t("administration.quotas.moneyHint") : undefined} />
            <Select label={t("administration.quotas.period")} value={period} change={setPeriod} options={PERIODS.map((one) => [one, t(`administration.quotas.periods.${one}`)])} />
          </>
        )}
        <TextField label={t("administration.quotas.limit", { unit: t(`administration.quotas.units.${unit}`, { currency }) })} value={limit} change={setLimit} type="number" min={0} max={1e12} step={unit === "money" ? "any" : 1} inputMode={unit === "money" ? "decimal" : "numeric"} required autoFocus={Boolean(quota)} />
        <div className="buttons end">
          <Button onClick={close}>{t("account.cancel")}</Button>
          <Button kind="strong" type="submit" busy={busy} disabled={!quota && subject === ""}>{t("account.save")}</Button>
        </div>
      </form>
    </Dialog>
  );
}

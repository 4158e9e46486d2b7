/** When rounds begin by themselves, and how they learn: said in a sentence, changed by administrators. */
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { Failed } from "../account/parts/Failed";
import { Part } from "../account/parts/Sections";
import { useAction } from "../account/parts/useAction";
import { api } from "../api/call";
import { Button, Select, TextField, toast } from "../design";
import { number, percent } from "../i18n/format";
import { may, session } from "../state/session";
import { useStore } from "../state/store";
import type { LoopSettings as Settings, Method } from "./types";

const METHODS = ["auto", "dpo", "kto"] as const satisfies readonly Method[];
const NUMBERS = ["every_days", "at_count", "least"] as const;
type Wished = Pick<Settings, (typeof NUMBERS)[number] | "method" | "alias" | "held_out">;

const wishedOf = ({ alias, method, every_days, at_count, least, held_out }: Settings): Wished => ({ alias, method, every_days, at_count, least, held_out });

export function LoopSettings({ settings, changed }: { settings: Settings; changed: () => Promise<void> }) {
  const { t, i18n } = useTranslation();
  const administers = useStore(session, may("administer"));
  const [open, setOpen] = useState(false);
  const { waiting, every_days, at_count, least, alias } = settings;
  const when = every_days > 0 && at_count > 0 ? "both" : every_days > 0 ? "days" : at_count > 0 ? "count" : "never";
  const enough = waiting >= least;
  return (
    <Part
      level={2} title={t("improvement.waiting", { count: waiting, value: number(waiting, i18n.language) })}
      tools={administers && <Button kind="quiet" icon="settings" aria-expanded={open} onClick={() => setOpen(!open)}>{t("improvement.change")}</Button>}
    >
      <p className="round-when">
        {t(enough ? "improvement.enough" : "improvement.tooFew", { count: least, value: number(least, i18n.language) })}{" "}
        {t(`improvement.when.${when}`, { days: number(every_days, i18n.language), statements: number(at_count, i18n.language), alias })}
      </p>
      <progress className="round-waiting" value={Math.min(waiting, least)} max={least} aria-label={t("improvement.waitingOf")}>{percent(Math.min(1, waiting / least), i18n.language)}</progress>
      {/* Begins anew when the settings have changed, not with every look while a round runs. */}
      {open && <Form key={JSON.stringify(wishedOf(settings))} settings={settings} saved={changed} close={() => setOpen(false)} />}
    </Part>
  );
}

function Form({ settings, saved, close }: { settings: Settings; saved: () => Promise<void>; close: () => void }) {
  const { t } = useTranslation();
  const { busy, failure, run } = useAction();
  const before = wishedOf(settings);
  const [texts, setTexts] = useState<Record<string, string>>({});
  const [wished, wish] = useState(before);
  const put = async (values: Wished): Promise<void> => {
    await api.put("/api/improvements/settings", { body: values });
    await saved();
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    void run(async () => {
      await put(wished);
      close();
      toast(t("improvement.saved"), () => void run(() => put(before)), "improvement/settings");
    });
  };
  const field = (name: (typeof NUMBERS)[number], min: number, max: number) => (
    <TextField
      label={t(`improvement.fields.${name}`)} hint={t(`improvement.hints.${name}`)} type="number" min={min} max={max} required
      value={texts[name] ?? String(wished[name])}
      change={(text) => {
        setTexts({ ...texts, [name]: text });
        if (/^\d+$/.test(text)) wish({ ...wished, [name]: Number(text) });
      }}
    />
  );
  return (
    <form className="round-settings" onSubmit={submit}>
      <TextField label={t("improvement.fields.alias")} hint={t("improvement.hints.alias")} value={wished.alias} change={(alias) => wish({ ...wished, alias })} required maxLength={48} autoComplete="off" spellCheck={false} />
      <Select label={t("improvement.fields.method")} hint={t(`improvement.methods.${wished.method}Hint`)} value={wished.method} options={METHODS.map((method) => [method, t(`improvement.methods.${method}`)] as const)} change={(method) => wish({ ...wished, method })} />
      {field("every_days", 0, 366)}
      {field("at_count", 0, 1_000_000)}
      {field("least", 2, 1_000_000)}
      <Failed failure={failure} />
      <div className="buttons">
        <Button type="submit" kind="strong" busy={busy}>{t("account.save")}</Button>
        <Button onClick={close}>{t("account.cancel")}</Button>
      </div>
    </form>
  );
}

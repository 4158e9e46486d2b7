/** What waits for another person's signature: exceptions at the gate, and runs or models at a threshold of the pause. */
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { Failed } from "../account/parts/Failed";
import { Part } from "../account/parts/Sections";
import { useAction } from "../account/parts/useAction";
import { Badge, Button, Dialog, TextArea, toast } from "../design";
import { useSaid } from "../i18n/Said";
import { ago, dateTime } from "../i18n/dates";
import { powers } from "../runs/figures";
import { may, session } from "../state/session";
import { useStore } from "../state/store";
import { calls } from "./calls";
import { ofVersion } from "./places";
import type { Override, Pause } from "./types";

export const LEAST_REASON = 10;

interface Props {
  overrides: Override[];
  pauses: Pause[];
  changed: () => Promise<void>;
}

export function Waiting({ overrides, pauses, changed }: Props) {
  const { t } = useTranslation();
  const open = overrides.filter(({ signed_by, over }) => signed_by === null && !over);
  const held = pauses.filter(({ second_by }) => second_by === null);
  if (open.length === 0 && held.length === 0) return null;
  return (
    <Part level={2} title={t("releases.waiting")} text={t("releases.waitingText")}>
      <ul className="signings">
        {held.map((pause) => <Held key={pause.id} pause={pause} changed={changed} />)}
        {open.map((override) => <Open key={override.id} override={override} changed={changed} />)}
      </ul>
    </Part>
  );
}

/** Whether the one at the page is who is named: they cannot be the second. */
function useMine(name: string | null): boolean {
  const me = useStore(session, (state) => state?.me?.name ?? null);
  return name !== null && name !== "" && me === name;
}

function Open({ override, changed }: { override: Override; changed: () => Promise<void> }) {
  const { t, i18n } = useTranslation();
  const administers = useStore(session, may("administer"));
  const mine = useMine(override.asked_by);
  const { busy, failure, run } = useAction();
  const { language } = i18n;
  const sign = (): void =>
    void run(async () => {
      await calls.signOverride(override.id);
      await changed();
      toast(t("releases.signed"));
    });
  return (
    <li className="signing">
      <div>
        <p><Badge tone="busy">{t("releases.override")}</Badge> <strong><a href={ofVersion(override.version)}>{override.model}</a></strong> <span className="hint">{t("releases.as", { alias: override.alias })}</span></p>
        <p className="badges">{override.requirements.map((name) => <Badge key={name} tone="bad">{name}</Badge>)}</p>
        <blockquote>{override.reason}</blockquote>
        <p className="hint">{t("releases.askedBy", { name: override.asked_by, when: ago(override.asked_at, language) })} · <span title={dateTime(override.expires_at, language)}>{t("releases.until", { when: dateTime(override.expires_at, language) })}</span></p>
        <Failed failure={failure} />
      </div>
      {administers && (mine ? <p className="hint">{t("releases.another")}</p> : <Button kind="strong" icon="edit" busy={busy} onClick={sign} aria-label={t("releases.signOf", { name: override.model })}>{t("releases.sign")}</Button>)}
    </li>
  );
}

function Held({ pause, changed }: { pause: Pause; changed: () => Promise<void> }) {
  const { t, i18n } = useTranslation();
  const said = useSaid();
  const administers = useStore(session, may("administer"));
  const mine = useMine(pause.first_by);
  const [open, setOpen] = useState(false);
  const { language } = i18n;
  return (
    <li className="signing">
      <div>
        <p><Badge tone="bad">{t("releases.pause")}</Badge> <strong>{pause.name}</strong></p>
        <p>{t(pause.kind === "ability" ? "releases.pauseAbility" : "releases.pauseCompute", { threshold: said.sentence(pause.threshold).text, flops: powers(pause.flops, language), limit: powers(pause.limit_flops, language) })}</p>
        {pause.reason && <blockquote>{pause.reason}</blockquote>}
        <p className="hint">{pause.first_by && pause.first_at ? t("releases.firstBy", { name: pause.first_by, when: ago(pause.first_at, language) }) : t("releases.noneSigned")}</p>
      </div>
      {administers && (mine ? <p className="hint">{t("releases.another")}</p> : <Button kind="strong" icon="edit" onClick={() => setOpen(true)} aria-label={t("releases.signOf", { name: pause.name })}>{t("releases.sign")}</Button>)}
      {open && <SignPause pause={pause} close={() => setOpen(false)} changed={changed} />}
    </li>
  );
}

function SignPause({ pause, close, changed }: { pause: Pause; close: () => void; changed: () => Promise<void> }) {
  const { t } = useTranslation();
  const { busy, failure, run } = useAction();
  const [reason, setReason] = useState("");
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    void run(async () => {
      await calls.signPause(pause.id, reason.trim());
      await changed();
      toast(t("releases.signed"));
      close();
    });
  };
  return (
    <Dialog title={t("releases.signOf", { name: pause.name })} close={close}>
      <form className="form" onSubmit={submit}>
        <p>{t("releases.pauseMeans")}</p>
        <TextArea label={t("releases.reason")} hint={t("releases.reasonHint")} value={reason} change={setReason} required minLength={LEAST_REASON} maxLength={2000} />
        <Failed failure={failure} />
        <div className="dialog-foot">
          <Button onClick={close}>{t("account.cancel")}</Button>
          <Button type="submit" kind="strong" busy={busy} disabled={reason.trim().length < LEAST_REASON}>{t("releases.sign")}</Button>
        </div>
      </form>
    </Dialog>
  );
}

/** For who lost a password or a phone, was locked out, or must be out of the house at once. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Failed } from "../../account/parts/Failed";
import { Secret } from "../../account/parts/Secret";
import { Part } from "../../account/parts/Sections";
import { useAction } from "../../account/parts/useAction";
import { api } from "../../api/call";
import { Button, Dialog, toast } from "../../design";
import { date } from "../../i18n/dates";
import type { Person } from "../types";

export function Rescue({ person, mine, again }: { person: Person; mine: boolean; again: () => Promise<void> }) {
  const { t, i18n } = useTranslation();
  const { busy, failure, run } = useAction();
  const [made, setMade] = useState<{ link: string; expires_at: string } | null>(null);
  const path = { path: { person_id: person.id } };
  const doing = (work: () => Promise<unknown>, said: string) => async (): Promise<void> => {
    if (!(await run(work))) return;
    toast(said);
    await again();
  };
  const reset = (): Promise<boolean> => run(async () => setMade(await api.post("/api/admin/people/{person_id}/reset", path)));
  const unlock = doing(() => api.post("/api/admin/people/{person_id}/unlock", path), t("administration.rescue.unlocked"));
  const end = doing(() => api.delete("/api/admin/people/{person_id}/sessions", path), t("administration.rescue.ended"));
  const factor = doing(() => api.delete("/api/admin/people/{person_id}/second-factor", path), t("account.factor.removed"));
  return (
    <Part title={t("account.sections.security")} text={means(person, t)}>
      <Failed failure={failure} />
      <ul className="rows">
        <Help text={t("administration.rescue.reset")} hint={t("administration.rescue.resetHint")} button={t("administration.rescue.resetButton")} busy={busy} act={() => void reset()} />
        <Help text={t("administration.rescue.unlock")} hint={t("administration.rescue.unlockHint")} button={t("administration.rescue.unlockButton")} busy={busy} act={() => void unlock()} />
        {person.second_factor && !mine && <Help text={t("administration.rescue.factor")} hint={t("administration.rescue.factorHint")} button={t("administration.rescue.factorButton")} busy={busy} act={() => void factor()} />}
        {!mine && <Help text={t("administration.rescue.end")} hint={t("administration.rescue.endHint")} button={t("administration.rescue.endButton")} busy={busy} act={() => void end()} />}
      </ul>
      {made && (
        <Dialog title={t("administration.rescue.link")}>
          <div className="form">
            <p className="lead">{t("administration.rescue.linkText", { name: person.name, date: date(made.expires_at, i18n.language) })}</p>
            <Secret text={made.link} label={t("administration.rescue.link")} />
            <div className="buttons end"><Button onClick={() => setMade(null)}>{t("administration.invitations.sent")}</Button></div>
          </div>
        </Dialog>
      )}
    </Part>
  );
}

/** How the person gets in, in one sentence. */
function means({ has_password, second_factor, passkeys }: Person, t: (key: string, some?: Record<string, unknown>) => string): string {
  const all = [has_password && t("account.password.label"), second_factor && t("account.factor.title"), passkeys > 0 && t("administration.rescue.passkeys", { count: passkeys })].filter(Boolean);
  return all.length > 0 ? all.join(" · ") : t("administration.rescue.noMeans");
}

function Help({ text, hint, button, busy, act }: { text: string; hint: string; button: string; busy: boolean; act: () => void }) {
  return (
    <li>
      <div className="row-words"><strong>{text}</strong><span className="hint">{hint}</span></div>
      <Button busy={busy} onClick={act}>{button}</Button>
    </li>
  );
}

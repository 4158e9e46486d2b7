/** What a person may, and whether they may come in at all; each change can be undone. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Failed } from "../../account/parts/Failed";
import { Part } from "../../account/parts/Sections";
import { useAction } from "../../account/parts/useAction";
import type { Role } from "../../account/types";
import { api } from "../../api/call";
import { Switch, toast } from "../../design";
import { RoleField } from "../parts/RoleField";
import type { Person } from "../types";

interface Change {
  role?: Role;
  disabled?: boolean;
}

export function Access({ person, mine, again }: { person: Person; mine: boolean; again: () => Promise<void> }) {
  const { t } = useTranslation();
  const { busy, failure, run } = useAction();
  const disabled = person.disabled_at !== null;
  /** What was chosen shows at once, while the server is asked. */
  const [wanted, want] = useState<Change>({});
  const put = async (body: Change): Promise<void> => {
    want(body);
    try {
      await api.patch("/api/admin/people/{person_id}", { path: { person_id: person.id }, body });
      await again();
    } finally {
      want({});
    }
  };
  const setRole = async (role: Role): Promise<void> => {
    if (await run(() => put({ role }))) toast(t("administration.person.roleNow", { name: person.name, role: t(`account.roles.${role}`) }), () => void run(() => put({ role: person.role })), `role/${person.id}`);
  };
  const setDisabled = async (off: boolean): Promise<void> => {
    if (await run(() => put({ disabled: off }))) toast(t(off ? "administration.person.off" : "administration.person.on", { name: person.name }), () => void run(() => put({ disabled: !off })), `disabled/${person.id}`);
  };
  return (
    <Part title={t("administration.person.access")}>
      <Failed failure={failure} meaning={{ conflict: t("administration.person.lastOwner") }} />
      <RoleField value={wanted.role ?? person.role} change={(role) => void setRole(role)} disabled={busy} />
      <div className="field"><Switch label={t("administration.person.mayEnter")} hint={t("administration.person.mayEnterHint")} on={!(wanted.disabled ?? disabled)} disabled={busy || mine} change={(on) => void setDisabled(!on)} /></div>
    </Part>
  );
}

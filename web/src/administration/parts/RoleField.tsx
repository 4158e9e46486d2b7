/** A role, with what it may; administrators give only those below their own. */
import { useTranslation } from "react-i18next";
import { ROLES, type Role } from "../../account/types";
import { Select } from "../../design";
import { may, session } from "../../state/session";
import { useStore } from "../../state/store";

interface Props {
  value: Role;
  change: (role: Role) => void;
  disabled?: boolean;
}

export function RoleField({ value, change, disabled }: Props) {
  const { t } = useTranslation();
  const owns = useStore(session, may("own"));
  const offered = ROLES.filter((role) => owns || role === value || (role !== "owner" && role !== "administrator"));
  return <Select label={t("account.role")} hint={t(`account.may.${value}`)} value={value} change={change} disabled={disabled} options={offered.map((role) => [role, t(`account.roles.${role}`)])} />;
}

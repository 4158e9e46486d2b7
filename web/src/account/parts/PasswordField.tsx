/** A password, which can be looked at while it is typed; for a new one, how good it is. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Field, IconButton } from "../../design";

interface Props {
  label: string;
  value: string;
  change: (value: string) => void;
  /** "current-password" for one that exists: what password managers go by. */
  kind: "current-password" | "new-password";
  error?: string;
  autoFocus?: boolean;
}

export function PasswordField({ label, value, change, kind, error, autoFocus }: Props) {
  const { t } = useTranslation();
  const [seen, see] = useState(false);
  const isNew = kind === "new-password";
  return (
    <Field label={label} hint={isNew ? t("account.password.advice") : undefined} error={error}>
      {(control) => (
        <div className="password">
          <input
            {...control} type={seen ? "text" : "password"} value={value} autoComplete={kind} required minLength={isNew ? 8 : undefined} maxLength={200}
            autoCapitalize="none" spellCheck={false} autoFocus={autoFocus} onChange={(event) => change(event.target.value)}
          />
          <IconButton icon="eye" look="quiet" aria-pressed={seen} label={t("account.password.show")} onClick={() => see(!seen)} />
        </div>
      )}
    </Field>
  );
}

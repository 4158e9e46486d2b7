/** An entry of the audit log in words: who, what, and to whom. */
import { useTranslation } from "react-i18next";
import { to } from "../../shell/router";
import type { AuditEntry } from "../types";

/** What can be looked for; the log holds further kinds as rooms are added. */
export const ACTIONS = [
  "sign_in", "sign_in_failed", "sign_out", "person.create", "person.role", "person.disable", "person.enable", "person.delete", "person.contact", "person.unlock", "person.tie",
  "password.change", "password.set", "password.reset", "password.link", "passkey.add", "passkey.remove", "second_factor.on", "second_factor.off", "second_factor.codes",
  "session.end", "session.end_all", "invitation.make", "invitation.revoke", "key.make", "key.revoke", "group.make", "group.change", "group.remove",
  "group.put_in", "group.take_out", "model.permit", "quota.make", "quota.change", "quota.remove", "price.set", "price.remove",
  "job.ask", "job.cancel", "job.retry", "run.begin", "run.pause", "run.resume", "run.stop", "run.model", "run.remove",
] as const;

/** Names an action; one that the page does not know keeps its code. */
export function useActionName(): (code: string) => string {
  const { t, i18n } = useTranslation();
  return (code) => {
    // The strings' names are divided by points, as the codes are.
    const key = code.replaceAll(".", "_");
    return i18n.exists(`administration.actions.${key}`) ? t(`administration.actions.${key}`) : code;
  };
}

/** Who did it: somebody known, or nobody known; who failed to sign in, nobody knows. */
export function Actor({ actor, action }: Pick<AuditEntry, "actor" | "action">) {
  const { t } = useTranslation();
  if (!actor) return t(action === "sign_in_failed" ? "administration.audit.somebody" : "administration.audit.terminal");
  return actor.name ? <a href={to("administration", "people", actor.id)}>{actor.name}</a> : t("administration.usage.gone");
}

/** An identifier as people can tell it from others: its kind and its end, "key_…n8m0pt"; other words as they are. */
export function shortId(text: string): string {
  return text.replace(/^([a-z]+_)[0-9a-z]{16,}([0-9a-z]{6})$/, "$1…$2");
}

/** Which of several questions or answers at a place is shown; nothing when there is one. */
import { useTranslation } from "react-i18next";
import { IconButton } from "../design";
import { showMessage } from "../state/asking";
import { open } from "../state/open";
import { useStore } from "../state/store";
import { versionsOf } from "../state/tree";

export function Versions({ id }: { id: string }) {
  const { t } = useTranslation();
  const all = useStore(open, ({ tree }) => versionsOf(tree, id).join(" ")).split(" ");
  const group = useStore(open, ({ tree }) => tree.byId.get(id)?.comparison_id ?? null);
  if (all.length < 2) return null;
  const tree = open.get().tree;
  const at = all.findIndex((other) => other === id || (group !== null && tree.byId.get(other)?.comparison_id === group));
  const step = (to: number, icon: "left" | "right", label: string) => {
    const other = all[to];
    return <IconButton look="quiet" icon={icon} label={label} disabled={other === undefined} onClick={() => other && void showMessage(other)} />;
  };
  return (
    <span className="versions" role="group" aria-label={t("message.versions")}>
      {step(at - 1, "left", t("message.before"))}
      <span>{t("message.version", { at: at + 1, count: all.length })}</span>
      {step(at + 1, "right", t("message.after"))}
    </span>
  );
}

/** The keyboard shortcuts, written as this keyboard names them. */
import { useTranslation } from "react-i18next";
import { Dialog } from "../design";
import { SHORTCUTS, type Shortcut, written } from "./keys";

export default function HelpDialog({ close }: { close: () => void }) {
  const { t } = useTranslation();
  const names = { shift: t("keys.shift"), escape: t("keys.escape") };
  return (
    <Dialog title={t("keys.title")} close={close}>
      <dl className="keys-list">
        {(Object.keys(SHORTCUTS) as Shortcut[]).map((shortcut) => (
          <div key={shortcut}>
            <dt>{t(`keys.names.${shortcut}`)}</dt>
            <dd><kbd>{written(shortcut, names)}</kbd></dd>
          </div>
        ))}
        <div><dt>{t("keys.send")}</dt><dd><kbd>{t("keys.enter")}</kbd></dd></div>
        <div><dt>{t("keys.line")}</dt><dd><kbd>{`${names.shift} + ${t("keys.enter")}`}</kbd></dd></div>
      </dl>
      <p className="hint">{t("keys.slash")}</p>
    </Dialog>
  );
}

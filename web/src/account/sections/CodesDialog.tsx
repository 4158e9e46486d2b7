/** New recovery codes, shown this once. */
import { useTranslation } from "react-i18next";
import { Button, Dialog } from "../../design";
import { Secret } from "../parts/Secret";

export function CodesDialog({ codes, close }: { codes: string[]; close: () => void }) {
  const { t } = useTranslation();
  return (
    <Dialog title={t("account.factor.codes")} close={close}>
      <div className="form">
        <p className="lead">{t("account.factor.codesText")}</p>
        <Secret text={codes.join("\n")} label={t("account.factor.codes")} file="causerie-recovery-codes.txt" />
        <div className="buttons end"><Button onClick={close}>{t("account.factor.codesKept")}</Button></div>
      </div>
    </Dialog>
  );
}

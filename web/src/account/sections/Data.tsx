/** All that is one's own: taken along, or deleted with the account. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button, Icon } from "../../design";
import { session } from "../../state/session";
import { useStore } from "../../state/store";
import { Head, Part } from "../parts/Sections";
import { FarewellDialog } from "./FarewellDialog";

export function Data() {
  const { t } = useTranslation();
  const state = useStore(session);
  const [leaving, leave] = useState(false);
  const me = state?.me;
  if (!me) return null;
  return (
    <>
      <Head title={t("account.sections.data")} text={t("account.data.text")} />
      <Part title={t("account.data.export")} text={t("account.data.exportText")}>
        <div className="buttons"><a className="button" href="/api/me/export" download="causerie.json"><Icon name="download" />{t("account.data.exportButton")}</a></div>
      </Part>
      {state.state === "signed_in" && (
        <Part title={t("account.data.delete")} text={t("account.data.deleteText")}>
          <div className="buttons"><Button kind="danger" icon="trash" onClick={() => leave(true)}>{t("account.data.deleteButton")}</Button></div>
        </Part>
      )}
      {leaving && <FarewellDialog login={me.login ?? ""} hasPassword={me.has_password} close={() => leave(false)} />}
    </>
  );
}

/** What somebody sees who is alone with causerie: that nobody signs in here, and how others could. */
import { useTranslation } from "react-i18next";
import { Command, WithCode } from "../../design";
import { Language } from "./Language";
import { Head, Part } from "../parts/Sections";

export function Alone() {
  const { t } = useTranslation();
  return (
    <>
      <Head title={t("account.alone.title")} text={t("account.alone.text")} />
      <Part><Language /></Part>
      <Part title={t("account.alone.team")} text={t("account.alone.teamText")}>
        <ol className="steps">
          <li><p>{t("account.alone.create")}</p><Command text="causerie accounts create NAME" /></li>
          <li><p><WithCode text={t("account.alone.open")} /></p><Command text={'public_url = "https://chat.example.org"'} /></li>
          <li><p>{t("account.alone.invite")}</p></li>
        </ol>
        <p className="hint">{t("account.alone.kept")}</p>
      </Part>
    </>
  );
}

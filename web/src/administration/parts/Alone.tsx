/** Said where others are spoken of, while nobody has an account: the first account comes first. */
import { useTranslation } from "react-i18next";
import { Command, Icon } from "../../design";
import { session } from "../../state/session";
import { useStore } from "../../state/store";

export function Alone() {
  const { t } = useTranslation();
  if (useStore(session)?.state !== "personal") return null;
  return (
    <div className="notice alone">
      <Icon name="bulb" />
      <div>
        <p>{t("administration.alone")}</p>
        <Command text="causerie accounts create NAME" />
      </div>
    </div>
  );
}

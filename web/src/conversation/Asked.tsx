/** The models that are asked side by side: two to four, their names hidden until the vote if one likes. */
import { useTranslation } from "react-i18next";
import { MOST_MODELS, choice, choose } from "../state/choosing";
import { ownModels, server } from "../state/server";
import { useStore } from "../state/store";

export function Asked() {
  const { t } = useTranslation();
  const { compare, models, blind } = useStore(choice);
  const there = ownModels(useStore(server));
  if (!compare) return null;
  const turn = (name: string): void => choose({ models: models.includes(name) ? models.filter((one) => one !== name) : [...models, name] });
  return (
    <fieldset className="asked">
      <legend className="unseen">{t("compare.choose")}</legend>
      <span aria-hidden="true">{t("compare.choose")}</span>
      {there.map(({ name }) => (
        <label key={name}>
          <input type="checkbox" checked={models.includes(name)} disabled={!models.includes(name) && models.length >= MOST_MODELS} onChange={() => turn(name)} />
          {name}
        </label>
      ))}
      <label className="apart"><input type="checkbox" checked={blind} onChange={() => choose({ blind: !blind })} />{t("compare.blind")}</label>
      {models.length < 2 && <span className="hint" role="status">{t("compare.atLeastTwo")}</span>}
    </fieldset>
  );
}

/** What can chat, each with what is known of it: released names first, then favourites. */
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import type { PageModel } from "../api/types";
import { Badge, Command, Dialog, Icon, WithCode } from "../design";
import { bytes, number, percent, weights } from "../i18n/format";
import { choose, useModel } from "../state/choosing";
import { prefer, preferences } from "../state/preferences";
import { askServer, inOrder, server } from "../state/server";
import { useStore } from "../state/store";
import "./settings.css";

/** What is known of a model, by name; what is unknown is not shown. */
function useFacts(model: PageModel): [string, string][] {
  const { t, i18n } = useTranslation();
  const language = i18n.language;
  const names = new Intl.DisplayNames([language], { type: "language" });
  const context = model.context_tokens > 0 ? t("models.contextValue", { value: number(model.context_tokens, language) }) : "";
  const spoken = model.languages.slice(0, 6).map((code) => names.of(code) ?? code).join(", ");
  const facts: [string, string][] = [
    [t("models.size"), bytes(model.size_bytes, language)],
    [t("models.weights"), weights(model.parameters, language)],
    [t("models.quantization"), model.quantization],
    [t("models.memory"), bytes(model.memory_bytes, language)],
    [t("models.context"), context],
    [t("models.licence"), model.licence],
    [t("models.languages"), model.languages.length > 6 ? `${spoken}…` : spoken],
  ];
  return facts.filter(([, value]) => value !== "");
}

/** Which model a released name stands for, and what is tried beside it. */
function Released({ release }: { release: NonNullable<PageModel["release"]> }) {
  const { t, i18n } = useTranslation();
  const { model, version, stage, share } = release;
  const what = version === "" ? t("models.released", { model }) : t("models.releasedVersion", { model, version: version.slice(0, 12) });
  const tried = stage === "share" ? t("models.shared", { share: percent(share, i18n.language) }) : "";
  return <span className="model-description">{[what, tried].filter(Boolean).join(". ")}</span>;
}

/** A star beside a card, not in it: a card is one choice. */
function Favourite({ name, on }: { name: string; on: boolean }) {
  const { t } = useTranslation();
  const turn = (): void => {
    const { favourites } = preferences.get();
    prefer({ favourites: on ? favourites.filter((one) => one !== name) : [...favourites, name] });
  };
  const label = t("models.favourite", { name });
  return <button className="round favourite" type="button" aria-pressed={on} aria-label={label} title={label} onClick={turn}><Icon name="star" /></button>;
}

interface CardProps {
  model: PageModel;
  chosen: boolean;
  favourite: boolean;
  close: () => void;
}

/** A click chooses and closes; the keyboard's arrows choose only, so that all cards can be read on the way. */
function ModelCard({ model, chosen, favourite, close }: CardProps) {
  const { t, i18n } = useTranslation();
  const fallback = useStore(server).default;
  const comes = model.starter && model.release === null;
  const description = i18n.language === "fr" ? model.description.fr : model.description.en;
  const take = (): void => {
    choose({ model: model.name });
    prefer({ model: model.name });
  };
  return (
    <div className="model-row">
      <label className={`model-card${chosen ? " chosen" : ""}`}>
        <input type="radio" name="model" value={model.name} checked={chosen} onChange={take} onClick={(event) => event.detail > 0 && close()} />
        <span className="model-title">
          <strong>{model.name}</strong>
          {comes && <Badge tone="accent">{t("models.starter")}</Badge>}
          {!comes && model.name === fallback && <Badge tone="accent">{t("models.default")}</Badge>}
          {model.size_bytes === 0 && <Badge>{t("models.remote")}</Badge>}
          {model.images && <Badge>{t("models.images")}</Badge>}
        </span>
        {model.release && <Released release={model.release} />}
        {description && <span className="model-description"><WithCode text={description} /></span>}
        <span className="facts">
          <span className="model-state"><span className={`dot ${model.state}`} />{t(`models.state.${model.state}`)}</span>
          {useFacts(model).map(([name, value]) => (
            <span key={name}><span className="fact-name">{name}</span> {value}</span>
          ))}
        </span>
      </label>
      <Favourite name={model.name} on={favourite} />
    </div>
  );
}

export default function ModelDialog({ close }: { close: () => void }) {
  const { t } = useTranslation();
  const { models } = useStore(server);
  const { favourites } = useStore(preferences);
  const inUse = useModel();
  useEffect(() => void askServer(), []);
  return (
    <Dialog title={t("models.title")} close={close}>
      <fieldset className="model-list">
        <legend className="unseen">{t("models.title")}</legend>
        {models.length === 0 && <p>{t("models.none")}</p>}
        {inOrder(models, favourites).map((model) => (
          <ModelCard key={model.name} model={model} chosen={model.name === inUse?.name} favourite={favourites.includes(model.name)} close={close} />
        ))}
      </fieldset>
      <p className="better">{t("models.better")} <Command text="causerie models suggest" /></p>
    </Dialog>
  );
}

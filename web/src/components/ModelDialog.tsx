/** The models that can chat: what each is, honestly, and how to get a better one. */
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import type { PageModel } from "../api/types";
import { bytes, number, weights } from "../i18n/format";
import { prefer } from "../state/preferences";
import { askServer, server } from "../state/server";
import { useStore } from "../state/store";
import { Command } from "./Command";
import { Dialog } from "./Dialog";
import { WithCode } from "./WithCode";

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

interface CardProps {
  model: PageModel;
  chosen: boolean;
  choose: () => void;
  close: () => void;
}

/** A click chooses and closes; the keyboard's arrows choose only, so that all cards can be read on the way. */
function ModelCard({ model, chosen, choose, close }: CardProps) {
  const { t, i18n } = useTranslation();
  const fallback = useStore(server).default;
  const description = i18n.language === "fr" ? model.description.fr : model.description.en;
  return (
    <label className={`model-card${chosen ? " chosen" : ""}`}>
      <input type="radio" name="model" value={model.name} checked={chosen} onChange={choose} onClick={(event) => event.detail > 0 && close()} />
      <span className="model-title">
        <strong>{model.name}</strong>
        {model.starter && <span className="tag">{t("models.starter")}</span>}
        {!model.starter && model.name === fallback && <span className="tag">{t("models.default")}</span>}
        {model.size_bytes === 0 && <span className="tag">{t("models.remote")}</span>}
      </span>
      <span className="model-state"><span className={`dot ${model.state}`} />{t(`models.state.${model.state}`)}</span>
      {description && <span className="model-description"><WithCode text={description} /></span>}
      <span className="facts">
        {useFacts(model).map(([name, value]) => (
          <span key={name}><span className="fact-name">{name}</span> {value}</span>
        ))}
      </span>
    </label>
  );
}

export function ModelDialog({ inUse, close }: { inUse: string; close: () => void }) {
  const { t } = useTranslation();
  const { models } = useStore(server);
  useEffect(() => void askServer(), []);
  return (
    <Dialog title={t("models.title")} closeLabel={t("models.close")} kind="card" close={close}>
      <fieldset className="model-list">
        <legend className="unseen">{t("models.title")}</legend>
        {models.length === 0 && <p>{t("models.none")}</p>}
        {models.map((model) => (
          <ModelCard key={model.name} model={model} chosen={model.name === inUse} choose={() => prefer({ model: model.name })} close={close} />
        ))}
      </fieldset>
      <p className="better">{t("models.better")} <Command text="causerie models suggest" /></p>
    </Dialog>
  );
}

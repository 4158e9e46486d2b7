/** Releases: what answers to which name, who is at the gate, what waits for signatures, and what happened. */
import "../account/strings";
import "../account/account.css";
import "../evaluations/strings";
import "../runs/strings";
import "./strings";
import "./releases.css";
import { useTranslation } from "react-i18next";
import { BuildersOnly } from "../account/parts/BuildersOnly";
import { place } from "../shell/router";
import { useStore } from "../state/store";
import { GatePage } from "./GatePage";
import { Overview } from "./Overview";
import { VersionPage } from "./VersionPage";

/** `#/releases` is all, `#/releases/VERSION` one version, `#/releases?model=NAME&alias=chat` a model at the gate. */
function Chosen() {
  const { rest: [version], query } = useStore(place);
  if (version !== undefined) return <VersionPage key={version} name={version} />;
  if (query.model) return <GatePage key={query.model} model={query.model} alias={query.alias || "chat"} />;
  return <Overview />;
}

export default function ReleasesScreen() {
  const { t } = useTranslation();
  return <BuildersOnly title={t("releases.title")} className="releases"><Chosen /></BuildersOnly>;
}

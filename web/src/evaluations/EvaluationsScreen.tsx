/** Evaluations: models judged by suites; every figure has an interval, and two are compared item by item. */
import "../account/strings";
import "../account/account.css";
import "./strings";
import "./evaluations.css";
import { useTranslation } from "react-i18next";
import { BuildersOnly } from "../account/parts/BuildersOnly";
import { place } from "../shell/router";
import { useStore } from "../state/store";
import { Compare } from "./Compare";
import { EvaluationList } from "./EvaluationList";
import { EvaluationPage } from "./EvaluationPage";
import { Start } from "./Start";

/** `#/evaluations` is the list, `…/ID` one, `…?start` a new one, `…?first=A&second=B` two compared. */
function Chosen() {
  const { rest: [id], query } = useStore(place);
  if (id !== undefined) return <EvaluationPage key={id} id={id} />;
  if (query.start !== undefined) return <Start model={query.model ?? ""} suite={query.suite ?? ""} shots={query.shots ?? ""} />;
  if (query.first !== undefined || query.second !== undefined) return <Compare first={query.first ?? ""} second={query.second ?? ""} />;
  return <EvaluationList model={query.model ?? ""} />;
}

export default function EvaluationsScreen() {
  const { t } = useTranslation();
  return <BuildersOnly title={t("evaluations.title")} className="evaluations"><Chosen /></BuildersOnly>;
}

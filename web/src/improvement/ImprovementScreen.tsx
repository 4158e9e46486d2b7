/** Improvement: what people say of answers becomes the next model, round by round, and each round is one timeline. */
import "../account/strings";
import "../account/account.css";
import "./strings";
import "./improvement.css";
import { useTranslation } from "react-i18next";
import { BuildersOnly } from "../account/parts/BuildersOnly";
import { place } from "../shell/router";
import { useStore } from "../state/store";
import { RoundList } from "./RoundList";
import { RoundPage } from "./RoundPage";

/** `#/improvement` is the list, `#/improvement/ID` one round. */
export default function ImprovementScreen() {
  const { t } = useTranslation();
  const { rest: [id] } = useStore(place);
  return <BuildersOnly title={t("improvement.title")} className="improvement">{id === undefined ? <RoundList /> : <RoundPage key={id} id={id} />}</BuildersOnly>;
}

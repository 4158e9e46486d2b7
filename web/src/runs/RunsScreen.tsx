/** Runs: the models that are being made, and how to make one. */
import "../account/strings";
import "../account/account.css";
import "./strings";
import "./runs.css";
import { useTranslation } from "react-i18next";
import { EmptyHint, Pending } from "../design";
import { place } from "../shell/router";
import { may, session } from "../state/session";
import { useStore } from "../state/store";
import { Compare } from "./Compare";
import { RunList } from "./RunList";
import { RunPage } from "./RunPage";
import { Start } from "./Start";

/** `#/runs` is the list, `#/runs/NAME` one run, `#/runs?start` a new one, `#/runs?compare=A,B` several. */
function Chosen() {
  const { rest: [name], query } = useStore(place);
  if (name !== undefined) return <RunPage key={name} name={name} />;
  if (query.start !== undefined) return <Start />;
  if (query.compare !== undefined) return <Compare names={query.compare.split(",").filter(Boolean)} />;
  return <RunList />;
}

export default function RunsScreen() {
  const { t } = useTranslation();
  const state = useStore(session);
  const allowed = useStore(session, may("build"));
  return (
    <main className="screen" id="main" tabIndex={-1}>
      <div className="screen-column roomy runs">
        {!state ? <Pending text={t("opening")} /> : allowed ? <Chosen /> : (
          <>
            <h1>{t("runs.title")}</h1>
            <EmptyHint icon="lock" title={t("runs.notYours")} text={t("runs.notYoursHint")} />
          </>
        )}
      </div>
    </main>
  );
}

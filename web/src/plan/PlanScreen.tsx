/** Plan: what a run would take on a fleet, before anybody pays for it. Sliders on one side, figures on the other. */
import "../account/strings";
import "../account/account.css";
import "./strings";
import "./plan.css";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { BuildersOnly } from "../account/parts/BuildersOnly";
import { ScreenTop } from "../account/parts/ScreenTop";
import { Button, CopyButton } from "../design";
import { go, place } from "../shell/router";
import { fileName, saveFile } from "../state/files";
import { useStore } from "../state/store";
import { Controls } from "./Controls";
import { Now, Results } from "./Results";
import { addressOf, askedIn } from "./asked";
import { usePlanning } from "./planning";
import type { PlanAsked } from "./types";

const WRITE_MS = 400;

/** What is asked: from the address, and written into it when it rests. */
function useAsked(): [PlanAsked, (asked: PlanAsked) => void] {
  const { query } = useStore(place);
  const [asked, ask] = useState(() => askedIn(query));
  const ours = useRef(addressOf(asked));
  const writing = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => {
    const there = askedIn(query);
    if (addressOf(there) === ours.current) return;
    ours.current = addressOf(there);
    ask(there);
  }, [query]);
  useEffect(() => () => clearTimeout(writing.current), []);
  const change = (next: PlanAsked): void => {
    ask(next);
    clearTimeout(writing.current);
    writing.current = setTimeout(() => {
      ours.current = addressOf(next);
      go(ours.current, true);
    }, WRITE_MS);
  };
  return [asked, change];
}

function Planner() {
  const { t } = useTranslation();
  const [asked, ask] = useAsked();
  const [planning, again] = usePlanning(asked);
  const { plan } = planning;
  return (
    <>
      <ScreenTop title={t("plan.title")} text={t("plan.text")}>
        <CopyButton text={() => new URL(addressOf(asked), location.href).href} label={t("plan.copy")} written />
        <Button icon="download" disabled={!plan} onClick={() => saveFile(fileName("plan", "json"), JSON.stringify(plan, null, 2), "application/json")}>{t("plan.save")}</Button>
      </ScreenTop>
      <div className="planner">
        <Controls asked={asked} plan={plan} ask={ask} />
        <Results asked={asked} planning={planning} ask={ask} again={again} />
        <Now planning={planning} />
      </div>
    </>
  );
}

export default function PlanScreen() {
  const { t } = useTranslation();
  return <BuildersOnly title={t("plan.title")} className="plan-screen"><Planner /></BuildersOnly>;
}

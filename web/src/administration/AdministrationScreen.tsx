/** The administration: all that the command line can do for people, models, limits, jobs and the log. */
import "../account/strings";
import "../account/account.css";
import "./strings";
import "./administration.css";
import type { ComponentType } from "react";
import { useTranslation } from "react-i18next";
import { Sections } from "../account/parts/Sections";
import { EmptyHint, type IconName, Pending } from "../design";
import { place, to } from "../shell/router";
import { may, session } from "../state/session";
import { useStore } from "../state/store";
import { Audit } from "./Audit";
import { Groups } from "./Groups";
import { Jobs } from "./Jobs";
import { Keys } from "./Keys";
import { Models } from "./Models";
import { Overview } from "./Overview";
import { People } from "./People";
import { Quotas } from "./Quotas";
import { Settings } from "./Settings";
import { Usage } from "./Usage";

const SECTIONS = {
  overview: ["shield", Overview], people: ["person", People], groups: ["group", Groups], models: ["bulb", Models], quotas: ["gauge", Quotas],
  keys: ["key", Keys], usage: ["chart", Usage], jobs: ["again", Jobs], audit: ["file", Audit], settings: ["settings", Settings],
} as const satisfies Record<string, readonly [IconName, ComponentType]>;
type Name = keyof typeof SECTIONS;
const NAMES = Object.keys(SECTIONS) as Name[];

export default function AdministrationScreen() {
  const { t } = useTranslation();
  const state = useStore(session);
  const allowed = useStore(session, may("administer"));
  const { rest } = useStore(place);
  if (!state) return <main className="screen" id="main"><Pending text={t("opening")} /></main>;
  if (!allowed) {
    return (
      <main className="screen" id="main">
        <div className="screen-column narrow">
          <h1>{t("administration.title")}</h1>
          <EmptyHint icon="lock" title={t("administration.notYours")} text={t("administration.notYoursHint")} />
        </div>
      </main>
    );
  }
  const current = NAMES.find((name) => name === rest[0]) ?? "overview";
  const Drawn = SECTIONS[current][1];
  return (
    <Sections
      title={t("administration.title")} label={t("administration.sections.label")} current={current}
      sections={NAMES.map((id) => ({ id, name: t(`administration.sections.${id}`), icon: SECTIONS[id][0], href: to("administration", id) }))}
    >
      <Drawn />
    </Sections>
  );
}

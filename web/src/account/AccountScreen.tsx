/** One's own account: who one is, how one signs in, keys, usage, and all that is one's own. */
import "./strings";
import "./account.css";
import type { ComponentType } from "react";
import { useTranslation } from "react-i18next";
import { type IconName, Pending } from "../design";
import { place, to } from "../shell/router";
import { may, session } from "../state/session";
import { useStore } from "../state/store";
import { Sections } from "./parts/Sections";
import { Alone } from "./sections/Alone";
import { Data } from "./sections/Data";
import { Keys } from "./sections/Keys";
import { Profile } from "./sections/Profile";
import { Security } from "./sections/Security";
import { Usage } from "./sections/Usage";

type Name = "profile" | "security" | "keys" | "usage" | "data";
const ICONS: Record<Name, IconName> = { profile: "person", security: "lock", keys: "key", usage: "chart", data: "archive" };
const SECTIONS: Record<Name, ComponentType> = { profile: Profile, security: Security, keys: Keys, usage: Usage, data: Data };

/** The sections that make sense: somebody alone signs in to nothing, and who may not make keys has none. */
function sectionsFor(alone: boolean, keys: boolean): Name[] {
  if (alone) return ["profile", "usage", "data"];
  return keys ? ["profile", "security", "keys", "usage", "data"] : ["profile", "security", "usage", "data"];
}

export default function AccountScreen() {
  const { t } = useTranslation();
  const state = useStore(session);
  const keys = useStore(session, may("make_keys"));
  const { rest } = useStore(place);
  if (!state?.me) return <main className="screen" id="main"><Pending text={t("opening")} /></main>;
  const alone = state.state === "personal";
  const names = sectionsFor(alone, keys);
  const current = names.find((name) => name === rest[0]) ?? "profile";
  const Drawn = alone && current === "profile" ? Alone : SECTIONS[current];
  return (
    <Sections
      title={t("account.title")} label={t("account.sections.label")} current={current}
      sections={names.map((id) => ({ id, name: t(alone && id === "profile" ? "account.sections.alone" : `account.sections.${id}`), icon: ICONS[id], href: to("account", id) }))}
    >
      <Drawn />
    </Sections>
  );
}

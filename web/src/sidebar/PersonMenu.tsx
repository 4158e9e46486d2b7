/** Who is at the page, and where else they can go: account, what builders make and judge, administration, settings, sign out. */
import { useTranslation } from "react-i18next";
import { Icon, IconButton, Menu, type MenuItem } from "../design";
import { openOverlay } from "../shell/overlays";
import { go, to } from "../shell/router";
import { may, session, signOut } from "../state/session";
import { useStore } from "../state/store";

/** The screens of those who make models, in the order of a model's life. */
const BUILDERS = [["plan", "calculator"], ["runs", "curve"], ["evaluations", "scales"], ["releases", "flag"], ["improvement", "loop"]] as const;

export function PersonMenu() {
  const { t } = useTranslation();
  const state = useStore(session);
  const administers = useStore(session, may("administer"));
  const builds = useStore(session, may("build"));
  const name = state?.state === "signed_in" ? (state.me?.name ?? "") : "";
  const items = (): MenuItem[] => [
    { label: t("person.account"), icon: "person", choose: () => go(to("account")) },
    ...(builds ? BUILDERS.map(([screen, icon]) => ({ label: t(`person.${screen}`), icon, choose: () => go(to(screen)) })) : []),
    ...(administers ? [{ label: t("person.administration"), icon: "shield" as const, choose: () => go(to("administration")) }] : []),
    { label: t("person.library"), icon: "bulb", choose: () => openOverlay("library") },
    { label: t("person.help"), icon: "help", choose: () => openOverlay("help") },
    ...(name ? [{ label: t("person.out"), icon: "out" as const, apart: true, choose: () => void signOut() }] : []),
  ];
  return (
    <div className="sidebar-foot">
      <Menu label={t("person.menu", { name: name || t("person.local") })} items={items} className="person">
        <span className="initial" aria-hidden="true">{[...(name || "c")][0]}</span>
        <span>{name || t("person.local")}</span>
        <Icon name="open" />
      </Menu>
      <IconButton icon="settings" label={t("header.settings")} aria-haspopup="dialog" onClick={() => openOverlay("settings")} />
    </div>
  );
}

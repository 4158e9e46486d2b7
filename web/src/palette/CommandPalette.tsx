/** The palette with the page's commands: what the menus and shortcuts do, models, languages, and conversations found. */
import { useCallback, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../api/call";
import { begin, search as focusSearch, copyLast } from "../shell/shortcuts";
import { type Shortcut, written } from "../shell/keys";
import { openOverlay } from "../shell/overlays";
import { go, to } from "../shell/router";
import { turnSidebar } from "../shell/SidebarButton";
import { useConversationMenu } from "../sidebar/conversationMenu";
import { choose } from "../state/choosing";
import { open } from "../state/open";
import { prefer, preferences } from "../state/preferences";
import { server } from "../state/server";
import { may, session } from "../state/session";
import { sidebar } from "../state/sidebar";
import { useStore } from "../state/store";
import Palette, { type Command } from "./Palette";

/** The screens of those who make models, each with other words that lead to it. */
const BUILDERS = [
  ["plan", "calculator", "gpu cost days money coût jours argent"], ["runs", "curve", "train training model entraîner modèle"],
  ["evaluations", "scales", "judge suite benchmark juger"], ["releases", "flag", "gate alias rollback version publier"],
  ["improvement", "loop", "feedback thumbs loop candidate avis boucle"],
] as const;

function usePlain(): Command[] {
  const { t } = useTranslation();
  const administers = useStore(session, may("administer"));
  const builds = useStore(session, may("build"));
  const names = { shift: t("keys.shift"), escape: t("keys.escape") };
  const keys = (shortcut: Shortcut): string => written(shortcut, names);
  return [
    { id: "new", label: t("header.new"), icon: "new", keys: keys("new"), run: () => begin() },
    { id: "temporary", label: t("header.temporary"), icon: "ghost", keys: keys("temporary"), run: () => begin(true) },
    { id: "search", label: t("search.label"), icon: "search", keys: keys("search"), run: focusSearch },
    { id: "models", label: t("models.title"), icon: "star", keys: keys("models"), run: () => openOverlay("models") },
    { id: "library", label: t("person.library"), icon: "bulb", run: () => openOverlay("library") },
    { id: "copy", label: t("keys.names.copyLast"), icon: "copy", keys: keys("copyLast"), run: copyLast },
    { id: "sidebar", label: t("keys.names.sidebar"), icon: "side", keys: keys("sidebar"), run: turnSidebar },
    { id: "settings", label: t("header.settings"), icon: "settings", keys: keys("settings"), run: () => openOverlay("settings") },
    { id: "account", label: t("person.account"), icon: "person", run: () => go(to("account")) },
    ...(builds ? BUILDERS.map(([id, icon, also]) => ({ id, label: t(`person.${id}`), also, icon, run: () => go(to(id)) })) : []),
    ...(administers ? [{ id: "administration", label: t("person.administration"), icon: "shield" as const, run: () => go(to("administration")) }] : []),
    { id: "help", label: t("keys.title"), icon: "help", keys: keys("help"), run: () => openOverlay("help") },
  ];
}

/** What is switched: model, theme, language. */
function useSwitches(): Command[] {
  const { t } = useTranslation();
  const take = (name: string): void => {
    choose({ model: name });
    prefer({ model: name });
  };
  const { theme } = preferences.get();
  return [
    ...server.get().models.map(({ name }) => ({ id: `model ${name}`, label: t("palette.model", { name }), icon: "star" as const, run: () => take(name) })),
    ...(["system", "light", "dark"] as const).filter((name) => name !== theme).map((name) => ({
      id: `theme ${name}`, label: t("palette.theme", { name: t(`settings.themes.${name}`) }), icon: "settings" as const, run: () => prefer({ theme: name }),
    })),
    { id: "en", label: "English", also: "language langue anglais", icon: "chat", run: () => prefer({ language: "en" }) },
    { id: "fr", label: "Français", also: "language langue french", icon: "chat", run: () => prefer({ language: "fr" }) },
  ];
}

export default function CommandPalette({ close }: { close: () => void }) {
  const { t } = useTranslation();
  const menu = useConversationMenu();
  const plain = usePlain();
  const switches = useSwitches();
  const commands = useMemo(() => {
    const one = sidebar.get().known.get(open.get().id ?? "");
    const own = one ? menu(one, undefined, () => openOverlay("share")) : [];
    const here = own.map(({ label, icon = "chat", choose: run }) => ({ id: `here ${label}`, label: t("palette.here", { what: label }), icon, run }));
    return [...plain, ...here, ...switches];
    // The commands of the moment when it was opened.
  }, []);
  const search = useCallback(async (typed: string): Promise<Command[]> => {
    const { titles, items } = await api.get("/api/search", { query: { q: typed } });
    const said = items.slice(0, 5).map(({ conversation_id, message_id, title, parts }) => ({
      id: `message ${message_id}`, label: `${title}: ${parts.map(({ text }) => text).join("")}`, icon: "search" as const,
      run: () => go(`${to("c", conversation_id)}?message=${encodeURIComponent(message_id)}`),
    }));
    return [...titles.map(({ id, title }) => ({ id: `title ${id}`, label: title, icon: "chat" as const, run: () => go(to("c", id)) })), ...said];
  }, []);
  return <Palette commands={commands} search={search} close={close} />;
}

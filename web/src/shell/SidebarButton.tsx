/** The button that brings the sidebar: a drawer where the window is narrow, a column where it is wide. */
import { useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { IconButton } from "../design";
import { prefer, preferences } from "../state/preferences";
import { useStore } from "../state/store";
import { openOverlay } from "./overlays";

/** Windows of at most this width show the sidebar as a drawer; the same figure stands in `shell.css`. */
const NARROW = "(max-width: 48rem)";

export const isNarrow = (): boolean => matchMedia(NARROW).matches;

function followWidth(changed: () => void): () => void {
  const width = matchMedia(NARROW);
  width.addEventListener("change", changed);
  return () => width.removeEventListener("change", changed);
}

export const useNarrow = (): boolean => useSyncExternalStore(followWidth, isNarrow);

/** Shows the sidebar where it is hidden, hides it where it is shown. */
export function turnSidebar(): void {
  if (isNarrow()) openOverlay("drawer");
  else prefer({ sidebar: !preferences.get().sidebar });
}

export function SidebarButton() {
  const { t } = useTranslation();
  const shown = useStore(preferences, ({ sidebar }) => sidebar);
  return <IconButton className={shown ? "narrow-only" : ""} icon="menu" label={t("sidebar.show")} onClick={turnSidebar} />;
}

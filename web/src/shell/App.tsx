/** The page: what is open beside the sidebar, the dialogs over it, and what it follows while it is open. */
import { type ComponentType, type LazyExoticComponent, Suspense, lazy } from "react";
import { useTranslation } from "react-i18next";
import { ConversationScreen } from "../conversation/ConversationScreen";
import { CrashBoundary, Toasts } from "../design";
import { preferences } from "../state/preferences";
import { server } from "../state/server";
import { session } from "../state/session";
import { useStore } from "../state/store";
import { Drawer } from "../sidebar/Drawer";
import { Sidebar } from "../sidebar/Sidebar";
import { SidebarButton, turnSidebar, useNarrow } from "./SidebarButton";
import { closeOverlay, overlay } from "./overlays";
import type { Overlay } from "./overlays";
import { place } from "./router";
import { SCREENS } from "./screens";
import { useDocumentTitle, useFollowing, useRefusals, useServer } from "./following";
import { useShortcuts } from "./shortcuts";

type Closed = { close: () => void };

const DIALOGS: Partial<Record<Overlay, LazyExoticComponent<ComponentType<Closed>>>> = {
  settings: lazy(() => import("../settings/SettingsDialog")),
  models: lazy(() => import("../settings/ModelDialog")),
  share: lazy(() => import("../settings/ShareDialog")),
  library: lazy(() => import("../settings/LibraryDialog")),
  help: lazy(() => import("./HelpDialog")),
  palette: lazy(() => import("../palette/CommandPalette")),
};
const KeyDialog = lazy(() => import("../settings/KeyDialog"));
const SignIn = SCREENS["sign-in"]!.draw;

function Overlays() {
  const { t } = useTranslation();
  const shown = useStore(overlay);
  const needsKey = useStore(server, (state) => state.needsKey);
  const keyRequired = useStore(session, (state) => state === null || state.state === "key_required");
  const Shown = shown === null ? undefined : DIALOGS[shown];
  return (
    <>
      {shown === "drawer" && <Drawer label={t("sidebar.label")} close={closeOverlay}><Sidebar close={closeOverlay} chosen={closeOverlay} /></Drawer>}
      <Suspense>{needsKey && keyRequired ? <KeyDialog /> : Shown && <Shown close={closeOverlay} />}</Suspense>
    </>
  );
}

function Opening() {
  const { t } = useTranslation();
  return <p className="opening" role="status">{t("opening")}</p>;
}

/** The frame around the conversation, the account and the administration. */
function Frame({ Screen }: { Screen: ComponentType | undefined }) {
  const { t } = useTranslation();
  const shown = useStore(preferences, ({ sidebar }) => sidebar);
  const narrow = useNarrow();
  const toBox = (event: React.MouseEvent): void => {
    event.preventDefault();
    document.getElementById("message-box")?.focus();
  };
  return (
    <div className="frame">
      {!Screen && <a className="skip" href="#message-box" onClick={toBox}>{t("skip")}</a>}
      {shown && !narrow && <Sidebar close={turnSidebar} chosen={() => undefined} />}
      {Screen ? (
        <div className="page">
          <div className={shown ? "header narrow-only" : "header"}><SidebarButton /></div>
          <div className="page-rest"><Suspense fallback={<Opening />}><Screen /></Suspense></div>
        </div>
      ) : <ConversationScreen />}
    </div>
  );
}

/** Which screen: those that stand alone, sign-in where nobody is signed in, else the frame. */
function Page() {
  const screen = SCREENS[useStore(place, (now) => now.screen)];
  const signedOut = useStore(session, (state) => state?.state === "signed_out" || state?.state === "second_factor");
  useServer();
  useFollowing();
  useShortcuts();
  useRefusals();
  useDocumentTitle();
  const Alone = screen?.alone ? screen.draw : signedOut ? SignIn : undefined;
  return (
    <>
      {Alone ? <Suspense fallback={<Opening />}><Alone /></Suspense> : <Frame Screen={screen?.draw} />}
      <Overlays />
      <Toasts />
    </>
  );
}

export function App() {
  return (
    <CrashBoundary>
      <Page />
    </CrashBoundary>
  );
}

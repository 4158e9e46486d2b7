/** The page: conversation tools above, the conversation in the middle, the message box below. */
import { AssistantRuntimeProvider } from "@assistant-ui/react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { askServer, modelInUse, server } from "../state/server";
import { chat, followPage, isRunning } from "../state/chat";
import { preferences } from "../state/preferences";
import { useStore } from "../state/store";
import { CrashBoundary } from "./Boundary";
import { Header } from "./Header";
import { KeyDialog } from "./KeyDialog";
import { LiveRegion } from "./LiveRegion";
import { ModelDialog } from "./ModelDialog";
import { SettingsDialog } from "./SettingsDialog";
import { Thread } from "./Thread";
import { useChatRuntime } from "./runtime";

/** While a model loads, its state is asked for again after this long. */
const ASK_AGAIN_MS = 2000;

/** Asks the server at once, while something loads or fails, and when people come back to the tab. */
function useServer(): void {
  const { models, failure, needsKey } = useStore(server);
  const idle = !useStore(chat, isRunning);
  const starts = !idle && models.some((model) => model.state === "unloaded");
  const waiting = !needsKey && (failure !== null || starts || models.some((model) => model.state === "loading"));
  useEffect(() => {
    const seen = (): void => {
      if (document.visibilityState === "visible" && !server.get().needsKey) void askServer();
    };
    void askServer();
    document.addEventListener("visibilitychange", seen);
    return () => document.removeEventListener("visibilitychange", seen);
  }, []);
  useEffect(() => {
    if (idle && server.get().models.some((model) => model.state !== "ready")) void askServer();
  }, [idle]);
  useEffect(() => {
    if (!waiting) return undefined;
    const again = setInterval(() => void askServer(), ASK_AGAIN_MS);
    return () => clearInterval(again);
  }, [waiting]);
}

function Page() {
  const { t } = useTranslation();
  const state = useStore(server);
  const model = modelInUse(state, useStore(preferences).model);
  const runtime = useChatRuntime();
  const [open, setOpen] = useState<"models" | "settings" | null>(null);
  const box = useRef<HTMLTextAreaElement>(null);
  useServer();
  useEffect(followPage, []);
  const close = (): void => setOpen(null);
  return (
    <AssistantRuntimeProvider runtime={runtime}>
      <a className="skip" href="#message-box">{t("skip")}</a>
      <div className="page">
        <Header model={model} openModels={() => setOpen("models")} openSettings={() => setOpen("settings")} box={box} />
        <Thread model={model} box={box} />
      </div>
      {open === "models" && <ModelDialog inUse={model?.name ?? ""} close={close} />}
      {open === "settings" && <SettingsDialog model={model} close={close} />}
      {state.needsKey && <KeyDialog />}
      <LiveRegion />
    </AssistantRuntimeProvider>
  );
}

export function App() {
  return (
    <CrashBoundary>
      <Page />
    </CrashBoundary>
  );
}

/** What the page follows while it is open: address, network, tab, session, server, and what is refused. */
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { onSignedOut } from "../api/client";
import { toast } from "../design";
import { useRemedy } from "../i18n/remedy";
import { choose } from "../state/choosing";
import { followBox, showBox } from "../state/drafting";
import { followTab, unfollow } from "../state/live";
import { isBusy, open } from "../state/open";
import { beginAnew, openConversation, openSidebar } from "../state/opening";
import { askServer, server } from "../state/server";
import { askSession, session } from "../state/session";
import { refused } from "../state/sidebar";
import { useStore } from "../state/store";
import { followNetwork, online } from "./network";
import { followAddress, place } from "./router";

/** While a model loads, its state is asked for again after this long. */
const ASK_AGAIN_MS = 2000;

/** Asks the server at once, while something loads or fails, and when people come back to the tab. */
export function useServer(): void {
  const { models, failure, needsKey } = useStore(server);
  const idle = !useStore(open, isBusy);
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

/** Shows the conversation that the address names. */
function showPlace(): void {
  const { screen, rest } = place.get();
  const before = open.get().id;
  if (screen === "c" && rest[0]) void openConversation(rest[0]);
  else if (screen === "" || screen === "temporary") beginAnew(screen === "temporary");
  else return;
  if (open.get().id !== before) choose({ model: "", compare: false, models: [] });
  showBox();
}

/** Whether somebody is here whose conversations may be shown; for `useStore`. */
const isHere = (state: ReturnType<typeof session.get>): boolean => state?.state === "personal" || state?.state === "signed_in";

export function useFollowing(): void {
  const here = useStore(session, isHere);
  const reached = useStore(online);
  const needsKey = useStore(server, (state) => state.needsKey);
  useEffect(() => {
    const ends = [followAddress(), followNetwork(), followTab(), followBox()];
    return () => ends.forEach((end) => end());
  }, []);
  useEffect(() => {
    onSignedOut(() => void askSession());
    if (reached) void askSession();
  }, [reached, needsKey]);
  useEffect(() => {
    if (!here) return undefined;
    const end = place.subscribe(showPlace);
    showPlace();
    if (server.get().failure) void askServer();
    void openSidebar().catch(() => undefined);
    return () => {
      end();
      unfollow();
    };
  }, [here]);
}

/** Says what the server refused. */
export function useRefusals(): void {
  const remedy = useRemedy();
  const failure = useStore(refused);
  useEffect(() => {
    if (!failure) return;
    toast(remedy(failure));
    refused.set(null);
  }, [failure, remedy]);
}

/** The window is named after the conversation. */
export function useDocumentTitle(): void {
  const { i18n } = useTranslation();
  const title = useStore(open, ({ summary }) => summary?.title ?? "");
  const screen = useStore(place, (now) => now.screen);
  useEffect(() => {
    document.title = title !== "" && screen === "c" ? `${title} · causerie` : "causerie";
  }, [title, screen, i18n.language]);
}

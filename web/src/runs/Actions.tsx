/** The head of a run: its name and state, and what can be done with it now. */
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { Failed } from "../account/parts/Failed";
import { useAction } from "../account/parts/useAction";
import { Button, Menu, type MenuItem, toast } from "../design";
import { go, place, to } from "../shell/router";
import { choose } from "../state/choosing";
import { askServer } from "../state/server";
import { AddModel } from "./AddModel";
import { type Verb, calls } from "./calls";
import { moves } from "./following";
import { comparing, startAgain } from "./places";
import { removeRun } from "./removing";
import { State } from "./Standing";
import { Top } from "./Top";
import type { RunDetail, RunSummary } from "./types";

/** Opens a new conversation with a model. */
export async function talkWith(model: string): Promise<void> {
  // So that the page knows a model that was added a moment ago.
  await askServer();
  const chosen = (): void => choose({ model, compare: false, models: [] });
  // A new place forgets what was chosen in the one before: choose when it is there.
  const end = place.subscribe(() => {
    end();
    chosen();
  });
  go(to());
}

interface Props {
  run: RunSummary;
  detail: RunDetail | undefined;
  changed: () => Promise<void>;
}

export function Actions({ run, detail, changed }: Props) {
  const { t } = useTranslation();
  const { busy, failure, run: act } = useAction();
  const [asked, ask] = useState<"pausing" | "stopping" | null>(null);
  const [adding, add] = useState(false);
  const { name, state, model } = run;
  // It was asked of the state before; the server takes a moment to leave it.
  useEffect(() => ask(null), [state]);
  const tell = (verb: Verb): void => {
    if (verb !== "resume" && state === "running") ask(verb === "pause" ? "pausing" : "stopping");
    void act(async () => {
      await calls.tell(name, verb);
      await changed();
    }).then((done) => done || ask(null));
  };
  const remove = (): void => {
    removeRun(name, t("runs.removed", { name }));
    go(to("runs"));
  };
  const made = detail?.has_export || detail?.checkpoints.some(({ step }) => step > 0);
  const items = (): MenuItem[] => [
    { label: t("runs.compare.open"), icon: "compare", choose: () => go(comparing([name])) },
    { label: t("runs.again"), icon: "again", disabled: !detail, choose: () => startAgain(name, detail?.recipe ?? "") },
    ...(made && !model && state !== "finished" && !moves(state) ? [{ label: t("runs.model.addNow"), icon: "plus" as const, choose: () => add(true) }] : []),
    ...(state === "paused" || state === "failed" ? [{ label: t("runs.stop"), icon: "stop" as const, choose: () => tell("stop") }] : []),
    { label: t("runs.remove"), icon: "trash", danger: true, apart: true, disabled: moves(state), choose: remove },
  ];
  return (
    <>
      <Top title={name} beside={<span role="status"><State run={run} asked={asked} /></span>}>
        {moves(state) && <Button icon="pause" busy={busy || asked !== null} onClick={() => tell("pause")}>{t("runs.pause")}</Button>}
        {moves(state) && <Button icon="stop" busy={busy || asked !== null} onClick={() => tell("stop")}>{t("runs.stop")}</Button>}
        {(state === "paused" || state === "stopped" || state === "failed") && <Button kind={model ? "plain" : "strong"} icon="play" busy={busy} onClick={() => tell("resume")}>{t("runs.resume")}</Button>}
        {state === "finished" && made && !model && <Button kind="strong" icon="plus" onClick={() => add(true)}>{t("runs.model.add")}</Button>}
        {model && <Button kind="strong" icon="chat" onClick={() => void talkWith(model)}>{t("runs.model.talk")}</Button>}
        <Menu label={t("runs.more", { name })} items={items} />
      </Top>
      <Failed failure={failure} />
      {adding && detail && (
        <AddModel
          run={name} called={detail.model_name} close={() => add(false)}
          added={(called) => {
            add(false);
            toast(t("runs.model.added", { name: called }));
            void Promise.all([askServer(), changed()]);
          }}
        />
      )}
    </>
  );
}

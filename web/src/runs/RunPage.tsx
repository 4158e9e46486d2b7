/** One run, live: how it stands, its curves, what it wrote, where it can go on from, and what it is made of. */
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { Failed } from "../account/parts/Failed";
import { EmptyHint, Pending } from "../design";
import { percent } from "../i18n/format";
import { useFetched } from "../state/fetched";
import { Actions } from "./Actions";
import { calls } from "./calls";
import { Checkpoints } from "./Checkpoints";
import { Curves } from "./Curves";
import { Facts } from "./Facts";
import { moves, useFollowed } from "./following";
import { Happenings } from "./Happenings";
import { remedyOf } from "./history";
import { Samples } from "./Samples";
import { Standing } from "./Standing";
import { Top } from "./Top";
import type { RunSummary } from "./types";

/** The window is named after the run, with how far it is: to be seen among other tabs. */
function useWindowTitle(run: RunSummary | undefined): void {
  const { i18n } = useTranslation();
  const far = run && run.steps > 0 && moves(run.state) ? `${percent(run.step / run.steps, i18n.language)} · ` : "";
  const title = run ? `${far}${run.name} · causerie` : "causerie";
  useEffect(() => {
    document.title = title;
    return () => {
      document.title = "causerie";
    };
  }, [title]);
}

export function RunPage({ name }: { name: string }) {
  const { t } = useTranslation();
  const [followed, look] = useFollowed([name]);
  const { run, history, failure } = followed.get(name) ?? { run: undefined, history: undefined, failure: null };
  const kept = history?.happenings.filter(({ kind }) => kind === "checkpoint").length;
  const [detail, again] = useFetched(() => calls.run(name), [name, run?.state, run?.model, kept]);
  const last = history?.steps.at(-1)?.seconds;
  const changed = async (): Promise<void> => void (await Promise.all([look(), again()]));
  useEffect(() => {
    document.getElementById("main")?.scrollTo({ top: 0 });
  }, []);
  useWindowTitle(run);
  if (failure?.code === "not_found") {
    return (
      <>
        <Top title={name} />
        <EmptyHint icon="curve" title={t("runs.gone")} text={t("runs.goneHint")} />
      </>
    );
  }
  if (!run || !history) return failure ? <><Top title={name} /><Failed failure={failure} again={() => void look()} /></> : <Pending text={t("opening")} />;
  return (
    <>
      <Actions run={run} detail={detail.value} changed={changed} />
      {failure && <Failed failure={failure} again={() => void look()} />}
      <Standing run={run} seconds={typeof last === "number" ? last : undefined} hint={remedyOf(history, run.error)} />
      <Curves runs={[{ name, history }]} />
      <Samples rows={history.samples} asks={run.objective !== "pretrain"} />
      <div className="run-pair">
        {detail.value && <Checkpoints checkpoints={detail.value.checkpoints} />}
        <Happenings rows={history.happenings} />
      </div>
      {detail.value && <Facts run={detail.value} />}
    </>
  );
}

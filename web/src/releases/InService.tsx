/** Each name that people ask for: what answers to it, what is tried beside it, and the way back. */
import { useTranslation } from "react-i18next";
import { Failed } from "../account/parts/Failed";
import { useAction } from "../account/parts/useAction";
import { failureIn } from "../api/call";
import { Badge, Button, Icon, toast } from "../design";
import { ago, dateTime } from "../i18n/dates";
import { percent } from "../i18n/format";
import { may, session } from "../state/session";
import { refused } from "../state/sidebar";
import { useStore } from "../state/store";
import { calls } from "./calls";
import { atGate, ofVersion } from "./places";
import type { Alias, Entry } from "./types";

interface Props {
  aliases: Alias[];
  history: Entry[];
  changed: () => Promise<void>;
}

export function InService({ aliases, history, changed }: Props) {
  const { t } = useTranslation();
  return (
    <section className="in-service" aria-label={t("releases.inService")}>
      {aliases.map((alias) => <One key={alias.alias} alias={alias} back={backOf(alias, history)} changed={changed} />)}
    </section>
  );
}

/** Whether there is something to go back to: a candidate, or a release before this one. */
const backOf = ({ alias, candidate }: Alias, history: readonly Entry[]): boolean => candidate !== "" || history.some((entry) => entry.alias === alias && entry.previous !== "");

function One({ alias: one, back, changed }: { alias: Alias; back: boolean; changed: () => Promise<void> }) {
  const { t, i18n } = useTranslation();
  const administers = useStore(session, may("administer"));
  const { busy, failure, run } = useAction();
  const { alias, model, version, candidate, stage, share, reached, people, since } = one;
  const undo = async (taken: Entry): Promise<void> => {
    try {
      await calls.release({ model: taken.previous_version || taken.previous, alias, stage: candidate ? stage : "all", share: candidate ? share : 0, reason: "" });
    } catch (error) {
      refused.set(failureIn(error));
    }
    await changed();
  };
  const rollback = (): void =>
    void run(async () => {
      const entry = await calls.rollback(alias);
      await changed();
      toast(t("releases.rolledBack", { alias, model: entry.model }), () => void undo(entry), `releases/${alias}`);
    });
  return (
    <article className="panel alias">
      <div className="alias-head">
        <h2>{alias}</h2>
        <span className="hint"><time dateTime={since} title={ago(since, i18n.language)}>{t("releases.since", { when: dateTime(since, i18n.language) })}</time></span>
      </div>
      <p className="alias-model"><Icon name="flag" />{version ? <a href={ofVersion(version)}>{model}</a> : model}</p>
      {candidate && (
        <div className="alias-tried">
          <p><Badge tone="busy">{t(stage === "shadow" ? "releases.stages.shadow" : people ? "releases.sharing" : "releases.sharingConversations", { share: percent(share, i18n.language) })}</Badge> <a href={atGate(candidate, alias)}>{candidate}</a></p>
          {stage === "share" && <progress value={share} max={1} aria-label={t("releases.shareOf", { name: candidate })}>{percent(share, i18n.language)}</progress>}
          {stage === "share" && <p className="hint">{t(people ? reached ? "releases.reached" : "releases.reachedNobody" : "releases.reachedConversations", { reached, people })}</p>}
          <p className="hint">{t(stage === "shadow" ? "releases.shadowText" : "releases.shareText")}</p>
        </div>
      )}
      <Failed failure={failure} />
      {administers && (
        <div className="buttons">
          {candidate && <a className="button" href={atGate(candidate, alias)}><Icon name="right" />{t("releases.nextStage")}</a>}
          {back && <Button icon="again" busy={busy} onClick={rollback} aria-label={t("releases.rollbackOf", { alias })}>{t(candidate ? "releases.takeBack" : "releases.rollback")}</Button>}
        </div>
      )}
    </article>
  );
}

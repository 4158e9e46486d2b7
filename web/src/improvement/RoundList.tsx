/** All rounds, the newest first; when they begin by themselves; and where there is none, how the loop closes. */
import { useTranslation } from "react-i18next";
import { Failed } from "../account/parts/Failed";
import { Loaded } from "../account/parts/Loaded";
import { ScreenTop } from "../account/parts/ScreenTop";
import { useAction } from "../account/parts/useAction";
import { useMore } from "../administration/parts/useMore";
import { api } from "../api/call";
import { Button, type Column, Icon, Table } from "../design";
import { ago, dateTime } from "../i18n/dates";
import { useLook } from "../runs/following";
import { go, to } from "../shell/router";
import { useFetched } from "../state/fetched";
import { may, session } from "../state/session";
import { useStore } from "../state/store";
import { LoopSettings } from "./LoopSettings";
import { Verdict, moves } from "./Verdict";
import type { Round } from "./types";

export function RoundList() {
  const { t } = useTranslation();
  const administers = useStore(session, may("administer"));
  const { busy, failure, run } = useAction();
  const [rounds, again, more] = useMore((before) => api.get("/api/improvements", { query: { before } }), []);
  const [settings, look] = useFetched(() => api.get("/api/improvements/settings"), []);
  const live = rounds.value?.items.some(moves) ?? false;
  useLook(live, () => void Promise.all([again(), look()]));
  const begin = (): void => void run(async () => go(to("improvement", (await api.post("/api/improvements", { body: {} })).id)));
  return (
    <>
      <ScreenTop title={t("improvement.title")} text={t("improvement.text")}>
        {administers && <Button kind="strong" icon="loop" busy={busy} disabled={live} onClick={begin}>{t("improvement.begin")}</Button>}
      </ScreenTop>
      <Failed failure={failure} meaning={{ conflict: t("improvement.atWork") }} />
      <Loaded of={settings} again={look}>{(value) => <LoopSettings settings={value} changed={look} />}</Loaded>
      <Loaded of={rounds} again={again}>
        {({ items, next }) => (items.length === 0 ? <Nothing /> : (
          <>
            <All rounds={items} />
            {next && <div className="buttons"><Button onClick={more}>{t("improvement.more")}</Button></div>}
          </>
        ))}
      </Loaded>
    </>
  );
}

function All({ rounds }: { rounds: Round[] }) {
  const { t, i18n } = useTranslation();
  const columns: Column<Round>[] = [
    { name: t("improvement.round"), kind: "head", cell: (round) => <a href={to("improvement", round.id)}>{dateTime(round.created_at, i18n.language)}</a> },
    { name: t("improvement.state"), cell: (round) => <Verdict round={round} /> },
    { name: t("improvement.alias"), cell: ({ alias, base }) => <span className="round-base">{alias}{base && <span className="hint">{t("improvement.from", { name: base })}</span>}</span> },
    { name: t("improvement.candidate"), cell: ({ candidate }) => candidate || "–" },
    { name: t("improvement.by"), cell: ({ person, created_at }) => <span title={ago(created_at, i18n.language)}>{person ?? t("improvement.itself")}</span> },
  ];
  return <Table caption={t("improvement.rounds")} columns={columns} rows={rounds} keyOf={({ id }) => id} />;
}

function Nothing() {
  const { t } = useTranslation();
  return (
    <section className="panel round-first">
      <Icon name="loop" />
      <h2>{t("improvement.none.title")}</h2>
      <p className="lead">{t("improvement.none.text")}</p>
      <ol className="steps">
        <li>{t("improvement.none.first")}</li>
        <li>{t("improvement.none.second")}</li>
        <li>{t("improvement.none.third")}</li>
      </ol>
    </section>
  );
}

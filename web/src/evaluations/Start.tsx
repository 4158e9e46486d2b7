/** A new evaluation: which model, by which suite, how many examples where it can have some, and who judges. */
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { Loaded } from "../account/parts/Loaded";
import { Refused } from "../account/parts/Refused";
import { ScreenTop } from "../account/parts/ScreenTop";
import { Part } from "../account/parts/Sections";
import { useAction } from "../account/parts/useAction";
import { Button, Select, TextField } from "../design";
import { number } from "../i18n/format";
import { go, to } from "../shell/router";
import { useFetched } from "../state/fetched";
import { behind, modelInUse, ownModels, server } from "../state/server";
import { useStore } from "../state/store";
import { calls } from "./calls";
import { useNaming } from "./naming";
import type { Suite } from "./types";

const FIRST = "quick";

interface Wanted {
  model: string;
  suite: string;
  /** Examples before each question ("" = as the suite says). */
  shots: string;
}

export function Start(wanted: Wanted) {
  const { t } = useTranslation();
  const [suites, again] = useFetched(calls.suites, []);
  return (
    <>
      <ScreenTop title={t("evaluations.start.title")} text={t("evaluations.start.text")} back={{ name: t("evaluations.title"), href: to("evaluations") }} />
      <Loaded of={suites} again={again}>{(found) => <Form suites={found} {...wanted} />}</Loaded>
    </>
  );
}

function Form({ suites, model: wanted, suite: first, shots: asked }: Wanted & { suites: Suite[] }) {
  const { t } = useTranslation();
  const state = useStore(server);
  const models = ownModels(state);
  const usual = modelInUse(state, "");
  const { busy, failure, run, clear } = useAction();
  const names = [...new Set([...(wanted ? [wanted] : []), ...models.map(({ name }) => name)])];
  const [model, setModel] = useState(wanted || (usual ? behind(usual) : ""));
  const [suite, setSuite] = useState([first, FIRST].find((name) => suites.some((one) => one.name === name)) ?? suites[0]?.name ?? "");
  const [judge, setJudge] = useState("");
  const [shots, setShots] = useState(asked);
  const chosen = suites.find(({ name }) => name === suite);
  const needsJudge = chosen?.tasks.some(({ kind }) => kind === "judge") ?? false;
  const withExamples = chosen?.tasks.find(({ examples }) => examples !== "");
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    void run(async () => go(to("evaluations", (await calls.begin(model, suite, needsJudge ? judge : "", withExamples && shots !== "" ? Number(shots) : null)).id)));
  };
  return (
    <form className="evaluation-new" onSubmit={submit}>
      <Part level={2} title={t("evaluations.start.model")}>
        <Select label={t("evaluations.model")} value={model} options={names.map((name) => [name, name] as const)} change={(name) => {
          clear();
          setModel(name);
        }}
        />
      </Part>
      <Part level={2} title={t("evaluations.start.suite")}>
        <fieldset className="suite-cards" aria-label={t("evaluations.start.suite")}>
          {suites.map((one) => <Card key={one.name} suite={one} chosen={one.name === suite} choose={() => setSuite(one.name)} />)}
        </fieldset>
        {chosen?.card && <details className="as-table"><summary>{t("evaluations.start.card")}</summary><pre className="suite-card" tabIndex={0} role="region" aria-label={t("evaluations.start.card")} lang="en">{chosen.card}</pre></details>}
      </Part>
      {withExamples && (
        <Part level={2} title={t("evaluations.start.shots")} text={t("evaluations.start.shotsText")}>
          <TextField label={t("evaluations.start.shotsNumber")} hint={t("evaluations.start.shotsHint", { value: withExamples.shots })} type="number" min={0} max={100} step={1} inputMode="numeric" value={shots} change={(value) => {
            clear();
            setShots(value);
          }}
          />
        </Part>
      )}
      {needsJudge && (
        <Part level={2} title={t("evaluations.start.judge")} text={t("evaluations.start.judgeText")}>
          <Select label={t("evaluations.start.judgeModel")} value={judge} options={[["", t("evaluations.start.noJudge")] as const, ...names.filter((name) => name !== model).map((name) => [name, name] as const)]} change={setJudge} />
        </Part>
      )}
      <Refused failure={failure} text={t("evaluations.start.refused")} />
      <div className="buttons"><Button type="submit" kind="strong" icon="play" busy={busy} disabled={model === "" || suite === ""}>{t("evaluations.start.go")}</Button></div>
    </form>
  );
}

function Card({ suite, chosen, choose }: { suite: Suite; chosen: boolean; choose: () => void }) {
  const { t, i18n } = useTranslation();
  const { language } = i18n;
  const naming = useNaming();
  const languages = new Intl.DisplayNames([language], { type: "language" });
  const words = suite.description[language] || suite.description.en || "";
  return (
    <label className="suite-choice">
      <input type="radio" name="suite" value={suite.name} checked={chosen} onChange={choose} />
      <span>
        <strong>{naming.suite(suite)}</strong>
        {words && <span className="hint">{words}</span>}
        <span className="hint"><code>{suite.name}</code> · {t("evaluations.items", { count: suite.items, value: number(suite.items, language) })} · {suite.languages.map((one) => languages.of(one) ?? one).join(", ")} · {suite.licence}</span>
      </span>
    </label>
  );
}

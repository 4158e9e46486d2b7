/** What was asked and answered: all, the good ones or the bad ones, of one task or of all. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Loaded } from "../account/parts/Loaded";
import { Part } from "../account/parts/Sections";
import { useMore } from "../administration/parts/useMore";
import { Badge, Button, EmptyHint, Select } from "../design";
import { Said } from "../i18n/Said";
import { calls } from "./calls";
import { figure } from "../runs/figures";
import type { Item, Which, Whole } from "./types";

const WHICH = ["bad", "good", "all"] as const satisfies readonly Which[];

export function Items({ one }: { one: Whole }) {
  const { t } = useTranslation();
  const [which, choose] = useState<Which>("bad");
  const [task, setTask] = useState("");
  const [items, again, more] = useMore((after) => calls.items(one.id, which, task, Number(after || 0)), [one.id, one.state, which, task]);
  return (
    <Part level={2} title={t("evaluations.answers")}>
      <div className="items-choice">
        <fieldset className="choices">
          <legend className="unseen">{t("evaluations.which")}</legend>
          {WHICH.map((each) => <label key={each}><input type="radio" name="which" checked={which === each} onChange={() => choose(each)} /><span>{t(`evaluations.whichOnes.${each}`)}</span></label>)}
        </fieldset>
        {one.tasks.length > 1 && <Select tall={false} label={t("evaluations.task")} value={task} options={[["", t("evaluations.allTasks")] as const, ...one.tasks.map((name) => [name, name] as const)]} change={setTask} />}
      </div>
      <Loaded of={items} again={again}>
        {({ items: found, next }) => (found.length === 0 ? <EmptyHint icon="check" title={t(`evaluations.noneOf.${which}`)} /> : (
          <>
            <ol className="items">{found.map((item) => <One key={`${item.task} ${item.id}`} item={item} />)}</ol>
            {next && <div className="buttons"><Button onClick={more}>{t("evaluations.more")}</Button></div>}
          </>
        ))}
      </Loaded>
    </Part>
  );
}

function One({ item }: { item: Item }) {
  const { t, i18n } = useTranslation();
  const tone = item.error !== "" ? "bad" : item.score >= 1 ? "good" : item.score <= 0 ? "bad" : "calm";
  const lang = item.language || undefined;
  return (
    <li className="item">
      <p className="item-head">
        <Badge tone={tone}>{item.error ? t("evaluations.noAnswer") : figure(item.score, i18n.language)}</Badge>
        <span className="hint">{item.task} · {item.id}{item.side && <> · {item.side}</>}</span>
      </p>
      <dl>
        <div><dt>{t("evaluations.prompt")}</dt><dd lang={lang} dir="auto">{item.prompt}</dd></div>
        <div className="item-answer"><dt>{t("evaluations.answer")}</dt><dd lang={item.error ? undefined : lang} dir="auto">{item.error ? <Said text={item.error} /> : item.answer || "–"}</dd></div>
        {item.expected && <div><dt>{t("evaluations.expected")}</dt><dd lang={lang} dir="auto">{item.expected}</dd></div>}
      </dl>
    </li>
  );
}

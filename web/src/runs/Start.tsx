/** A new run: choose a recipe, change what one likes, see what it would take, begin. */
import { type FormEvent, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Loaded } from "../account/parts/Loaded";
import { Refused } from "../account/parts/Refused";
import { Part } from "../account/parts/Sections";
import { type Action, useAction } from "../account/parts/useAction";
import { Button, TextField } from "../design";
import { go, to } from "../shell/router";
import { useFetched } from "../state/fetched";
import { useStore } from "../state/store";
import { calls } from "./calls";
import { freeName, isName, lineIn } from "./figures";
import { type Draft, draft } from "./places";
import { Plan } from "./Plan";
import { RecipeBox, type RecipeBoxHandle } from "./RecipeBox";
import { RecipeChoice } from "./RecipeChoice";
import { show } from "./removing";
import { Top } from "./Top";
import type { Facts, ShippedRecipe } from "./types";

interface Known {
  recipes: ShippedRecipe[];
  taken: string[];
}

async function look(): Promise<Known> {
  const [recipes, runs] = await Promise.all([calls.recipes(), calls.runs()]);
  return { recipes, taken: runs.map(({ name }) => name) };
}

export function Start() {
  const { t } = useTranslation();
  const [known, again] = useFetched(look, []);
  return (
    <>
      <Top title={t("runs.start.title")} text={t("runs.start.text")} />
      <Loaded of={known} again={again}>{(value) => <Form {...value} />}</Loaded>
    </>
  );
}

/** What is prepared: the recipe that is chosen, with what was changed of it. */
function usePrepared({ recipes, taken }: Known) {
  const now = useStore(draft);
  const { texts, names } = now;
  const again = texts[""] !== undefined;
  const recipe = recipes.some(({ name }) => name === now.recipe) || (now.recipe === "" && again) ? now.recipe : (recipes[0]?.name ?? "");
  const shipped = recipes.find(({ name }) => name === recipe)?.text ?? "";
  const change = (some: Partial<Draft>): void => draft.set({ ...now, recipe, ...some });
  return {
    recipe, shipped, change,
    from: again ? (names[""] ?? "") : null,
    text: texts[recipe] ?? shipped, name: names[recipe] ?? freeName(recipe, taken),
    write: (text: string | undefined): void => change({ texts: { ...texts, [recipe]: text } }),
    call: (name: string): void => change({ names: { ...names, [recipe]: name } }),
  };
}

function Form(known: Known) {
  const { t } = useTranslation();
  const { recipe, shipped, text, name, from, change, write, call } = usePrepared(known);
  const action = useAction();
  const [facts, setFacts] = useState<Facts | null>(null);
  const box = useRef<RecipeBoxHandle>(null);
  const stale = (): void => {
    setFacts(null);
    action.clear();
  };
  const check = (): void => void action.run(async () => setFacts(await calls.check(text)));
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    void action.run(async () => {
      await calls.start(name, text);
      // The next one is prepared from the beginning.
      change({ names: {}, texts: {} });
      show(name);
      go(to("runs", name));
    });
  };
  const line = action.failure ? lineIn(action.failure.message) : undefined;
  return (
    <form className="run-new" onSubmit={submit}>
      <Part level={2} title={t("runs.start.recipe")}>
        <RecipeChoice recipes={known.recipes} from={from} chosen={recipe} choose={(one) => {
          stale();
          change({ recipe: one });
        }}
        />
      </Part>
      <Part level={2} title={t("runs.start.change")} text={t("runs.start.changeText")} tools={text !== shipped && shipped !== "" && <Button kind="quiet" icon="again" onClick={() => {
        stale();
        write(undefined);
      }}
      >{t("runs.start.asShipped")}</Button>}>
        <RecipeBox ref={box} text={text} wrong={line} change={(typed) => {
          stale();
          write(typed);
        }}
        />
        <Wrong action={action} line={line} show={() => line !== undefined && box.current?.show(line)} />
        <div className="buttons"><Button icon="check" busy={action.busy} onClick={check}>{t("runs.start.check")}</Button></div>
        {facts && <Plan facts={facts} />}
      </Part>
      <Part level={2} title={t("runs.start.begin")}>
        <TextField
          label={t("runs.start.name")} hint={t("runs.start.nameHint")} value={name} change={(typed) => {
            action.clear();
            call(typed.toLowerCase());
          }}
          error={known.taken.includes(name) ? t("runs.start.taken") : name !== "" && !isName(name) ? t("runs.start.nameWrong") : undefined}
          autoComplete="off" spellCheck={false} maxLength={64}
        />
        <div className="buttons"><Button type="submit" kind="strong" icon="play" busy={action.busy} disabled={!isName(name) || known.taken.includes(name) || text.trim() === ""}>{t("runs.start.go")}</Button></div>
      </Part>
    </form>
  );
}

/** Why the recipe was refused, and the way to its line. */
function Wrong({ action: { failure }, line, show: there }: { action: Action; line: number | undefined; show: () => void }) {
  const { t } = useTranslation();
  return (
    <Refused failure={failure} taken={t("runs.start.taken")} text={line === undefined ? t("runs.start.wrong") : t("runs.start.wrongLine", { line })}>
      {line !== undefined && <Button onClick={there}>{t("runs.start.toLine", { line })}</Button>}
    </Refused>
  );
}

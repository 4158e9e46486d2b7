/** The shipped recipes as cards, one of which is chosen; and the recipe of a run, where one begins from that. */
import { useTranslation } from "react-i18next";
import type { ShippedRecipe } from "./types";

interface Props {
  recipes: readonly ShippedRecipe[];
  /** What a run after another is called (null = none is prepared). */
  from: string | null;
  chosen: string;
  choose: (recipe: string) => void;
}

export function RecipeChoice({ recipes, from, chosen, choose }: Props) {
  const { t, i18n } = useTranslation();
  const known = (name: string): boolean => i18n.exists(`runs.recipes.${name}.title`);
  return (
    <fieldset className="recipe-cards">
      <legend className="unseen">{t("runs.start.recipe")}</legend>
      {from !== null && <Card name="" chosen={chosen} choose={choose} title={t("runs.start.again")} text={t("runs.start.againText")} />}
      {recipes.map(({ name, title }) => (known(name)
        ? <Card key={name} name={name} chosen={chosen} choose={choose} title={t(`runs.recipes.${name}.title`)} text={t(`runs.recipes.${name}.text`)} />
        : <Card key={name} name={name} chosen={chosen} choose={choose} title={name} text={title} language="en" />))}
    </fieldset>
  );
}

interface CardProps {
  name: string;
  chosen: string;
  choose: (recipe: string) => void;
  title: string;
  text: string;
  /** Of the text, where it is not the page's. */
  language?: string;
}

function Card({ name, chosen, choose, title, text, language }: CardProps) {
  return (
    <label className="recipe-card">
      <input type="radio" name="recipe" checked={name === chosen} onChange={() => choose(name)} />
      <span><strong>{title}</strong><span className="hint" lang={language}>{text}</span></span>
    </label>
  );
}

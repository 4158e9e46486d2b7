/** Some people, found by name: those chosen stand above, to be taken out again. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button, Icon } from "../../design";
import { api } from "../../api/call";
import { useFetched } from "../../state/fetched";
import type { Named } from "../types";
import { Search } from "./Search";

const SHOWN = 6;

interface Props {
  legend: string;
  chosen: readonly Named[];
  add: (person: Named) => void;
  remove: (person: Named) => void;
}

export function PersonPicks({ legend, chosen, add, remove }: Props) {
  const { t } = useTranslation();
  const [search, setSearch] = useState("");
  const [found] = useFetched(() => api.get("/api/admin/people", { query: { search } }), [search]);
  const others = (found.value?.items ?? []).filter(({ id }) => !chosen.some((one) => one.id === id)).slice(0, SHOWN);
  return (
    <fieldset className="checks">
      <legend>{legend}</legend>
      <ul className="chips">
        {chosen.map((one) => (
          <li key={one.id}>
            <button type="button" className="chip" aria-label={t("administration.takeOut", { name: one.name })} onClick={() => remove(one)}>{one.name}<Icon name="close" /></button>
          </li>
        ))}
      </ul>
      <Search label={t("administration.people.search")} change={setSearch} />
      <div className="chips">
        {others.map((one) => <Button key={one.id} icon="plus" onClick={() => add({ id: one.id, name: one.name })}>{one.name}</Button>)}
        {found.value && others.length === 0 && <p className="hint">{t("administration.nothingFound")}</p>}
      </div>
    </fieldset>
  );
}

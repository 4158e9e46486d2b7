/** Memory: single facts that the person wrote; the model is told of them only while memory is switched on. */
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { Failed } from "../account/parts/Failed";
import { Loaded } from "../account/parts/Loaded";
import { api } from "../api/call";
import type { Memory as Fact } from "../api/chat";
import { Button, EmptyHint, IconButton, Switch, TextField, toast } from "../design";
import { useFetched } from "../state/fetched";
import { useTrying } from "./trying";

function FactRow({ fact, changed }: { fact: Fact; changed: () => Promise<void> }) {
  const { t } = useTranslation();
  const [text, setText] = useState<string | null>(null);
  const trying = useTrying();
  const path = { memory_id: fact.id };
  const keep = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const written = text?.trim() ?? "";
    if (written !== "" && !(await trying(() => api.patch("/api/memories/{memory_id}", { path, body: { text: written } })))) return;
    setText(null);
    await changed();
  };
  const remove = async (): Promise<void> => {
    if (!(await trying(() => api.delete("/api/memories/{memory_id}", { path })))) return;
    await changed();
    toast(t("library.factDeleted"), () => void trying(() => api.post("/api/memories", { body: { text: fact.text } }).then(changed)));
  };
  if (text !== null) {
    return (
      <li>
        <form className="link-row" onSubmit={(event) => void keep(event)}>
          <input className="input" autoFocus aria-label={t("library.fact")} maxLength={500} value={text} onChange={(event) => setText(event.target.value)} />
          <Button type="submit">{t("library.save")}</Button>
        </form>
      </li>
    );
  }
  return (
    <li className="thing">
      <div dir="auto">{fact.text}</div>
      <IconButton icon="edit" label={t("library.factEdit", { text: fact.text })} onClick={() => setText(fact.text)} />
      <IconButton icon="trash" label={t("library.factDelete", { text: fact.text })} onClick={() => void remove()} />
    </li>
  );
}

export function Memory() {
  const { t } = useTranslation();
  const trying = useTrying();
  const [personal, lookAgain] = useFetched(() => api.get("/api/personal"), []);
  const [facts, again] = useFetched(() => api.get("/api/memories"), []);
  const [text, setText] = useState("");
  const [turned, turn] = useState<boolean | null>(null);
  const on = turned ?? personal.value?.memory_enabled ?? false;
  const switchTo = async (memory_enabled: boolean): Promise<void> => {
    turn(memory_enabled);
    if (!(await trying(() => api.patch("/api/personal", { body: { memory_enabled } })))) turn(on);
  };
  const add = (event: FormEvent): void => {
    event.preventDefault();
    void trying(async () => {
      await api.post("/api/memories", { body: { text: text.trim() } });
      setText("");
      await again();
    });
  };
  return (
    <div className="form">
      {personal.failure && <Failed failure={personal.failure} again={() => void lookAgain()} />}
      <Switch label={t("library.memoryOn")} hint={t("library.memoryHint")} on={on} disabled={personal.value === undefined} change={(wanted) => void switchTo(wanted)} />
      <form className="form" onSubmit={add}>
        <TextField label={t("library.fact")} required maxLength={500} value={text} change={setText} />
        <div className="buttons end"><Button kind="strong" type="submit" icon="plus">{t("library.factAdd")}</Button></div>
      </form>
      <Loaded of={facts} again={again}>
        {({ items }) => (
          <>
            {items.length === 0 && <EmptyHint icon="bulb" title={t("library.noFact")} />}
            <ul className="things">{items.map((fact) => <FactRow key={fact.id} fact={fact} changed={again} />)}</ul>
          </>
        )}
      </Loaded>
    </div>
  );
}

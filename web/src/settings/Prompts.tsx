/** The prompt library: use one, with its blanks filled in; write, change and throw away. */
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, failureIn } from "../api/call";
import type { Prompt } from "../api/chat";
import { Button, EmptyHint, IconButton, Pending, TextArea, TextField, toast } from "../design";
import { useRemedy } from "../i18n/remedy";
import { insert } from "../state/drafting";
import { useFetched } from "../state/fetched";
import { filled } from "../state/variables";
import { useTrying } from "./trying";

function FillIn({ prompt, use, back }: { prompt: Prompt; use: (text: string) => void; back: () => void }) {
  const { t } = useTranslation();
  const [values, set] = useState<Record<string, string>>(Object.fromEntries(prompt.variables.map((one) => [one.name, one.default])));
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    use(filled(prompt.content, values));
  };
  return (
    <form className="form" onSubmit={submit}>
      <h3>{prompt.name}</h3>
      {prompt.variables.map(({ name }, index) => (
        <TextArea key={name} label={name} rows={2} autoFocus={index === 0} value={values[name] ?? ""} change={(value) => set({ ...values, [name]: value })} />
      ))}
      <div className="buttons end"><Button onClick={back}>{t("message.cancel")}</Button><Button kind="strong" type="submit">{t("library.use")}</Button></div>
    </form>
  );
}

function Editor({ prompt, kept, back }: { prompt: Prompt | null; kept: () => Promise<void>; back: () => void }) {
  const { t } = useTranslation();
  const remedy = useRemedy();
  const [name, setName] = useState(prompt?.name ?? "");
  const [content, setContent] = useState(prompt?.content ?? "");
  const [wrong, tell] = useState("");
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    try {
      if (prompt) await api.patch("/api/prompts/{prompt_id}", { path: { prompt_id: prompt.id }, body: { name, content } });
      else await api.post("/api/prompts", { body: { name, content } });
      await kept();
      back();
    } catch (error) {
      tell(remedy(failureIn(error)));
    }
  };
  return (
    <form className="form" onSubmit={(event) => void submit(event)}>
      <TextField label={t("library.name")} required maxLength={100} autoFocus value={name} change={setName} error={wrong} />
      <TextArea label={t("library.text")} hint={t("library.variables", { example: "{{language|French}}" })} required rows={8} value={content} change={setContent} />
      <div className="buttons end"><Button onClick={back}>{t("message.cancel")}</Button><Button kind="strong" type="submit">{t("library.save")}</Button></div>
    </form>
  );
}

type View = { kind: "list" } | { kind: "fill"; prompt: Prompt } | { kind: "edit"; prompt: Prompt | null };

export function Prompts({ close }: { close: () => void }) {
  const { t } = useTranslation();
  const [{ value, pending }, again] = useFetched(() => api.get("/api/prompts"), []);
  const [view, show] = useState<View>({ kind: "list" });
  const trying = useTrying();
  const back = (): void => show({ kind: "list" });
  const use = (text: string): void => {
    insert(text);
    close();
    setTimeout(() => document.getElementById("message-box")?.focus());
  };
  const remove = async ({ id, name, content }: Prompt): Promise<void> => {
    if (!(await trying(() => api.delete("/api/prompts/{prompt_id}", { path: { prompt_id: id } })))) return;
    await again();
    toast(t("library.deleted"), () => void trying(() => api.post("/api/prompts", { body: { name, content } }).then(again)));
  };
  if (view.kind === "fill") return <FillIn prompt={view.prompt} use={use} back={back} />;
  if (view.kind === "edit") return <Editor prompt={view.prompt} kept={again} back={back} />;
  return (
    <div className="form">
      {value === undefined && pending && <Pending text={t("opening")} />}
      {value?.items.length === 0 && <EmptyHint icon="bulb" title={t("library.none")} text={t("library.noneText")} />}
      <ul className="things">
        {value?.items.map((prompt) => (
          <li key={prompt.id} className="thing">
            <button type="button" onClick={() => (prompt.variables.length > 0 ? show({ kind: "fill", prompt }) : use(prompt.content))}><strong>{prompt.name}</strong><p dir="auto">{prompt.content}</p></button>
            <IconButton icon="edit" label={t("library.edit", { name: prompt.name })} onClick={() => show({ kind: "edit", prompt })} />
            <IconButton icon="trash" label={t("library.delete", { name: prompt.name })} onClick={() => void remove(prompt)} />
          </li>
        ))}
      </ul>
      <div><Button icon="plus" onClick={() => show({ kind: "edit", prompt: null })}>{t("library.new")}</Button></div>
    </div>
  );
}

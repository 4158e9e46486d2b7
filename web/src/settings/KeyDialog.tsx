/** Asks for the API key of a server that wants one. */
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button, Dialog, TextField } from "../design";
import { tryKey } from "../state/server";
import "./strings";

export default function KeyDialog() {
  const { t } = useTranslation();
  const [key, setKey] = useState("");
  const [wrong, setWrong] = useState(false);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    void tryKey(key.trim()).then((taken) => setWrong(!taken));
  };
  return (
    <Dialog title={t("key.title")}>
      <form onSubmit={submit} className="form">
        <p>{t("key.text")}</p>
        <TextField label={t("key.label")} type="password" autoComplete="off" required value={key} change={setKey} error={wrong ? t("key.wrong") : undefined} />
        <div><Button kind="strong" type="submit">{t("key.use")}</Button></div>
      </form>
    </Dialog>
  );
}

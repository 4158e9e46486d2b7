/** Asks for the API key of a server that wants one. */
import { type FormEvent, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { tryKey } from "../state/server";
import { Dialog } from "./Dialog";

export function KeyDialog() {
  const { t } = useTranslation();
  const [key, setKey] = useState("");
  const [wrong, setWrong] = useState(false);
  const id = useId();
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    void tryKey(key.trim()).then((taken) => setWrong(!taken));
  };
  return (
    <Dialog title={t("key.title")} kind="card">
      <form onSubmit={submit} className="fields">
        <p>{t("key.text")}</p>
        <label htmlFor={id}>{t("key.label")}</label>
        <input id={id} type="password" autoComplete="off" required value={key} onChange={(event) => setKey(event.target.value)} aria-invalid={wrong} aria-describedby={`${id}-wrong`} />
        <p id={`${id}-wrong`} role="alert" className="wrong">{wrong && t("key.wrong")}</p>
        <button className="button strong" type="submit">{t("key.use")}</button>
      </form>
    </Dialog>
  );
}

/** A person's conversations as a file: all of them out, and in from here, from ChatGPT or from Open WebUI. */
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { failureIn, send } from "../api/call";
import type { ApiFailure } from "../api/types";
import { Button } from "../design";
import { useRemedy } from "../i18n/remedy";
import { saveFile } from "../state/files";
import { loadSidebar } from "../state/sidebar";

interface Imported {
  imported: number;
  already_here: number;
  messages: number;
  skipped: { title: string; reason: string }[];
}

const FORMATS = { causerie: "causerie", chatgpt: "ChatGPT", open_webui: "Open WebUI" } as const;

type Outcome = { busy: true } | { failure: ApiFailure } | { result: Imported & { format: keyof typeof FORMATS } };

function Told({ outcome }: { outcome: Outcome | null }) {
  const { t } = useTranslation();
  const remedy = useRemedy();
  if (outcome === null) return null;
  if ("busy" in outcome) return <p className="hint">{t("data.busy")}</p>;
  if ("failure" in outcome) return <p className="wrong" role="alert">{remedy(outcome.failure)}</p>;
  const { imported, already_here, messages, skipped, format } = outcome.result;
  return (
    <>
      <p>{t("data.imported", { count: imported, format: FORMATS[format], messages })} {already_here > 0 && t("data.already", { count: already_here })}</p>
      {skipped.length > 0 && (
        <details>
          <summary>{t("data.skipped", { count: skipped.length })}</summary>
          <ul>{skipped.map(({ title, reason }, index) => <li key={index} className="hint">{title}: {reason}</li>)}</ul>
        </details>
      )}
    </>
  );
}

export function DataFields() {
  const { t } = useTranslation();
  const picker = useRef<HTMLInputElement>(null);
  const [outcome, tell] = useState<Outcome | null>(null);
  const take = async (file: File | undefined): Promise<void> => {
    if (!file) return;
    tell({ busy: true });
    try {
      const response = await send("/api/conversations/import", { method: "POST", body: file, headers: { "content-type": "application/octet-stream" } });
      tell({ result: (await response.json()) as Imported & { format: keyof typeof FORMATS } });
      await loadSidebar();
    } catch (error) {
      tell({ failure: failureIn(error) });
    }
  };
  const give = async (): Promise<void> => {
    try {
      const response = await send("/api/conversations/export", {});
      saveFile(`causerie-${new Date().toISOString().slice(0, 10)}.json`, await response.blob());
    } catch (error) {
      tell({ failure: failureIn(error) });
    }
  };
  return (
    <section>
      <h3>{t("data.title")}</h3>
      <p className="hint">{t("data.hint")}</p>
      <div className="buttons">
        <Button icon="download" onClick={() => void give()}>{t("data.export")}</Button>
        <Button icon="plus" busy={outcome !== null && "busy" in outcome} onClick={() => picker.current?.click()}>{t("data.import")}</Button>
        <input
          ref={picker} type="file" accept=".json,.zip,application/json,application/zip" hidden aria-hidden="true" tabIndex={-1} data-what="import"
          onChange={(event) => {
            void take(event.target.files?.[0]);
            event.target.value = "";
          }}
        />
      </div>
      <div role="status"><Told outcome={outcome} /></div>
    </section>
  );
}

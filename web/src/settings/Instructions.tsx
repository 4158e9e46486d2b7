/** Custom instructions: what every conversation of the person begins with, when they are switched on. */
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../api/call";
import { Loaded } from "../account/parts/Loaded";
import type { Personal } from "../api/chat";
import { Button, Switch, TextArea, toast } from "../design";
import { useFetched } from "../state/fetched";
import { useTrying } from "./trying";

const MOST = 8000;

export function Instructions() {
  const [kept, again] = useFetched(() => api.get("/api/personal"), []);
  return <Loaded of={kept} again={again}>{(value) => <InstructionsForm kept={value} />}</Loaded>;
}

function InstructionsForm({ kept }: { kept: Personal }) {
  const { t } = useTranslation();
  const trying = useTrying();
  const [personal, set] = useState(kept);
  useEffect(() => set(kept), [kept]);
  const keep = async (change: Partial<Personal>): Promise<void> => {
    // Only what changed: words that are typed and not kept yet stay in the box.
    set({ ...personal, ...change });
    if (!(await trying(() => api.patch("/api/personal", { body: change })))) set(personal);
    else if (change.instructions !== undefined) toast(t("library.instructionsKept"));
  };
  return (
    <form
      className="form"
      onSubmit={(event) => {
        event.preventDefault();
        void keep({ instructions: personal.instructions, instructions_enabled: personal.instructions.trim() !== "" });
      }}
    >
      <Switch label={t("library.instructionsOn")} on={personal.instructions_enabled} change={(instructions_enabled) => void keep({ instructions_enabled })} />
      <TextArea label={t("library.instructionsLabel")} hint={t("library.instructionsHint")} rows={8} maxLength={MOST} value={personal.instructions} change={(instructions) => set({ ...personal, instructions })} />
      <div className="buttons end"><Button kind="strong" type="submit">{t("library.save")}</Button></div>
    </form>
  );
}

/** What a person gives the models to know: prompts to use again, instructions for every conversation, memory. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Dialog, Tabs } from "../design";
import { Instructions } from "./Instructions";
import { Memory } from "./Memory";
import { Prompts } from "./Prompts";
import "./settings.css";
import "./strings";

type Tab = "prompts" | "instructions" | "memory";

export default function LibraryDialog({ close }: { close: () => void }) {
  const { t } = useTranslation();
  const [tab, choose] = useState<Tab>("prompts");
  return (
    <Dialog title={t("library.title")} close={close}>
      <Tabs label={t("library.title")} chosen={tab} choose={choose} tabs={[["prompts", t("library.prompts")], ["instructions", t("library.instructions")], ["memory", t("library.memory")]]}>
        {tab === "prompts" ? <Prompts close={close} /> : tab === "instructions" ? <Instructions /> : <Memory />}
      </Tabs>
    </Dialog>
  );
}

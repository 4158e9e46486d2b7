/** The second factor: switched on with an application, its recovery codes, switched off. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/call";
import { Badge, Button, toast } from "../../design";
import { askSession } from "../../state/session";
import { useFetched } from "../../state/fetched";
import { CodeDialog } from "./CodeDialog";
import { CodesDialog } from "./CodesDialog";
import { Loaded } from "../parts/Loaded";
import { Part } from "../parts/Sections";
import { SetUpDialog } from "./SetUpDialog";

type Open = "set-up" | "renew" | "remove" | null;

export function SecondFactor() {
  const { t } = useTranslation();
  const [state, again] = useFetched(() => api.get("/api/me/second-factor"), []);
  const [open, setOpen] = useState<Open>(null);
  const [codes, setCodes] = useState<string[] | null>(null);
  const done = async (fresh: string[] | null): Promise<void> => {
    setOpen(null);
    setCodes(fresh);
    await Promise.all([again(), askSession()]);
  };
  const renew = async (code: string): Promise<void> => done((await api.post("/api/me/second-factor/recovery-codes", { body: { code } })).recovery_codes);
  const remove = async (code: string): Promise<void> => {
    await api.post("/api/me/second-factor/remove", { body: { code } });
    await done(null);
    toast(t("account.factor.removed"));
  };
  return (
    <Part title={t("account.factor.title")} text={t("account.factor.text")} tools={state.value && <Badge tone={state.value.enabled ? "good" : "calm"}>{t(state.value.enabled ? "account.on" : "account.off")}</Badge>}>
      <Loaded of={state} again={again}>
        {({ enabled, recovery_codes_left }) =>
          enabled ? (
            <>
              <p className={recovery_codes_left < 3 ? "wrong" : "hint"}>{t("account.factor.left", { count: recovery_codes_left })}</p>
              <div className="buttons">
                <Button onClick={() => setOpen("renew")}>{t("account.factor.renew")}</Button>
                <Button kind="danger" onClick={() => setOpen("remove")}>{t("account.factor.remove")}</Button>
              </div>
            </>
          ) : (
            <div className="buttons"><Button icon="shield" onClick={() => setOpen("set-up")}>{t("account.factor.add")}</Button></div>
          )
        }
      </Loaded>
      {open === "set-up" && <SetUpDialog close={() => setOpen(null)} done={(fresh) => void done(fresh)} />}
      {open === "renew" && <CodeDialog title={t("account.factor.renew")} text={t("account.factor.renewText")} button={t("account.factor.renew")} send={renew} close={() => setOpen(null)} />}
      {open === "remove" && <CodeDialog title={t("account.factor.remove")} text={t("account.factor.removeText")} button={t("account.factor.remove")} danger send={remove} close={() => setOpen(null)} />}
      {codes && <CodesDialog codes={codes} close={() => setCodes(null)} />}
    </Part>
  );
}

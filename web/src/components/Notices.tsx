/** What a person must know now: the server does not answer, the browser keeps nothing, the context is nearly full. */
import { useTranslation } from "react-i18next";
import type { PageModel } from "../api/types";
import { chat } from "../state/chat";
import { shown } from "../state/conversation";
import { gaugeOf } from "../state/gauge";
import { server } from "../state/server";
import { useStore } from "../state/store";
import { Icon } from "./Icon";
import { WithCode } from "./WithCode";
import { useRemedy } from "./remedy";

export function Notices({ model }: { model: PageModel | undefined }) {
  const { t } = useTranslation();
  const remedy = useRemedy();
  const { failure, needsKey, asked, models } = useStore(server);
  const { conversation, kept } = useStore(chat);
  const gauge = gaugeOf(shown(conversation), model?.context_tokens ?? 0);
  const notices: string[] = [];
  if (failure && !needsKey) notices.push(`${t("errors.title.server")}. ${remedy(failure)}`);
  if (asked && !failure && models.length === 0) notices.push(t("models.none"));
  if (!kept) notices.push(t("notKept"));
  if (gauge && gauge.level !== "calm") notices.push(t(`gauge.${gauge.level}`));
  return (
    <div role="status" className="notices">
      {notices.map((text) => <p key={text} className="notice"><Icon name="warning" /><span><WithCode text={text} /></span></p>)}
    </div>
  );
}

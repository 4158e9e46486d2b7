/** What a person must know now: the server does not answer, no network, the context is nearly full. */
import { useTranslation } from "react-i18next";
import type { PageModel } from "../api/types";
import { Icon, WithCode } from "../design";
import { useRemedy } from "../i18n/remedy";
import { online } from "../shell/network";
import { gaugeOf } from "../state/context";
import { box } from "../state/drafting";
import { open, shownIn } from "../state/open";
import { server } from "../state/server";
import { useStore } from "../state/store";

export function Notices({ model }: { model: PageModel | undefined }) {
  const { t } = useTranslation();
  const remedy = useRemedy();
  const { failure, needsKey, asked, models } = useStore(server);
  const reached = useStore(online);
  const state = useStore(open);
  const pictures = useStore(box, ({ attachments }) => attachments.some(({ kind }) => kind === "image"));
  const gauge = gaugeOf(shownIn(state), model?.context_tokens ?? 0);
  const notices: string[] = [];
  if (!reached) notices.push(t("offline"));
  else if (failure && !needsKey) notices.push(`${t("errors.title.server")}. ${remedy(failure)}`);
  if (asked && !failure && models.length === 0) notices.push(t("models.none"));
  if (pictures && model && !model.images) notices.push(t("attach.blind", { name: model.name }));
  if (gauge && gauge.level !== "calm") notices.push(t(`gauge.${gauge.level}`));
  return (
    <div role="status" className="notices">
      {notices.map((text) => <p key={text} className="notice"><Icon name="warning" /><span><WithCode text={text} /></span></p>)}
    </div>
  );
}

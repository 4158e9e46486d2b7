/** Where one is signed in, and ending it there. */
import { useTranslation } from "react-i18next";
import { api } from "../../api/call";
import { Badge, Button, Icon, toast } from "../../design";
import { ago, dateTime } from "../../i18n/dates";
import { useFetched } from "../../state/fetched";
import { browserName } from "../agents";
import { Failed } from "../parts/Failed";
import { Loaded } from "../parts/Loaded";
import { Part } from "../parts/Sections";
import { useAction } from "../parts/useAction";
import type { Session } from "../types";

export function Sessions() {
  const { t } = useTranslation();
  const [list, again] = useFetched(() => api.get("/api/me/sessions"), []);
  const { busy, failure, run } = useAction();
  const end = async (one: Session): Promise<void> => {
    await api.delete("/api/me/sessions/{session_id}", { path: { session_id: one.id } });
    await again();
    toast(t("account.sessions.ended"));
  };
  const endOthers = async (): Promise<void> => {
    await api.delete("/api/me/sessions");
    await again();
    toast(t("account.sessions.endedAll"));
  };
  const others = list.value?.items.some(({ current }) => !current);
  return (
    <Part
      title={t("account.sessions.title")} text={t("account.sessions.text")}
      tools={others && <Button busy={busy} onClick={() => void run(endOthers)}>{t("account.sessions.endAll")}</Button>}
    >
      <Failed failure={failure} />
      <Loaded of={list} again={again}>
        {({ items }) => <ul className="rows">{items.map((one) => <Row key={one.id} one={one} busy={busy} end={() => void run(() => end(one))} />)}</ul>}
      </Loaded>
    </Part>
  );
}

function Row({ one, busy, end }: { one: Session; busy: boolean; end: () => void }) {
  const { t, i18n } = useTranslation();
  const name = browserName(one.agent) || t("account.sessions.unknown");
  return (
    <li>
      <Icon name="side" />
      <div className="row-words">
        <strong>{name}</strong>
        <span className="hint" title={dateTime(one.seen_at, i18n.language)}>
          {[one.address, t(`account.sessions.by.${one.method}`), t("account.sessions.seen", { when: ago(one.seen_at, i18n.language) })].filter(Boolean).join(" · ")}
        </span>
      </div>
      {one.current ? <Badge tone="good">{t("account.sessions.this")}</Badge> : <Button busy={busy} onClick={end} aria-label={t("account.sessions.endOne", { name })}>{t("account.sessions.end")}</Button>}
    </li>
  );
}

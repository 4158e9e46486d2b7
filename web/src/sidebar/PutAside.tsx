/** What was put aside: the archive, or the trash, from which all can be taken back for thirty days. */
import { useTranslation } from "react-i18next";
import { Loaded } from "../account/parts/Loaded";
import { api, failureIn } from "../api/call";
import { Button, EmptyHint, toast } from "../design";
import { useFetched } from "../state/fetched";
import { forgetConversation, listed, noteConversation, refused, sidebar } from "../state/sidebar";
import { useStore } from "../state/store";
import { Row } from "./Row";

export function PutAside({ kind, chosen, back }: { kind: "archived" | "trash"; chosen: () => void; back: () => void }) {
  const { t } = useTranslation();
  const [fetched, again] = useFetched(async () => {
    const { items } = await api.get("/api/conversations", { query: { state: kind, limit: 200 } });
    items.forEach(noteConversation);
    return items;
  }, [kind]);
  // Of all that is known: what was put aside a moment ago may not be in the answer yet.
  const shown = listed(useStore(sidebar), kind);
  const empty = async (): Promise<void> => {
    try {
      await api.delete("/api/trash");
      shown.forEach(({ id }) => forgetConversation(id));
      toast(t("sidebar.emptied"));
    } catch (error) {
      refused.set(failureIn(error));
    }
    await again();
  };
  return (
    <>
      <Button kind="quiet" icon="left" onClick={back}>{t("sidebar.back")}</Button>
      <h2>{t(`sidebar.${kind}`)}</h2>
      {kind === "trash" && <p className="sidebar-note">{t("sidebar.trashHint")}</p>}
      <Loaded of={fetched} again={again}>
        {() => shown.length === 0 && <EmptyHint icon={kind === "trash" ? "trash" : "archive"} title={t("sidebar.nothing")} />}
      </Loaded>
      <ul aria-label={t(`sidebar.${kind}`)}>{shown.map((one) => <Row key={one.id} one={one} current={false} chosen={chosen} />)}</ul>
      {kind === "trash" && shown.length > 0 && <Button kind="danger" icon="trash" onClick={() => void empty()}>{t("sidebar.empty")}</Button>}
    </>
  );
}

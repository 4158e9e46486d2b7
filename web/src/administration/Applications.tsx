/** Applications: programs with keys of their own, which are nobody's. Their keys stand in the list below them. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Failed } from "../account/parts/Failed";
import { useRemoval } from "../account/parts/removeLater";
import { Part } from "../account/parts/Sections";
import { NewKeyDialog, type NewKey } from "../account/sections/NewKeyDialog";
import type { Scope } from "../account/types";
import { api } from "../api/call";
import { Button, Table } from "../design";
import { date } from "../i18n/dates";
import { useFetched } from "../state/fetched";
import type { Application } from "./types";

/** An application has no account to look after, and administers nothing. */
type OfApplication = Extract<Scope, "models" | "conversations">;
const OFFERED: readonly OfApplication[] = ["models", "conversations"];

export function Applications({ changed }: { changed: () => void }) {
  const { t, i18n } = useTranslation();
  const [list, again] = useFetched(() => api.get("/api/admin/applications"), []);
  const refresh = async (): Promise<void> => {
    await again();
    changed();
  };
  const { gone, remove, failure } = useRemoval(refresh);
  /** null = a new application; undefined = no dialog. */
  const [giving, give] = useState<Application | null | undefined>();
  const make = async ({ name, scopes, expires_days }: NewKey): Promise<string> => {
    const asked = { scopes: scopes as OfApplication[], expires_days };
    const { secret } = giving
      ? await api.post("/api/admin/applications/{application_id}/keys", { path: { application_id: giving.id }, body: asked })
      : await api.post("/api/admin/applications", { body: { ...asked, name } });
    void refresh();
    return secret;
  };
  const leave = ({ id, name }: Application): void =>
    remove(id, t("administration.applications.removed", { name }), () => api.delete("/api/admin/applications/{application_id}", { path: { application_id: id }, keepalive: true }));
  const rows = (list.value?.items ?? []).filter(({ id }) => !gone(id));
  return (
    <Part
      title={t("administration.applications.title")} text={t("administration.applications.text")}
      tools={<Button icon="plus" onClick={() => give(null)}>{t("administration.applications.new")}</Button>}
    >
      <Failed failure={failure} />
      {rows.length > 0 && (
        <Table
          caption={t("administration.applications.title")} rows={rows} keyOf={({ id }) => id} empty={null}
          columns={[
            { name: t("account.keys.name"), kind: "head", cell: ({ name }) => <strong>{name}</strong> },
            { name: t("administration.applications.since"), cell: ({ created_at }) => date(created_at, i18n.language) },
            {
              name: t("account.keys.tools"), kind: "tools",
              cell: (each) => (
                <>
                  <Button onClick={() => give(each)} aria-label={t("administration.applications.keyFor", { name: each.name })}>{t("account.keys.new")}</Button>
                  <Button kind="danger" onClick={() => leave(each)} aria-label={t("administration.applications.removeOne", { name: each.name })}>{t("administration.applications.remove")}</Button>
                </>
              ),
            },
          ]}
        />
      )}
      {giving !== undefined && (
        <NewKeyDialog
          title={giving ? t("administration.applications.keyFor", { name: giving.name }) : t("administration.applications.new")}
          offered={OFFERED} called={giving?.name} make={make} close={() => give(undefined)}
        />
      )}
    </Part>
  );
}

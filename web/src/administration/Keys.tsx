/** Everyone's API keys: whose, for what, when used; revoked from here. */
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Failed } from "../account/parts/Failed";
import { KeyTable } from "../account/parts/KeyTable";
import { Loaded } from "../account/parts/Loaded";
import { useRemoval } from "../account/parts/removeLater";
import { Head } from "../account/parts/Sections";
import { api } from "../api/call";
import { EmptyHint } from "../design";
import { to } from "../shell/router";
import { useFetched } from "../state/fetched";
import { Applications } from "./Applications";
import type { KeyOfPerson } from "./types";

/** A person by their page; an application by its name alone, as it has none. */
function whose({ id, name }: KeyOfPerson["person"]): ReactNode {
  return id.startsWith("app_") ? name : <a href={to("administration", "people", id)}>{name || "–"}</a>;
}

export function Keys() {
  const { t } = useTranslation();
  const [list, again] = useFetched(() => api.get("/api/admin/keys"), []);
  const { gone, remove, failure } = useRemoval(again);
  const revoke = ({ id, name }: KeyOfPerson): void =>
    remove(id, t("account.keys.revoked", { name }), () => api.delete("/api/admin/keys/{key_id}", { path: { key_id: id }, keepalive: true }));
  return (
    <>
      <Head title={t("administration.sections.keys")} text={t("administration.keys.text")} />
      <Failed failure={failure} />
      <Applications changed={() => void again()} />
      <Loaded of={list} again={again}>
        {({ items }) => (
          <KeyTable
            keys={items.filter(({ id }) => !gone(id))} revoke={revoke}
            more={[{ name: t("administration.keys.person"), cell: ({ person }) => whose(person) }]}
            empty={<EmptyHint icon="key" title={t("administration.keys.none")} text={t("administration.keys.noneHint")}><a className="button" href={to("account", "keys")}>{t("account.keys.title")}</a></EmptyHint>}
          />
        )}
      </Loaded>
    </>
  );
}

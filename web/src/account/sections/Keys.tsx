/** One's API keys: for programs that speak with this server in one's name. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/call";
import { Button, EmptyHint } from "../../design";
import { useFetched } from "../../state/fetched";
import { may, session } from "../../state/session";
import { useStore } from "../../state/store";
import { Failed } from "../parts/Failed";
import { KeyTable } from "../parts/KeyTable";
import { Loaded } from "../parts/Loaded";
import { useRemoval } from "../parts/removeLater";
import { Head } from "../parts/Sections";
import { type ApiKey, SCOPES, type Scope } from "../types";
import { NewKeyDialog, type NewKey } from "./NewKeyDialog";

/** Scopes that only who administers may give. */
const ADMINISTRATORS: readonly Scope[] = ["administration", "metrics"];

export function Keys() {
  const { t } = useTranslation();
  const [list, again] = useFetched(() => api.get("/api/me/keys"), []);
  const { gone, remove, failure } = useRemoval(again);
  const administers = useStore(session, may("administer"));
  const [making, setMaking] = useState(false);
  const make = async (body: NewKey): Promise<string> => {
    const { secret } = await api.post("/api/me/keys", { body });
    void again();
    return secret;
  };
  const revoke = ({ id, name }: ApiKey): void =>
    remove(id, t("account.keys.revoked", { name }), () => api.delete("/api/me/keys/{key_id}", { path: { key_id: id }, keepalive: true }));
  const button = <Button kind="strong" icon="plus" onClick={() => setMaking(true)}>{t("account.keys.new")}</Button>;
  return (
    <>
      <Head title={t("account.keys.title")} text={t("account.keys.text")}>{list.value && list.value.items.length > 0 && button}</Head>
      <Failed failure={failure} />
      <Loaded of={list} again={again}>
        {({ items }) => (
          <KeyTable keys={items.filter(({ id }) => !gone(id))} revoke={revoke} empty={<EmptyHint icon="key" title={t("account.keys.none")} text={t("account.keys.noneHint")}>{button}</EmptyHint>} />
        )}
      </Loaded>
      {making && (
        <NewKeyDialog title={t("account.keys.new")} offered={SCOPES.filter((scope) => administers || !ADMINISTRATORS.includes(scope))} make={make} close={() => setMaking(false)} />
      )}
    </>
  );
}

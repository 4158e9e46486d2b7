/** Passkeys: a telephone, a laptop or a security key instead of a password. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/call";
import { Badge, Button, Icon, Menu, toast } from "../../design";
import { ago, date } from "../../i18n/dates";
import { useFetched } from "../../state/fetched";
import { systemName } from "../agents";
import { Failed } from "../parts/Failed";
import { Loaded } from "../parts/Loaded";
import { Rename } from "../parts/Rename";
import { useRemoval } from "../parts/removeLater";
import { Part } from "../parts/Sections";
import { useAction } from "../parts/useAction";
import type { Passkey } from "../types";
import { alreadyThere, hasPasskeys, makePasskey, turnedAway } from "../webauthn";

export function Passkeys({ possible }: { possible: boolean }) {
  const { t } = useTranslation();
  const [list, again] = useFetched(() => api.get("/api/me/passkeys"), []);
  const { gone, remove, failure: notRemoved } = useRemoval(again);
  const { busy, failure, run } = useAction();
  const here = possible && hasPasskeys();
  const add = async (): Promise<void> => {
    const { public_key } = await api.post("/api/me/passkeys/options");
    try {
      const credential = await makePasskey(public_key);
      await api.post("/api/me/passkeys", { body: { name: systemName() || t("account.passkeys.one"), credential } });
    } catch (error) {
      if (turnedAway(error)) return;
      if (!alreadyThere(error)) throw error;
      toast(t("account.passkeys.already"));
      return;
    }
    toast(t("account.passkeys.added"));
    await again();
  };
  const away = (one: Passkey): void =>
    remove(one.id, t("account.passkeys.removed", { name: one.name }), () => api.delete("/api/me/passkeys/{passkey_id}", { path: { passkey_id: one.id }, keepalive: true }));
  return (
    <Part
      title={t("account.passkeys.title")} text={t(here ? "account.passkeys.text" : "account.passkeys.notHere")}
      tools={here && <Button icon="plus" busy={busy} onClick={() => void run(add)}>{t("account.passkeys.add")}</Button>}
    >
      <Failed failure={failure ?? notRemoved} />
      <Loaded of={list} again={again}>
        {({ items }) => (
          <ul className="rows">
            {items.filter(({ id }) => !gone(id)).map((one) => <Row key={one.id} one={one} again={again} remove={() => away(one)} />)}
          </ul>
        )}
      </Loaded>
    </Part>
  );
}

function Row({ one, again, remove }: { one: Passkey; again: () => Promise<void>; remove: () => void }) {
  const { t, i18n } = useTranslation();
  const [renaming, rename] = useState(false);
  const save = async (name: string): Promise<void> => {
    await api.patch("/api/me/passkeys/{passkey_id}", { path: { passkey_id: one.id }, body: { name } });
    await again();
  };
  if (renaming) return <li><Rename label={t("account.passkeys.name")} name={one.name} save={save} close={() => rename(false)} /></li>;
  return (
    <li>
      <Icon name="key" />
      <div className="row-words">
        <strong>{one.name}</strong>
        <span className="hint">
          {t("account.passkeys.since", { date: date(one.created_at, i18n.language) })} · {one.used_at ? t("account.used", { when: ago(one.used_at, i18n.language) }) : t("account.neverUsed")}
        </span>
      </div>
      {one.synced && <Badge>{t("account.passkeys.synced")}</Badge>}
      <Menu
        label={t("account.passkeys.menu", { name: one.name })}
        items={() => [
          { label: t("account.rename"), icon: "edit", choose: () => rename(true) },
          { label: t("account.remove"), icon: "trash", danger: true, choose: remove },
        ]}
      />
    </li>
  );
}

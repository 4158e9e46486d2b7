/** API keys: what each is for, until when, and when it was used last. Never the key. */
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Badge, Button, type Column, Table } from "../../design";
import { ago, date, dateTime } from "../../i18n/dates";
import type { ApiKey } from "../types";

interface Props<K extends ApiKey> {
  keys: K[];
  revoke: (key: K) => void;
  empty: ReactNode;
  /** Columns before all others but the name: whose it is. */
  more?: Column<K>[];
}

export function KeyTable<K extends ApiKey>({ keys, revoke, empty, more = [] }: Props<K>) {
  const { t, i18n } = useTranslation();
  const until = ({ expires_at, revoked_at }: ApiKey): ReactNode => {
    if (revoked_at) return <Badge>{t("account.keys.gone")}</Badge>;
    if (!expires_at) return t("account.keys.never");
    const over = new Date(expires_at).getTime() <= Date.now();
    return over ? <Badge tone="bad">{t("account.keys.expired")}</Badge> : <span title={dateTime(expires_at, i18n.language)}>{date(expires_at, i18n.language)}</span>;
  };
  const columns: Column<K>[] = [
    { name: t("account.keys.name"), kind: "head", cell: (key) => <><strong>{key.name}</strong> <code className="start">{key.start}…</code></> },
    ...more,
    { name: t("account.keys.scopes"), cell: ({ scopes }) => <span className="badges">{scopes.map((scope) => <Badge key={scope}>{t(`account.scopes.${scope}.name`)}</Badge>)}</span> },
    { name: t("account.keys.until"), cell: until },
    { name: t("account.keys.used"), cell: ({ used_at }) => (used_at ? <span title={dateTime(used_at, i18n.language)}>{ago(used_at, i18n.language)}</span> : t("account.neverUsed")) },
    {
      name: t("account.keys.tools"), kind: "tools",
      cell: (key) => !key.revoked_at && <Button kind="danger" onClick={() => revoke(key)} aria-label={t("account.keys.revokeOne", { name: key.name })}>{t("account.keys.revoke")}</Button>,
    },
  ];
  return <Table caption={t("account.keys.title")} columns={columns} rows={keys} keyOf={({ id }) => id} empty={empty} />;
}

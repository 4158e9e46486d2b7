/** Models: to whom each is open, and what it costs. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Loaded } from "../account/parts/Loaded";
import { Head } from "../account/parts/Sections";
import { api } from "../api/call";
import { Badge, Button, type Column, Command, EmptyHint, Table } from "../design";
import { money } from "../i18n/dates";
import { useFetched } from "../state/fetched";
import { AccessDialog } from "./AccessDialog";
import { PriceDialog } from "./PriceDialog";
import type { Permission, Price } from "./types";

interface Row extends Permission {
  price: Price | undefined;
}

async function look(): Promise<{ rows: Row[]; currency: string }> {
  const [permissions, prices] = await Promise.all([api.get("/api/admin/permissions"), api.get("/api/admin/prices")]);
  const known = new Map(prices.items.map((price) => [price.model, price]));
  return { rows: permissions.items.map((one) => ({ ...one, price: known.get(one.model) })), currency: prices.currency };
}

export function Models() {
  const { t, i18n } = useTranslation();
  const [models, again] = useFetched(look, []);
  const [open, setOpen] = useState<{ what: "access" | "price"; row: Row } | null>(null);
  const close = (): void => setOpen(null);
  const currency = models.value?.currency ?? "EUR";
  const cost = (value: number | null | undefined) => (value === null || value === undefined ? <Badge>{t("administration.models.unknown")}</Badge> : money(value, currency, i18n.language));
  const columns: Column<Row>[] = [
    { name: t("account.usage.model"), kind: "head", cell: ({ model }) => model },
    { name: t("administration.models.open"), cell: (row) => <OpenTo row={row} /> },
    { name: t("administration.models.input"), kind: "number", cell: ({ price }) => cost(price?.input_per_million) },
    { name: t("administration.models.output"), kind: "number", cell: ({ price }) => cost(price?.output_per_million) },
    {
      name: t("account.keys.tools"), kind: "tools",
      cell: (row) => (
        <span className="tools-inside">
          <Button onClick={() => setOpen({ what: "access", row })} aria-label={t("administration.models.accessOf", { model: row.model })}>{t("administration.models.access")}</Button>
          <Button onClick={() => setOpen({ what: "price", row })} aria-label={t("administration.models.priceOf", { model: row.model })}>{t("administration.models.price")}</Button>
        </span>
      ),
    },
  ];
  return (
    <>
      <Head title={t("administration.sections.models")} text={t("administration.models.text")} />
      <Loaded of={models} again={again}>
        {({ rows }) => (
          <Table
            caption={t("administration.sections.models")} columns={columns} rows={rows} keyOf={({ model }) => model}
            empty={<EmptyHint icon="bulb" title={t("administration.models.none")} text={t("administration.models.noneHint")}><Command text="causerie models suggest" /></EmptyHint>}
          />
        )}
      </Loaded>
      {open?.what === "access" && <AccessDialog permission={open.row} close={close} done={() => void again()} />}
      {open?.what === "price" && <PriceDialog model={open.row.model} price={open.row.price} currency={currency} close={close} done={() => void again()} />}
    </>
  );
}

function OpenTo({ row: { everyone, groups, people } }: { row: Row }) {
  const { t } = useTranslation();
  if (everyone) return t("administration.models.everyone");
  const names = [...groups, ...people].map(({ name }) => name);
  return names.length > 0 ? names.join(", ") : <Badge>{t("administration.models.administrators")}</Badge>;
}

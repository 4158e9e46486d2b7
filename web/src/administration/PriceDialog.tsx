/** What a model costs: for a million tokens that it reads, and that it writes. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Failed } from "../account/parts/Failed";
import { useAction } from "../account/parts/useAction";
import { api } from "../api/call";
import { Button, Dialog, TextField, toast } from "../design";
import type { Price } from "./types";

interface Props {
  model: string;
  price: Price | undefined;
  currency: string;
  close: () => void;
  done: () => void;
}

export function PriceDialog({ model, price, currency, close, done }: Props) {
  const { t } = useTranslation();
  const { busy, failure, run } = useAction();
  const known = price?.input_per_million !== null && price?.input_per_million !== undefined;
  const [input, setInput] = useState(known ? String(price.input_per_million) : "");
  const [output, setOutput] = useState(known ? String(price.output_per_million) : "");
  const put = async (input_per_million: number | null, output_per_million: number | null): Promise<void> => {
    if (input_per_million === null || output_per_million === null) await api.delete("/api/admin/prices", { query: { model } });
    else await api.put("/api/admin/prices", { body: { model, input_per_million, output_per_million } });
    done();
  };
  const save = async (to: number | null, out: number | null): Promise<void> => {
    await put(to, out);
    toast(t("administration.models.saved", { model }), () => void run(() => put(price?.input_per_million ?? null, price?.output_per_million ?? null)), `price/${model}`);
    close();
  };
  const field = { type: "number", min: 0, max: 1e9, step: "any", inputMode: "decimal", required: true } as const;
  return (
    <Dialog title={t("administration.models.priceOf", { model })} close={close}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          void run(() => save(Number(input), Number(output)));
        }}
      >
        <p className="lead">{t("administration.models.priceText", { currency })}</p>
        <Failed failure={failure} />
        <TextField label={t("administration.models.inputLong")} value={input} change={setInput} autoFocus {...field} />
        <TextField label={t("administration.models.outputLong")} value={output} change={setOutput} {...field} />
        <div className="buttons end">
          {known && <Button kind="danger" busy={busy} onClick={() => void run(() => save(null, null))}>{t("administration.models.forget")}</Button>}
          <Button onClick={close}>{t("account.cancel")}</Button>
          <Button kind="strong" type="submit" busy={busy}>{t("account.save")}</Button>
        </div>
      </form>
    </Dialog>
  );
}

/** What one used, and what is left of one's quotas. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/call";
import { useFetched } from "../../state/fetched";
import { Loaded } from "../parts/Loaded";
import { QuotaMeter } from "../parts/Quotas";
import { Head, Part } from "../parts/Sections";
import { UsageView } from "../parts/UsageView";

export function Usage() {
  const { t } = useTranslation();
  const [days, setDays] = useState(30);
  const [usage, again] = useFetched(() => api.get("/api/me/usage", { query: { days } }), [days]);
  const [quotas, quotasAgain] = useFetched(() => api.get("/api/me/quotas"), []);
  return (
    <>
      <Head title={t("account.sections.usage")} text={t("account.usage.text")} />
      <Loaded of={usage} again={again}>
        {(value) => (
          <>
            <Loaded of={quotas} again={quotasAgain}>
              {({ items }) =>
                items.length > 0 && (
                  <Part title={t("account.quotas.title")} text={t("account.quotas.text")}>
                    {items.map((quota) => <QuotaMeter key={quota.id} quota={quota} currency={value.currency} />)}
                  </Part>
                )
              }
            </Loaded>
            <UsageView usage={value} days={days} choose={setDays} />
          </>
        )}
      </Loaded>
    </>
  );
}

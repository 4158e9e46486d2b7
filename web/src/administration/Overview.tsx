/** How things stand, at one look: people, use, jobs, what asks for attention, and what was done last. */
import { useTranslation } from "react-i18next";
import { Loaded } from "../account/parts/Loaded";
import { dayName, partsOf, short, written } from "../account/parts/measures";
import { Head, Part } from "../account/parts/Sections";
import { lastDays } from "../account/parts/series";
import { api } from "../api/call";
import { Bars } from "../chart/Bars";
import { Icon, type IconName } from "../design";
import { ago, dateTime } from "../i18n/dates";
import { number } from "../i18n/format";
import { to } from "../shell/router";
import { useFetched } from "../state/fetched";
import { session } from "../state/session";
import { useStore } from "../state/store";
import { Actor, useActionName } from "./audit/words";
import type { AuditEntry, Job, Price, UsageOfAll } from "./types";

const DAYS = 14;
const NEWEST = 6;

interface Standing {
  usage: UsageOfAll;
  failed: Job[];
  running: Job[];
  unpriced: Price[];
  /** Quotas that are used up. */
  empty: number;
  log: AuditEntry[];
}

async function look(): Promise<Standing> {
  const [usage, failed, running, prices, quotas, log] = await Promise.all([
    api.get("/api/admin/usage", { query: { days: DAYS } }),
    api.get("/api/jobs", { query: { state: "failed" } }),
    api.get("/api/jobs", { query: { state: "running" } }),
    api.get("/api/admin/prices"),
    api.get("/api/admin/quotas"),
    api.get("/api/admin/audit"),
  ]);
  const money = quotas.items.some(({ unit }) => unit === "money");
  return {
    usage, failed: failed.items, running: running.items, log: log.items.slice(0, NEWEST),
    empty: quotas.items.filter(({ used, reserved, limit }) => used + reserved >= limit).length,
    unpriced: money ? prices.items.filter(({ input_per_million }) => input_per_million === null) : [],
  };
}

export function Overview() {
  const { t, i18n } = useTranslation();
  const alone = useStore(session)?.state === "personal";
  const [standing, again] = useFetched(look, []);
  return (
    <>
      <Head title={t("administration.sections.overview")} text={t(alone ? "administration.overview.alone" : "administration.overview.text")} />
      <Loaded of={standing} again={again}>
        {(now) => (
          <>
            <div className="tiles">
              <Tile to="usage" name={t("administration.overview.active")} value={number(now.usage.people.length, i18n.language)} />
              <Tile to="usage" name={t("administration.overview.requests")} value={written("requests", now.usage.totals, now.usage.currency, i18n.language)} />
              <Tile to="usage" name={t("administration.overview.tokens")} value={written("tokens", now.usage.totals, now.usage.currency, i18n.language)} />
              <Tile to="usage" name={t("administration.overview.first")} value={written("first", now.usage.totals, now.usage.currency, i18n.language)} />
              <Tile to="jobs" name={t("administration.overview.jobs")} value={number(now.running.length, i18n.language)} />
            </div>
            <div className="pair">
              <Attention now={now} alone={alone} />
              <Requests usage={now.usage} />
            </div>
            {now.log.length > 0 && <Newest log={now.log} />}
          </>
        )}
      </Loaded>
    </>
  );
}

function Tile({ to: section, name, value }: { to: string; name: string; value: string }) {
  return <a className="tile linked" href={to("administration", section)}><span className="tile-name">{name}</span><span className="tile-value">{value}</span></a>;
}

function Attention({ now: { failed, unpriced, empty }, alone }: { now: Standing; alone: boolean }) {
  const { t } = useTranslation();
  return (
    <Part title={t("administration.overview.attention")}>
      <ul className="rows">
        {alone && <Task icon="person" to="people" text={t("administration.overview.invite")} />}
        {failed.length > 0 && <Task icon="warning" to="jobs" text={t("administration.overview.failed", { count: failed.length })} />}
        {unpriced.length > 0 && <Task icon="warning" to="models" text={t("administration.overview.unpriced", { count: unpriced.length })} />}
        {empty > 0 && <Task icon="warning" to="quotas" text={t("administration.overview.quotas", { count: empty })} />}
        {!alone && failed.length + unpriced.length + empty === 0 && <li><Icon name="check" /><span className="row-words">{t("administration.overview.fine")}</span></li>}
      </ul>
    </Part>
  );
}

function Task({ icon, to: section, text }: { icon: IconName; to: string; text: string }) {
  return <li><Icon name={icon} /><a className="row-words" href={to("administration", section)}>{text}</a></li>;
}

/** The chart is drawn with its table under "Usage". */
function Requests({ usage }: { usage: UsageOfAll }) {
  const { t, i18n } = useTranslation();
  const known = new Map(usage.days.map((day) => [day.date, day]));
  const bars = lastDays(DAYS).map((date) => ({ name: dayName(date, i18n.language), parts: partsOf("requests", known.get(date)) }));
  return (
    <Part title={t("administration.overview.byDay")}>
      <Bars bars={bars} whole short={(value) => short("requests", value, usage.currency, i18n.language)} long={({ name, parts }) => `${name}\u00a0· ${number(parts[0] ?? 0, i18n.language)}`} />
    </Part>
  );
}

function Newest({ log }: { log: AuditEntry[] }) {
  const { t, i18n } = useTranslation();
  const named = useActionName();
  return (
    <Part title={t("administration.overview.newest")} tools={<a className="quiet" href={to("administration", "audit")}>{t("administration.sections.audit")}<Icon name="right" /></a>}>
      <ul className="rows slim">
        {log.map(({ sequence, at, actor, action }) => (
          <li key={sequence}>
            <span className="row-words">{named(action)}</span>
            <Actor actor={actor} action={action} />
            <time className="hint" dateTime={at} title={dateTime(at, i18n.language)}>{ago(at, i18n.language)}</time>
          </li>
        ))}
      </ul>
    </Part>
  );
}

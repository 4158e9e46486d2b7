/** The list: pinned, folders, then by age; older ones are fetched as one scrolls. */
import { useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../api/call";
import type { Folder, Summary } from "../api/chat";
import { Icon, Menu, type MenuItem, toast } from "../design";
import { type Age, ageOf } from "../i18n/dates";
import { place } from "../shell/router";
import { open } from "../state/open";
import { changeFolders, listed, loadOlder, sidebar } from "../state/sidebar";
import { useStore } from "../state/store";
import { Row } from "./Row";

const AGES: Age[] = ["today", "yesterday", "week", "month", "older"];

function Rows({ label, rows, chosen }: { label: string; rows: Summary[]; chosen: () => void }) {
  const id = useStore(open, (state) => state.id);
  const current = useStore(place, ({ screen }) => screen === "c") ? id : null;
  return <ul aria-label={label}>{rows.map((one) => <Row key={one.id} one={one} current={one.id === current} chosen={chosen} />)}</ul>;
}

function useFolderMenu(folder: Folder, rename: () => void): () => MenuItem[] {
  const { t } = useTranslation();
  const remove = async (): Promise<void> => {
    const inside = listed(sidebar.get()).filter(({ folder_id }) => folder_id === folder.id);
    await changeFolders(() => api.delete("/api/folders/{folder_id}", { path: { folder_id: folder.id } }));
    const back = async (): Promise<void> => {
      const again = await api.post("/api/folders", { body: { name: folder.name } });
      await Promise.all(inside.map(({ id }) => api.patch("/api/conversations/{conversation_id}", { path: { conversation_id: id }, body: { folder_id: again.id } })));
    };
    toast(t("folder.deleted"), () => void changeFolders(back));
  };
  return () => [
    { label: t("folder.rename"), icon: "edit", choose: rename },
    { label: t("folder.delete"), icon: "trash", danger: true, choose: () => void remove() },
  ];
}

/** A name that is typed: of a new folder, or a new one of an old. */
export function FolderName({ name, keep, close }: { name: string; keep: (name: string) => void; close: () => void }) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState(name);
  const over = useRef(false);
  const done = (): void => {
    // Leaving the box ends it too, also when a key has just done so.
    if (over.current) return;
    over.current = true;
    close();
    if (typed.trim() !== "" && typed.trim() !== name) keep(typed.trim());
  };
  return (
    <div className="row">
      <input
        autoFocus aria-label={t("folder.name")} placeholder={t("folder.name")} maxLength={100} value={typed} onChange={(event) => setTyped(event.target.value)} onBlur={done}
        onKeyDown={(event) => {
          if (event.key === "Enter" && !event.nativeEvent.isComposing) done();
          else if (event.key === "Escape") {
            over.current = true;
            close();
          } else return;
          event.preventDefault();
          event.stopPropagation();
        }}
      />
    </div>
  );
}

function FolderPart({ folder, rows, chosen }: { folder: Folder; rows: Summary[]; chosen: () => void }) {
  const { t } = useTranslation();
  const holdsOpen = useStore(open, ({ id }) => rows.some((one) => one.id === id));
  const [shown, show] = useState(holdsOpen);
  const [renaming, rename] = useState(false);
  const items = useFolderMenu(folder, () => rename(true));
  const keep = (name: string): void => void changeFolders(() => api.patch("/api/folders/{folder_id}", { path: { folder_id: folder.id }, body: { name } }));
  if (renaming) return <FolderName name={folder.name} keep={keep} close={() => rename(false)} />;
  return (
    <>
      <div className="sidebar-part-head row">
        <button className="sidebar-part" type="button" aria-expanded={shown} onClick={() => show(!shown)}>
          <span className="turn"><Icon name="right" /></span><Icon name="folder" /><span>{folder.name}</span>
        </button>
        <Menu label={t("folder.menu", { name: folder.name })} items={items} />
      </div>
      {shown && (rows.length > 0 ? <Rows label={folder.name} rows={rows} chosen={chosen} /> : <p className="sidebar-note">{t("folder.empty")}</p>)}
    </>
  );
}

/** Fetches older conversations when the end of the list comes near. */
function Older() {
  const line = useRef<HTMLDivElement>(null);
  const next = useStore(sidebar, (state) => state.next);
  useEffect(() => {
    if (next === null || !line.current) return undefined;
    const seen = new IntersectionObserver(([entry]) => entry?.isIntersecting && void loadOlder().catch(() => undefined), { rootMargin: "400px" });
    seen.observe(line.current);
    return () => seen.disconnect();
  }, [next]);
  return <div ref={line} />;
}

export function List({ chosen }: { chosen: () => void }) {
  const { t } = useTranslation();
  const state = useStore(sidebar);
  const all = useMemo(() => listed(state), [state]);
  const pinned = all.filter((one) => one.pinned);
  const loose = all.filter((one) => !one.pinned && (one.folder_id === null || !state.folders.some(({ id }) => id === one.folder_id)));
  if (state.asked && all.length === 0 && state.folders.length === 0) return <p className="sidebar-note">{t("sidebar.none")}</p>;
  return (
    <>
      {pinned.length > 0 && <><h2>{t("sidebar.pinned")}</h2><Rows label={t("sidebar.pinned")} rows={pinned} chosen={chosen} /></>}
      {state.folders.map((folder) => <FolderPart key={folder.id} folder={folder} rows={all.filter((one) => !one.pinned && one.folder_id === folder.id)} chosen={chosen} />)}
      {AGES.map((age) => {
        const rows = loose.filter((one) => ageOf(one.updated_at) === age);
        return rows.length > 0 && <div key={age}><h2>{t(`sidebar.ages.${age}`)}</h2><Rows label={t(`sidebar.ages.${age}`)} rows={rows} chosen={chosen} /></div>;
      })}
      <Older />
    </>
  );
}

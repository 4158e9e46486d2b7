/** The command palette: everything that the page can do, by typing a few letters of its name. */
import { type KeyboardEvent, useEffect, useId, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Icon, type IconName } from "../design";
import { matching } from "./match";

export interface Command {
  id: string;
  label: string;
  /** Other words that find it. */
  also?: string;
  icon: IconName;
  keys?: string;
  run: () => void;
}

interface Props {
  commands: Command[];
  /** More commands for what was typed, such as conversations that hold it; asked a moment after the last letter. */
  search: (typed: string) => Promise<Command[]>;
  close: () => void;
}

const WAIT_MS = 180;

function useFound(typed: string, search: Props["search"]): Command[] {
  const [found, setFound] = useState<Command[]>([]);
  useEffect(() => {
    let wanted = true;
    if (typed.trim().length < 2) setFound([]);
    const later = setTimeout(() => {
      if (typed.trim().length >= 2) void search(typed).then((all) => wanted && setFound(all), () => undefined);
    }, WAIT_MS);
    return () => {
      wanted = false;
      clearTimeout(later);
    };
  }, [typed, search]);
  return found;
}

export default function Palette({ commands, search, close }: Props) {
  const { t } = useTranslation();
  const dialog = useRef<HTMLDialogElement>(null);
  const list = useRef<HTMLUListElement>(null);
  const [typed, setTyped] = useState("");
  const [at, setAt] = useState(0);
  const id = useId();
  const found = useFound(typed, search);
  const shown = useMemo(() => [...matching(typed, commands), ...found], [typed, commands, found]);
  useEffect(() => {
    const before = document.activeElement;
    const opened = dialog.current;
    opened?.showModal();
    return () => {
      opened?.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  useEffect(() => {
    // Newer browsers return a promise here, and an effect may return nothing but its end.
    void list.current?.children[at]?.scrollIntoView({ block: "nearest" });
  }, [at]);
  const run = (command: Command | undefined): void => {
    if (!command) return;
    close();
    // After the dialog gave the focus back, so that what the command focuses keeps it.
    setTimeout(command.run);
  };
  const pressed = (event: KeyboardEvent): void => {
    if (event.key === "Enter" && !event.nativeEvent.isComposing) run(shown[at]);
    else if (event.key === "ArrowDown") setAt((at + 1) % Math.max(1, shown.length));
    else if (event.key === "ArrowUp") setAt((at - 1 + shown.length) % Math.max(1, shown.length));
    else return;
    event.preventDefault();
  };
  return (
    <dialog
      ref={dialog} className="dialog palette" aria-label={t("palette.title")}
      onCancel={(event) => {
        event.preventDefault();
        close();
      }}
      onMouseDown={(event) => event.target === dialog.current && close()}
    >
      <div className="palette-box">
        <Icon name="search" />
        <input
          autoFocus role="combobox" aria-expanded="true" aria-controls={id} aria-activedescendant={shown[at] && `${id}-${at}`} aria-label={t("palette.label")}
          placeholder={t("palette.placeholder")} value={typed} autoComplete="off" spellCheck={false} onKeyDown={pressed}
          onChange={(event) => {
            setTyped(event.target.value);
            setAt(0);
          }}
        />
      </div>
      <ul ref={list} id={id} role="listbox" aria-label={t("palette.title")} className="palette-list">
        {shown.map((command, index) => (
          <li key={command.id} id={`${id}-${index}`} role="option" aria-selected={index === at} onPointerMove={() => setAt(index)} onClick={() => run(command)}>
            <Icon name={command.icon} />
            <span>{command.label}</span>
            {command.keys && <kbd>{command.keys}</kbd>}
          </li>
        ))}
      </ul>
      <p className="palette-none" role="status">{shown.length === 0 && t("palette.none")}</p>
    </dialog>
  );
}

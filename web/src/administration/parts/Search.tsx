/** A box that finds as one types, and asks the server once the typing pauses. */
import { useEffect, useState } from "react";
import { Icon } from "../../design";

const PAUSE_MS = 250;

export function Search({ label, change }: { label: string; change: (text: string) => void }) {
  const [text, setText] = useState("");
  useEffect(() => {
    const pause = setTimeout(() => change(text.trim()), PAUSE_MS);
    return () => clearTimeout(pause);
  }, [text, change]);
  return (
    <div className="search" role="search">
      <Icon name="search" />
      <input className="input" type="search" aria-label={label} placeholder={label} value={text} onChange={(event) => setText(event.target.value)} />
    </div>
  );
}

/** A diagram in an answer, drawn when its text is complete; its text is a button away, and stands there when it cannot be drawn. */
import { type ReactNode, useEffect, useState, useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { Button, CopyButton, IconButton } from "../design";
import { saveFile } from "../state/files";
import { preferences } from "../state/preferences";
import { useStore } from "../state/store";
import { draw } from "./drawing";

const dark = matchMedia("(prefers-color-scheme: dark)");

function onSystemTheme(tell: () => void): () => void {
  dark.addEventListener("change", tell);
  return () => dark.removeEventListener("change", tell);
}

/** Changes whenever the page's colours do. */
function useColours(): string {
  const system = useSyncExternalStore(onSystemTheme, () => dark.matches);
  const theme = useStore(preferences, (chosen) => chosen.theme);
  return theme === "system" ? String(system) : theme;
}

/** How wide the diagram is by itself, in pixels: Mermaid lets it grow to whatever there is. */
function ownWidth(svg: string): number | undefined {
  const width = /viewBox="\S+ \S+ ([\d.]+)/.exec(svg)?.[1];
  return width ? Math.ceil(Number(width)) : undefined;
}

interface Drawn {
  svg?: string;
  error?: string;
}

export function Diagram({ code, children }: { code: string; children: ReactNode }) {
  const { t } = useTranslation();
  const colours = useColours();
  const [drawn, setDrawn] = useState<Drawn>({});
  const [asText, setAsText] = useState(false);

  useEffect(() => {
    let gone = false;
    draw(code).then(
      (svg) => gone || setDrawn({ svg }),
      (error: Error) => gone || setDrawn({ error: error.message }),
    );
    return () => {
      gone = true;
    };
  }, [code, colours]);

  const { svg, error } = drawn;
  return (
    <figure className="code diagram">
      <figcaption>
        <span>{t("code.diagram")}</span>
        <span className="code-tools">
          {svg && <Button kind="quiet" onClick={() => setAsText(!asText)}>{t(asText ? "code.drawn" : "code.asText")}</Button>}
          {svg && <IconButton look="quiet" icon="download" label={t("code.svg")} onClick={() => saveFile("diagram.svg", svg, "image/svg+xml")} />}
          <CopyButton text={() => code} label={t("code.copy")} written />
        </span>
      </figcaption>
      {svg && !asText
        ? <img src={`data:image/svg+xml,${encodeURIComponent(svg)}`} width={ownWidth(svg)} alt={t("code.diagramOf", { text: code })} />
        : <pre tabIndex={0} aria-label={t("code.diagram")} role="region"><code>{children}</code></pre>}
      {error && <p className="diagram-error">{t("code.notDrawn", { text: error.split("\n", 1)[0]?.replace(/:$/, "") })}</p>}
    </figure>
  );
}

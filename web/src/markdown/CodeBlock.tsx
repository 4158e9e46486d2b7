/** Code with its language, coloured by classes (the page's policy allows no inline style); to copy and to save. */
import { common, createLowlight } from "lowlight";
import { type ComponentProps, Fragment, type ReactNode, memo, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { useIsCodeFenceIncomplete } from "streamdown";
import { CopyButton, IconButton } from "../design";
import { saveFile } from "../state/files";
import { Diagram } from "./Diagram";
import { endingOf } from "./endings";

const lowlight = createLowlight(common);

type Tree = ReturnType<typeof lowlight.highlight>["children"][number];

function draw(nodes: Tree[]): ReactNode {
  return nodes.map((node, index) => {
    if (node.type === "text") return <Fragment key={index}>{node.value}</Fragment>;
    if (node.type !== "element") return null;
    const names = node.properties.className;
    return <span key={index} className={Array.isArray(names) ? names.join(" ") : undefined}>{draw(node.children as Tree[])}</span>;
  });
}

function textIn(node: ReactNode): string {
  if (typeof node === "string" || typeof node === "number") return String(node);
  return Array.isArray(node) ? node.map(textIn).join("") : "";
}

export const CodeBlock = memo(function CodeBlock({ className, children }: ComponentProps<"code">) {
  const { t } = useTranslation();
  const language = /language-([\w+#.-]+)/.exec(className ?? "")?.[1] ?? "";
  const code = textIn(children).replace(/\n$/, "");
  const coloured = useMemo(
    () => (lowlight.registered(language) ? draw(lowlight.highlight(language, code).children) : code),
    [language, code],
  );
  const coming = useIsCodeFenceIncomplete();
  if (language === "mermaid" && !coming) return <Diagram code={code}>{coloured}</Diagram>;
  return (
    <figure className="code">
      <figcaption>
        <span>{language || t("code.label")}</span>
        <span className="code-tools">
          <IconButton look="quiet" icon="download" label={t("code.save")} onClick={() => saveFile(`code.${endingOf(language)}`, code)} />
          <CopyButton text={() => code} label={t("code.copy")} written />
        </span>
      </figcaption>
      <pre tabIndex={0} aria-label={language || t("code.label")} role="region"><code>{coloured}</code></pre>
    </figure>
  );
});

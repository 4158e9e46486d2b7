/**
 * An answer laid out: headings, lists, tables, code, formulas, also while it is still coming.
 *
 * Loaded with the first message. Raw HTML is sanitised by streamdown; pictures are never fetched from other hosts,
 * they are shown as links, as the page's policy allows no other host.
 */
import "katex/dist/katex.min.css";
import type { ComponentProps } from "react";
import { memo, useMemo } from "react";
import { useTranslation } from "react-i18next";
import rehypeKatex from "rehype-katex";
import remarkMath from "remark-math";
import { type Components, Streamdown } from "streamdown";
import { CodeBlock } from "./CodeBlock";
import "./prose.css";
import { Table } from "./Table";
import { normalizeMath } from "./mathematics";

function Link({ href, children }: ComponentProps<"a">) {
  return <a href={href} target="_blank" rel="noopener noreferrer nofollow">{children}</a>;
}

function Picture({ src, alt }: ComponentProps<"img">) {
  const { t } = useTranslation();
  if (typeof src === "string" && /^(data:image\/|blob:)/.test(src)) return <img src={src} alt={alt ?? ""} />;
  return <Link href={typeof src === "string" ? src : undefined}>{t("image", { text: alt || String(src) })}</Link>;
}

const bare = (Tag: "h3" | "h4" | "h5" | "h6" | "p" | "ul" | "ol" | "li" | "blockquote" | "hr" | "strong" | "thead" | "tbody" | "tr" | "sub" | "sup" | "section") =>
  function Bare({ children, id, ...rest }: ComponentProps<"div"> & { node?: unknown; start?: number }) {
    const start = Tag === "ol" ? { start: rest.start } : {};
    return Tag === "hr" ? <hr /> : <Tag id={id} {...start}>{children}</Tag>;
  };

const cell = (Tag: "td" | "th") =>
  function Cell({ children, style }: ComponentProps<"td">) {
    return <Tag style={style?.textAlign ? { textAlign: style.textAlign } : undefined}>{children}</Tag>;
  };

/** Headings begin one level below the page's own h1 and h2. */
const COMPONENTS = {
  a: Link, img: Picture, table: Table, code: CodeBlock, inlineCode: ({ children }: ComponentProps<"code">) => <code>{children}</code>,
  h1: bare("h3"), h2: bare("h4"), h3: bare("h5"), h4: bare("h6"), h5: bare("h6"), h6: bare("h6"),
  p: bare("p"), ul: bare("ul"), ol: bare("ol"), li: bare("li"), blockquote: bare("blockquote"), hr: bare("hr"), strong: bare("strong"),
  thead: bare("thead"), tbody: bare("tbody"), tr: bare("tr"), td: cell("td"), th: cell("th"), sub: bare("sub"), sup: bare("sup"), section: bare("section"),
} as unknown as Components;

const PLUGINS: ComponentProps<typeof Streamdown>["plugins"] = {
  math: {
    name: "katex", type: "math",
    remarkPlugin: [remarkMath, { singleDollarTextMath: false }],
    rehypePlugin: [rehypeKatex, { errorColor: "currentColor", strict: false, trust: false }],
  },
};

function Markdown({ text, running }: { text: string; running: boolean }) {
  const markdown = useMemo(() => normalizeMath(text), [text]);
  return (
    <Streamdown className="prose" dir="auto" components={COMPONENTS} plugins={PLUGINS} controls={false} linkSafety={{ enabled: false }} isAnimating={running} parseIncompleteMarkdown={running}>
      {markdown}
    </Streamdown>
  );
}

export default memo(Markdown);

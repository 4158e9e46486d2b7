/** Where a version comes from, drawn from left to right; and the same as a list, for who reads rather than looks. */
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { Part } from "../account/parts/Sections";
import { Icon } from "../design";
import { Said } from "../i18n/Said";
import { powers } from "../runs/figures";
import { placed } from "./lineage";
import { useNodeWords } from "./nodes";
import type { Lineage } from "./types";

const BOX = { width: 216, height: 54, across: 48, down: 14 };
/** So many letters fit into a box: of its name, and of the smaller line below it. */
const LETTERS = { label: 25, detail: 34 };
const EDGE = 2;

const short = (text: string, letters: number): string => (text.length > letters ? `${text.slice(0, letters - 1)}…` : text);

export function LineageDrawing({ lineage }: { lineage: Lineage }) {
  const { t, i18n } = useTranslation();
  const words = useNodeWords();
  const { nodes, edges, flops, unknown, missing } = lineage;
  const drawn = useMemo(() => new Map(placed(nodes.map(({ id }) => id), edges).map((one) => [one.id, { x: EDGE + one.column * (BOX.width + BOX.across), y: EDGE + one.row * (BOX.height + BOX.down) }])), [nodes, edges]);
  const width = 2 * EDGE + Math.max(0, ...[...drawn.values()].map(({ x }) => x)) + BOX.width;
  const height = 2 * EDGE + Math.max(0, ...[...drawn.values()].map(({ y }) => y)) + BOX.height;
  const kind = (name: string): string => (i18n.exists(`releases.kinds.${name}`) ? t(`releases.kinds.${name}`) : name);
  const of = (id: string): string => {
    const node = nodes.find((one) => one.id === id);
    return node ? words.label(node) : id;
  };
  return (
    <Part level={2} title={t("releases.lineage")} text={flops > 0 ? t("releases.lineageText", { flops: powers(flops, i18n.language) }) : undefined}>
      <div className="lineage" role="region" tabIndex={0} aria-label={t("releases.lineageDrawn")}>
        <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
          {edges.map(({ from, to }) => {
            const [start, end] = [drawn.get(from), drawn.get(to)];
            if (!start || !end) return null;
            const [x1, y1, x2, y2] = [start.x + BOX.width, start.y + BOX.height / 2, end.x, end.y + BOX.height / 2];
            return <path key={`${from} ${to}`} className="lineage-edge" d={`M${x1} ${y1}C${x1 + BOX.across / 2} ${y1} ${x2 - BOX.across / 2} ${y2} ${x2} ${y2}`} />;
          })}
          {nodes.map((node) => {
            const at = drawn.get(node.id);
            return at && (
              <g key={node.id} className={`lineage-node ${node.kind}${node.id === lineage.model ? " itself" : ""}`} transform={`translate(${at.x} ${at.y})`}>
                <title>{[words.label(node), words.detail(node)].filter(Boolean).join(", ")}</title>
                <rect width={BOX.width} height={BOX.height} rx={10} />
                <text x={12} y={17} className="lineage-kind">{kind(node.kind)}</text>
                <text x={12} y={33} className="lineage-label">{short(words.label(node), LETTERS.label)}</text>
                <text x={12} y={47} className="lineage-detail">{short(words.detail(node), LETTERS.detail)}</text>
              </g>
            );
          })}
        </svg>
      </div>
      {(missing.length > 0 || unknown.length > 0) && (
        <div className="notice"><Icon name="warning" /><div>
          <p>{t("releases.lineageLacks")}</p>
          <ul className="gap-list">{missing.map(({ what, of: whose }) => <li key={`${what} ${whose}`}><Said text={whose ? `${what} of ${whose}` : what} /></li>)}{unknown.map((name) => <li key={name}>{t("releases.flopsOf", { name })}</li>)}</ul>
        </div></div>
      )}
      <details className="as-table">
        <summary>{t("releases.asList")}</summary>
        <ul className="lineage-list">
          {nodes.map((node) => {
            const from = edges.filter(({ to }) => to === node.id).map((edge) => of(edge.from));
            return <li key={node.id}><strong>{words.label(node)}</strong> <span className="hint">{[kind(node.kind), words.detail(node)].filter(Boolean).join(", ")}{from.length > 0 && <>. {t("releases.madeFrom", { names: from.join(", ") })}</>}</span></li>;
          })}
        </ul>
      </details>
    </Part>
  );
}

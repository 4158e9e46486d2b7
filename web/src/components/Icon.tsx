/** The page's icons, drawn with one stroke on a grid of 24. They are decoration: the button beside them has a name. */
const PATHS = {
  again: "M4 4v5h5M20 20v-5h-5M5.5 15a7 7 0 0 0 12.2 2.6L20 15M4 9l2.3-2.6A7 7 0 0 1 18.5 9",
  check: "m5 12.5 4.5 4.5L19 7.5",
  close: "M6 6l12 12M18 6 6 18",
  copy: "M9 9V5.5A1.5 1.5 0 0 1 10.5 4h8A1.5 1.5 0 0 1 20 5.5v8a1.5 1.5 0 0 1-1.5 1.5H15M5.5 9h8A1.5 1.5 0 0 1 15 10.5v8a1.5 1.5 0 0 1-1.5 1.5h-8A1.5 1.5 0 0 1 4 18.5v-8A1.5 1.5 0 0 1 5.5 9Z",
  down: "M12 5v14M6 13l6 6 6-6",
  edit: "M4 20l1-4.5L16.5 4a1.4 1.4 0 0 1 2 0L20 5.5a1.4 1.4 0 0 1 0 2L8.5 19 4 20Z",
  left: "m14.5 6-6 6 6 6",
  new: "M12 4H6.5A2.5 2.5 0 0 0 4 6.5v11A2.5 2.5 0 0 0 6.5 20h11a2.5 2.5 0 0 0 2.5-2.5V12M19.5 4.5a1.7 1.7 0 0 0-2.4 0L10 11.5V14h2.5l7-7.1a1.7 1.7 0 0 0 0-2.4Z",
  open: "m7 10 5 5 5-5",
  right: "m9.5 6 6 6-6 6",
  send: "M12 19V5M6 11l6-6 6 6",
  settings: "M4 7h9M17 7h3M4 17h3M11 17h9M15 4.5v5M9 14.5v5",
  stop: "M8 8h8v8H8Z",
  warning: "M12 4 2.5 20h19L12 4ZM12 10v4.5M12 17.2v.1",
} as const;

export function Icon({ name }: { name: keyof typeof PATHS }) {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}

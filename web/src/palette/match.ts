/** How well typed letters name a command: words' beginnings count most, accents and case not at all. */

/** Small letters without accents: "Réglages" is found by "regl". */
export function plain(text: string): string {
  return text.normalize("NFD").replaceAll(/\p{M}/gu, "").toLowerCase();
}

/** The higher the better; 0 = the letters do not name it. */
export function score(typed: string, name: string): number {
  const wanted = plain(typed).trim();
  const text = plain(name);
  if (wanted === "") return 1;
  if (text.startsWith(wanted)) return 100;
  const words = wanted.split(/\s+/);
  const parts = text.split(/[\s/·:'’-]+/);
  if (words.every((word) => parts.some((part) => part.startsWith(word)))) return 60;
  if (text.includes(wanted)) return 40;
  let at = -1;
  for (const letter of wanted.replaceAll(" ", "")) {
    at = text.indexOf(letter, at + 1);
    if (at < 0) return 0;
  }
  return wanted.length > 2 ? 10 : 0;
}

/** Those that the letters name, best first; equals stay in their order. */
export function matching<T extends { label: string; also?: string }>(typed: string, things: T[], most = 12): T[] {
  return things
    .map((thing, at) => ({ thing, at, points: Math.max(score(typed, thing.label), thing.also ? score(typed, thing.also) * 0.9 : 0) }))
    .filter(({ points }) => points > 0)
    .sort((a, b) => b.points - a.points || a.at - b.at)
    .slice(0, most)
    .map(({ thing }) => thing);
}

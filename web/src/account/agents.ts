/** What a browser says of itself, in words for people. */

/** What to call a new passkey, from what the browser says of its system: "Windows", "iPhone". */
export function systemName(agent = navigator.userAgent): string {
  const known: [RegExp, string][] = [[/iPhone/, "iPhone"], [/iPad/, "iPad"], [/Android/, "Android"], [/Mac OS X/, "Mac"], [/Windows/, "Windows"], [/CrOS/, "Chromebook"], [/Linux/, "Linux"]];
  return known.find(([pattern]) => pattern.test(agent))?.[1] ?? "";
}

/** A browser in words, from its user agent: "Firefox · Windows"; "" when it says nothing that is known. */
export function browserName(agent: string): string {
  const known: [RegExp, string][] = [[/Edg\//, "Edge"], [/OPR\//, "Opera"], [/Firefox\//, "Firefox"], [/Chrome\//, "Chrome"], [/Safari\//, "Safari"], [/^curl/, "curl"]];
  const browser = known.find(([pattern]) => pattern.test(agent))?.[1] ?? "";
  return [browser, systemName(agent)].filter(Boolean).join(" · ");
}

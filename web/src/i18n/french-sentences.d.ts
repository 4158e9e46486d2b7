/** English sentences of the server with their French; `scripts/sentences.ts` makes it. */
declare module "virtual:french-sentences" {
  const sentences: Readonly<Record<string, string>>;
  export default sentences;
}

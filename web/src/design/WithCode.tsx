/** A sentence of ours in which `what people type` stands between backticks. */
export function WithCode({ text }: { text: string }) {
  return text.split("`").map((part, index) => (index % 2 === 1 ? <code key={index} className="typed">{part}</code> : part));
}

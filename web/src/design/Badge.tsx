/** One word on the state of a thing. */
import type { ReactNode } from "react";

export function Badge({ tone = "calm", children }: { tone?: "calm" | "accent" | "good" | "busy" | "bad"; children: ReactNode }) {
  return <span className={`badge ${tone}`}>{children}</span>;
}

/** The frame of the screens that one sees before one is in: the name, one title, one thing to do. */
import type { ReactNode } from "react";

export function Welcome({ title, text, children }: { title: string; text?: string; children: ReactNode }) {
  return (
    <main className="screen welcome" id="main" tabIndex={-1}>
      <div className="screen-column narrow">
        <p className="welcome-name">causerie</p>
        <div className="panel welcome-card">
          <h1>{title}</h1>
          {text && <p className="lead">{text}</p>}
          {children}
        </div>
      </div>
    </main>
  );
}

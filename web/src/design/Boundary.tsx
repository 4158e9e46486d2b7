/** What is shown when drawing fails: the conversation is never lost to a fault in its layout. */
import { Component, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

interface Props {
  /** Shown instead of the children once they failed. */
  instead: ReactNode;
  children: ReactNode;
}

export class Boundary extends Component<Props, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError(): { failed: boolean } {
    return { failed: true };
  }

  override render(): ReactNode {
    return this.state.failed ? this.props.instead : this.props.children;
  }
}

function Crash() {
  const { t } = useTranslation();
  return (
    <main className="crash">
      <p>{t("crash")}</p>
      <button className="button strong" type="button" onClick={() => location.reload()}>{t("reload")}</button>
    </main>
  );
}

/** Around the whole page. */
export function CrashBoundary({ children }: { children: ReactNode }) {
  return <Boundary instead={<Crash />}>{children}</Boundary>;
}

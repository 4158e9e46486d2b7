/** What a screen fetched, once it is there; before that, that it is on its way; instead of it, why it did not come. */
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Pending } from "../../design";
import type { Fetched } from "../../state/fetched";
import { Failed } from "./Failed";

interface Props<T> {
  of: Fetched<T>;
  again: () => unknown;
  children: (value: T) => ReactNode;
}

export function Loaded<T>({ of, again, children }: Props<T>) {
  const { t } = useTranslation();
  if (of.value !== undefined) {
    return (
      <>
        {of.failure && <Failed failure={of.failure} again={() => void again()} />}
        {children(of.value)}
      </>
    );
  }
  if (of.failure) return <Failed failure={of.failure} again={() => void again()} />;
  return <Pending text={t("opening")} />;
}

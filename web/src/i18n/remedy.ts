/** A failure in people's words: what happened and what to do, in their language. */
import { useTranslation } from "react-i18next";
import type { ApiFailure } from "../api/types";

/** Gives the sentence for a failure; a code that the page does not know gets the general one. */
export function useRemedy(): (failure: ApiFailure) => string {
  const { t, i18n } = useTranslation();
  return ({ code }) => t(i18n.exists(`errors.${code}`) && code !== "title" ? `errors.${code}` : "errors.unknown");
}

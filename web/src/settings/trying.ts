/** Runs what asks the server for a dialog; its failure is said at the bottom of the page. */
import { failureIn } from "../api/call";
import { toast } from "../design";
import { useRemedy } from "../i18n/remedy";

/** Gives whether it went well. */
export function useTrying(): (doing: () => Promise<unknown>) => Promise<boolean> {
  const remedy = useRemedy();
  return async (doing) => {
    try {
      await doing();
      return true;
    } catch (error) {
      toast(remedy(failureIn(error)));
      return false;
    }
  };
}

/** Whether the page reaches its server: what the browser says, and what requests and the live stream met. */
import { createStore } from "../state/store";

export const online = createStore(typeof navigator === "undefined" || navigator.onLine);

/** Follows what the browser says of the network; returns how to stop. */
export function followNetwork(): () => void {
  const changed = (): void => online.set(navigator.onLine);
  addEventListener("online", changed);
  addEventListener("offline", changed);
  return () => {
    removeEventListener("online", changed);
    removeEventListener("offline", changed);
  };
}

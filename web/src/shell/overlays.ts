/** Which dialog is open over the page; one at a time. Each is loaded when it is first opened. */
import { createStore } from "../state/store";

export type Overlay = "settings" | "models" | "palette" | "help" | "share" | "library" | "drawer" | "key";

export const overlay = createStore<Overlay | null>(null);

export function openOverlay(name: Overlay): void {
  overlay.set(name);
}

export function closeOverlay(): void {
  overlay.set(null);
}

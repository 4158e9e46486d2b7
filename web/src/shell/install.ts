/** Makes the page installable: a worker that keeps the page's own files, so that it opens without the server. */

export function install(): void {
  // Only over HTTPS or on this machine; elsewhere browsers have no workers, and the page does without.
  if (!import.meta.env.PROD || !("serviceWorker" in navigator)) return;
  addEventListener("load", () => void navigator.serviceWorker.register("/worker.js").catch(() => undefined));
}

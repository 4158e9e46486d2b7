/**
 * Keeps the page's own files: it opens at once, and without the server it says so itself instead of the browser.
 *
 * Does: the newest `index.html` when the server answers, the kept one when it does not; files under `assets/` (their
 * names hold a hash of their content) are kept at first use.
 * Does not: touch or keep anything of `/api/` or `/v1/`: no word of a conversation is ever in here.
 */
const SHELL = "causerie-page";
const OWN = ["/", "/icon.svg", "/first-paint.js"];

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(SHELL).then((kept) => kept.addAll(OWN)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(self.clients.claim());
});

/** Another page than the kept one names other files: those of the old one are of no use any more. */
async function forgetOld(kept, request, answer) {
  const before = await kept.match(request);
  if (!before || (await before.text()) === (await answer.text())) return;
  for (const old of await kept.keys()) {
    if (new URL(old.url).pathname.startsWith("/assets/")) await kept.delete(old);
  }
}

/** The server's answer, kept; or what was kept when there is none. */
async function newest(request) {
  const kept = await caches.open(SHELL);
  try {
    // By its address alone: the request of somebody who follows a link from another site says so, and coming from a
    // worker it no longer says that it opens a page. The server refuses that.
    const answer = await fetch(request.mode === "navigate" ? request.url : request);
    if (answer.ok) {
      if (new URL(request.url).pathname === "/") await forgetOld(kept, request, answer.clone());
      await kept.put(request, answer.clone());
    }
    return answer;
  } catch (error) {
    const before = await kept.match(request, { ignoreSearch: true });
    if (before) return before;
    throw error;
  }
}

/** A file whose name changes with its content is never fetched twice. */
async function once(request) {
  const kept = await caches.open(SHELL);
  const before = await kept.match(request);
  if (before) return before;
  const answer = await fetch(request);
  if (answer.ok) await kept.put(request, answer.clone());
  return answer;
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { pathname, origin } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin) return;
  if (OWN.includes(pathname)) event.respondWith(newest(request));
  else if (pathname.startsWith("/assets/")) event.respondWith(once(request));
});

/* Sets the theme and the language before the first paint, so that neither flashes; blocking, hence this small. */
(function () {
  var root = document.documentElement;
  var kept = {};
  try {
    kept = JSON.parse(localStorage.getItem("causerie.preferences") || "{}") || {};
  } catch (_) {
    /* A browser that keeps nothing gets the system's theme and its own language. */
  }
  if (kept.theme === "light" || kept.theme === "dark") root.dataset.theme = kept.theme;
  var language = kept.language || (navigator.language || "en").slice(0, 2);
  root.lang = language === "fr" ? "fr" : "en";
})();

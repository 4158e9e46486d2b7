/*
 * Runs in the frame that draws diagrams (scripts/diagram.mjs): a sandbox without an origin, cookies or network.
 * Comes in: {id, code, variables}. Goes out: {id, svg} or {id, error}, and once {ready: true}.
 */
addEventListener("message", async (event) => {
  if (event.source !== parent) return;
  const { id, code, variables } = event.data;
  try {
    mermaid.initialize({
      startOnLoad: false, securityLevel: "strict", suppressErrorRendering: true, theme: "base", themeVariables: variables,
      fontFamily: variables.fontFamily, htmlLabels: false, flowchart: { htmlLabels: false }, maxTextSize: 20_000, maxEdges: 300,
    });
    const { svg } = await mermaid.render(`diagram-${id}`, code);
    parent.postMessage({ id, svg }, "*");
  } catch (error) {
    parent.postMessage({ id, error: String(error?.message ?? error) }, "*");
  }
});
parent.postMessage({ ready: true }, "*");

/**
 * Diagrams as pictures: Mermaid's text goes in, SVG comes out.
 *
 * Does: keep one hidden frame that draws them in turn. What a model wrote is untrusted, and so is what a large library
 * makes of it: the frame has no origin, no network and no cookies, and its SVG is shown as a picture, which runs nothing.
 * Does not: load anything before the first diagram.
 */
import frameAddress from "virtual:diagram-frame";

const TIMEOUT_MS = 10_000;
/** The frame loads a large library first, which a slow network or device takes long for. */
const READY_MS = 60_000;
const COLOURS = { background: "paper", primaryColor: "accent-wash", primaryTextColor: "ink", primaryBorderColor: "accent", lineColor: "soft-ink", textColor: "ink", secondaryColor: "sunken", tertiaryColor: "raised", noteBkgColor: "mark", noteTextColor: "ink" } as const;

interface Reply {
  ready?: boolean;
  id?: number;
  svg?: string;
  error?: string;
}

let frame: Promise<HTMLIFrameElement> | undefined;
let last = Promise.resolve();
let count = 0;

function open(): Promise<HTMLIFrameElement> {
  const made = document.createElement("iframe");
  made.setAttribute("sandbox", "allow-scripts");
  made.src = frameAddress;
  made.className = "diagram-frame";
  made.tabIndex = -1;
  made.setAttribute("aria-hidden", "true");
  document.body.append(made);
  return replyFrom(made, (reply) => reply.ready === true, READY_MS).then(() => made);
}

/** The first fitting message of the frame. Rejects after `ms`. */
function replyFrom(from: HTMLIFrameElement, fits: (reply: Reply) => boolean, ms = TIMEOUT_MS): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const end = (): void => {
      clearTimeout(timer);
      removeEventListener("message", hear);
    };
    const hear = (event: MessageEvent<Reply>): void => {
      if (event.source !== from.contentWindow || !fits(event.data)) return;
      end();
      resolve(event.data);
    };
    const timer = setTimeout(() => {
      end();
      reject(new Error("it takes too long to draw"));
    }, ms);
    addEventListener("message", hear);
  });
}

/** The page's colours as they are now, in a form that Mermaid reads. */
function colours(): Record<string, string> {
  const probe = document.createElement("span");
  document.body.append(probe);
  const entries = Object.entries(COLOURS).map(([name, token]) => {
    probe.style.color = `var(--${token})`;
    return [name, getComputedStyle(probe).color];
  });
  probe.remove();
  return { ...Object.fromEntries(entries), fontFamily: getComputedStyle(document.body).fontFamily };
}

async function ask(code: string): Promise<string> {
  frame ??= open();
  const id = (count += 1);
  try {
    const drawer = await frame;
    drawer.contentWindow?.postMessage({ id, code, variables: colours() }, "*");
    const reply = await replyFrom(drawer, (heard) => heard.id === id);
    if (reply.svg !== undefined) return reply.svg;
    throw new SyntaxError(reply.error);
  } catch (error) {
    if (!(error instanceof SyntaxError)) {
      document.querySelector(".diagram-frame")?.remove(); // it hangs, or never came: the next diagram gets a new one
      frame = undefined;
    }
    throw error;
  }
}

/**
 * The diagram as SVG, in the colours that the page has now; one after the other.
 *
 * @throws SyntaxError when the text is no diagram, Error when it takes too long.
 */
export function draw(code: string): Promise<string> {
  const drawn = last.then(() => ask(code));
  last = drawn.then(() => undefined, () => undefined);
  return drawn;
}

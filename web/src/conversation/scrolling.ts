/**
 * The scrolling of a conversation: it stays at its end while an answer comes, unless the person scrolled away; and of
 * a long one only the latest messages are drawn, more as one scrolls up.
 */
import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";

/** So near to the end, in pixels, counts as at the end. */
const NEAR = 48;
/** Messages drawn at first, and added each time that the beginning of them is reached. */
export const SHOWN = 30;

export interface Scrolling {
  viewport: RefObject<HTMLDivElement | null>;
  atEnd: boolean;
  toEnd: () => void;
}

/** Follows the end of what grows inside the viewport, where it is to. `key` changes when another conversation is shown. */
export function useScrolling(key: string, toFollow: boolean): Scrolling {
  const viewport = useRef<HTMLDivElement>(null);
  const follows = useRef(true);
  const [atEnd, setAtEnd] = useState(true);
  const toEnd = useCallback(() => {
    const area = viewport.current;
    follows.current = true;
    if (area) area.scrollTop = area.scrollHeight;
  }, []);
  useLayoutEffect(() => {
    if (toFollow) toEnd();
  }, [key, toFollow, toEnd]);
  useEffect(() => {
    const area = viewport.current;
    const inside = area?.firstElementChild;
    if (!toFollow || !area || !inside) return undefined;
    let height = area.scrollHeight;
    const looked = (): void => {
      const near = area.scrollHeight - area.scrollTop - area.clientHeight < NEAR;
      // Growth moves the end away from a person who did not scroll: that is no wish to leave it.
      if (near || area.scrollHeight === height) follows.current = near;
      height = area.scrollHeight;
      setAtEnd(near);
    };
    const grew = new ResizeObserver(() => {
      if (follows.current) area.scrollTop = area.scrollHeight;
      looked();
    });
    grew.observe(inside);
    grew.observe(area);
    area.addEventListener("scroll", looked, { passive: true });
    return () => {
      grew.disconnect();
      area.removeEventListener("scroll", looked);
    };
  }, [key, toFollow]);
  return { viewport, atEnd, toEnd };
}

/**
 * How many of the latest messages are drawn. `sentinel` stands above them: when it comes near, more are drawn, and
 * what is read stays where it is.
 */
export function useWindow(key: string, count: number, viewport: RefObject<HTMLDivElement | null>): { from: number; more: () => void; sentinel: RefObject<HTMLDivElement | null> } {
  const [state, setState] = useState({ key, shown: SHOWN });
  const shown = state.key === key ? state.shown : SHOWN;
  const sentinel = useRef<HTMLDivElement>(null);
  const fromEnd = useRef<number | null>(null);
  const more = useCallback(() => {
    const area = viewport.current;
    if (area) fromEnd.current = area.scrollHeight - area.scrollTop;
    setState((before) => ({ key, shown: (before.key === key ? before.shown : SHOWN) + SHOWN }));
  }, [key, viewport]);
  useLayoutEffect(() => {
    const area = viewport.current;
    if (area && fromEnd.current !== null) area.scrollTop = area.scrollHeight - fromEnd.current;
    fromEnd.current = null;
  }, [shown, viewport]);
  useEffect(() => {
    const line = sentinel.current;
    if (!line || shown >= count) return undefined;
    const seen = new IntersectionObserver(([entry]) => entry?.isIntersecting && more(), { root: viewport.current, rootMargin: "600px 0px 0px" });
    seen.observe(line);
    return () => seen.disconnect();
  }, [shown, count, more, viewport]);
  return { from: Math.max(0, count - shown), more, sentinel };
}

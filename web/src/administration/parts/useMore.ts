/** A list that comes in pages: the first one, and each further one below it. */
import { useRef } from "react";
import { type Fetched, useFetched } from "../../state/fetched";

interface Page<T> {
  items: T[];
  next?: string | null;
}

/** As `useFetched`, with a third function that fetches one more page. */
export function useMore<T>(fetch: (cursor: string) => Promise<Page<T>>, of: readonly unknown[]): [Fetched<Page<T>>, () => Promise<void>, () => void] {
  const pages = useRef(1);
  const asked = useRef<readonly unknown[]>(of);
  if (asked.current.some((value, index) => value !== of[index])) {
    asked.current = of;
    pages.current = 1;
  }
  const [state, again] = useFetched(async () => {
    const items: T[] = [];
    let next: string | null | undefined = "";
    // All pages anew, so that what is shown is what is there.
    for (let page = 0; page < pages.current && next !== null && next !== undefined; page += 1) {
      const got: Page<T> = await fetch(next);
      items.push(...got.items);
      next = got.next;
    }
    return { items, next };
  }, of);
  const more = (): void => {
    pages.current += 1;
    void again();
  };
  return [state, again, more];
}

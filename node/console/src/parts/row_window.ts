// Which rows of a long table are in sight: only those are drawn, and all of them on paper. Units: pixels.
import { useEffect, useState } from "preact/hooks";

export const ROW_PX = 29;
export const ALL_DRAWN_MAX = 200;
const AROUND = 30;

/** Is the page being laid out for paper? */
function useIsPaper(): boolean {
  const [isPaper, setPaper] = useState(false);
  useEffect(() => {
    const media = matchMedia("print");
    const look = (): void => setPaper(media.matches);
    const begin = (): void => setPaper(true), end = (): void => setPaper(false);
    media.addEventListener("change", look);
    addEventListener("beforeprint", begin);
    addEventListener("afterprint", end);
    return () => {
      media.removeEventListener("change", look);
      removeEventListener("beforeprint", begin);
      removeEventListener("afterprint", end);
    };
  }, []);
  return isPaper;
}

/** From and up to which row; all of them where they are few. */
export function useWindow(count: number, body: { current: HTMLElement | null }): [number, number] {
  const [range, setRange] = useState<[number, number]>([0, 60]);
  const isPaper = useIsPaper();
  useEffect(() => {
    if (count <= ALL_DRAWN_MAX) {
      return undefined;
    }
    const look = (): void => {
      const top = -(body.current?.getBoundingClientRect().top ?? 0);
      const first = Math.max(0, Math.floor(top / ROW_PX) - AROUND);
      const end = Math.min(count, first + Math.ceil(innerHeight / ROW_PX) + 2 * AROUND);
      setRange((before) => before[0] === first && before[1] === end ? before : [first, end]);
    };
    look();
    addEventListener("scroll", look, { passive: true });
    addEventListener("resize", look);
    return () => {
      removeEventListener("scroll", look);
      removeEventListener("resize", look);
    };
  }, [count]);
  return count <= ALL_DRAWN_MAX || isPaper ? [0, count] : [Math.min(range[0], count), Math.min(range[1], count)];
}

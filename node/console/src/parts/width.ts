// The width that a picture has, and again when it changes.
import { useEffect, useRef, useState } from "preact/hooks";

export function useWidth(): [{ current: HTMLDivElement | null }, number] {
  const frame = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const look = new ResizeObserver(([entry]) => setWidth(Math.floor(entry.contentRect.width)));
    if (frame.current !== null) {
      look.observe(frame.current);
    }
    return () => look.disconnect();
  }, []);
  return [frame, width];
}

// A tree of more than 200 divisions: a map to pan and to zoom. The list shows the same to whoever
// does not look at pictures.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { go, sameMoment } from "../router";
import { theme } from "../session";
import type { Branch } from "../tree_model";
import { t } from "../words";
import { stateWord } from "./badge";
import { say } from "./live_region";
import type { Lens } from "./tree";
import { draw, Ground, palette, type Palette, type Size, type View } from "./wide_draw";
import { fieldAt, layout, MAP_WIDTH, type Field } from "./wide_layout";

const ZOOM_MOST = 12;
const STEP = 1.5;
const DRAG_LEAST = 4; // pixels; less is a click

/** Changes only when divisions come or go. */
const structureOf = (branch: Branch): string => branch.row.division + branch.below.map(structureOf).join("");

export function WideTree({ root, lens }: { root: Branch; lens: Lens }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const size = useRef<Size>({ width: 1, height: 1 });
  const view = useRef<View>({ x: 0, y: 0, scale: 1 });
  const colours = useRef<Palette | null>(null);
  const frame = useRef(0);
  const [ratio, setRatio] = useState(1.8);
  const [chosen, setChosen] = useState<string | null>(null);
  const fields = useMemo(() => layout(root, ratio), [structureOf(root), ratio]);
  const rows = useMemo(() => new Map(flat(root).map((branch) => [branch.row.division, branch])), [root]);
  fields.forEach((field) => { field.branch = rows.get(field.branch.row.division) ?? field.branch; });
  const ground = useMemo(() => new Ground(), [fields, root, lens]);
  const current = fields.find(({ branch }) => branch.row.division === chosen) ?? null;

  const paint = (): void => {
    cancelAnimationFrame(frame.current);
    frame.current = requestAnimationFrame(() => {
      const to = canvas.current?.getContext("2d");
      if (to === null || to === undefined || canvas.current === null) { return; }
      colours.current ??= palette(canvas.current);
      const ratio = devicePixelRatio;
      to.setTransform(ratio, 0, 0, ratio, 0, 0);
      draw(fields, { to, view: view.current, size: size.current, colours: colours.current, font: getComputedStyle(canvas.current).fontFamily, figure: ({ branch }) => lens.figure(branch) }, current, ground);
    });
  };
  const least = (): number => size.current.width / MAP_WIDTH;
  const place = (next: View): void => {
    const scale = Math.min(ZOOM_MOST * least(), Math.max(least(), next.scale));
    const [width, height] = [MAP_WIDTH * scale, (MAP_WIDTH / ratio) * scale];
    const before = view.current;
    view.current = {
      scale,
      x: Math.min(0, Math.max(size.current.width - width, next.x)),
      y: Math.min(0, Math.max(size.current.height - height, next.y)),
    };
    if (before.scale !== scale || before.x !== view.current.x || before.y !== view.current.y) {
      paint();
    }
  };
  const zoom = (by: number, x = size.current.width / 2, y = size.current.height / 2): void => {
    const before = view.current;
    const scale = Math.min(ZOOM_MOST * least(), Math.max(least(), before.scale * by));
    const grown = scale / before.scale;
    place({ scale, x: x - (x - before.x) * grown, y: y - (y - before.y) * grown });
  };
  const show = (field: Field): void => {
    setChosen(field.branch.row.division);
    say(`${field.branch.row.name}, ${stateWord(field.branch.row.state)}, ${lens.figure(field.branch)}`);
    const { scale, x, y } = view.current;
    const [left, top] = [field.x * scale + x, field.y * scale + y];
    if (left < 0 || top < 0 || left + field.w * scale > size.current.width || top + field.h * scale > size.current.height) {
      place({ scale, x: size.current.width / 2 - (field.x + field.w / 2) * scale, y: size.current.height / 2 - (field.y + field.h / 2) * scale });
    }
  };

  useEffect(paint);
  useEffect(() => { colours.current = null; paint(); }, [theme.value]);
  useEffect(() => {
    const element = canvas.current as HTMLCanvasElement;
    const watch = new ResizeObserver(() => {
      size.current = { width: element.clientWidth, height: element.clientHeight };
      element.width = element.clientWidth * devicePixelRatio;
      element.height = element.clientHeight * devicePixelRatio;
      setRatio(size.current.width / size.current.height);
      view.current = { x: 0, y: 0, scale: least() };
      paint();
    });
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const recolour = (): void => { colours.current = null; paint(); };
    watch.observe(element);
    dark.addEventListener("change", recolour);
    return () => { watch.disconnect(); dark.removeEventListener("change", recolour); cancelAnimationFrame(frame.current); };
  }, []);
  useEffect(() => {
    const element = canvas.current as HTMLCanvasElement;
    const onWheel = (event: WheelEvent): void => {
      event.preventDefault();
      zoom(Math.exp(-event.deltaY / 400), event.offsetX, event.offsetY);
    };
    element.addEventListener("wheel", onWheel, { passive: false });
    return () => element.removeEventListener("wheel", onWheel);
  });

  const onPointerDown = (event: PointerEvent): void => {
    const element = event.currentTarget as HTMLCanvasElement;
    const [fromX, fromY, from] = [event.clientX, event.clientY, { ...view.current }];
    let isDrag = false;
    element.setPointerCapture(event.pointerId);
    const onMove = (moved: PointerEvent): void => {
      const [dx, dy] = [moved.clientX - fromX, moved.clientY - fromY];
      isDrag ||= Math.abs(dx) + Math.abs(dy) >= DRAG_LEAST;
      if (isDrag) { place({ scale: from.scale, x: from.x + dx, y: from.y + dy }); }
    };
    const onUp = (up: PointerEvent): void => {
      element.removeEventListener("pointermove", onMove);
      element.removeEventListener("pointerup", onUp);
      const { x, y, scale } = view.current;
      const field = isDrag ? null : fieldAt(fields, (up.offsetX - x) / scale, (up.offsetY - y) / scale);
      if (field !== null) { go(sameMoment(`/map/${field.branch.row.division}`)); }
    };
    element.addEventListener("pointermove", onMove);
    element.addEventListener("pointerup", onUp);
  };
  const onKey = (event: KeyboardEvent): void => {
    const to = next(event.key, current ?? fields[0], fields);
    const act: Record<string, () => void> = {
      "+": () => zoom(STEP), "=": () => zoom(STEP), "-": () => zoom(1 / STEP), "0": () => place({ x: 0, y: 0, scale: least() }),
      Enter: () => go(sameMoment(`/map/${(current ?? fields[0]).branch.row.division}`)),
    };
    if (to !== null) {
      event.preventDefault();
      show(to);
    } else if (act[event.key] !== undefined) {
      event.preventDefault();
      act[event.key]();
    }
  };
  return (
    <div class="wide">
      <div class="wide-frame" role="application" tabIndex={0} aria-label={t("console.map.wide", { count: fields.length })} onKeyDown={onKey}>
        <canvas ref={canvas} aria-hidden="true" onPointerDown={onPointerDown} />
      </div>
      <div class="wide-tools">
        <button type="button" aria-label={t("console.map.closer")} onClick={() => zoom(STEP)}>+</button>
        <button type="button" aria-label={t("console.map.further")} onClick={() => zoom(1 / STEP)}>−</button>
        <button type="button" onClick={() => place({ x: 0, y: 0, scale: least() })}>{t("console.map.whole")}</button>
      </div>
    </div>
  );
}

function flat(branch: Branch): Branch[] {
  return [branch, ...branch.below.flatMap(flat)];
}

/** As in a file tree: down and up among those of one division, right to what is below, left above. */
function next(key: string, at: Field, fields: Field[]): Field | null {
  const beside = at.above?.below ?? [at];
  const place = beside.indexOf(at);
  switch (key) {
    case "ArrowDown": return beside[place + 1] ?? null;
    case "ArrowUp": return beside[place - 1] ?? null;
    case "ArrowLeft": return at.above;
    case "ArrowRight": return at.below[0] ?? null;
    case "Home": return fields[0];
    case "End": return fields[fields.length - 1];
    default: return null;
  }
}

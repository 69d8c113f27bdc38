// Draws a large tree: a well division is its shape until its name has room; one in trouble keeps name
// and time at any size, where another in worse trouble does not need the place.
import { lookOf, type Tone } from "./badge";
import type { Field } from "./wide_layout";
import { isWell, rank } from "../tree_model";

export interface View { x: number; y: number; scale: number } // of the map's corner, in pixels
export interface Size { width: number; height: number }

export type Palette = Record<Tone | "ink" | "ink2" | "ink3" | "line" | "border" | "surface" | "sunken" | "warnTint" | "badTint" | "accent", string>;

export function palette(element: Element): Palette {
  const style = getComputedStyle(element);
  const of = (name: string): string => style.getPropertyValue(name).trim();
  return {
    ok: of("--ok"), busy: of("--accent"), warn: of("--warn"), bad: of("--bad"), quiet: of("--ink3"), ink: of("--ink"), ink2: of("--ink2"),
    ink3: of("--ink3"), line: of("--line"), border: of("--border"), surface: of("--surface"), sunken: of("--sunken"),
    warnTint: of("--warn-tint"), badTint: of("--bad-tint"), accent: of("--accent"),
  };
}

const TEXT = "12px";
const NAME_LEAST = 68; // pixels of width from which a name is worth its letters

interface Drawing {
  to: CanvasRenderingContext2D; view: View; size: Size; colours: Palette; font: string;
  figure: (field: Field) => string;
}

export function draw(fields: Field[], drawing: Drawing, chosen: Field | null): void {
  const { to, size, colours } = drawing;
  to.clearRect(0, 0, size.width, size.height);
  to.font = `${TEXT} ${drawing.font}`;
  to.textBaseline = "middle";
  const seen = fields.filter((field) => isSeen(field, drawing));
  to.fillStyle = colours.sunken;
  to.strokeStyle = colours.line;
  seen.filter(({ head }) => head > 0).forEach((field) => frame(field, drawing));
  wells(seen, drawing);
  troubled(seen, drawing);
  if (chosen !== null && isSeen(chosen, drawing)) {
    const [x, y, w, h] = box(chosen, drawing);
    to.strokeStyle = colours.accent;
    to.lineWidth = 2;
    to.strokeRect(x, y, Math.max(w, 6), Math.max(h, 6));
    to.lineWidth = 1;
  }
}

function box({ x, y, w, h }: Field, { view }: Drawing): [number, number, number, number] {
  return [x * view.scale + view.x, y * view.scale + view.y, w * view.scale, h * view.scale];
}

function isSeen(field: Field, drawing: Drawing): boolean {
  const [x, y, w, h] = box(field, drawing);
  return x + w > 0 && y + h > 0 && x < drawing.size.width && y < drawing.size.height;
}

/** A division with others below: a field with its name along the top. */
function frame(field: Field, drawing: Drawing): void {
  const { to, colours, view } = drawing;
  const [x, y, w, h] = box(field, drawing);
  const head = field.head * view.scale;
  to.fillStyle = field.branch.row.depth % 2 === 0 ? colours.sunken : colours.surface;
  to.fillRect(x, y, w, h);
  to.strokeStyle = field.branch.row.depth < 2 ? colours.border : colours.line;
  to.strokeRect(Math.round(x) + 0.5, Math.round(y) + 0.5, w, h);
  if (head >= 11 && w > NAME_LEAST) {
    const { row, well, all } = field.branch;
    to.fillStyle = colours.ink;
    clipped(drawing, `${row.name}  ${well}/${all}`, x + 5, y + head / 2 + 0.5, w - 8);
  }
}

/** All discs in one path: this is most of the map. */
function wells(seen: Field[], drawing: Drawing): void {
  const { to, colours, view } = drawing;
  const leaves = seen.filter(({ head, branch }) => head === 0 && isWell(branch.row));
  const named = leaves.length > 0 && Math.min(...leaves.map(({ w }) => w)) * view.scale > NAME_LEAST;
  to.fillStyle = colours.ok;
  to.beginPath();
  for (const field of leaves) {
    const [x, y, w, h] = box(field, drawing);
    const radius = Math.min(4, w / 3, h / 3);
    const [cx, cy] = named ? [x + 9, y + Math.min(h / 2, 12)] : [x + w / 2, y + h / 2];
    to.moveTo(cx + radius, cy);
    to.arc(cx, cy, radius, 0, 2 * Math.PI);
  }
  to.fill();
  if (!named) {
    return;
  }
  for (const field of leaves) {
    const [x, y, w, h] = box(field, drawing);
    to.fillStyle = colours.ink;
    clipped(drawing, field.branch.row.name, x + 17, y + Math.min(h / 2, 12), w - 18);
    if (h > 36) {
      to.fillStyle = colours.ink3;
      clipped(drawing, drawing.figure(field), x + 17, y + 28, w - 18);
    }
  }
}

function clipped({ to }: Drawing, text: string, x: number, y: number, width: number): void {
  const room = Math.floor(width / 12) * 2; // half widths
  let used = 0;
  let end = 0;
  for (const letter of text) {
    used += letter.charCodeAt(0) > 0x2e80 ? 2 : 1.2;
    if (used > room) { break; }
    end += letter.length;
  }
  if (end > 0) {
    to.fillText(text.slice(0, end), x, y);
  }
}

/** The worst last, over the others; a label that would hide a worse one is left out. */
function troubled(seen: Field[], drawing: Drawing): void {
  const { to, colours } = drawing;
  const bad = seen.filter(({ branch }) => !isWell(branch.row))
    .sort((a, b) => rank(a.branch.row.state) - rank(b.branch.row.state) || b.branch.row.since_s - a.branch.row.since_s);
  const taken: [number, number, number, number][] = [];
  for (const field of bad) {
    const { row } = field.branch;
    const look = lookOf(row.state);
    const [x, y, w, h] = box(field, drawing);
    const isLeaf = field.head === 0;
    const [cx, cy] = isLeaf ? [x + Math.min(w / 2, 9), y + Math.min(h / 2, 12)] : [x + w - 10, y + Math.min(h / 2, 10)];
    const text = `${row.name} ${drawing.figure(field)}`;
    const width = 20 + to.measureText(text).width + 6;
    const label: [number, number, number, number] = [cx - 9, cy - 10, width, 20];
    const isFree = !taken.some(([a, b, c, d]) => label[0] < a + c && label[0] + label[2] > a && label[1] < b + d && label[1] + label[3] > b);
    if (row.state !== "unknown" && isFree) {
      taken.push(label);
      to.fillStyle = look.tone === "bad" ? colours.badTint : look.tone === "warn" ? colours.warnTint : colours.surface;
      to.fillRect(...label);
      to.fillStyle = colours[look.tone];
      to.fillText(text, cx + 11, cy + 0.5);
    }
    shape(to, look.shape, colours[look.tone], cx, cy, isFree ? 5 : Math.max(2.5, Math.min(5, w / 3)));
  }
}

function shape(to: CanvasRenderingContext2D, name: string, colour: string, x: number, y: number, r: number): void {
  to.fillStyle = colour;
  to.strokeStyle = colour;
  to.lineWidth = 1.5;
  to.beginPath();
  switch (name) {
    case "struck": to.arc(x, y, r, 0, 2 * Math.PI); to.moveTo(x - r * 0.75, y + r * 0.75); to.lineTo(x + r * 0.75, y - r * 0.75); to.stroke(); break;
    case "dashed": to.setLineDash([2, 2]); to.arc(x, y, r, 0, 2 * Math.PI); to.stroke(); to.setLineDash([]); break;
    case "half": to.arc(x, y, r, 0, 2 * Math.PI); to.stroke(); to.beginPath(); to.arc(x, y, r, Math.PI / 2, 1.5 * Math.PI); to.fill(); break;
    case "triangle": to.moveTo(x, y - r); to.lineTo(x + r, y + r); to.lineTo(x - r, y + r); to.fill(); break;
    case "diamond": to.moveTo(x, y - r); to.lineTo(x + r, y); to.lineTo(x, y + r); to.lineTo(x - r, y); to.fill(); break;
    case "bars": to.fillRect(x - r * 0.7, y - r, r * 0.5, 2 * r); to.fillRect(x + r * 0.2, y - r, r * 0.5, 2 * r); break;
    case "clock": to.arc(x, y, r, 0, 2 * Math.PI); to.moveTo(x, y - r * 0.6); to.lineTo(x, y); to.lineTo(x + r * 0.5, y + r * 0.2); to.stroke(); break;
    default: to.arc(x, y, r * 0.8, 0, 2 * Math.PI); to.fill();
  }
  to.lineWidth = 1;
}

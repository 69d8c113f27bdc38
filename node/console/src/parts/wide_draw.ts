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
const NAME_LEAST = 56; // pixels of width from which a name is worth its letters

interface Drawing {
  to: CanvasRenderingContext2D; view: View; size: Size; colours: Palette; font: string;
  figure: (field: Field) => string;
}

export function draw(fields: Field[], drawing: Drawing, chosen: Field | null, ground: Ground): void {
  const { to, size, colours } = drawing;
  to.clearRect(0, 0, size.width, size.height);
  const seen = fields.filter((field) => isSeen(field, drawing));
  if (!ground.show(fields, drawing)) {
    drawGround(seen, drawing);
  }
  write(drawing);
  troubled(seen, drawing);
  if (chosen !== null && isSeen(chosen, drawing)) {
    const [x, y, w, h] = box(chosen, drawing);
    to.strokeStyle = colours.accent;
    to.lineWidth = 2;
    to.strokeRect(x, y, Math.max(w, 6), Math.max(h, 6));
    to.lineWidth = 1;
  }
}

function write({ to, font }: Drawing): void {
  to.font = `${TEXT} ${font}`;
  to.textBaseline = "middle";
}

/** All but what is in trouble. */
function drawGround(seen: Field[], drawing: Drawing): void {
  write(drawing);
  seen.filter(({ head }) => head > 0).forEach((field) => frame(field, drawing));
  wells(seen, drawing);
}

const GROUND_PIXELS_MAX = 3e6; // 12 MB; a larger one is seen in parts, which are few fields

/** The ground of the whole map as a picture, for as long as it is only pulled about: most of a frame's work. */
export class Ground {
  private readonly picture = document.createElement("canvas");
  private of: { scale: number; ratio: number; colours: Palette } | null = null;

  /** False where it is too large to be kept. */
  show(fields: Field[], drawing: Drawing): boolean {
    const { to, view: { x, y, scale }, colours } = drawing;
    const ratio = devicePixelRatio;
    const size = { width: fields[0].w * scale + 1, height: fields[0].h * scale + 1 };
    if (size.width * size.height * ratio * ratio > GROUND_PIXELS_MAX) {
      return false;
    }
    if (this.of?.scale !== scale || this.of.ratio !== ratio || this.of.colours !== colours) {
      this.make(fields, { ...drawing, view: { x: 0, y: 0, scale }, size }, ratio);
      this.of = { scale, ratio, colours };
    }
    const [left, top] = [Math.round(x * ratio) / ratio, Math.round(y * ratio) / ratio]; // or letters blur
    to.drawImage(this.picture, left, top, this.picture.width / ratio, this.picture.height / ratio);
    return true;
  }

  private make(fields: Field[], drawing: Drawing, ratio: number): void {
    this.picture.width = Math.ceil(drawing.size.width * ratio);
    this.picture.height = Math.ceil(drawing.size.height * ratio);
    const to = this.picture.getContext("2d");
    if (to !== null) {
      to.setTransform(ratio, 0, 0, ratio, 0, 0);
      drawGround(fields, { ...drawing, to });
    }
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
    const text = `${row.name}  ${well}/${all}`;
    clipped(drawing, halves(text) <= room(w - 8) ? text : row.name, x + 5, y + head / 2 + 0.5, w - 8);
  }
}

/** All discs in one path: this is most of the map. */
function wells(seen: Field[], drawing: Drawing): void {
  const { to, colours, view } = drawing;
  const leaves = seen.filter(({ head, branch }) => head === 0 && isWell(branch.row));
  const isNamed = ({ w, h }: Field): boolean => w * view.scale > NAME_LEAST && h * view.scale > 20;
  to.fillStyle = colours.ok;
  to.beginPath();
  for (const field of leaves) {
    const [x, y, w, h] = box(field, drawing);
    const radius = Math.min(4, w / 3, h / 3);
    const [cx, cy] = isNamed(field) ? [x + 9, y + Math.min(h / 2, 12)] : [x + w / 2, y + h / 2];
    to.moveTo(cx + radius, cy);
    to.arc(cx, cy, radius, 0, 2 * Math.PI);
  }
  to.fill();
  for (const field of leaves.filter(isNamed)) {
    const [x, y, w, h] = box(field, drawing);
    to.fillStyle = colours.ink;
    clipped(drawing, field.branch.row.name, x + 17, y + Math.min(h / 2, 12), w - 18);
    if (h > 36) {
      to.fillStyle = colours.ink3;
      clipped(drawing, drawing.figure(field), x + 17, y + 28, w - 18);
    }
  }
}

/** Widths are counted in half letters: a Chinese one has two. */
const room = (width: number): number => Math.floor(width / 12) * 2;
const half = (letter: string): number => letter.charCodeAt(0) > 0x2e80 ? 2 : 1.2;
const halves = (text: string): number => [...text].reduce((sum, letter) => sum + half(letter), 0);

function clipped({ to }: Drawing, text: string, x: number, y: number, width: number): void {
  let used = 0;
  let end = 0;
  for (const letter of text) {
    used += half(letter);
    if (used > room(width)) { break; }
    end += letter.length;
  }
  if (end > 0) {
    to.fillText(text.slice(0, end), x, y);
  }
}

interface Label { field: Field; text: string; x: number; y: number; width: number; at: number } // at: the shape's x without a name

const LABEL_HEIGHT = 20;
const overlap = (a: Label, b: Label): boolean =>
  a.x < b.x + b.width && a.x + a.width > b.x && Math.abs(a.y - b.y) < LABEL_HEIGHT;

function labelOf(field: Field, drawing: Drawing): Label {
  const [x, y, w, h] = box(field, drawing);
  const isLeaf = field.head === 0;
  const [cx, cy] = isLeaf ? [x + Math.min(w / 2, 9), y + Math.min(h / 2, 12)] : [x + w - 10, y + Math.min(h / 2, 10)];
  const text = `${field.branch.row.name} ${drawing.figure(field)}`;
  const width = 26 + drawing.to.measureText(text).width;
  const last = drawing.size.width - width; // at the edge it stands to the left, as long as its place is in sight
  return { field, text, x: cx - 9 > last && cx < drawing.size.width ? last : cx - 9, y: cy, width, at: cx };
}

/** The worst has its name, and what would hide it has none; no shape lies over a name. */
function troubled(seen: Field[], drawing: Drawing): void {
  const { to, colours } = drawing;
  const bad = seen.filter(({ branch }) => !isWell(branch.row))
    .sort((a, b) => rank(a.branch.row.state) - rank(b.branch.row.state) || b.branch.row.since_s - a.branch.row.since_s);
  const named: Label[] = [];
  for (const field of bad) {
    const { state } = field.branch.row;
    const look = lookOf(state);
    const label = labelOf(field, drawing);
    if (state !== "unknown" && !named.some((other) => overlap(label, other))) {
      named.push(label);
    } else {
      shape(to, look.shape, colours[look.tone], label.at, label.y, Math.max(2.5, Math.min(5, (field.w * drawing.view.scale) / 3)));
    }
  }
  for (const { field, text, x, y, width } of named) {
    const look = lookOf(field.branch.row.state);
    to.fillStyle = look.tone === "bad" ? colours.badTint : look.tone === "warn" ? colours.warnTint : colours.surface;
    to.fillRect(x, y - LABEL_HEIGHT / 2, width, LABEL_HEIGHT);
    to.fillStyle = colours[look.tone];
    to.fillText(text, x + 20, y + 0.5);
    shape(to, look.shape, colours[look.tone], x + 9, y, 5);
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

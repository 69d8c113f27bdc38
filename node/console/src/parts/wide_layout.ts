// Where each division of a large tree lies: a map whose fields are nested as the tree is, every
// division as large as any other, in the order of codes. Units: of the map; a view scales them.
import { hierarchy, treemap, treemapSquarify, type HierarchyRectangularNode } from "d3-hierarchy";
import type { Branch } from "../tree_model";

export interface Field {
  branch: Branch;
  above: Field | null;
  below: Field[];
  x: number; y: number; w: number; h: number;
  head: number; // height of its name's strip, where there are divisions below
}

export const MAP_WIDTH = 2000;
const HEADS = [34, 26, 13]; // by depth: a province's name is read in the whole, a city's from nearer

const CELL = 1.7; // a county's field is wider than high: it has a name
const ALIKE = 4; // divisions that differ by no more stand in rows

/** In rows and columns, by code, where those of one division are alike; else by how many are below. */
function tile(node: HierarchyRectangularNode<Branch>, x0: number, y0: number, x1: number, y1: number): void {
  const below = node.children ?? [];
  const sizes = below.map(({ value }) => value ?? 1);
  if (Math.max(...sizes) > ALIKE * Math.min(...sizes)) {
    treemapSquarify(node, x0, y0, x1, y1);
    return;
  }
  const columns = Math.max(1, Math.min(below.length, Math.round(Math.sqrt((below.length * (x1 - x0)) / ((y1 - y0) * CELL)))));
  const [w, h] = [(x1 - x0) / columns, (y1 - y0) / Math.ceil(below.length / columns)];
  below.forEach((child, i) => {
    child.x0 = x0 + (i % columns) * w;
    child.y0 = y0 + Math.floor(i / columns) * h;
    child.x1 = child.x0 + w;
    child.y1 = child.y0 + h;
  });
}

export function layout(root: Branch, ratio: number): Field[] {
  const head = (node: HierarchyRectangularNode<Branch>): number => HEADS[Math.min(node.depth, HEADS.length - 1)];
  const tree = hierarchy(root, ({ below }) => below).count();
  const placed = treemap<Branch>().size([MAP_WIDTH, MAP_WIDTH / ratio]).tile(tile)
    .paddingInner(3).paddingTop(head).paddingLeft(3).paddingRight(3).paddingBottom(3)(tree);
  const fields = new Map<HierarchyRectangularNode<Branch>, Field>();
  const all: Field[] = [];
  placed.eachBefore((node) => {
    const above = node.parent === null ? null : fields.get(node.parent) ?? null;
    const field: Field = {
      branch: node.data, above, below: [], x: node.x0, y: node.y0, w: node.x1 - node.x0, h: node.y1 - node.y0,
      head: node.children === undefined ? 0 : head(node),
    };
    above?.below.push(field);
    fields.set(node, field);
    all.push(field);
  });
  return all;
}

/** The deepest field at a point of the map. */
export function fieldAt(fields: Field[], x: number, y: number): Field | null {
  let found: Field | null = null;
  for (const field of fields) { // each after the one above it
    if (x >= field.x && x < field.x + field.w && y >= field.y && y < field.y + field.h) {
      found = field;
    }
  }
  return found;
}

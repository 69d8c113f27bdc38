// The tree as it stands: columns by code, a county is shape, name, and one figure. Arrows move as in
// a file tree, Enter opens. It draws up to 200 divisions; wide_tree.tsx draws more.
import { useRef, useState } from "preact/hooks";
import { go, sameMoment } from "../router";
import { isWell, type Branch } from "../tree_model";
import { stateWord } from "./badge";
import { lookOf, Mark } from "./badge";
import { t } from "../words";

export interface Lens {
  figure: (branch: Branch) => string; // at the right of a name
  order: (a: Branch, b: Branch) => number;
}

export interface TreeProps { root: Branch; lens: Lens; chosen: string | null; note: string }

/** Depth first, in the order in which they are drawn. */
function flat(branch: Branch, lens: Lens, into: Branch[] = []): Branch[] {
  into.push(branch);
  [...branch.below].sort(lens.order).forEach((child) => flat(child, lens, into));
  return into;
}

function next(key: string, at: Branch, all: Branch[]): Branch | undefined {
  const i = all.indexOf(at);
  const siblings = at.above === null ? [at] : all.filter((branch) => branch.above === at.above);
  switch (key) {
    case "ArrowDown": return all[i + 1];
    case "ArrowUp": return all[i - 1];
    case "ArrowLeft": return at.above ?? undefined;
    case "ArrowRight": return at.below.length > 0 ? all[i + 1] : siblings[siblings.indexOf(at) + 1];
    case "Home": return all[0];
    case "End": return all[all.length - 1];
    default: return undefined;
  }
}

export function Tree({ root, lens, chosen, note }: TreeProps) {
  const frame = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState<string>(chosen ?? root.row.division);
  const all = flat(root, lens);
  const current = all.some(({ row }) => row.division === at) ? at : root.row.division;

  const onKey = (event: KeyboardEvent): void => {
    const branch = all.find(({ row }) => row.division === current) ?? root;
    const to = next(event.key, branch, all);
    if (to !== undefined) {
      event.preventDefault();
      setAt(to.row.division);
      frame.current?.querySelector<HTMLElement>(`[data-division="${to.row.division}"]`)?.focus();
    } else if (event.key === "Enter") {
      event.preventDefault();
      go(sameMoment(`/map/${current}`));
    }
  };
  const item = { lens, current, onFocus: setAt };
  return (
    <div class="tree" role="tree" aria-label={t("console.map.tree")} ref={frame} onKeyDown={onKey}>
      <Item branch={root} {...item} note={note} />
    </div>
  );
}

interface ItemProps { branch: Branch; lens: Lens; current: string; onFocus: (code: string) => void; note?: string }

function Item({ branch, lens, current, onFocus, note }: ItemProps) {
  const { row, below } = branch;
  const level = row.depth;
  const look = lookOf(row.state);
  const figure = lens.figure(branch);
  return (
    <div class={`tree-item level-${Math.min(level, 2)}`} role="none">
      <div role="treeitem" tabIndex={row.division === current ? 0 : -1} aria-level={level + 1}
        aria-expanded={below.length > 0 ? true : undefined} data-division={row.division}
        class={`node ${isWell(row) ? "" : "unwell"} tint-${look.tone}`}
        aria-label={`${row.name}, ${stateWord(row.state)}, ${figure}`}
        onFocus={(event) => { event.stopPropagation(); onFocus(row.division); }}
        onClick={(event) => { event.stopPropagation(); go(sameMoment(`/map/${row.division}`)); }}>
        <span class="node-name"><Mark {...look} /><span class={isWell(row) && below.length === 0 ? "" : "strong"}>{row.name}</span>
          {level === 0 ? <span class="node-code">{row.division}</span> : null}</span>
        <span class={`node-figure ${isWell(row) ? "" : `tone-${look.tone}`}`}>{note ?? figure}</span>
        {level > 0 && below.length > 0 ? <Below branch={branch} /> : null}
      </div>
      {below.length > 0 ? (
        <div role="group" class="tree-group">
          {[...below].sort(lens.order).map((child) => (
            <Item key={child.row.division} branch={child} lens={lens} current={current} onFocus={onFocus} />
          ))}
        </div>
      ) : null}
    </div>
  );
}

/** How those below are, in one line: 1 离线 · 7/8, or 18/18 已送达. */
function Below({ branch }: { branch: Branch }) {
  const count: Record<string, number> = {};
  branch.below.filter(({ row }) => !isWell(row)).forEach(({ row }) => { count[row.state] = (count[row.state] ?? 0) + 1; });
  const states = Object.keys(count);
  return (
    <span class="node-below">
      {states.map((state) => <span key={state} class={`tone-${lookOf(state).tone}`}>{count[state]} {stateWord(state)}</span>)}
      <span>{branch.well}/{branch.all}{states.length === 0 ? ` ${stateWord("well")}` : ""}</span>
    </span>
  );
}

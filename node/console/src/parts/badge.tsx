// A state is a shape and a word; its colour comes third, so that a grey print reads the same.
import type { ComponentChildren } from "preact";
import { t, word } from "../words";

export type Tone = "ok" | "busy" | "warn" | "bad" | "quiet";
export type Shape =
  | "disc" | "half" | "triangle" | "struck" | "dashed" | "bars" | "diamond" // links, divisions
  | "square" | "filling" | "tick" | "cross" | "clock"; // documents

const drawings: Record<Shape, () => ComponentChildren> = {
  disc: () => <circle cx="7" cy="7" r="4" fill="currentColor" />,
  half: () => <><circle cx="7" cy="7" r="4.75" /><path d="M7 2.25a4.75 4.75 0 0 0 0 9.5z" fill="currentColor" stroke="none" /></>,
  triangle: () => <path d="M7 2 12.5 12h-11z" fill="currentColor" stroke-linejoin="round" />,
  struck: () => <><circle cx="7" cy="7" r="5" /><path d="M3.2 10.8 10.8 3.2" /></>,
  dashed: () => <circle cx="7" cy="7" r="5" stroke-dasharray="2 1.9" />,
  bars: () => <path d="M4.5 2.5v9M9.5 2.5v9" stroke-width="2.5" />,
  diamond: () => <path d="M7 1 13 7 7 13 1 7z" fill="currentColor" stroke="none" />,
  square: () => <rect x="2" y="2" width="10" height="10" rx="1.5" stroke-dasharray="2.4 1.8" />,
  filling: () => <><rect x="2" y="2" width="10" height="10" rx="2" /><path d="M2 7h10v3.5A1.5 1.5 0 0 1 10.500 12h-7A1.5 1.5 0 0 1 2 10.500z" fill="currentColor" /></>,
  tick: () => <path d="M2.500 7.500 5.600 10.500 11.500 3.800" stroke-width="1.8" />,
  cross: () => <path d="M3 3 11 11M11 3 3 11" stroke-width="1.8" />,
  clock: () => <><circle cx="7" cy="7" r="5" /><path d="M7 4v3.300l2 1.200" /></>,
};

/** The shape alone, where its word stands beside it or it is said otherwise. */
export function Mark({ shape, tone }: { shape: Shape; tone: Tone }) {
  return (
    <svg class={`mark tone-${tone}`} viewBox="0 0 14 14" width="14" height="14" aria-hidden="true"
      fill="none" stroke="currentColor" stroke-width="1.5">{drawings[shape]()}</svg>
  );
}

export interface Look { shape: Shape; tone: Tone }

/** How a division, a link or a document looks in each state that the API names. */
const looks: Record<string, Look> = {
  well: { shape: "disc", tone: "ok" }, live: { shape: "disc", tone: "ok" },
  behind: { shape: "half", tone: "busy" }, catching_up: { shape: "half", tone: "busy" },
  greeting: { shape: "half", tone: "busy" },
  warning: { shape: "triangle", tone: "warn" }, clock: { shape: "clock", tone: "warn" },
  full: { shape: "triangle", tone: "warn" }, stalled: { shape: "triangle", tone: "warn" },
  served: { shape: "half", tone: "warn" },
  off_line: { shape: "struck", tone: "warn" }, down: { shape: "struck", tone: "warn" },
  unknown: { shape: "dashed", tone: "quiet" }, paused: { shape: "bars", tone: "quiet" },
  revoked: { shape: "cross", tone: "quiet" },
  fault: { shape: "diamond", tone: "bad" }, damaged: { shape: "diamond", tone: "bad" },
  refused: { shape: "cross", tone: "bad" }, rejected: { shape: "cross", tone: "bad" },
  draft: { shape: "square", tone: "quiet" }, pending: { shape: "filling", tone: "warn" },
  submitted: { shape: "filling", tone: "warn" }, issued: { shape: "filling", tone: "warn" },
  overdue: { shape: "clock", tone: "warn" },
  planned: { shape: "square", tone: "quiet" }, applied: { shape: "filling", tone: "warn" },
  part_paid: { shape: "filling", tone: "warn" }, cancelled: { shape: "cross", tone: "quiet" },
  returned: { shape: "cross", tone: "warn" },
  advanced: { shape: "filling", tone: "warn" }, asked: { shape: "filling", tone: "warn" }, withdrawing: { shape: "filling", tone: "warn" },
  declined: { shape: "cross", tone: "warn" }, kept: { shape: "cross", tone: "quiet" }, too_late: { shape: "cross", tone: "warn" },
  withdrawn: { shape: "cross", tone: "quiet" }, carried: { shape: "filling", tone: "quiet" },
};

export const lookOf = (state: string): Look => looks[state] ?? { shape: "tick", tone: "ok" };

/** State of a division or of a link, with its word. */
export function Badge({ state, children }: { state: string; children?: ComponentChildren }) {
  const look = lookOf(state);
  return (
    <span class={`badge tone-${look.tone}`}>
      <Mark {...look} />
      <span>{children ?? stateWord(state)}</span>
    </span>
  );
}

export const stateWord = (state: string): string => word(`console.state.${state}`, state);

/** For a shape with a word of its own. */
export function Marked({ shape, tone, children }: Look & { children: ComponentChildren }) {
  return <span class={`badge tone-${tone}`}><Mark shape={shape} tone={tone} /><span>{children}</span></span>;
}

/** What each shape means, at the foot of a picture. */
export function Legend() {
  const shown = ["well", "behind", "warning", "off_line", "unknown", "paused", "fault"];
  return (
    <ul class="legend" aria-label={t("console.legend")}>
      {shown.map((state) => <li key={state}><Badge state={state} /></li>)}
    </ul>
  );
}

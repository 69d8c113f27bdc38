// A card with a head; tabs; a choice of a few.
import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

export interface PanelProps {
  title: ComponentChildren;
  count?: number | string; // beside the title
  aside?: ComponentChildren; // at the right of the head
  flush?: boolean; // no padding: a table or rows up to the edge
  class?: string;
  children?: ComponentChildren;
}

export function Panel({ title, count, aside, flush = false, children, class: extra }: PanelProps) {
  const id = useId();
  return (
    <section class={`card${extra === undefined ? "" : ` ${extra}`}`} aria-labelledby={id}>
      <header class="card-head">
        <h2 id={id}>{title}</h2>
        {count === undefined ? null : <span class="card-count">{count}</span>}
        {aside === undefined ? null : <div class="card-aside">{aside}</div>}
      </header>
      <div class={flush ? "card-flush" : "card-body"}>{children}</div>
    </section>
  );
}

/** Pages of one room, by address. */
export function Tabs({ label, tabs, here }: {
  label: string; here: string; tabs: { href: string; title: string; count?: number }[];
}) {
  return (
    <nav class="tabs" aria-label={label}>
      {tabs.map(({ href, title, count }) => (
        <a key={href} href={href} aria-current={href === here ? "page" : undefined}>
          {title}{count === undefined || count === 0 ? null : <span class="tab-count">{count}</span>}
        </a>
      ))}
    </nav>
  );
}

/** One of a few, all of them seen. */
export function Segments<T extends string>({ label, value, choices, onChange }: {
  label: string; value: T; choices: { value: T; title: string }[]; onChange: (value: T) => void;
}) {
  const name = useId();
  return (
    <fieldset class="segments">
      <legend class="hidden">{label}</legend>
      {choices.map((choice) => (
        <label key={choice.value} class={choice.value === value ? "on" : ""}>
          <input type="radio" name={name} value={choice.value} checked={choice.value === value}
            onChange={() => onChange(choice.value)} />
          {choice.title}
        </label>
      ))}
    </fieldset>
  );
}

/** Names and values of one thing. */
export function Facts({ rows }: { rows: [string, ComponentChildren][] }) {
  return (
    <dl class="facts">
      {rows.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}
    </dl>
  );
}

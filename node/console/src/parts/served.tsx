// Who is served by another ancestor as its parent is away, or was within a day: at the served one, at who
// serves, and at the parent once it is back, which also says whether it has caught up.
import { status } from "../live";
import { count } from "../money";
import type { ServedSpell } from "../shapes";
import { age, moment } from "../time";
import { t } from "../words";
import { Marked, type Look } from "./badge";
import { Panel } from "./panel";

/** What it is to who looks: he serves, is served, or missed it. */
function where({ division, by }: ServedSpell, self: string | undefined): string {
  return by === self ? "here" : division === self ? "own" : "above";
}

export function servedText(spell: ServedSpell, self: string | undefined): string {
  const { name, division, by, by_name, parent, parent_name, since, until } = spell;
  return t(until === null ? `console.served.${where(spell, self)}` : "console.served.over", {
    name: name || division, by: by_name || by, parent: parent_name || parent, since: moment(since), until: moment(until),
  });
}

/** Whether what it entered meanwhile is here; nothing to say at the served one itself. */
export function caughtUp(spell: ServedSpell, self: string | undefined): Look & { text: string } | null {
  if (spell.division === self) {
    return null;
  }
  return spell.caught_up ? { shape: "tick", tone: "ok", text: t("console.served.caught_up", { lsn: count(spell.lsn) }) }
    : { shape: "half", tone: "busy", text: t("console.served.missing", { first: count(spell.held_lsn + 1), lsn: count(spell.lsn) }) };
}

/** `code`: of one division alone. Nothing at all where nobody was. */
export function Served({ code }: { code?: string }) {
  const self = status.value?.division;
  const spells = (status.value?.served_spells ?? []).filter(({ division, parent, by }) => code === undefined || [division, parent, by].includes(code));
  return spells.length === 0 ? null : (
    <Panel title={t("console.served.title")} count={spells.length}>
      {spells.slice(0, 6).map((spell) => {
        const caught = caughtUp(spell, self);
        return (
          <div key={`${spell.division} ${spell.since}`} class="alarm-below">
            <p><Marked shape={spell.until === null ? "half" : "tick"} tone={spell.until === null ? "warn" : "ok"}>
              {servedText(spell, self)}</Marked> <span class="ink3">{age(spell.seconds)}</span></p>
            {spell.until === null && spell.division === self && status.value?.served?.parent_is_damaged === true
              ? <p><Marked shape="diamond" tone="bad">{t("console.served.parent_damaged", { parent: spell.parent_name || spell.parent })}</Marked></p> : null}
            {caught === null ? null : <p><Marked shape={caught.shape} tone={caught.tone}>{caught.text}</Marked></p>}
          </div>
        );
      })}
      {spells.length > 6 ? <p class="more"><a href="/ops/links">{t("console.served.rest", { count: count(spells.length - 6) })}</a></p> : null}
    </Panel>
  );
}

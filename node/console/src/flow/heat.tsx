// The counties at one glance, slowest first: how dark a tile is, is how much of what was released
// there is paid; what is overdue says so in words.
import type { Heat } from "./rows";
import { t } from "../words";

const TILES_MAX = 120; // the table has all of them

export function HeatTiles({ heat, hrefOf }: { heat: Heat[]; hrefOf: (code: string) => string }) {
  if (heat.length === 0) {
    return <p class="empty">{t("console.money.heat.none")}</p>;
  }
  const shown = heat.slice(0, TILES_MAX);
  return (
    <ul class="heat" tabIndex={0} aria-label={t("console.money.heat")}>
      {shown.map(({ row, rate, share, overdue }) => (
        <li key={row.division}>
          <a href={hrefOf(row.division)} class={`heat-${rate === null ? "none" : Math.min(4, Math.floor(share * 5))}`}>
            <span class="heat-name">{row.name}</span>
            <b>{rate === null ? "—" : `${rate} %`}</b>
            {overdue === 0 ? null : <span class="heat-late">{t("console.money.heat.overdue", { count: overdue })}</span>}
          </a>
        </li>
      ))}
      {heat.length === shown.length ? null : <li class="ink3">{t("console.money.others", { count: heat.length - shown.length })}</li>}
    </ul>
  );
}

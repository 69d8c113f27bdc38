// The configuration in force, as the daemon read it when it started, and where each value comes from.
import { Marked } from "../../parts/badge";
import { Panel, Segments } from "../../parts/panel";
import { Trouble } from "../../parts/problem";
import { Table } from "../../parts/table";
import { ask, place } from "../../router";
import { useAnswer } from "../../use_answer";
import { t, word } from "../../words";

interface Setting { name: string; value: string; source: string }

export function ConfigTab() {
  const config = useAnswer<{ settings: Setting[]; approval_in_force: string }>("/config");
  const which = place.value.query.get("show") === "all" ? "all" : "set";
  const rows = (config.data?.settings ?? []).filter(({ source }) => which === "all" || source !== "default");
  return (
    <Panel title={t("console.ops.tab.config")} count={rows.length} flush
      aside={<Segments label={t("console.ops.show")} value={which} onChange={(value) => ask({ show: value === "all" ? "all" : null })}
        choices={[{ value: "set", title: t("console.config.set") }, { value: "all", title: t("console.ops.show.all") }]} />}>
      {config.problem === null ? null : <Trouble problem={config.problem} retry={config.again} />}
      <Table label={t("console.ops.tab.config")} rows={rows} keyOf={({ name }) => name} isRead={config.data !== null} empty={t("console.config.none")}
        columns={[
          { key: "name", title: t("console.config.name"), class: "fixed", cell: ({ name }) => <code>{name}</code> },
          { key: "value", title: t("console.config.value"), cell: ({ value }) => <code>{value}</code> },
          { key: "source", title: t("console.config.source"), class: "fixed", cell: ({ source }) => source === "default"
            ? <span class="ink3">{word(`console.source.${source}`, source)}</span> : <Marked shape="tick" tone="ok">{word(`console.source.${source}`, source)}</Marked> },
        ]}
        foot={<p class="more">{t("console.config.since")}</p>} />
    </Panel>
  );
}

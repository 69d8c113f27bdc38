// Keys of browsers, for who confirms or ends them; everybody sees his own.
import { useState } from "preact/hooks";
import { post, Problem } from "../api";
import { Marked } from "../parts/badge";
import { Panel } from "../parts/panel";
import { Trouble } from "../parts/problem";
import { Table } from "../parts/table";
import { may, person } from "../session";
import { moment } from "../time";
import { useAnswer } from "../use_answer";
import { t } from "../words";
import type { BrowserKey } from "./shapes";

const looks = { asked: { shape: "filling", tone: "warn" }, good: { shape: "tick", tone: "ok" }, ended: { shape: "bars", tone: "quiet" } } as const;

/** The key's first and last four digits, read aloud between the two. */
const told = (key: string): string => `${key.slice(0, 4)} ··· ${key.slice(-4)}`.toUpperCase();

export function BrowserKeysPanel() {
  const keys = useAnswer<{ rows: BrowserKey[] }>(person.value === null ? null : "/keys", {}, 10);
  const [problem, setProblem] = useState<Problem | null>(null);
  const decide = (key: BrowserKey, what: "confirm" | "end"): void => {
    post(`/keys/${key.id}/${what}`).then(() => { setProblem(null); keys.again(); },
      (failure: unknown) => setProblem(failure instanceof Problem ? failure : new Problem(0, "unreachable", "")));
  };
  const order = { asked: 0, good: 1, ended: 2 };
  const rows = [...keys.data?.rows ?? []].sort((a, b) => order[a.state] - order[b.state]);
  if (rows.length === 0) {
    return null;
  }
  return (
    <Panel title={t("console.work.keys")} count={rows.length} flush>
      {problem === null ? null : <Trouble problem={problem} />}
      <Table label={t("console.work.keys")} rows={rows} keyOf={(key) => key.id} empty="" columns={[
        { key: "name", title: t("console.work.keys.whose"), cell: (key) => <b>{key.name}</b> },
        { key: "label", title: t("console.work.keys.label"), cell: (key) => key.label },
        { key: "key", title: t("console.work.keys.digits"), cell: (key) => <span class="mono">{told(key.key)}</span> },
        { key: "state", title: t("console.work.state"), cell: (key) => <Marked {...looks[key.state]}>{t(`console.work.keys.${key.state}`)}</Marked> },
        { key: "when", title: t("console.work.when"), cell: (key) => moment(key.decided ?? key.asked) },
        { key: "act", title: t("console.work.act"), cell: (key) => (
          <span class="act-row">
            {key.state === "asked" && may("admin") ? <button type="button" class="inline-button" onClick={() => decide(key, "confirm")}
              aria-label={t("console.work.keys.confirm_of", { name: key.name, key: told(key.key) })}>{t("console.work.keys.confirm")}</button> : null}
            {key.state !== "ended" && (may("admin") || key.name === person.value?.name) ? <button type="button" class="inline-button" onClick={() => decide(key, "end")}
              aria-label={t("console.work.keys.end_of", { name: key.name, key: told(key.key) })}>{t("console.work.keys.end")}</button> : null}
          </span>) },
      ]} />
    </Panel>
  );
}

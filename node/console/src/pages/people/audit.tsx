// 审计: who read, wrote and logged in, in one chain that nobody can shorten; whether it is whole, and
// up to where the level above has signed it. Reading it is noted, so it is read when one asks for it.
import { useState } from "preact/hooks";
import { count } from "../../money";
import { Marked, type Shape, type Tone } from "../../parts/badge";
import { groups } from "../../parts/fingerprint";
import { Facts, Panel } from "../../parts/panel";
import { Trouble } from "../../parts/problem";
import { Table } from "../../parts/table";
import type { Page } from "../../shapes";
import { moment } from "../../time";
import { useAnswer } from "../../use_answer";
import { t, word } from "../../words";

interface Access { position: number; time: string; what: string; who: string; how: string; address: string; method: string; path: string; http: number | null }
interface Head { holder: string; position: number; time: string; hash: string }
interface Check { ok: boolean; rows: number; head: string; cosigned: Head | null; fault?: { code: string; position: number; message: string } }

const PAGE = 200;

const looks: Record<string, { shape: Shape; tone: Tone }> = {
  read: { shape: "disc", tone: "quiet" }, write: { shape: "tick", tone: "ok" }, login: { shape: "tick", tone: "ok" },
  refused: { shape: "cross", tone: "bad" }, login_refused: { shape: "cross", tone: "bad" },
  lost: { shape: "cross", tone: "bad" },
};

export function Audit() {
  const check = useAnswer<Check>("/audit/check");
  const [back, setBack] = useState(0);
  const rows = check.data?.rows ?? null;
  const from = rows === null ? null : Math.max(0, rows - (back + 1) * PAGE);
  const answer = useAnswer<{ rows: Access[] } & Page<never>>(from === null ? null : "/audit", { after: from === 0 ? undefined : from, limit: PAGE });
  const shown = [...answer.data?.rows ?? []].reverse();
  const problem = check.problem ?? answer.problem;
  return (
    <div class="columns wide">
      <Panel title={t("console.people.audit")} count={rows === null ? undefined : count(rows)} flush
        aside={<button type="button" onClick={() => { setBack(0); check.again(); }}>{t("console.audit.again")}</button>}>
        {problem === null ? null : <Trouble problem={problem} retry={check.again} />}
        <Table label={t("console.people.audit")} rows={shown} keyOf={({ position }) => String(position)} isRead={answer.data !== null} empty={t("console.audit.none")}
          columns={[
            { key: "position", title: t("console.audit.number"), number: true, cell: ({ position }) => <span class="ink3">{count(position)}</span> },
            { key: "time", title: t("console.column.time"), class: "fixed", cell: ({ time }) => moment(time) },
            { key: "who", title: t("console.audit.who"), class: "fixed", cell: ({ who, how }) => <>{who === "" ? "—" : who} <span class="ink3">{word(`console.how.${how}`, how)}</span></> },
            { key: "what", title: t("console.audit.what"), class: "fixed", cell: ({ what }) => <Marked {...looks[what] ?? { shape: "disc", tone: "quiet" }}>{word(`console.access.${what}`, what)}</Marked> },
            { key: "path", title: t("console.audit.path"), cell: ({ method, path, http }) => <><code>{method} {path}</code> {http === null ? "" : <span class="ink3">{http}</span>}</> },
            { key: "address", title: t("console.join.from"), class: "fixed", cell: ({ address }) => <code>{address}</code> },
          ]}
          foot={from !== null && from > 0 ? <p class="more"><button type="button" onClick={() => setBack(back + 1)}>{t("console.audit.earlier")}</button></p> : null} />
      </Panel>
      {check.data === null ? null : <Whole check={check.data} />}
    </div>
  );
}

function Whole({ check }: { check: Check }) {
  return (
    <Panel title={t("console.audit.whole")}>
      <p>{check.ok ? <Marked shape="tick" tone="ok">{t("console.audit.sound")}</Marked>
        : <Marked shape="diamond" tone="bad">{check.fault?.message ?? ""}</Marked>}</p>
      <Facts rows={[
        [t("console.audit.rows"), count(check.rows)],
        [t("console.audit.head"), <code key="head">{groups(check.head)}</code>],
        [t("console.audit.cosigned"), check.cosigned === null ? t("console.audit.not_yet")
          : t("console.audit.cosigned_at", { position: count(check.cosigned.position), holder: check.cosigned.holder, time: moment(check.cosigned.time) })],
      ]} />
    </Panel>
  );
}

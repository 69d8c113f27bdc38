// Joining: an invitation as text and as a QR code; who asked and was refused.
import { useMemo, useState } from "preact/hooks";
import { post, Problem } from "../../api";
import { tree } from "../../live";
import { Advice } from "../../parts/advice";
import { Marked } from "../../parts/badge";
import { Panel } from "../../parts/panel";
import { Empty, Trouble } from "../../parts/problem";
import { Table } from "../../parts/table";
import { qr } from "../../qr";
import { may, person } from "../../session";
import type { Attempt, Status } from "../../shapes";
import { moment } from "../../time";
import { t } from "../../words";
import { nameOf } from "../ops";
import { Waiting } from "./waiting";

interface Invitation { token: string; expires: string; division: string; name: string }

export function JoinTab({ status }: { status: Status }) {
  return (
    <div class="columns wide">
      <div class="stack"><Waiting /><Attempts status={status} /><Open /></div>
      <Invite />
    </div>
  );
}

/** Who was invited and has not come. */
function Open() {
  const rows = tree.value?.invited ?? [];
  const [problem, setProblem] = useState<Problem | null>(null);
  const [gone, setGone] = useState<string[]>([]);
  const withdraw = (division: string): void => {
    setProblem(null);
    post(`/invitations/${division}/withdraw`, {}).then(() => setGone([...gone, division]))
      .catch((failure: unknown) => { if (failure instanceof Problem) { setProblem(failure); } });
  };
  const isAdmin = person.value === null || may("admin");
  return (
    <Panel title={t("console.join.open")} count={rows.length} flush>
      {problem === null ? null : <Trouble problem={problem} />}
      <Table label={t("console.join.open")} rows={rows} keyOf={({ division }) => division} isRead={tree.value !== null} empty={t("console.join.all_came")}
        columns={[
          { key: "who", title: t("console.column.division"), class: "fixed", cell: ({ division, name }) => <>{name} <span class="ink3">{division}</span></> },
          { key: "state", title: t("console.column.state"), class: "fixed", cell: ({ expired, waiting }) => <Marked shape={expired ? "clock" : "filling"} tone={expired || waiting ? "warn" : "quiet"}>{t(expired ? "console.token.expired" : waiting ? "console.join.compare" : "console.join.awaited")}</Marked> },
          { key: "until", title: t("console.session.until"), class: "fixed", cell: ({ expires }) => moment(expires) },
          { key: "cure", title: t("console.alarm.cure"), cell: ({ cure }) => <Advice text={cure} /> },
          { key: "act", title: t("console.work.act"), class: "fixed", cell: ({ division, expired }) => (!isAdmin || expired || gone.includes(division) ? "" : <button type="button" onClick={() => withdraw(division)}>{t("console.join.withdraw")}</button>) },
        ]} />
    </Panel>
  );
}

function Invite() {
  const [code, setCode] = useState("");
  const [name, setName] = useState("");
  const [list, setList] = useState("");
  const [holds, setHolds] = useState(false);
  const [made, setMade] = useState<Invitation | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const invite = (event: Event): void => {
    event.preventDefault();
    setProblem(null);
    const mayGrant = list.split(/[\s,，]+/).filter((pattern) => pattern !== "");
    post<Invitation>("/invite", { division: code.trim(), name: name.trim(), may_grant: mayGrant, hold: holds }).then((answer) => {
      setMade(answer);
      setCode("");
      setName("");
      setList("");
    }).catch((failure: unknown) => { if (failure instanceof Problem) { setProblem(failure); } });
  };
  return (
    <Panel title={t("console.join.invite")}>
      <p class="ink2">{t("console.join.means")}</p>
      <form class="form" onSubmit={invite}>
        <label>{t("console.join.code")}<input required inputMode="numeric" value={code} onInput={(e) => setCode(e.currentTarget.value)} /></label>
        <label>{t("console.join.name")}<input required value={name} onInput={(e) => setName(e.currentTarget.value)} /></label>
        <label>{t("console.join.may_grant")}<input value={list} onInput={(e) => setList(e.currentTarget.value)} /></label>
        <label><input type="checkbox" checked={holds} onChange={() => setHolds(!holds)} /> <span>{t("console.join.hold")}</span></label>
        {problem === null ? null : <Trouble problem={problem} />}
        <div class="actions"><button type="submit" class="primary">{t("console.join.make")}</button></div>
      </form>
      {made === null ? null : <Made invitation={made} />}
    </Panel>
  );
}

function Made({ invitation }: { invitation: Invitation }) {
  const [copied, setCopied] = useState(false);
  const copy = (): void => { void navigator.clipboard?.writeText(invitation.token).then(() => setCopied(true)); };
  return (
    <section class="invitation" aria-label={t("console.join.token")}>
      <h3>{invitation.name} {invitation.division}</h3>
      <p class="ink2">{t("console.join.until", { time: moment(invitation.expires) })}</p>
      <QrCode text={invitation.token} label={t("console.join.qr", { name: invitation.name })} />
      <label>{t("console.join.token")}<textarea readOnly rows={6} class="mono" value={invitation.token} onFocus={(e) => e.currentTarget.select()} /></label>
      <p class="ink2">{t("console.join.run")} <code class="command">terrace join TOKEN</code></p>
      <div class="actions"><button type="button" onClick={copy}>{t(copied ? "console.join.copied" : "console.join.copy")}</button></div>
    </section>
  );
}

function QrCode({ text, label }: { text: string; label: string }) {
  const { size, path } = useMemo(() => {
    const rows = qr(text);
    return {
      size: rows.length + 8,
      path: rows.map((row, y) => row.map((dark, x) => (dark ? `M${x + 4} ${y + 4}h1v1h-1z` : "")).join("")).join(""),
    };
  }, [text]);
  return (
    <svg class="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label} shape-rendering="crispEdges">
      <rect width={size} height={size} fill="#fff" /><path d={path} fill="#000" />
    </svg>
  );
}

/** Who asked to join, or spoke with a key that belongs to nobody here. */
export function Attempts({ status, short = false }: { status: Status; short?: boolean }) {
  const rows = [...status.enrol_attempts.map((row) => ({ ...row, how: "join" })), ...status.refused_strangers.map((row) => ({ ...row, how: "link" }))]
    .sort((a, b) => b.time.localeCompare(a.time));
  const title = t("console.join.refused");
  if (short) {
    return (
      <Panel title={title} count={rows.length} aside={<a href="/ops/join">{t("console.join.invite")}</a>}>
        <p class="ink2">{rows.length === 0 ? t("console.join.nobody") : t("console.join.last", { text: rows[0].text, time: moment(rows[0].time) })}</p>
      </Panel>
    );
  }
  return (
    <Panel title={title} count={rows.length} flush>
      {rows.length === 0 ? <Empty>{t("console.join.nobody")}</Empty> : (
        <Table label={title} rows={rows} keyOf={(row) => `${row.how} ${row.key} ${row.time}`} empty=""
          columns={[
            { key: "time", title: t("console.column.time"), class: "fixed", cell: ({ time }) => moment(time) },
            { key: "who", title: t("console.column.division"), cell: (row: Attempt) => row.division === undefined || row.division === null ? "—" : nameOf(row.division) },
            { key: "why", title: t("console.join.why"), cell: ({ text }) => text },
            { key: "count", title: t("console.alarm.times"), number: true, cell: ({ count }) => count },
            { key: "address", title: t("console.join.from"), class: "fixed", cell: ({ address }) => <code>{address}</code> },
            { key: "key", title: t("console.join.key"), class: "fixed", cell: ({ key }) => <code>{key.slice(0, 8)}…{key.slice(-4)}</code> },
          ]} />
      )}
    </Panel>
  );
}

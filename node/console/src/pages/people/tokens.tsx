// Tokens: what programs show instead of a person: named, with the least role, ending by themselves.
import { useState } from "preact/hooks";
import { call, post, Problem } from "../../api";
import { Marked } from "../../parts/badge";
import { Dialog } from "../../parts/dialog";
import { Panel } from "../../parts/panel";
import { Trouble } from "../../parts/problem";
import { Table } from "../../parts/table";
import { person } from "../../session";
import { moment } from "../../time";
import { type Answer, useAnswer } from "../../use_answer";
import { t } from "../../words";
import { rolesText } from "../people";

interface Token { token?: string; name: string; roles: string[]; maker: string; made: string; expires: string; expired: boolean; used: string | null }

const DAYS = ["7", "30", "90", "365"];

export function Tokens() {
  const tokens = useAnswer<{ rows: Token[] }>("/tokens", {}, 10);
  const [isMaking, setMaking] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const rows = tokens.data?.rows ?? [];
  const revoke = (name: string): void => {
    call("DELETE", `/tokens/${encodeURIComponent(name)}`).then(() => tokens.again()).catch((failure: unknown) => { if (failure instanceof Problem) { setProblem(failure); } });
  };
  const trouble = problem ?? tokens.problem;
  return (
    <Panel title={t("console.people.tokens")} count={rows.length} flush
      aside={tokens.problem === null ? <button type="button" onClick={() => setMaking(true)}>{t("console.token.make")}</button> : null}>
      {trouble === null ? null : <Trouble problem={trouble} retry={tokens.again} />}
      <Table label={t("console.people.tokens")} rows={rows} keyOf={({ name }) => name} isRead={tokens.data !== null} empty={t("console.token.none")}
        columns={[
          { key: "name", title: t("console.token.name"), class: "fixed", cell: ({ name }) => <b>{name}</b> },
          { key: "state", title: t("console.column.state"), class: "fixed", cell: ({ expired }) => expired
            ? <Marked shape="clock" tone="quiet">{t("console.token.expired")}</Marked> : <Marked shape="tick" tone="ok">{t("console.people.enabled")}</Marked> },
          { key: "roles", title: t("console.people.may"), cell: ({ roles }) => rolesText(roles) },
          { key: "maker", title: t("console.token.maker"), class: "fixed", cell: ({ maker }) => maker },
          { key: "used", title: t("console.session.used"), class: "fixed", cell: ({ used }) => moment(used) || "—" },
          { key: "expires", title: t("console.session.until"), class: "fixed", cell: ({ expires }) => moment(expires) },
          { key: "act", title: <span class="hidden">{t("console.ops.act")}</span>, cell: ({ name }) => (
            <button type="button" class="inline-button" aria-label={t("console.token.revoke_of", { name })} onClick={() => revoke(name)}>{t("console.token.revoke")}</button>) },
        ]} />
      {isMaking ? <Make tokens={tokens} onClose={() => setMaking(false)} /> : null}
    </Panel>
  );
}

function Make({ tokens, onClose }: { tokens: Answer<{ rows: Token[] }>; onClose: () => void }) {
  const [name, setName] = useState("");
  const [days, setDays] = useState("90");
  const held = (person.value?.roles ?? []).filter((role) => role !== "checker"); // approving takes a person's key
  const [roles, setRoles] = useState<string[]>([]);
  const [made, setMade] = useState<Token | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const make = (event: Event): void => {
    event.preventDefault();
    setProblem(null);
    post<Token>("/tokens", { name: name.trim(), roles, days: Number(days) }).then((token) => { setMade(token); tokens.again(); })
      .catch((failure: unknown) => { if (failure instanceof Problem) { setProblem(failure); } });
  };
  const toggle = (role: string): void => setRoles(roles.includes(role) ? roles.filter((other) => other !== role) : [...roles, role]);
  if (made !== null) {
    return (
      <Dialog title={made.name} onClose={onClose} foot={<button type="button" class="primary" onClick={onClose}>{t("console.close")}</button>}>
        <p>{t("console.token.once", { time: moment(made.expires) })}</p>
        <label class="form">{t("console.token.text")}<textarea readOnly rows={3} class="mono" value={made.token} onFocus={(e) => e.currentTarget.select()} /></label>
      </Dialog>
    );
  }
  return (
    <Dialog title={t("console.token.make")} onClose={onClose}
      foot={<><button type="button" onClick={onClose}>{t("console.cancel")}</button><button type="submit" form="make-token" class="primary">{t("console.token.make")}</button></>}>
      <form id="make-token" class="form" onSubmit={make}>
        <label>{t("console.token.name")}<input required autocomplete="off" value={name} onInput={(e) => setName(e.currentTarget.value)} /></label>
        <label>{t("console.token.days")}<select value={days} onChange={(e) => setDays(e.currentTarget.value)}>{DAYS.map((value) => <option key={value} value={value}>{t("console.token.for_days", { days: value })}</option>)}</select></label>
        <fieldset><legend class="ink2">{t("console.people.may")}</legend>
          <div class="role-list">{held.map((role) => (
            <label key={role}><input type="checkbox" checked={roles.includes(role)} onChange={() => toggle(role)} /> <span><b>{t(`console.role.${role}`)}</b> {t(`console.may.${role}`)}</span></label>
          ))}</div>
        </fieldset>
        {problem === null ? null : <Trouble problem={problem} />}
      </form>
    </Dialog>
  );
}

// 人员: who may do what, in sentences.
import { useState } from "preact/hooks";
import type { PageProps } from "../app";
import { post, Problem } from "../api";
import { status } from "../live";
import { Marked } from "../parts/badge";
import { Dialog } from "../parts/dialog";
import { Panel, Tabs } from "../parts/panel";
import { Trouble } from "../parts/problem";
import { Sentence } from "../parts/sentence";
import { Table } from "../parts/table";
import { may, person } from "../session";
import type { Page, PersonLink, User } from "../shapes";
import { age, moment } from "../time";
import { type Answer, useAnswer } from "../use_answer";
import { t } from "../words";
import { Audit } from "./people/audit";
import { latest } from "../chains";
import { Chains, vouchedText } from "./people/chains";
import { Proposals } from "./people/proposals";
import { Tokens } from "./people/tokens";
import { PersonAlarms, Unapproved } from "./people/unapproved";
import { BrowserKeysPanel } from "../work/keys_panel";

export const roleNames = ["maker", "checker", "auditor", "admin"] as const;

export const rolesText = (roles: string[]): string =>
  roles.map((role) => t(`console.may.${role}`)).join(t("console.sentence.and")) + t("console.sentence.end");

export function PeoplePage({ parameters }: PageProps) {
  const users = useAnswer<{ rows: User[] }>("/users", {}, 10);
  const rows = users.data?.rows ?? [];
  const active = rows.filter(({ enabled }) => enabled);
  const admins = active.filter(({ roles }) => roles.includes("admin")).length;
  const text = users.data === null ? t("console.loading")
    : active.length === 0 ? t("console.people.none")
      : [t("console.people.told", { count: active.length, admins }), ...(status.value === null ? [] : [status.value.persons, ...(status.value.vouched === "" ? [] : [status.value.vouched])])].join(t("console.sentence.and")) + t("console.sentence.end");
  return (
    <>
      <Sentence state={users.data !== null && admins === 0 ? "warning" : "well"} busy={users.slow}>{text}</Sentence>
      <div class="page">
        <Tabs label={t("console.nav.people")} here={`/people/${parameters.tab}`} tabs={[
          { href: "/people/users", title: t("console.people.users"), count: rows.length },
          { href: "/people/chains", title: t("console.people.chains") },
          { href: "/people/unapproved", title: t("console.unapproved.title"), count: status.value?.unapproved.count },
          ...(person.value === null || may("admin") || may("maker") ? [{ href: "/people/tokens", title: t("console.people.tokens") }] : []),
          ...(may("auditor") ? [{ href: "/people/audit", title: t("console.people.audit") }] : []),
        ]} />
        {parameters.tab === "tokens" ? <Tokens /> : parameters.tab === "audit" ? <Audit /> : parameters.tab === "chains" ? <Chains />
          : parameters.tab === "unapproved" ? <Unapproved /> : <Users users={users} />}
      </div>
    </>
  );
}

function Users({ users }: { users: Answer<{ rows: User[] }> }) {
  const [isAdding, setAdding] = useState(false);
  const [ending, setEnding] = useState<User | null>(null);
  const [changing, setChanging] = useState<User | null>(null);
  const [proposed, setProposed] = useState(0);
  const rows = users.data?.rows ?? [];
  const persons = useAnswer<Page<PersonLink>>(users.data === null ? null : "/persons", {}, undefined, rows.map(({ key, enabled }) => `${key} ${enabled}`).join());
  const links = latest(persons.data?.rows ?? []);
  const isAdmin = may("admin") || (person.value === null && rows.every(({ roles }) => !roles.includes("admin")));
  const close = (): void => { setAdding(false); setEnding(null); setChanging(null); setProposed(proposed + 1); users.again(); };
  return (
    <div class="stack"><PersonAlarms /><Proposals version={proposed} done={users.again} /><Panel title={t("console.people.users")} count={rows.length} flush
      aside={isAdmin ? <button type="button" onClick={() => setAdding(true)}>{t("console.people.add")}</button> : null}>
      {users.problem === null ? null : <Trouble problem={users.problem} retry={users.again} />}
      <Table label={t("console.people.users")} rows={rows} keyOf={({ name }) => name} isRead={users.data !== null} empty={t("console.people.nobody")}
        columns={[
          { key: "name", title: t("console.people.name"), class: "fixed", cell: ({ name }) => <b>{name}</b>, order: (a, b) => a.name.localeCompare(b.name) },
          { key: "state", title: t("console.column.state"), class: "fixed", cell: ({ enabled }) => enabled
            ? <Marked shape="tick" tone="ok">{t("console.people.enabled")}</Marked> : <Marked shape="bars" tone="quiet">{t("console.people.disabled")}</Marked> },
          { key: "roles", title: t("console.people.may"), cell: ({ roles }) => rolesText(roles) },
          { key: "by", title: t("console.chains.by"), cell: ({ key }) => <Vouched link={links.get(key)} /> },
          { key: "age", title: t("console.keys_of.age"), number: true, cell: ({ key_age_s }) => age(key_age_s), order: (a, b) => a.key_age_s - b.key_age_s },
          { key: "act", title: <span class="hidden">{t("console.ops.act")}</span>, cell: (user) => (
            <span class="row-acts">
              {user.enabled && (person.value?.name === user.name || person.value === null)
                ? <button type="button" class="inline-button" onClick={() => setChanging(user)}>{t("console.people.password")}</button> : null}
              {user.enabled && isAdmin ? <button type="button" class="inline-button" onClick={() => setEnding(user)}>{t("console.people.disable")}</button> : null}
            </span>
          ) },
        ]} />
      {isAdding ? <Add onClose={close} /> : null}
      {ending === null ? null : <End user={ending} onClose={close} />}
      {changing === null ? null : <Password user={changing} onClose={close} />}
    </Panel><BrowserKeysPanel /></div>
  );
}

/** Whose word a person is, and since when. */
function Vouched({ link }: { link: PersonLink | undefined }) {
  return link === undefined ? null : <>{vouchedText(link)} <span class="ink3">{moment(link.time)}</span></>;
}

function usePost(path: string, done: () => void): [(body: unknown) => void, Problem | null] {
  const [problem, setProblem] = useState<Problem | null>(null);
  const act = (body: unknown): void => {
    setProblem(null);
    post(path, body).then(done).catch((failure: unknown) => { if (failure instanceof Problem) { setProblem(failure); } });
  };
  return [act, problem];
}

function Add({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [roles, setRoles] = useState<string[]>(["maker"]);
  const [act, problem] = usePost("/users", onClose);
  const toggle = (role: string): void => setRoles(roles.includes(role) ? roles.filter((held) => held !== role) : [...roles, role]);
  return (
    <Dialog title={t("console.people.add")} onClose={onClose}
      foot={<><button type="button" onClick={onClose}>{t("console.cancel")}</button>
        <button type="submit" form="add-user" class="primary">{t("console.people.add")}</button></>}>
      <form id="add-user" class="form" onSubmit={(event) => { event.preventDefault(); act({ name: name.trim(), password, roles: roleNames.filter((role) => roles.includes(role)) }); }}>
        <label>{t("console.people.name")}<input required autocomplete="off" value={name} onInput={(e) => setName(e.currentTarget.value)} /></label>
        <label>{t("console.people.first_password")}<input required type="password" autocomplete="new-password" minLength={8} value={password} onInput={(e) => setPassword(e.currentTarget.value)} /></label>
        <fieldset><legend class="ink2">{t("console.people.may")}</legend>
          <div class="role-list">{roleNames.map((role) => (
            <label key={role}><input type="checkbox" checked={roles.includes(role)} onChange={() => toggle(role)} /> <span><b>{t(`console.role.${role}`)}</b> {t(`console.may.${role}`)}</span></label>
          ))}</div>
        </fieldset>
        {problem === null ? null : <Trouble problem={problem} />}
      </form>
    </Dialog>
  );
}

function End({ user, onClose }: { user: User; onClose: () => void }) {
  const [act, problem] = usePost(`/users/${encodeURIComponent(user.name)}/disable`, onClose);
  return (
    <Dialog title={t("console.people.disable_of", { name: user.name })} onClose={onClose}
      foot={<><button type="button" onClick={onClose}>{t("console.cancel")}</button>
        <button type="button" class="danger" onClick={() => act({})}>{t("console.people.disable")}</button></>}>
      <p>{t("console.people.disable_means", { name: user.name })}</p>
      {problem === null ? null : <Trouble problem={problem} />}
    </Dialog>
  );
}

function Password({ user, onClose }: { user: User; onClose: () => void }) {
  const [old, setOld] = useState("");
  const [fresh, setFresh] = useState("");
  const [ends, setEnds] = useState(false);
  const [act, problem] = usePost(`/users/${encodeURIComponent(user.name)}/passwd`, onClose);
  return (
    <Dialog title={t("console.people.password_of", { name: user.name })} onClose={onClose}
      foot={<><button type="button" onClick={onClose}>{t("console.cancel")}</button>
        <button type="submit" form="new-password" class="primary">{t("console.people.password")}</button></>}>
      <form id="new-password" class="form" onSubmit={(event) => { event.preventDefault(); act({ password: old, new_password: fresh, end_tokens: ends }); }}>
        <label>{t("console.people.old_password")}<input required type="password" autocomplete="current-password" value={old} onInput={(e) => setOld(e.currentTarget.value)} /></label>
        <label>{t("console.people.new_password")}<input required type="password" autocomplete="new-password" minLength={8} value={fresh} onInput={(e) => setFresh(e.currentTarget.value)} /></label>
        <div class="role-list"><label><input type="checkbox" checked={ends} onChange={() => setEnds(!ends)} /> <span>{t("console.people.end_tokens")}</span></label></div>
        {problem === null ? null : <Trouble problem={problem} />}
      </form>
    </Dialog>
  );
}

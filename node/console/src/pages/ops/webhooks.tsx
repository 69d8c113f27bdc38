// Other programs to which this node posts what it comes to hold: how each goes, what it refused, and
// that once more. What is worst stands first.
import { useState } from "preact/hooks";
import { post, Problem } from "../../api";
import { count } from "../../money";
import { Marked } from "../../parts/badge";
import { Dialog } from "../../parts/dialog";
import { Panel } from "../../parts/panel";
import { Trouble } from "../../parts/problem";
import { Table } from "../../parts/table";
import { go } from "../../router";
import { may, person } from "../../session";
import { moment } from "../../time";
import { type Answer, useAnswer } from "../../use_answer";
import { t, word } from "../../words";
import { nameOf } from "../ops";

interface Webhook {
  name: string;
  url: string;
  division: string | null;
  kinds: string[] | null;
  state: "delivering" | "failing" | "stopped";
  position: string;
  delivered: number;
  last_delivered: string | null;
  failing_since: string | null;
  attempts: number;
  failure?: string;
  dead: number;
}
interface Letter { position: string; time: string; again: boolean; failure?: string }
interface Letters { rows: Letter[]; total: number; complete: boolean }

const LOOK = {
  delivering: { shape: "disc", tone: "ok" }, failing: { shape: "triangle", tone: "warn" }, stopped: { shape: "cross", tone: "bad" },
} as const;
const WORST = ["stopped", "failing", "delivering"];
const LETTERS_SHOWN = 100;
const NEXT_LOOK_S = 5;

const worstFirst = (a: Webhook, b: Webhook): number =>
  WORST.indexOf(a.state) - WORST.indexOf(b.state) || b.dead - a.dead || (a.name < b.name ? -1 : 1);

/** "全部单据", or of whom and which. */
const filterText = ({ division, kinds }: Webhook): string =>
  [...(division === null ? [] : [nameOf(division)]), ...(kinds ?? []).map((kind) => word(`title.kind.${kind}`, kind))].join(t("console.list_comma")) || t("console.webhook.all");

export function WebhooksTab({ open }: { open: string | null }) {
  const hooks = useAnswer<{ webhooks: Webhook[] }>("/webhooks", {}, NEXT_LOOK_S);
  const [isAdding, setAdding] = useState(false);
  const rows = [...hooks.data?.webhooks ?? []].sort(worstFirst);
  const chosen = rows.find(({ name }) => name === open);
  const isAdmin = person.value !== null && may("admin");
  return (
    <div class="stack">
      <Panel title={t("console.ops.tab.webhooks")} count={rows.length} flush
        aside={isAdmin ? <button type="button" onClick={() => setAdding(true)}>{t("console.webhook.add")}</button> : null}>
        {hooks.problem === null ? null : <Trouble problem={hooks.problem} retry={hooks.again} />}
        <Table label={t("console.ops.tab.webhooks")} rows={rows} keyOf={({ name }) => name} isRead={hooks.data !== null} empty={t("console.webhook.none")}
          hrefOf={({ name }) => `/ops/webhooks?name=${name}`} look={({ name }) => (name === open ? "chosen" : "")}
          columns={[
            { key: "name", title: t("console.webhook.name"), class: "fixed", cell: ({ name }) => <a href={`/ops/webhooks?name=${name}`}>{name}</a> },
            { key: "state", title: t("console.column.state"), class: "fixed", cell: ({ state }) => <Marked {...LOOK[state]}>{t(`console.webhook.${state}`)}</Marked> },
            { key: "url", title: t("console.webhook.url"), cell: ({ url }) => <code>{url}</code> },
            { key: "what", title: t("console.webhook.what"), cell: filterText },
            { key: "delivered", title: t("console.webhook.delivered"), number: true, cell: ({ delivered }) => count(delivered) },
            { key: "last", title: t("console.webhook.last"), class: "fixed", cell: ({ last_delivered: last }) => (last === null ? "—" : moment(last)) },
            { key: "dead", title: t("console.webhook.dead"), number: true, cell: ({ dead }) => <span class={dead === 0 ? "nil" : ""}>{count(dead)}</span> },
            { key: "why", title: t("console.webhook.why"), cell: ({ failure, attempts, failing_since: since }) => (failure === undefined ? "" : t("console.webhook.failing_since", { since: moment(since), attempts, why: failure })) },
          ]} />
      </Panel>
      {chosen === undefined ? null : <One key={chosen.name} hook={chosen} hooks={hooks} isAdmin={isAdmin} />}
      {isAdding ? <Add hooks={hooks} onClose={() => setAdding(false)} /> : null}
    </div>
  );
}

/** What its receiver refused, and what is to be done with it. */
function One({ hook, hooks, isAdmin }: { hook: Webhook; hooks: Answer<unknown>; isAdmin: boolean }) {
  const letters = useAnswer<Letters>(`/webhooks/${hook.name}/dead`, { limit: LETTERS_SHOWN }, undefined, `${hook.dead} ${hook.delivered}`);
  const [asks, setAsks] = useState<"replay" | "remove" | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const rows = letters.data?.rows ?? [];
  const act = (): void => {
    post(`/webhooks/${hook.name}/${asks}`, {}).then(() => {
      if (asks === "remove") { // nothing is left to be asked of it
        go("/ops/webhooks");
      } else {
        setAsks(null);
        letters.again();
      }
      hooks.again();
    })
      .catch((failure: unknown) => { if (failure instanceof Problem) { setProblem(failure); } });
  };
  return (
    <Panel title={t("console.webhook.letters", { name: hook.name })} count={letters.data?.total} flush
      aside={isAdmin ? (
        <>{hook.dead > 0 ? <button type="button" onClick={() => setAsks("replay")}>{t("console.webhook.replay")}</button> : null}
          <button type="button" class="danger" onClick={() => setAsks("remove")}>{t("console.webhook.remove")}</button></>) : null}>
      {letters.problem === null ? null : <Trouble problem={letters.problem} retry={letters.again} />}
      <Table label={t("console.webhook.letters", { name: hook.name })} rows={rows} keyOf={({ position }) => position} isRead={letters.data !== null} empty={t("console.webhook.no_letters")}
        columns={[
          { key: "position", title: t("console.webhook.position"), class: "fixed", cell: ({ position }) => <code>{position}</code> },
          { key: "time", title: t("console.webhook.refused"), class: "fixed", cell: ({ time }) => moment(time) },
          { key: "why", title: t("console.webhook.why"), cell: ({ failure }) => failure ?? "" },
          { key: "state", title: t("console.column.state"), class: "fixed", cell: ({ again }) => (again ? <Marked shape="half" tone="busy">{t("console.webhook.again")}</Marked> : "") },
        ]} />
      {letters.data?.complete === false ? <p class="more">{t("console.webhook.rest", { count: count(letters.data.total - rows.length) })}</p> : null}
      {asks === null ? null : (
        <Dialog title={t(`console.webhook.${asks}_of`, { name: hook.name })} onClose={() => setAsks(null)}
          foot={<><button type="button" onClick={() => setAsks(null)}>{t("console.cancel")}</button>
            <button type="button" class={asks === "remove" ? "danger" : "primary"} onClick={act}>{t(`console.webhook.${asks}`)}</button></>}>
          <p>{t(`console.webhook.${asks}_means`, { count: count(hook.dead) })}</p>
          {problem === null ? null : <Trouble problem={problem} />}
        </Dialog>)}
    </Panel>
  );
}

interface Added { name: string; secret: string; position: string }

/** Its secret is shown once. */
function Add({ hooks, onClose }: { hooks: Answer<unknown>; onClose: () => void }) {
  const [name, setName] = useState("");
  const [url, setUrl] = useState("https://");
  const [added, setAdded] = useState<Added | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const add = (event: Event): void => {
    event.preventDefault();
    setProblem(null);
    post<Added>("/webhooks", { name: name.trim(), url: url.trim() }).then((answer) => { setAdded(answer); hooks.again(); })
      .catch((failure: unknown) => { if (failure instanceof Problem) { setProblem(failure); } });
  };
  if (added !== null) {
    return (
      <Dialog title={added.name} onClose={onClose} foot={<button type="button" class="primary" onClick={onClose}>{t("console.close")}</button>}>
        <p>{t("console.webhook.once")}</p>
        <label class="form">{t("console.webhook.secret")}<textarea readOnly rows={2} class="mono" value={added.secret} onFocus={(e) => e.currentTarget.select()} /></label>
      </Dialog>
    );
  }
  return (
    <Dialog title={t("console.webhook.add")} onClose={onClose}
      foot={<><button type="button" onClick={onClose}>{t("console.cancel")}</button><button type="submit" form="add-webhook" class="primary">{t("console.webhook.add")}</button></>}>
      <form id="add-webhook" class="form" onSubmit={add}>
        <label>{t("console.webhook.name")}<input required autocomplete="off" maxLength={32} value={name} onInput={(e) => setName(e.currentTarget.value)} /></label>
        <label>{t("console.webhook.url")}<input required type="url" autocomplete="off" value={url} onInput={(e) => setUrl(e.currentTarget.value)} /></label>
        <p class="small">{t("console.webhook.adding")}</p>
        {problem === null ? null : <Trouble problem={problem} />}
      </form>
    </Dialog>
  );
}

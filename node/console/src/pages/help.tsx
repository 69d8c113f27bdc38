// 帮助: what every kind, field, state, reason, alarm and answer means: the table of `terrace explain`.
import { useEffect, useState } from "preact/hooks";
import type { PageProps } from "../app";
import { get, loadSchema } from "../api";
import { Advice } from "../parts/advice";
import { Panel } from "../parts/panel";
import { Empty } from "../parts/problem";
import { Sentence } from "../parts/sentence";
import { Table } from "../parts/table";
import { ask } from "../router";
import { language, t } from "../words";

type Words = { en: string; zh: string };
interface Named { name: string; words: Words; help?: Words }
interface Kind extends Named { fields: { name: string; required: boolean }[]; first_state: string; roles: string[] }
interface Schema {
  kinds: Kind[]; fields: (Named & { form?: Words })[]; states: Named[]; reasons: Named[]; roles: Named[]; accounts: Named[];
}

interface Meaning { area: string; name: string; title: string; text: string; cure?: string; kind?: Kind }

const said = (words: Words | undefined): string => words?.[language.value] ?? "";

function meanings(schema: Schema, rows: Record<string, string>): Meaning[] {
  const of = (area: string, list: (Named & { form?: Words })[]): Meaning[] =>
    list.map(({ name, words, help, form }) => ({ area, name, title: said(words), text: said(help) || said(form) }));
  const alarms = Object.keys(rows).filter((code) => /^alarm\.\w+$/.test(code))
    .map((code) => ({ area: "alarm", name: code.slice(6), title: rows[code], text: "", cure: rows[`${code}.cure`] }));
  const errors = Object.keys(rows).filter((code) => code.startsWith("error."))
    .map((code) => ({ area: "error", name: code.slice(6), title: rows[code], text: "" }));
  return [
    ...schema.kinds.map((kind) => ({ area: "kind", name: kind.name, title: said(kind.words), text: said(kind.help), kind })),
    ...of("field", schema.fields), ...of("state", schema.states), ...of("reason", schema.reasons),
    ...of("role", schema.roles), ...of("account", schema.accounts), ...alarms, ...errors,
  ];
}

/** The whole table, once a language. */
function useMeanings(): Meaning[] {
  const [all, setAll] = useState<Meaning[]>([]);
  useEffect(() => {
    let isOver = false;
    Promise.all([
      loadSchema<Schema>(),
      get<{ rows: Record<string, string> }>("/texts", { lang: language.value, prefix: "alarm." }),
      get<{ rows: Record<string, string> }>("/texts", { lang: language.value, prefix: "error." }),
    ]).then(([schema, alarms, errors]) => { if (!isOver) { setAll(meanings(schema, { ...alarms.rows, ...errors.rows })); } })
      .catch(() => undefined);
    return () => { isOver = true; };
  }, [language.value]);
  return all;
}

const areas = ["kind", "field", "state", "reason", "alarm", "error", "role", "account"] as const;

export function HelpPage({ parameters, query }: PageProps) {
  const all = useMeanings();
  const word = parameters.word;
  if (word !== undefined) {
    return <One word={word} found={all.filter(({ name, title }) => name === word || title === word)} all={all} />;
  }
  const wanted = (query.get("q") ?? "").trim().toLowerCase();
  const found = all.filter(({ name, title, text }) => wanted === "" || `${name} ${title} ${text}`.toLowerCase().includes(wanted));
  return (
    <>
      <Sentence state="well">{t("console.help.told", { count: all.length })}</Sentence>
      <div class="page">
        <div class="page-head"><label class="help-search">{t("console.help.search")}
          <input type="search" value={query.get("q") ?? ""} onInput={(e) => ask({ q: e.currentTarget.value })} /></label></div>
        <div class="stack">
          {areas.map((area) => {
            const rows = found.filter((meaning) => meaning.area === area);
            return rows.length === 0 ? null : (
              <details key={area} class="card" open={wanted !== "" || area === "kind"}>
                <summary class="card-head"><h2>{t(`console.help.${area}`)}</h2><span class="card-count">{rows.length}</span></summary>
                <Table label={t(`console.help.${area}`)} rows={rows} keyOf={({ name }) => name} hrefOf={({ name }) => `/help/${encodeURIComponent(name)}`} empty=""
                  columns={[
                    { key: "title", title: t("console.help.word"), class: "help-word", cell: ({ title, name }) => <a href={`/help/${encodeURIComponent(name)}`}>{area === "alarm" || area === "reason" || area === "error" ? name : title}</a> },
                    { key: "text", title: t("console.help.meaning"), cell: ({ title, text }) => area === "alarm" || area === "reason" || area === "error" ? title : text },
                    { key: "name", title: t("console.help.code"), class: "fixed", cell: ({ name }) => <code>{name}</code> },
                  ]} />
              </details>
            );
          })}
          {all.length > 0 && found.length === 0 ? <Empty>{t("console.help.nothing", { text: wanted })}</Empty> : null}
        </div>
      </div>
    </>
  );
}

function One({ word, found, all }: { word: string; found: Meaning[]; all: Meaning[] }) {
  const first = found[0];
  return (
    <>
      <Sentence state={first === undefined && all.length > 0 ? "unknown" : "well"}>
        {first !== undefined ? t("console.help.one", { title: first.title, area: t(`console.help.${first.area}`) })
          : all.length === 0 ? t("console.loading") : t("console.help.nothing", { text: word })}
      </Sentence>
      <div class="page">
        <div class="page-head"><a href="/help">{t("console.help.all")}</a></div>
        <div class="stack">{found.map((meaning) => (
          <Panel key={meaning.area} title={meaning.title} aside={<code>{meaning.name}</code>}>
            <p class="ink3">{t(`console.help.${meaning.area}`)}</p>
            <p>{meaning.text}</p>
            {meaning.cure === undefined ? null : <p><b>{t("console.alarm.cure")}</b> <Advice text={meaning.cure} /></p>}
            {meaning.kind === undefined ? null : <Fields kind={meaning.kind} all={all} />}
          </Panel>
        ))}</div>
      </div>
    </>
  );
}

function Fields({ kind, all }: { kind: Kind; all: Meaning[] }) {
  const fields = new Map(all.filter(({ area }) => area === "field").map((meaning) => [meaning.name, meaning]));
  return (
    <Table label={t("console.help.field")} rows={kind.fields} keyOf={({ name }) => name} hrefOf={({ name }) => `/help/${name}`} empty=""
      columns={[
        { key: "title", title: t("console.help.field"), cell: ({ name }) => <a href={`/help/${name}`}>{fields.get(name)?.title ?? name}</a> },
        { key: "required", title: t("console.help.required"), cell: ({ required }) => t(required ? "console.yes" : "console.no") },
        { key: "text", title: t("console.help.meaning"), cell: ({ name }) => fields.get(name)?.text ?? "" },
        { key: "name", title: t("console.help.code"), cell: ({ name }) => <code>{name}</code> },
      ]} />
  );
}

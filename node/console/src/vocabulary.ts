// What kinds, fields, states and accounts are called, from the node's schema: a kind that is added
// later has its words without a line here.
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { loadSchema } from "./api";
import { language, type Language } from "./words";

type Words = Record<Language, string>;
interface Named { name: string; words: Words }
interface FieldOfKind { name: string; group: string; names: string | null; inherited: boolean; allowed?: Named[] }
export interface KindWords extends Named { family: string | null; fields: FieldOfKind[]; written_out: FieldOfKind[] }
export interface FieldWords extends Named { type: string }
interface Schema {
  kinds: KindWords[];
  fields: FieldWords[];
  groups: Named[];
  states: Named[];
  accounts: (Named & { code: string; normal: string })[];
}

const schema = signal<Schema | null>(null);

/** Asks for the schema; what uses its words is drawn again once it is there. */
export function useVocabulary(): boolean {
  useEffect(() => {
    loadSchema<Schema>().then((answer) => { schema.value = answer; }).catch(() => { /* names stay codes */ });
  }, [language.value]);
  return schema.value !== null;
}

const said = (rows: Named[] | undefined, name: string): string =>
  rows?.find((row) => row.name === name)?.words[language.value] ?? name;

export const kindOf = (name: string): KindWords | undefined => schema.value?.kinds.find((kind) => kind.name === name);
export const kindWord = (name: string): string => said(schema.value?.kinds, name);
export const fieldWord = (name: string): string => said(schema.value?.fields, name);
export const groupWord = (name: string): string => said(schema.value?.groups, name);
export const docStateWord = (name: string): string => said(schema.value?.states, name);
export const accountWord = (name: string): string => said(schema.value?.accounts, name);
/** What a node writes out itself has an id that nobody reads: ".sca60974573ba732ff9". */
export const idWord = (id: string): string => (id.startsWith(".") ? "—" : id);
/** 支付申请 PY0002 */
export const documentWord = (kind: string, id: string): string => (id.startsWith(".") ? kindWord(kind) : `${kindWord(kind)} ${id}`);
export const fieldType = (name: string): string => schema.value?.fields.find((field) => field.name === name)?.type ?? "text";

/** A word that a field may be, such as early or formal. */
export function valueWord(kind: string, field: string, value: string): string {
  const of = kindOf(kind);
  const found = [...(of?.fields ?? []), ...(of?.written_out ?? [])].find(({ name }) => name === field);
  return said(found?.allowed, value);
}

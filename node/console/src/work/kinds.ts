// Kinds and fields by name, in the language of the page.
import { useEffect, useState } from "preact/hooks";
import { loadSchema } from "../api";
import { language } from "../words";
import type { Field, Kind, Schema, Words } from "./shapes";

export class Book {
  private readonly kinds: Map<string, Kind>;
  private readonly fields: Map<string, Field>;

  constructor(readonly schema: Schema) {
    this.kinds = new Map(schema.kinds.map((kind) => [kind.name, kind]));
    this.fields = new Map(schema.fields.map((field) => [field.name, field]));
  }

  kind(name: string): Kind | undefined {
    return this.kinds.get(name);
  }

  field(name: string): Field | undefined {
    return this.fields.get(name);
  }

  /** What people call a kind, a field or an account; the name itself where nobody calls it anything. */
  kindWord(name: string | undefined): string {
    return said(this.kinds.get(name ?? "")?.words, name ?? "");
  }

  fieldWord(name: string): string {
    return said(this.fields.get(name)?.words, name);
  }

  accountWord(name: string): string {
    return said(this.schema.accounts.find((account) => account.name === name)?.words, name);
  }
}

export const said = (words: Words | undefined, otherwise: string): string =>
  words?.[language.value] ?? words?.zh ?? otherwise;

/** Null until it is here. */
export function useBook(): Book | null {
  const [book, setBook] = useState<Book | null>(null);
  useEffect(() => {
    let isHere = true;
    void loadSchema<Schema>().then((schema) => { if (isHere) { setBook(new Book(schema)); } }).catch(() => {});
    return () => { isHere = false; };
  }, [language.value]);
  return book;
}

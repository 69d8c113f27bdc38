// What the field that one is in means, beside the form: the words of `terrace explain`. It stands last,
// so that nothing moves when it changes.
import { Panel } from "../parts/panel";
import { t } from "../words";
import { said, type Book } from "./kinds";
import type { Kind } from "./shapes";

/** "field-use_des" -> "use_des"; what a form's controls are called. */
export const fieldIn = (target: EventTarget | null): string | null =>
  target instanceof HTMLElement && target.id.startsWith("field-") ? target.id.slice("field-".length) : null;

export function FieldHelp({ name, kind, book }: { name: string | null; kind: Kind; book: Book }) {
  const use = kind.fields.find((one) => one.name === name);
  const field = name === null ? undefined : book.field(name);
  if (use === undefined || field === undefined) {
    return null;
  }
  const [help, example] = [said(field.help, ""), use.names === null ? said(use.example, "") : ""]; // what is chosen needs no example
  return help === "" && example === "" ? null : (
    <Panel class="field-help" title={said(field.words, field.name)} aside={<a href={`/help/${field.name}`}>{t("console.nav.help")}</a>}>
      {help === "" ? null : <p>{help}</p>}
      {example === "" || example === "-" ? null : <p class="ink2">{t("console.work.example", { text: example })}</p>}
    </Panel>
  );
}

// One field of a form, with the control that its type asks for.
import type { ComponentChildren, RefObject } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { isNil, shown, upper } from "../money";
import { language, t } from "../words";
import { Combo, type Offer } from "./combo";
import { said, type Book } from "./kinds";
import { askerOf, isFree } from "./offers";
import type { Field, Kind, KindField } from "./shapes";
import { inFours, isDay, PART_OF_DAY, readAccount, readAmount, readDate } from "./typed";

export interface ControlProps {
  kind: Kind;
  use: KindField;
  book: Book;
  value: string;
  shownAs?: string;
  fault: string | null;
  note?: string;
  acts?: ComponentChildren; // what can be done about the fault
  year: string;
  onChange: (value: string, offer: Offer | null) => void;
  onLeave: () => void;
}

interface InputProps extends ControlProps { field: Field; id: string; describedBy: string }

const common = ({ id, describedBy, fault, use }: InputProps) => ({
  id, "aria-describedby": describedBy, "aria-invalid": fault !== null, "aria-required": use.required,
});

/** All of it is chosen as one comes to it, so that what is typed takes its place: also where its blanks
 *  and commas go at that moment. */
function useChosenOnFocus(): { ref: RefObject<HTMLInputElement>; choose: () => void } {
  const ref = useRef<HTMLInputElement>(null);
  const [turn, setTurn] = useState(0);
  useLayoutEffect(() => {
    if (turn > 0) {
      ref.current?.select();
    }
  }, [turn]);
  return { ref, choose: () => setTurn((before) => before + 1) };
}

/** Grouped on leaving, in words beside it. What cannot be read stays as it was typed. */
function AmountInput(props: InputProps) {
  const [typed, setTyped] = useState<string | null>(null);
  const read = readAmount(props.value);
  const { ref, choose } = useChosenOnFocus();
  return (
    <div class="amount-field">
      <input {...common(props)} ref={ref} class="amount" inputMode="decimal" autocomplete="off"
        value={typed ?? (read === null ? props.value : shown(read))}
        onFocus={() => { setTyped(props.value); choose(); }}
        onInput={(event) => {
          setTyped(event.currentTarget.value);
          props.onChange(readAmount(event.currentTarget.value) ?? event.currentTarget.value.trim(), null);
        }}
        onBlur={() => { setTyped(null); props.onLeave(); }} />
      <output for={props.id}>{read !== null && !isNil(read) && language.value === "zh" ? upper(read) : ""}</output>
    </div>
  );
}

/** A day that is typed in part, or that no calendar has, is nothing to the browser: it stays and is said. */
function DateInput(props: InputProps) {
  const told = (input: HTMLInputElement): void => props.onChange(input.validity.badInput ? PART_OF_DAY : input.value, null);
  const day = readDate(props.value);
  return <input {...common(props)} type="date" max="9999-12-31" value={isDay(day) ? day : ""}
    onInput={(event) => told(event.currentTarget)} onBlur={(event) => { told(event.currentTarget); props.onLeave(); }} />;
}

const isAccount = (field: Field): boolean => field.name.endsWith("acct_no");

function TextInput(props: InputProps) {
  const [isTyping, setTyping] = useState(false);
  const account = isAccount(props.field);
  const { ref, choose } = useChosenOnFocus();
  const long = (props.field.bytes_max ?? 0) > 300;
  const size = new TextEncoder().encode(props.value).length;
  const left = Math.floor(((props.field.bytes_max ?? 0) - size) / 3);
  return (
    <>
      <input {...common(props)} ref={ref} autocomplete="off" inputMode={account ? "numeric" : undefined}
        value={account && !isTyping ? inFours(props.value) : props.value}
        onFocus={() => { setTyping(true); if (account) { choose(); } }}
        onInput={(event) => props.onChange(account ? readAccount(event.currentTarget.value) : event.currentTarget.value, null)}
        onBlur={() => { setTyping(false); props.onLeave(); }} />
      {long && size > 0 ? <span class="small">{t("console.work.left", { count: Math.max(0, left) })}</span> : null}
    </>
  );
}

function Input(props: InputProps) {
  const { field, use, kind } = props;
  if (use.allowed !== undefined) {
    return (
      <select {...common(props)} value={props.value} onChange={(event) => { props.onChange(event.currentTarget.value, null); props.onLeave(); }}>
        <option value="">{use.required ? t("console.work.choose") : t("console.work.optional")}</option>
        {use.allowed.map((one) => <option key={one.name} value={one.name}>{said(one.words, one.name)}</option>)}
      </select>
    );
  }
  if (field.type === "flag") {
    return (
      <select {...common(props)} value={props.value} onChange={(event) => { props.onChange(event.currentTarget.value, null); props.onLeave(); }}>
        <option value="">{t("console.work.optional")}</option><option value="1">{t("console.work.yes")}</option><option value="2">{t("console.work.no")}</option>
      </select>
    );
  }
  const ask = askerOf(kind, use, field, () => props.year);
  if (ask !== null) {
    return <Combo id={props.id} value={props.value} shownAs={props.shownAs} isFree={isFree(use, field)} invalid={props.fault !== null}
      describedBy={props.describedBy} required={use.required} ask={ask} onChange={(value, offer) => { props.onChange(value, offer); props.onLeave(); }} />;
  }
  if (field.type === "amount") {
    return <AmountInput {...props} />;
  }
  if (field.type === "date") {
    return <DateInput {...props} />;
  }
  return <TextInput {...props} />;
}

export function Control(props: ControlProps) {
  const { use, book, fault } = props;
  const field = book.field(use.name);
  if (field === undefined) {
    return null;
  }
  const id = `field-${use.name}`;
  return (
    <div class={`field${field.type === "amount" || (field.bytes_max ?? 0) > 100 || use.names === "indicator" ? " long" : ""}`}>
      <label for={id}>{use.required ? <span class="tone-bad" aria-hidden="true">* </span> : null}{said(field.words, field.name)}</label>
      <div class="field-in">
        <Input {...props} field={field} id={id} describedBy={`${id}-note`} />
        <div id={`${id}-note`} class="field-note">
          {fault !== null ? <span class="tone-bad"><b>✕ {fault}</b></span> : props.note ?? ""}
        </div>
        {props.acts}
      </div>
    </div>
  );
}

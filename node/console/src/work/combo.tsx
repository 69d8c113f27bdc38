// A field with type-ahead: what is typed is asked of the node, and chosen with arrows and Enter.
import { useEffect, useId, useRef, useState } from "preact/hooks";
import type { ComponentChildren } from "preact";
import { Problem } from "../api";
import { t } from "../words";

export interface Offer { value: string; label: string; detail?: ComponentChildren; figure?: string }

const QUIET_MS = 150;

export function Combo({ id, value, shownAs, isFree, invalid, describedBy, required, ask, onChange }: {
  id: string;
  value: string;
  shownAs: string | undefined; // what the value is called, once it is known
  isFree?: boolean; // what is typed may stand though nothing offers it
  invalid: boolean;
  describedBy: string;
  required: boolean;
  ask: (typed: string, signal: AbortSignal) => Promise<Offer[]>;
  onChange: (value: string, offer: Offer | null) => void;
}) {
  const [typed, setTyped] = useState<string | null>(null); // null: not being typed in
  const [offers, setOffers] = useState<Offer[]>([]);
  const [at, setAt] = useState(0);
  const [isOpen, setOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const list = useId();

  useEffect(() => {
    if (!isOpen) {
      return undefined;
    }
    const cut = new AbortController();
    const timer = setTimeout(() => {
      ask(typed ?? "", cut.signal).then((found) => { setOffers(found); setAt(0); },
        (failure: unknown) => { if (failure instanceof Problem) { setOffers([]); } });
    }, typed === null ? 0 : QUIET_MS);
    return () => { clearTimeout(timer); cut.abort(); };
  }, [typed, isOpen]);

  useEffect(() => { box.current?.querySelector(`#${CSS.escape(list)}-${at}`)?.scrollIntoView({ block: "nearest" }); }, [at, isOpen]);

  const choose = (offer: Offer): void => {
    onChange(offer.value, offer);
    setTyped(null);
    setOpen(false);
  };
  const onKey = (event: KeyboardEvent): void => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      setOpen(true);
      setAt(Math.max(0, Math.min(offers.length - 1, at + (event.key === "ArrowDown" ? (isOpen ? 1 : 0) : -1))));
    } else if (event.key === "Enter" && isOpen && offers[at] !== undefined && !event.ctrlKey) {
      event.preventDefault();
      choose(offers[at]);
    } else if (event.key === "Escape" && isOpen) {
      event.stopPropagation();
      setOpen(false);
    }
  };
  const leave = (event: FocusEvent): void => {
    if (box.current?.contains(event.relatedTarget as Node | null) === true) {
      return;
    }
    setOpen(false);
    if (typed !== null) {
      // Typed in full, or the only one that fits: it is meant. Nothing else is guessed.
      const exact = offers.find((offer) => offer.value === typed.trim());
      onChange(exact?.value ?? typed.trim(), exact ?? null);
      setTyped(null);
    }
  };
  return (
    <div class="combo" ref={box} onFocusOut={leave}>
      <input id={id} role="combobox" autocomplete="off" aria-expanded={isOpen} aria-controls={list} aria-autocomplete="list"
        aria-activedescendant={isOpen && offers.length > 0 ? `${list}-${at}` : undefined} aria-invalid={invalid} aria-required={required} aria-describedby={describedBy}
        value={typed ?? (shownAs === undefined || shownAs === value ? value : `${value}  ${shownAs}`)}
        onFocus={(event) => event.currentTarget.select()} onClick={() => setOpen(true)}
        onInput={(event) => {
          setTyped(event.currentTarget.value);
          setOpen(true);
          if (isFree === true) {
            onChange(event.currentTarget.value, null);
          }
        }} onKeyDown={onKey} />
      <svg class="combo-arrow" viewBox="0 0 14 14" width="14" height="14" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="1.500"><path d="M3 5l4 4 4-4" /></svg>
      <ul id={list} role="listbox" class="offers" aria-label={t("console.work.offers")} hidden={!isOpen || (offers.length === 0 && isFree === true)}>
        {offers.map((offer, i) => (
          <li key={offer.value} id={`${list}-${i}`} role="option" aria-selected={i === at} class={i === at ? "on" : ""}
            onMouseDown={(event) => { event.preventDefault(); choose(offer); }}>
            <b>{offer.value === offer.label ? null : offer.value} </b>{offer.label}
            {offer.figure === undefined ? null : <span class="num">{offer.figure}</span>}
            {offer.detail === undefined ? null : <span class="small">{offer.detail}</span>}
          </li>))}
        {offers.length === 0 ? <li role="option" aria-selected="false" aria-disabled="true" class="small">{t("console.work.no_offer")}</li> : null}
      </ul>
    </div>
  );
}

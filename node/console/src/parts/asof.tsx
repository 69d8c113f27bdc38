// For which moment a figure is true: a shape, a time, and up to which entry of the log.
import { moment } from "../time";
import { t } from "../words";
import { Mark } from "./badge";
import { isUnsound } from "./unsound";

export interface AsOfProps {
  time: string | Date | null | undefined;
  lsn?: number;
  late?: boolean; // something is missing up to now
  who?: string; // ... of whom
  href?: string;
}

export function AsOf({ time, lsn, late: isOld = false, who, href }: AsOfProps) {
  const late = isOld || isUnsound();
  const text = moment(time);
  const inner = (
    <>
      {late ? <Mark shape="struck" tone="warn" /> : null}
      <span>
        {who === undefined ? null : <>{who} </>}
        {text === "" ? t("console.not_known_here") : <time dateTime={time instanceof Date ? time.toISOString() : time ?? ""}>{text}</time>}
        {lsn === undefined ? null : <> · <span aria-label={t("console.entry_number", { lsn })}>{lsn}</span></>}
      </span>
    </>
  );
  const look = late ? "as-of late" : "as-of";
  return href === undefined ? <span class={look}>{inner}</span> : <a class={look} href={href}>{inner}</a>;
}

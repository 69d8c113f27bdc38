// The keys of a division: the epoch in force with its fingerprint, those before it, and the word by which
// it may no longer speak.
import { count } from "../money";
import { withNames } from "../parts/advice";
import { Marked, type Look } from "../parts/badge";
import { Fingerprint } from "../parts/fingerprint";
import { Facts, Panel } from "../parts/panel";
import { Trouble } from "../parts/problem";
import type { Epoch, EpochsAnswer } from "../shapes";
import { age, moment } from "../time";
import { useAnswer } from "../use_answer";
import { t } from "../words";

const SHOWN_MAX = 5; // former ones; a division has few

const looks: Record<string, Look> = {
  counts: { shape: "tick", tone: "ok" }, unconfirmed: { shape: "filling", tone: "warn" }, refused: { shape: "cross", tone: "bad" },
  over: { shape: "cross", tone: "quiet" }, former: { shape: "bars", tone: "quiet" },
};

const standingOf = (epoch: Epoch, isNewest: boolean): string =>
  epoch.standing !== "counts" ? epoch.standing : epoch.end !== null ? "over" : isNewest ? "counts" : "former";

/** How an epoch came about. */
const howOf = (epoch: Epoch): string =>
  t(epoch.epoch === 1 ? "console.epoch.first" : epoch.is_recovery ? (epoch.identity_is_new || epoch.channel_is_new ? "console.epoch.recovery" : "console.epoch.branch")
    : epoch.identity_is_new && epoch.channel_is_new ? "console.epoch.rotated" : epoch.channel_is_new ? "console.epoch.rotated_channel"
      : epoch.identity_is_new ? "console.epoch.rotated_identity" : "console.epoch.amended");

function Standing({ epoch, isNewest }: { epoch: Epoch; isNewest: boolean }) {
  const standing = standingOf(epoch, isNewest);
  return <Marked {...looks[standing]}>{t(`console.epoch.${standing}`)}</Marked>;
}

function Revoked({ by }: { by: NonNullable<EpochsAnswer["revoked"]> }) {
  return (
    <section class="revoked">
      <p><Marked shape="cross" tone="bad">{t("console.epoch.revoked", { by: withNames(by.by), time: moment(by.since) })}</Marked></p>
      <Facts rows={[
        [t("console.epoch.reason"), by.reason],
        [t("console.epoch.final"), by.final_epoch === 0 ? t("console.epoch.nothing_held")
          : <>{t("console.entry_number", { lsn: count(by.final_lsn) })} <code>{by.final_hash.slice(0, 4)}…{by.final_hash.slice(-4)}</code></>],
      ]} />
    </section>
  );
}

function Former({ rows }: { rows: Epoch[] }) {
  return rows.length === 0 ? null : (
    <ul class="epochs" aria-label={t("console.epoch.earlier")}>
      {rows.slice(0, SHOWN_MAX).map((row) => (
        <li key={row.epoch}>
          <span>{t("console.epoch.number", { epoch: row.epoch })} <span class="ink3">{howOf(row)} · {moment(row.since)}</span></span>
          <Standing epoch={row} isNewest={false} />
          <code class="ink2">{row.fingerprint.slice(0, 4)} … {row.fingerprint.slice(-4)}</code>
        </li>
      ))}
      {rows.length > SHOWN_MAX ? <li class="ink3">{t("console.epoch.more", { count: rows.length - SHOWN_MAX })}</li> : null}
    </ul>
  );
}

/** `version`: asked for again when it changes. */
export function Epochs({ code, version }: { code: string; version: unknown }) {
  const answer = useAnswer<EpochsAnswer>(`/divisions/${code}/epochs`, {}, undefined, version);
  const [newest, ...former] = answer.data?.rows ?? [];
  return (
    <Panel title={t("console.epoch.keys")} aside={newest === undefined ? null : <Standing epoch={newest} isNewest />}>
      {answer.problem === null ? null : <Trouble problem={answer.problem} retry={answer.again} />}
      {answer.data?.revoked == null ? null : <Revoked by={answer.data.revoked} />}
      {newest === undefined ? null : <>
        <p>{t("console.epoch.number", { epoch: newest.epoch })} · {howOf(newest)} · {t("console.epoch.since", { time: moment(newest.since), age: age((Date.now() - Date.parse(newest.since)) / 1000) })}</p>
        <Fingerprint text={newest.fingerprint} />
        <Former rows={former} />
      </>}
    </Panel>
  );
}

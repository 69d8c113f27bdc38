// An alarm: what, since when, its cause, its cure; and who takes care of it.
import { useState } from "preact/hooks";
import { post, Problem } from "../api";
import { may, person } from "../session";
import type { Alarm } from "../shapes";
import { moment } from "../time";
import { t } from "../words";
import { Advice, alarmWords, withNames } from "./advice";
import { Mark, type Shape, type Tone } from "./badge";
import { Trouble } from "./problem";
import { Silence } from "./silence";

export function lookOfAlarm(alarm: Alarm): { shape: Shape; tone: Tone } {
  return alarm.silenced !== null ? { shape: "bars", tone: "quiet" } : alarm.cleared !== null ? { shape: "tick", tone: "ok" }
    : alarm.severity === "critical" || alarm.severity === "error" ? { shape: "diamond", tone: "bad" }
      : alarm.severity === "warning" ? { shape: "triangle", tone: "warn" } : { shape: "clock", tone: "quiet" };
}

/** `plain`: on the page of its division, which says the rest. */
export function AlarmItem({ alarm, name, plain = false }: { alarm: Alarm; name?: string; plain?: boolean }) {
  const who = name ?? withNames(alarm.division ?? "");
  const text = alarmWords(alarm.text);
  return (
    <>
      <div class="item-head">
        <span class={`badge tone-${lookOfAlarm(alarm).tone}`}><Mark {...lookOfAlarm(alarm)} />
          <span>{plain || alarm.division === null ? null : <a href={`/map/${alarm.division}`}>{who}</a>}{text.startsWith(who) && !plain ? text.slice(who.length) : ` ${text}`}</span></span>
        <span class="when">{t("console.map.since", { time: moment(alarm.since) })}{alarm.acknowledged === null ? null
          : <> · {alarm.acknowledged_by === "" ? t("console.alarm.seen") : t("console.alarm.taken", { name: alarm.acknowledged_by })}</>}{alarm.silenced === null ? null
          : <> · {t("console.alarm.silent", { time: moment(alarm.silenced), name: alarm.silenced_by })}</>}</span>
      </div>
      {plain ? null : (
        <dl class="cause">
          {alarm.cause === undefined ? null : <><dt>{t("console.alarm.cause")}</dt><dd>{alarm.cause}</dd></>}
          {alarm.cure === undefined ? null : <><dt>{t("console.alarm.cure")}</dt><dd><Advice text={alarm.cure} /></dd></>}
          {alarm.count > 1 ? <><dt>{t("console.alarm.times")}</dt><dd>{alarm.count} · {moment(alarm.last)}</dd></> : null}
          {alarm.cleared === null ? null : <><dt>{t("console.alarm.end")}</dt><dd>{moment(alarm.cleared)}</dd></>}
        </dl>
      )}
    </>
  );
}

/** 我来处理: marks it with one's name, so that two do not run for it. An alarm that only a person can
 *  end is over with it. 静音 needs an end. */
export function Acknowledge({ alarm, done }: { alarm: Alarm; done: () => void }) {
  const [problem, setProblem] = useState<Problem | null>(null);
  const isTaken = alarm.acknowledged !== null;
  if ((isTaken && !alarm.may_be_silenced) || alarm.cleared !== null || (person.value !== null && !may("admin"))) {
    return null;
  }
  const act = (): void => {
    post(`/alarms/${alarm.id}/ack`).then(done).catch((failure: unknown) => {
      if (failure instanceof Problem) { setProblem(failure); }
    });
  };
  return (
    <div class="actions">
      {isTaken ? null : <button type="button" class="primary" onClick={act}>{t("console.alarm.take")}</button>}
      <Silence alarm={alarm} done={done} />
      {problem === null ? null : <Trouble problem={problem} />}
    </div>
  );
}

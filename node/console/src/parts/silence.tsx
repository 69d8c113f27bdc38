// 静音: off the first screens until a time, which is chosen; the alarm stays open and comes back by itself.
import { useState } from "preact/hooks";
import { post, Problem } from "../api";
import { may, person } from "../session";
import type { Alarm } from "../shapes";
import { moment } from "../time";
import { t } from "../words";
import { Dialog } from "./dialog";
import { Trouble } from "./problem";

const HOURS = [1, 8, 24, 72, 168];

export function Silence({ alarm, done }: { alarm: Alarm; done: () => void }) {
  const [isAsking, setAsking] = useState(false);
  const [hours, setHours] = useState("8");
  const [problem, setProblem] = useState<Problem | null>(null);
  if (!alarm.may_be_silenced || alarm.cleared !== null || (person.value !== null && !may("admin"))) {
    return null;
  }
  const until = new Date(Date.now() + Number(hours) * 3600000);
  const say = (time: Date | null): void => {
    post(`/alarms/${alarm.id}/silence`, { until: time === null ? null : `${time.toISOString().slice(0, 19)}Z` })
      .then(() => { setAsking(false); done(); })
      .catch((failure: unknown) => { if (failure instanceof Problem) { setProblem(failure); } });
  };
  if (alarm.silenced !== null) {
    return <button type="button" onClick={() => say(null)}>{t("console.alarm.hear")}</button>;
  }
  return (
    <>
      <button type="button" onClick={() => { setProblem(null); setAsking(true); }}>{t("console.alarm.silence")}</button>
      {!isAsking ? null : (
        <Dialog title={t("console.alarm.silence_of", { text: alarm.text })} onClose={() => setAsking(false)}
          foot={<><button type="button" onClick={() => setAsking(false)}>{t("console.cancel")}</button>
            <button type="submit" form="silence" class="primary">{t("console.alarm.silence_until", { time: moment(until.toISOString()) })}</button></>}>
          <form id="silence" class="form" onSubmit={(event) => { event.preventDefault(); say(until); }}>
            <p class="ink2">{t("console.alarm.silence_means")}</p>
            <label>{t("console.alarm.for_how_long")}<select value={hours} onChange={(e) => setHours(e.currentTarget.value)}>{HOURS.map((value) => (
              <option key={value} value={String(value)}>{value < 24 ? t("console.alarm.hours", { count: value }) : t("console.alarm.days", { count: value / 24 })}</option>))}</select></label>
            {problem === null ? null : <Trouble problem={problem} />}
          </form>
        </Dialog>
      )}
    </>
  );
}

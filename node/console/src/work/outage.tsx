// Off line is weather: work goes on, and the page says so.
import { status } from "../live";
import { shown } from "../money";
import { Mark } from "../parts/badge";
import { age } from "../time";
import { t } from "../words";

export function Outage() {
  const parent = status.value?.peers.find((peer) => peer.is_parent);
  if (parent === undefined || parent.state === "live" || parent.state === "catching_up" || parent.state === "greeting") {
    return null;
  }
  return (
    <section class="card weather">
      <Mark shape="struck" tone="warn" />
      <div><b>{t("console.work.cut")}</b>
        <p>{t("console.work.cut_waits", { name: parent.name ?? parent.division, age: age(parent.down_s), count: parent.behind_entries, amount: shown(parent.behind_amount) })}</p></div>
    </section>
  );
}

// New keys of this node: asked for, refused, or granted while somebody below does not know of them yet.
import { status } from "../live";
import type { Rotation } from "../shapes";
import { age } from "../time";
import { t } from "../words";
import { withNames } from "./advice";
import { Marked, type Look } from "./badge";
import { Panel } from "./panel";

const looks: Record<Rotation["state"], Look> = {
  asked: { shape: "filling", tone: "busy" }, former_served: { shape: "half", tone: "busy" }, refused: { shape: "cross", tone: "bad" },
};

const which = ({ identity, channel }: Rotation): string =>
  t(identity && channel ? "console.rotation.both" : channel ? "console.rotation.channel" : "console.rotation.identity");

/** Nothing at all while there is nothing to say. */
export function Rotating() {
  const rotation = status.value?.rotation ?? null;
  if (rotation === null) {
    return null;
  }
  const { state, epoch, unknown_to: unknown, unknown_to_count: all, since_s: since, reason } = rotation;
  return (
    <Panel title={t("console.rotation")} aside={<Marked {...looks[state]}>{t(`console.rotation.${state}`)}</Marked>}>
      <p>{t(`console.rotation.${state}.means`, { epoch, which: which(rotation), age: since === null ? "" : age(since), reason })}</p>
      {state !== "former_served" ? null : <>
        <p class="ink2">{t("console.rotation.unknown_to", { count: all })}</p>
        <ul class="names">{unknown.map((code) => <li key={code}><a href={`/map/${code}`}>{withNames(code)}</a> <span class="ink3">{code}</span></li>)}</ul>
      </>}
    </Panel>
  );
}

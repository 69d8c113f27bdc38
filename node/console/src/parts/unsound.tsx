// The store of this node is damaged, or what it lost is not all here: said above every page, so that no figure
// stands as if it were sound.
import { status } from "../live";
import { t } from "../words";
import { Advice } from "./advice";
import { Marked } from "./badge";

export const isUnsound = (): boolean => (status.value?.damaged ?? "") !== "";

export function Unsound() {
  return isUnsound() ? (
    <p class="notice alarming" role="alert"><Marked shape="diamond" tone="bad"><Advice text={t("console.unsound", { why: (status.value?.damaged ?? "").replace(/[。.]$/, "") })} /></Marked>{" "}
      <a href="/ops/store">{t("console.unsound.see")}</a></p>
  ) : null;
}

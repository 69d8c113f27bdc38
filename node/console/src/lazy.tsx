// A page whose script is fetched when somebody first goes there. Where it does not come the page says
// why, and what to do: the node is not reached, or has another version of the console by now.
import { signal, type Signal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";
import { get, Problem } from "./api";
import { isCut } from "./live";
import { Sentence } from "./parts/sentence";
import { t } from "./words";

export type Fetched<Of> = { is: "fetching" } | { is: "here"; page: Of } | { is: "unreached" } | { is: "replaced" };

/** Fetches once, and again after a failure when it is asked to. `reaches`: does the node answer? Where
 *  it does, and the script is not there, it is of a version that the node has no more. */
export function fetched<Of>(fetchPage: () => Promise<Of>, reaches: () => Promise<boolean>): { state: Signal<Fetched<Of>>; again: () => Promise<void> } {
  const state = signal<Fetched<Of>>({ is: "fetching" });
  let isRunning = false;
  const again = async (): Promise<void> => {
    if (isRunning || state.value.is === "here") {
      return;
    }
    isRunning = true;
    try {
      state.value = { is: "here", page: await fetchPage() };
    } catch {
      state.value = { is: await reaches() ? "replaced" : "unreached" };
    }
    isRunning = false;
  };
  return { state, again };
}

/** Any answer will do. */
const reachesNode = (): Promise<boolean> => get("/front").then(() => true,
  (failure: unknown) => failure instanceof Problem && failure.status !== 0);

function Missing({ state, again }: { state: "unreached" | "replaced"; again: () => Promise<void> }) {
  return (
    <>
      <Sentence state="fault">{t(`console.lazy.${state}`)}</Sentence>
      <div class="page">
        <div class="card"><div class="card-body" role="alert">
          <p>{t(`console.lazy.${state}.why`)}</p>
          <button type="button" class="primary" onClick={() => { if (state === "replaced") { location.reload(); } else { void again(); } }}>
            {t(state === "replaced" ? "console.lazy.reload" : "console.retry")}
          </button>
        </div></div>
      </div>
    </>
  );
}

export function lazy<P extends object>(fetchPage: () => Promise<ComponentType<P>>): ComponentType<P> {
  const { state, again } = fetched(fetchPage, reachesNode);
  return function Lazy(props: P) {
    useEffect(() => void again(), [isCut.value]); // also when the line is back
    const now = state.value;
    if (now.is === "here") {
      return <now.page {...props} />;
    }
    return now.is === "fetching" ? <Sentence state="unknown" busy>{t("console.loading")}</Sentence>
      : <Missing state={now.is} again={again} />;
  };
}

// The shell: bar, page, login over it, keys. Which address shows which page stands in one table.
import type { ComponentType } from "preact";
import { isLoggedOut } from "./api";
import { feedProblem, status } from "./live";
import { Bar } from "./parts/bar";
import { Keys } from "./parts/keys";
import { LiveRegion } from "./parts/live_region";
import { Sentence } from "./parts/sentence";
import { Unsound } from "./parts/unsound";
import { DivisionPage } from "./pages/division";
import { FindPage } from "./pages/find";
import { Login } from "./pages/login";
import { MapPage } from "./pages/map";
import { lazy } from "./lazy";
import { matches, place } from "./router";
import { t } from "./words";

export interface PageProps {
  parameters: Record<string, string>; // of the address: {code: "540121"}
  query: URLSearchParams;
}

// In the first script stand the map and what is one step from it; each other room is fetched when
// somebody goes there.
const WorkPage = lazy<PageProps>(() => import("./pages/work").then((room) => room.WorkPage));
const EntryPage = lazy<PageProps>(() => import("./pages/entry").then((room) => room.EntryPage));
const DraftPage = lazy<PageProps>(() => import("./pages/entry").then((room) => room.DraftPage));
const ImportPage = lazy<PageProps>(() => import("./work/sheet_page").then((room) => room.SheetPage));
const MoneyPage = lazy<PageProps>(() => import("./pages/money").then((room) => room.MoneyPage));
const DocumentPage = lazy<PageProps>(() => import("./pages/document").then((room) => room.DocumentPage));
const OpsPage = lazy<PageProps>(() => import("./pages/ops").then((room) => room.OpsPage));
const PeoplePage = lazy<PageProps>(() => import("./pages/people").then((room) => room.PeoplePage));
const HelpPage = lazy<PageProps>(() => import("./pages/help").then((room) => room.HelpPage));

const pages: [string, ComponentType<PageProps>][] = [
  ["/map", MapPage],
  ["/map/:code", DivisionPage],
  ["/money/:code", MoneyPage],
  ["/money", MoneyPage],
  ["/doc/:code/:id", DocumentPage],
  ["/work", WorkPage],
  ["/work/batch/:batch", WorkPage],
  ["/work/new/:kind", EntryPage],
  ["/work/draft/:id", DraftPage],
  ["/work/import", ImportPage],
  ["/ops/:tab", OpsPage],
  ["/people/:tab", PeoplePage],
  ["/help", HelpPage],
  ["/help/:word", HelpPage],
  ["/find", FindPage],
];

function NoSuchPage() {
  return <>
    <Sentence state="unknown">{t("console.no_such_page")}</Sentence>
    <div class="page"><p class="empty"><a href="/map">{t("console.nav.map")}</a></p></div>
  </>;
}

function Page() {
  const { path, query } = place.value;
  for (const [pattern, Component] of pages) {
    const parameters = matches(pattern, path);
    if (parameters !== null) {
      return <Component parameters={parameters} query={query} />;
    }
  }
  return <NoSuchPage />;
}

export function App() {
  const isFirst = isLoggedOut.value && status.value === null;
  if (isFirst) {
    return <><main id="main" tabIndex={-1}><Login /></main><LiveRegion /></>;
  }
  return (
    <>
      <a class="skip" href="#main" onClick={(event) => { event.preventDefault(); document.getElementById("main")?.focus(); }}>{t("console.skip")}</a>
      <Bar />
      <main id="main" tabIndex={-1}>
        {status.value?.stalled === true ? <p class="notice" role="alert">{status.value.notice}</p> : null}
        {status.value === null && feedProblem.value !== null ? <p class="notice" role="alert">{feedProblem.value.sentence || t("console.unreachable")}</p> : null}
        <Unsound />
        <Page />
      </main>
      {isLoggedOut.value ? <Login over /> : null}
      <Keys />
      <LiveRegion />
    </>
  );
}

// The bar on top: which node, the rooms, the search, who is here. On a narrow screen the rooms
// stand at the foot.
import { useState } from "preact/hooks";
import { loadTexts } from "../api";
import { cutAt, isCut, lastFed, status } from "../live";
import { go, place } from "../router";
import { logout, may, person, setTheme, theme, type Theme } from "../session";
import { timeOf } from "../time";
import { inboxCount } from "../waiting";
import { language, t, word } from "../words";
import { Mark } from "./badge";

export const rooms = ["map", "money", "work", "ops", "people", "help"] as const;
export type Room = (typeof rooms)[number];

const addressOf: Record<Room, () => string> = {
  map: () => "/map",
  money: () => `/money/${status.value?.division ?? ""}`,
  work: () => "/work",
  ops: () => "/ops/links",
  people: () => "/people/users",
  help: () => "/help",
};

/** What a person may use. Before anybody is known, all that only reads. */
function seen(room: Room): boolean {
  return room !== "work" || person.value === null || may("maker") || may("checker");
}

export function Logo() {
  return (
    <svg class="logo" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" fill="none"
      stroke="currentColor" stroke-width="2" stroke-linecap="round">
      <path d="M8.500 7.500c2-1.700 5-1.700 7 0" /><path d="M5 13c4-3.200 10-3.200 14 0" />
      <path d="M1.500 19c6-4.700 15-4.700 21 0" stroke="var(--terrace)" />
    </svg>
  );
}

function Rooms({ at }: { at: string }) {
  const waits = inboxCount.value;
  return (
    <nav class="rooms" aria-label={t("console.nav")}>
      {rooms.filter(seen).map((room) => (
        <a key={room} href={addressOf[room]()} aria-current={at === room ? "page" : undefined}>
          {t(`console.nav.${room}`)}
          {room === "work" && waits > 0 ? <span class="pill" aria-label={t("console.nav.waiting", { count: waits })}>{waits}</span> : null}
        </a>
      ))}
    </nav>
  );
}

/** A code of a division, or an id: where it leads is told by the node. */
function Search({ id, onFind }: { id: string; onFind?: () => void }) {
  const [text, setText] = useState("");
  const find = (event: Event): void => {
    event.preventDefault();
    const wanted = text.trim();
    if (wanted !== "") {
      go(`/find?q=${encodeURIComponent(wanted)}`);
      onFind?.();
    }
  };
  return (
    <form class="search" role="search" onSubmit={find}>
      <svg viewBox="0 0 14 14" width="14" height="14" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="1.500">
        <circle cx="6" cy="6" r="4" /><path d="M9 9l4 4" /></svg>
      <input id={id} type="search" value={text} placeholder={t("console.search.hint")} aria-label={t("console.search")}
        onInput={(event) => setText(event.currentTarget.value)} />
      <kbd aria-hidden="true">/</kbd>
    </form>
  );
}

function Who() {
  const [isOpen, setOpen] = useState(false);
  const who = person.value;
  const roles = (who?.roles ?? []).map((role) => word(`console.role.${role}`, role)).join(" ");
  const themes: Theme[] = ["auto", "light", "dark"];
  return (
    <div class="who" onKeyDown={(event) => { if (event.key === "Escape") { setOpen(false); } }}
      onFocusOut={(event) => { if (!event.currentTarget.contains(event.relatedTarget as Node | null)) { setOpen(false); } }}>
      <button type="button" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        <b>{who?.name ?? t("console.nobody")}</b><span>{roles}</span>
      </button>
      {isOpen ? (
        <div class="menu">
          <div class="menu-search"><Search id="search-below" onFind={() => setOpen(false)} /></div>
          <div class="menu-row" role="group" aria-label={t("console.language")}>
            <button type="button" lang="zh" aria-pressed={language.value === "zh"} onClick={() => void loadTexts("zh")}>中文</button>
            <button type="button" lang="en" aria-pressed={language.value === "en"} onClick={() => void loadTexts("en")}>English</button>
          </div>
          <div class="menu-row" role="group" aria-label={t("console.theme")}>
            {themes.map((value) => (
              <button key={value} type="button" aria-pressed={theme.value === value} onClick={() => setTheme(value)}>{t(`console.theme.${value}`)}</button>
            ))}
          </div>
          {who === null ? null : <button type="button" class="menu-item" onClick={() => void logout()}>{t("console.logout")}</button>}
        </div>
      ) : null}
    </div>
  );
}

/** On a narrow screen: how current the page is, and the link to the level above, where there is one. */
function Above() {
  const fed = cutAt.value ?? lastFed.value;
  const time = fed === null ? "" : timeOf(fed).slice(0, 5);
  const parent = status.value?.peers.find((peer) => peer.is_parent);
  if (isCut.value) {
    return <span class="above"><Mark shape="struck" tone="warn" />{time} {t("console.above.stands")}</span>;
  }
  if (parent === undefined) {
    return <span class="above">{time}</span>;
  }
  const isUp = parent.state === "live" || parent.state === "catching_up";
  return <span class="above"><Mark shape={isUp ? "disc" : "struck"} tone={isUp ? "ok" : "warn"} />{time} {t(isUp ? "console.feed.up" : "console.above.down", { name: parent.name ?? parent.division })}</span>;
}

export function Bar() {
  const at = place.value.path.split("/")[1];
  const room = at === "doc" ? "money" : at;
  return (
    <header class="bar">
      <div class="bar-in">
        <a class="mark-name" href="/map" aria-label={t("console.name")}><Logo /><b>{t("console.name")}</b></a>
        <span class="division"><b>{status.value?.name ?? ""}</b> <span>{status.value?.division ?? ""}</span></span>
        <Rooms at={room} />
        <Search id="search" />
        <Above />
        <Who />
      </div>
    </header>
  );
}

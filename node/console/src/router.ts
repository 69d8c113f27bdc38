// Addresses: all state of a page is in its address, so that each can be sent to a colleague.
import { signal } from "@preact/signals";

export interface Place {
  path: string; // "/map/540121"
  query: URLSearchParams;
}

const here = (): Place => ({
  path: location.pathname === "/" ? "/map" : location.pathname,
  query: new URLSearchParams(location.search),
});

export const place = signal<Place>(here());

/** Goes to an address of the console. `replace`: the former is not worth going back to. */
export function go(address: string, replace = false): void {
  if (address !== location.pathname + location.search) {
    history[replace ? "replaceState" : "pushState"](null, "", address);
  }
  const before = place.value.path;
  place.value = here();
  if (place.value.path !== before) {
    scrollTo(0, 0);
    document.getElementById("main")?.focus({ preventScroll: true });
  }
}

/** Changes members of the query; null takes one out. */
export function ask(members: Record<string, string | null>): void {
  const query = new URLSearchParams(place.value.query);
  for (const [name, value] of Object.entries(members)) {
    if (value === null || value === "") {
      query.delete(name);
    } else {
      query.set(name, value);
    }
  }
  const text = query.toString();
  go(place.value.path + (text === "" ? "" : `?${text}`), true);
}

/** An address of another page of the same moment. */
export function sameMoment(address: string): string {
  const at = place.value.query.get("at");
  return at === null ? address : `${address}?at=${encodeURIComponent(at)}`;
}

/** "/money/:code" on "/money/540000": {code: "540000"}; null when it is another. */
export function matches(pattern: string, path: string): Record<string, string> | null {
  const [wanted, given] = [pattern.split("/"), path.split("/")];
  if (wanted.length !== given.length) {
    return null;
  }
  const parameters: Record<string, string> = {};
  for (let i = 0; i < wanted.length; i++) {
    if (wanted[i].startsWith(":")) {
      try {
        parameters[wanted[i].slice(1)] = decodeURIComponent(given[i]);
      } catch {
        return null;
      }
    } else if (wanted[i] !== given[i]) {
      return null;
    }
  }
  return parameters;
}

/** Links within the console change the place; others, and those with a key held, are the browser's. */
export function followLinks(): void {
  addEventListener("popstate", () => { place.value = here(); });
  document.addEventListener("click", (event) => {
    const link = (event.target as Element).closest?.("a[href]") as HTMLAnchorElement | null;
    if (link === null || event.defaultPrevented || event.button !== 0 || event.metaKey ||
        event.ctrlKey || event.shiftKey || event.altKey || link.target !== "" ||
        link.hasAttribute("download") || link.origin !== location.origin ||
        link.pathname.startsWith("/api/") || link.getAttribute("href")?.startsWith("#")) {
      return;
    }
    event.preventDefault();
    go(link.pathname + link.search);
  });
}

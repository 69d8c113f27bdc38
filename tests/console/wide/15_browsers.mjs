// What fifty browsers cost a node at which nothing happens: four are Chromium's pages, the others do over connections of
// their own what such a page was seen to do.
import { act, close, need, open, settled, told } from "../browser.mjs";
import { Follower, record } from "./followers.mjs";
import { ADMIN } from "./views.mjs";

const BROWSERS = 50;
const PAGES = 4;
const RECORD_S = 30; // the rarest question comes every fifteen
const FOLLOWERS = ["扎西", "德吉"];

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** CPU of so many seconds, as a share of a core, and the most memory in them. */
async function spent(division, seconds) {
  const before = await act("memory", division);
  const began = Date.now();
  let most = before.rss_kib;
  while (Date.now() - began < seconds * 1000) {
    await sleep(1000);
    most = Math.max(most, (await act("memory", division)).rss_kib);
  }
  const after = await act("memory", division);
  return { core: (after.cpu_s - before.cpu_s) / ((Date.now() - began) / 1000), mib: most / 1024 };
}

async function openPages(division) {
  const pages = [];
  for (let i = 0; i < PAGES; i++) {
    const page = await open(division, { user: ADMIN });
    await page.goto("/map");
    await settled(page);
    pages.push(page);
  }
  return pages;
}

async function browse(division, what, bounds) {
  const { url, people } = { ...told.nodes[division], people: told.people[division] };
  await act("known", division);
  const seen = await open(division, { user: ADMIN });
  const script = await record(seen, url, RECORD_S);
  await close(seen, "a page that is watched");
  console.log(`     a page asks ${(script.asked.length / RECORD_S).toFixed(1)} times a second`);
  need(script.asked.length + script.standing.length > 0, "a page with a live view asks for something");
  const alone = await spent(division, told.seconds);
  const followers = [];
  for (let i = 0; i < BROWSERS - PAGES; i++) {
    const name = FOLLOWERS[i % FOLLOWERS.length];
    followers.push(await Follower.login(url, name, people[name].password));
  }
  const pages = await openPages(division);
  followers.forEach((follower, i) => follower.start(script, (i * RECORD_S * 1000) / followers.length));
  await sleep(RECORD_S * 1000); // until each has begun
  const watched = await spent(division, told.seconds);
  const answers = followers.map(({ answered }) => answered);
  const failures = followers.flatMap(({ failures }) => failures);
  followers.forEach((follower) => follower.end());
  for (const page of pages) {
    await close(page, "one of fifty");
  }
  need(failures.length === 0, `${failures.length} answers that are none: ${failures.slice(0, 3).join("; ")}`);
  need(Math.min(...answers) > 0, "somebody had no answer");
  const percent = (core) => Math.round(1000 * core) / 10;
  await act("figure", `the daemon alone, ${what}`, percent(alone.core), "% of a core");
  await act("figure", `with fifty browsers, ${what}`, percent(watched.core), "% of a core", bounds.core ?? {});
  await act("figure", `memory they cost, ${what}`, Math.round(10 * (watched.mib - alone.mib)) / 10, "MiB", bounds.mib ?? {});
}

export const steps = {
  "fifty browsers cost a region at rest little": () =>
    browse("540000", "82 divisions", { core: { most: 5 }, mib: { most: 64 } }),
  ...(told.judge ? { "fifty browsers at a country": () => browse("100000", "3,214 divisions", { mib: { most: 64 } }) } : {}),
};

// followers - what a page of the console asks for by itself, noted from a real one, and asked over and over by others.
import { Agent, request } from "node:https";
import { settled } from "../browser.mjs";

const CONNECTIONS = 6; // that a browser keeps to one host
const DROPPED = new Set(["cookie", "host", "connection", "if-none-match", "content-length"]);

/** {asked, standing}: each {at, path, headers}; `at` in ms of the seconds watched, `standing` those without an end. */
export async function record(page, url, seconds) {
  const open = new Set();
  const asked = [];
  let from = null;
  page.on("request", (sent) => {
    open.add(sent);
    if (from !== null && sent.method() === "GET") {
      asked.push({ at: Date.now() - from, sent });
    }
  });
  const over = (sent) => open.delete(sent);
  page.on("requestfinished", over);
  page.on("requestfailed", over);
  await page.goto("/map");
  await settled(page);
  await page.waitForTimeout(3000); // what it asks for only once is behind it
  const before = [...open];
  from = Date.now();
  await page.waitForTimeout(seconds * 1000);
  const written = (sent, at) => ({
    at, path: sent.url().slice(url.length),
    headers: Object.fromEntries(Object.entries(sent.headers()).filter(([name]) => !DROPPED.has(name) && !name.startsWith(":"))),
  });
  const standing = before.filter((sent) => open.has(sent)).map((sent) => written(sent, 0));
  return { seconds, standing, asked: asked.filter(({ at }) => at < seconds * 1000).map(({ at, sent }) => written(sent, at)) };
}

/** One browser's worth: a session, and connections of its own. */
export class Follower {
  constructor(url, cookie) {
    this.url = url;
    this.cookie = cookie;
    this.agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS, rejectUnauthorized: false });
    this.tags = new Map();
    this.answered = 0;
    this.failures = [];
    this.timers = new Set();
    this.sent = new Set();
    this.isOver = false;
  }

  static async login(url, name, password) {
    const body = JSON.stringify({ name, password });
    const answer = await new Promise((resolve, reject) => {
      request(`${url}/api/v1/login`, {
        method: "POST", rejectUnauthorized: false,
        headers: { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body), "Terrace-Request": "1", Origin: url },
      }, (got) => { got.resume(); got.on("end", () => resolve(got)); }).on("error", reject).end(body);
    });
    const cookie = (answer.headers["set-cookie"] ?? []).map((line) => line.split(";")[0]).join("; ");
    if (answer.statusCode >= 300 || cookie === "") {
      throw new Error(`${name} cannot log in: ${answer.statusCode}`);
    }
    return new Follower(url, cookie);
  }

  /** As the cache of a browser does: what had a tag is asked for with it. */
  ask({ path, headers }) {
    const tag = this.tags.get(path);
    const sent = request(this.url + path, {
      agent: this.agent, headers: { ...headers, cookie: this.cookie, ...(tag === undefined ? {} : { "if-none-match": tag }) },
    }, (answer) => {
      if (answer.statusCode >= 400) {
        this.failures.push(`${path}: ${answer.statusCode}`);
      }
      if (answer.headers.etag !== undefined) {
        this.tags.set(path, answer.headers.etag);
      }
      answer.resume();
      answer.on("end", () => { this.answered++; this.sent.delete(sent); });
      answer.on("error", (failure) => this.fail(path, failure));
    });
    sent.on("error", (failure) => this.fail(path, failure));
    this.sent.add(sent);
    sent.end();
  }

  fail(path, failure) {
    if (!this.isOver) {
      this.failures.push(`${path}: ${failure.message}`);
    }
  }

  later(ms, act) {
    const timer = setTimeout(() => { this.timers.delete(timer); act(); }, ms);
    this.timers.add(timer);
  }

  start(script, delay) {
    const turn = () => {
      script.asked.forEach((asked) => this.later(asked.at, () => this.ask(asked)));
      this.later(script.seconds * 1000, turn);
    };
    this.later(delay, () => { script.standing.forEach((asked) => this.ask(asked)); turn(); });
  }

  end() {
    this.isOver = true;
    this.timers.forEach(clearTimeout);
    this.sent.forEach((sent) => sent.destroy());
    this.agent.destroy();
  }
}

// The line to the node: events in any pieces, going on where it was, and what is asked for again when.
import "./browser";
import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { backOffMs, eventReader, follow, type Follower } from "../src/feed";
import { isDue, isOfTheLog } from "../src/rhythm";

const line = (position: string, entries: number): string =>
  `event: mark\nid: ${position}\ndata: ${JSON.stringify({ position, entries, divisions: ["540121"] })}\n\n`;

test("events are told whole, however the stream is cut", () => {
  const stream = `: \n\n${line("7-00", 0)}: \n\n${line("9-00", 2)}`;
  for (let size = 1; size < stream.length; size++) {
    const read = eventReader();
    const told = [];
    for (let at = 0; at < stream.length; at += size) {
      told.push(...read(stream.slice(at, at + size)));
    }
    assert.deepEqual(told.map(({ event, id }) => `${event} ${id}`), ["mark 7-00", "mark 9-00"], `pieces of ${size}`);
    assert.deepEqual(JSON.parse(told[1].data).entries, 2);
  }
});

test("each further failure waits longer, up to a bound, and never all at one moment", () => {
  assert.equal(backOffMs(0, 1), 0);
  const longest = [1, 2, 3, 4, 5, 6, 7, 20].map((failures) => backOffMs(failures, 1));
  assert.deepEqual(longest, [500, 1000, 2000, 4000, 8000, 16000, 30000, 30000]);
  assert.equal(backOffMs(3, 0), 1000);
});

/** A node that answers each request by the next of `answers`; what each said that it has read. */
async function node(answers: ((answer: ServerResponse) => void)[]) {
  const last: (string | undefined)[] = [];
  const server = createServer((request: IncomingMessage, answer: ServerResponse) => {
    last.push(request.headers["last-event-id"] as string | undefined);
    assert.equal(request.url, "/api/v1/changes/marks");
    assert.equal(request.headers.accept, "text/event-stream");
    assert.equal(request.headers["terrace-background"], "1", "following keeps a session alive");
    (answers[last.length - 1] ?? (() => undefined))(answer);
  });
  await new Promise<void>((resume) => server.listen(0, "127.0.0.1", resume));
  const plain = globalThis.fetch;
  const { port } = server.address() as AddressInfo;
  globalThis.fetch = ((path: string, init: RequestInit) => plain(`http://127.0.0.1:${port}${path}`, init)) as typeof fetch;
  return { last, close: () => { globalThis.fetch = plain; server.closeAllConnections(); server.close(); } };
}

const streams = (text: string, isCut: boolean) => (answer: ServerResponse): void => {
  answer.writeHead(200, { "Content-Type": "text/event-stream; charset=utf-8" });
  answer.write(text, () => { if (isCut) { setTimeout(() => answer.destroy(), 20); } else { answer.end(); } });
};

const refuses = (status: number, code: string) => (answer: ServerResponse): void => {
  answer.writeHead(status, { "Content-Type": "application/problem+json" });
  answer.end(JSON.stringify({ code, title: code, status }));
};

test("a line that ends, or is cut, goes on behind what was heard; a position that is lost begins anew", async () => {
  const { last, close } = await node([
    streams(line("5-00", 0) + line("7-00", 2), false), streams(line("8-00", 1), true), refuses(409, "position_lost"), streams(line("3-00", 0), false),
  ]);
  const said: string[] = [];
  const end = new AbortController();
  const to: Follower = {
    mark: ({ position, entries }) => { said.push(`${position} ${entries}`); if (position === "3-00") { end.abort(); } },
    beat: () => undefined, lost: () => said.push("lost"), down: () => said.push("down"),
  };
  await follow(to, end.signal);
  close();
  assert.deepEqual(last, [undefined, "7-00", "8-00", undefined]);
  assert.deepEqual(said, ["5-00 0", "7-00 2", "down", "8-00 1", "down", "lost", "down", "3-00 0"]);
});

test("with a line an answer is asked for again when something moved, at its pace, or when it is old", () => {
  const cases: [boolean, boolean, number, boolean][] = [
    [false, false, 9999, false], [false, false, 10000, true],
    [true, true, 9999, false], [true, true, 10000, true],
    [true, false, 10000, false], [true, false, 300000, true],
  ];
  for (const [isFollowed, hasMoved, ms, want] of cases) {
    assert.equal(isDue({ isFollowed, hasMoved, ms }, 10000, 300000), want, `${isFollowed} ${hasMoved} ${ms}`);
  }
  assert.ok(["/report/chain", "/money", "/money/months", "/balance", "/lines"].every(isOfTheLog));
  assert.ok(["/alarms", "/sessions", "/moneys", "/documents"].every((path) => !isOfTheLog(path)));
});

// What the bundler made: how much a view costs over the line, and that all that is named is there.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

const FIRST_BYTES_MAX = 64 * 1024; // of scripts, packed: what every view begins with
const VIEW_BYTES_MAX = 80 * 1024; // ... and with the room that it shows

const directory = process.env.CONSOLE_BUNDLE ?? "";
const read = (name: string): string => readFileSync(join(directory, name), "utf8");
const assets = [...read("assets.def").matchAll(/^ASSET\((\w+), "([^"]+)", "[^"]+", "(\w+)", (true|false), "([^"]+)\.gz"/gm)]
  .map(([, symbol, path, tag, hashed, file]) => ({ symbol, path, tag, hashed: hashed === "true", file }));
const scripts = assets.filter(({ path }) => path.endsWith(".js"));

test("no view costs more over the line than it may", () => {
  const sizes = JSON.parse(read("sizes.json")) as { first: number; rooms: Record<string, number>; total: number };
  console.log(JSON.stringify(sizes));
  assert.ok(sizes.first < FIRST_BYTES_MAX, `${sizes.first} bytes before anything is shown`);
  for (const [room, bytes] of Object.entries(sizes.rooms)) {
    assert.ok(sizes.first + bytes < VIEW_BYTES_MAX, `${room}: ${sizes.first} and ${bytes} bytes`);
  }
  for (const room of ["help", "people", "ops", "sheet_page", "work", "entry", "money", "document"]) {
    assert.ok(sizes.rooms[room] > 0, `${room} stands in the first script`);
  }
});

test("every script that is imported is an asset, and none imports the first, whose address has a query", () => {
  const paths = new Set(scripts.map(({ path }) => path));
  for (const { file } of scripts) {
    const imported = [...read(file).matchAll(/(?:from|import)\s*\(?\s*"\.\/([^"]+)"/g)].map(([, name]) => name);
    for (const name of imported) {
      assert.ok(paths.has(`/assets/${name}`), `${file} imports ${name}`);
      assert.notEqual(name, "app.js", file);
    }
  }
  assert.ok(scripts.length > 8, "each room has a script");
});

test("a path with a hash never becomes another; the others are named with their tag by the page", () => {
  const page = read("index.html");
  assert.equal(new Set(assets.map(({ symbol }) => symbol)).size, assets.length);
  for (const { path, tag, hashed } of assets.filter(({ path }) => path !== "/")) {
    assert.equal(hashed, /\.[0-9A-Z]{8}\.js$/.test(path), path);
    assert.ok(hashed || page.includes(`"${path}?${tag}"`), `${path} is not named with ${tag}`);
  }
});

// Bundles the unit tests of the console and runs them under node's own test runner.
//
//   node test.mjs DIRECTORY
import { build } from "esbuild";
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";

const here = import.meta.dirname ?? new URL(".", import.meta.url).pathname;
const to = process.argv[2];
if (to === undefined) {
  console.error("usage: node test.mjs DIRECTORY");
  process.exit(2);
}
mkdirSync(to, { recursive: true });
const names = readdirSync(join(here, "tests")).filter((name) => name.endsWith(".test.ts"));
await build({
  absWorkingDir: here,
  entryPoints: names.map((name) => join("tests", name)),
  outdir: to,
  outExtension: { ".js": ".mjs" },
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node18",
  logLevel: "warning",
});
const files = names.map((name) => join(to, name.replace(/\.ts$/, ".mjs")));
process.exit(spawnSync(process.execPath, ["--test", ...files], { stdio: "inherit" }).status ?? 1);

// Bundles the console into a directory: index.html, app.js and app.css, each packed by gzip, and
// assets.def, which lists them for assets.c.
//
//   node build.mjs DIRECTORY
import { build } from "esbuild";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const here = import.meta.dirname ?? new URL(".", import.meta.url).pathname;
const to = process.argv[2];
if (to === undefined) {
  console.error("usage: node build.mjs DIRECTORY");
  process.exit(2);
}
mkdirSync(to, { recursive: true });

const bundle = await build({
  absWorkingDir: here,
  entryPoints: { app: "src/main.tsx" },
  outdir: to,
  bundle: true,
  minify: true,
  write: false,
  format: "esm",
  target: "es2022",
  jsx: "automatic",
  jsxImportSource: "preact",
  legalComments: "none",
  charset: "utf8",
});

const tagOf = (bytes) => createHash("sha256").update(bytes).digest("hex").slice(0, 16);
const files = bundle.outputFiles.map(({ path, contents }) => ({
  name: path.slice(path.lastIndexOf("/") + 1),
  bytes: Buffer.from(contents),
}));

// A page names what it was built with, so that no browser pairs it with another build's script.
let page = readFileSync(join(here, "index.html"), "utf8");
for (const { name, bytes } of files) {
  page = page.replace(`/assets/${name}`, `/assets/${name}?${tagOf(bytes)}`);
}
files.unshift({ name: "index.html", bytes: Buffer.from(page) });

const types = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
};
const rows = files.map(({ name, bytes }) => {
  const packed = gzipSync(bytes, { level: 9 });
  const [stem, ending] = name.split(".");
  writeFileSync(join(to, name), bytes);
  writeFileSync(join(to, `${name}.gz`), packed);
  console.log(`${name}: ${bytes.length} bytes, ${packed.length} packed`);
  const path = name === "index.html" ? "/" : `/assets/${name}`;
  return `ASSET(${stem}_${ending}, "${path}", "${types[ending]}", "${tagOf(bytes)}", "${name}.gz", ${packed.length}, ${bytes.length})\n`;
});
writeFileSync(join(to, "assets.def"), rows.join(""));

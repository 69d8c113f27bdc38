// Bundles the console into a directory: index.html, app.js with the scripts of its rooms, and app.css,
// each packed by gzip; assets.def, which lists them for assets.c; and sizes.json.
//
//   node build.mjs DIRECTORY
//
// A room's script is fetched when somebody goes there (src/lazy.tsx). What counts against a budget is
// what a view costs over the line, packed: `first` is what every view begins with (app.js and what it
// imports), `rooms` what each further room adds, `total` all scripts together.
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
  splitting: true,
  chunkNames: "[name].[hash]",
  minify: true,
  metafile: true,
  write: false,
  format: "esm",
  target: "es2022",
  jsx: "automatic",
  jsxImportSource: "preact",
  legalComments: "none",
  charset: "utf8",
});

const nameOf = (path) => path.slice(path.lastIndexOf("/") + 1);
const tagOf = (bytes) => createHash("sha256").update(bytes).digest("hex").slice(0, 16);
const files = bundle.outputFiles.map(({ path, contents }) => ({ name: nameOf(path), bytes: Buffer.from(contents) }));

// A style of a room would not be fetched with its script: they all stand in main.tsx.
const strayStyle = files.find(({ name }) => name.endsWith(".css") && name !== "app.css");
if (strayStyle !== undefined) {
  console.error(`${strayStyle.name}: import the style in src/main.tsx`);
  process.exit(1);
}

// --- who imports whom ---

const outputs = new Map(Object.entries(bundle.metafile.outputs).map(([path, of]) => [nameOf(path), of]));

/** A script and all that it needs before it runs. */
function needed(name, found = new Set()) {
  if (!found.has(name)) {
    found.add(name);
    outputs.get(name).imports.filter(({ kind }) => kind === "import-statement").forEach(({ path }) => needed(nameOf(path), found));
  }
  return found;
}
const first = needed("app.js");
const rooms = [...outputs].filter(([name, { entryPoint }]) => entryPoint !== undefined && name.endsWith(".js") && name !== "app.js").map(([name]) => name);

// --- the page ---

// It names what it was built with, so that no browser pairs it with another build's script.
let page = readFileSync(join(here, "index.html"), "utf8");
const stamped = new Set(["app.js", "app.css"]);
for (const { name, bytes } of files.filter(({ name }) => stamped.has(name))) {
  page = page.replace(`/assets/${name}`, `/assets/${name}?${tagOf(bytes)}`);
}
const ahead = [...first].filter((name) => name !== "app.js").map((name) => `<link rel="modulepreload" href="/assets/${name}">\n`);
page = page.replace("</head>", `${ahead.join("")}</head>`);
files.unshift({ name: "index.html", bytes: Buffer.from(page) });

// --- what is written ---

const types = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
};
const packed = new Map(files.map(({ name, bytes }) => [name, gzipSync(bytes, { level: 9 })]));
const rows = files.map(({ name, bytes }) => {
  const gzip = packed.get(name);
  writeFileSync(join(to, name), bytes);
  writeFileSync(join(to, `${name}.gz`), gzip);
  const path = name === "index.html" ? "/" : `/assets/${name}`;
  const hashed = name !== "index.html" && !stamped.has(name);
  return `ASSET(${name.replace(/\W/g, "_")}, "${path}", "${types[name.slice(name.lastIndexOf(".") + 1)]}", "${tagOf(bytes)}", ${hashed}, "${name}.gz", ${gzip.length}, ${bytes.length})\n`;
});
writeFileSync(join(to, "assets.def"), rows.join(""));

const sum = (names) => [...names].reduce((bytes, name) => bytes + packed.get(name).length, 0);
const sizes = {
  first: sum(first),
  rooms: Object.fromEntries(rooms.map((name) => [name.split(".")[0], sum([...needed(name)].filter((one) => !first.has(one)))])),
  total: sum(files.map(({ name }) => name).filter((name) => name.endsWith(".js"))),
  style: sum(["app.css"]),
};
writeFileSync(join(to, "sizes.json"), `${JSON.stringify(sizes, null, 2)}\n`);
console.log(`scripts, packed: ${sizes.first} bytes first, ${sizes.total} in all`);

// run - drives a browser through the steps: each file of steps/, or of another folder that is told, has
// some, tried in the order of names.
//
//   export const steps = { "a sentence that says what is shown": async () => { ... } };
import { readdirSync } from "node:fs";
import { browser, told } from "./browser.mjs";

const only = process.argv.slice(3);
let failures = 0;

const folder = told.steps ?? "steps";
for (const file of readdirSync(new URL(`${folder}/`, import.meta.url)).filter((name) => /^\d.*\.mjs$/.test(name)).sort()) {
  const { steps } = await import(`./${folder}/${file}`);
  for (const [name, step] of Object.entries(steps)) {
    if (only.length > 0 && !only.some((part) => name.includes(part) || file.includes(part))) {
      continue;
    }
    const began = Date.now();
    try {
      await step();
      console.log(`ok   ${name} (${((Date.now() - began) / 1000).toFixed(1)} s)`);
    } catch (failure) {
      failures++;
      console.log(`FAIL ${file}: ${name}: ${failure.stack ?? failure}`);
    }
  }
}
await browser.close();
process.exit(failures === 0 ? 0 : 1);

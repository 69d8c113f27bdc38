// What is measured of the console itself. How it fares with many divisions and browsers: wide/.
import { statSync } from "node:fs";
import { join } from "node:path";
import { need, told } from "../browser.mjs";

const SCRIPT_BYTES_MAX = 80 * 1024;

export const steps = {
  "the script is small": () => {
    const { size } = statSync(join(told.build, "console", "app.js.gz"));
    console.log(`     ${size} bytes packed`);
    need(size < SCRIPT_BYTES_MAX, `the script has ${size} bytes packed`);
  },
};

// A token's QR code is read back by another program's reader, in each size that a token may need.
import assert from "node:assert/strict";
import { test } from "node:test";
import jsQR from "jsqr";
import { qr } from "../src/qr";

/** As a camera would have it: four modules of white around, three pixels a module. */
function picture(rows: boolean[][]): { data: Uint8ClampedArray; width: number } {
  const [quiet, size] = [4, 3];
  const width = (rows.length + 2 * quiet) * size;
  const data = new Uint8ClampedArray(width * width * 4).fill(255);
  rows.forEach((row, y) => row.forEach((dark, x) => {
    for (let i = 0; dark && i < size * size; i++) {
      const at = 4 * (((y + quiet) * size + Math.floor(i / size)) * width + (x + quiet) * size + (i % size));
      data.fill(0, at, at + 3);
    }
  }));
  return { data, width };
}

test("what is written is read", () => {
  for (const bytes of [1, 40, 105, 213, 340, 512, 1000]) {
    const text = `TERRACE1-${"abcXYZ019_-".repeat(100).slice(0, bytes)}`;
    const { data, width } = picture(qr(text));
    assert.equal(jsQR(data, width, width)?.data, text, `${bytes} bytes`);
  }
});

test("what is too long is said to be", () => {
  assert.throws(() => qr("x".repeat(2400)), RangeError);
});

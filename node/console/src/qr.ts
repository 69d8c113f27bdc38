// A QR code of a text (ISO/IEC 18004): bytes, error correction M, the mask by the standard's penalty.
// Returned as rows of modules, true for dark, without the quiet zone.

const ECC_PER_BLOCK = [0, 10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26, 26, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28];
const BLOCKS = [0, 1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16, 17, 17, 18, 20, 21, 23, 25, 26, 28, 29, 31, 33, 35, 37, 38, 40, 43, 45, 47, 49];
const VERSION_MAX = 40;

/** Modules that carry bits, of a version. */
function rawModules(version: number): number {
  let count = (16 * version + 128) * version + 64;
  if (version >= 2) {
    const aligns = Math.floor(version / 7) + 2;
    count -= (25 * aligns - 10) * aligns - 55;
    count -= version >= 7 ? 36 : 0;
  }
  return count;
}

const dataBytes = (version: number): number =>
  Math.floor(rawModules(version) / 8) - ECC_PER_BLOCK[version] * BLOCKS[version];

// --- Reed-Solomon over GF(2^8), polynomial 0x11d ---

function times(a: number, b: number): number {
  let product = 0;
  for (let bit = 7; bit >= 0; bit--) {
    product = (product << 1) ^ ((product >>> 7) * 0x11d);
    product ^= ((b >>> bit) & 1) * a;
  }
  return product;
}

function divisor(degree: number): number[] {
  const result: number[] = new Array(degree).fill(0);
  result[degree - 1] = 1;
  let root = 1;
  for (let i = 0; i < degree; i++) {
    for (let j = 0; j < degree; j++) {
      result[j] = times(result[j], root) ^ (j + 1 < degree ? result[j + 1] : 0);
    }
    root = times(root, 2);
  }
  return result;
}

function remainder(data: number[], by: number[]): number[] {
  const result: number[] = new Array(by.length).fill(0);
  for (const byte of data) {
    const factor = byte ^ (result.shift() as number);
    result.push(0);
    by.forEach((coefficient, i) => { result[i] ^= times(coefficient, factor); });
  }
  return result;
}

// --- from bytes to codewords ---

function packed(bytes: Uint8Array, version: number): number[] {
  const bits: number[] = [];
  const put = (value: number, size: number): void => {
    for (let i = size - 1; i >= 0; i--) { bits.push((value >>> i) & 1); }
  };
  const room = dataBytes(version) * 8;
  put(4, 4); // bytes
  put(bytes.length, version < 10 ? 8 : 16);
  bytes.forEach((byte) => put(byte, 8));
  put(0, Math.min(4, room - bits.length));
  put(0, (8 - (bits.length % 8)) % 8);
  for (let pad = 0xec; bits.length < room; pad ^= 0xec ^ 0x11) { put(pad, 8); }
  return Array.from({ length: bits.length / 8 }, (_, i) => parseInt(bits.slice(8 * i, 8 * i + 8).join(""), 2));
}

/** Blocks with their error correction, interleaved. */
function codewords(data: number[], version: number): number[] {
  const [blocks, ecc] = [BLOCKS[version], ECC_PER_BLOCK[version]];
  const raw = Math.floor(rawModules(version) / 8);
  const short = blocks - (raw % blocks);
  const shortSize = Math.floor(raw / blocks) - ecc;
  const by = divisor(ecc);
  const all: { data: number[]; ecc: number[] }[] = [];
  for (let i = 0, at = 0; i < blocks; i++) {
    const part = data.slice(at, at + shortSize + (i < short ? 0 : 1));
    at += part.length;
    all.push({ data: part, ecc: remainder(part, by) });
  }
  const result: number[] = [];
  for (let i = 0; i <= shortSize; i++) {
    all.forEach((block) => { if (i < block.data.length) { result.push(block.data[i]); } });
  }
  for (let i = 0; i < ecc; i++) {
    all.forEach((block) => result.push(block.ecc[i]));
  }
  return result;
}

// --- the drawing ---

class Drawing {
  readonly size: number;
  readonly dark: boolean[][];
  readonly fixed: boolean[][];

  constructor(readonly version: number) {
    this.size = version * 4 + 17;
    this.dark = Array.from({ length: this.size }, () => new Array(this.size).fill(false));
    this.fixed = Array.from({ length: this.size }, () => new Array(this.size).fill(false));
    for (let i = 0; i < this.size; i++) {
      this.fix(6, i, i % 2 === 0);
      this.fix(i, 6, i % 2 === 0);
    }
    [[3, 3], [this.size - 4, 3], [3, this.size - 4]].forEach(([x, y]) => this.finder(x, y));
    this.aligns();
    this.format(0);
    this.versionBits();
  }

  private fix(x: number, y: number, isDark: boolean): void {
    this.dark[y][x] = isDark;
    this.fixed[y][x] = true;
  }

  private finder(x: number, y: number): void {
    for (let dy = -4; dy <= 4; dy++) {
      for (let dx = -4; dx <= 4; dx++) {
        const far = Math.max(Math.abs(dx), Math.abs(dy));
        if (x + dx >= 0 && x + dx < this.size && y + dy >= 0 && y + dy < this.size) {
          this.fix(x + dx, y + dy, far !== 2 && far !== 4);
        }
      }
    }
  }

  private aligns(): void {
    if (this.version === 1) { return; }
    const count = Math.floor(this.version / 7) + 2;
    const step = this.version === 32 ? 26 : Math.ceil((this.version * 4 + 4) / (count * 2 - 2)) * 2;
    const at = [6];
    for (let position = this.size - 7; at.length < count; position -= step) { at.splice(1, 0, position); }
    at.forEach((x, i) => at.forEach((y, j) => {
      if ((i === 0 && j === 0) || (i === 0 && j === count - 1) || (i === count - 1 && j === 0)) { return; }
      for (let dy = -2; dy <= 2; dy++) {
        for (let dx = -2; dx <= 2; dx++) {
          this.fix(x + dx, y + dy, Math.max(Math.abs(dx), Math.abs(dy)) !== 1);
        }
      }
    }));
  }

  /** Error correction M (0) and the mask, in both places. */
  format(mask: number): void {
    let rest = mask;
    for (let i = 0; i < 10; i++) { rest = (rest << 1) ^ ((rest >>> 9) * 0x537); }
    const bits = ((mask << 10) | rest) ^ 0x5412;
    const bit = (i: number): boolean => ((bits >>> i) & 1) !== 0;
    for (let i = 0; i <= 5; i++) { this.fix(8, i, bit(i)); }
    this.fix(8, 7, bit(6));
    this.fix(8, 8, bit(7));
    this.fix(7, 8, bit(8));
    for (let i = 9; i < 15; i++) { this.fix(14 - i, 8, bit(i)); }
    for (let i = 0; i < 8; i++) { this.fix(this.size - 1 - i, 8, bit(i)); }
    for (let i = 8; i < 15; i++) { this.fix(8, this.size - 15 + i, bit(i)); }
    this.fix(8, this.size - 8, true);
  }

  private versionBits(): void {
    if (this.version < 7) { return; }
    let rest = this.version;
    for (let i = 0; i < 12; i++) { rest = (rest << 1) ^ ((rest >>> 11) * 0x1f25); }
    const bits = (this.version << 12) | rest;
    for (let i = 0; i < 18; i++) {
      const [a, b] = [this.size - 11 + (i % 3), Math.floor(i / 3)];
      this.fix(a, b, ((bits >>> i) & 1) !== 0);
      this.fix(b, a, ((bits >>> i) & 1) !== 0);
    }
  }

  /** Up and down in columns of two, from the right. */
  fill(words: number[]): void {
    let i = 0;
    for (let right = this.size - 1; right >= 1; right -= 2) {
      if (right === 6) { right = 5; }
      for (let step = 0; step < this.size; step++) {
        for (let j = 0; j < 2; j++) {
          const x = right - j;
          const y = ((right + 1) & 2) === 0 ? this.size - 1 - step : step;
          if (!this.fixed[y][x] && i < words.length * 8) {
            this.dark[y][x] = ((words[i >>> 3] >>> (7 - (i & 7))) & 1) !== 0;
            i++;
          }
        }
      }
    }
  }

  mask(mask: number): void {
    const flips: ((x: number, y: number) => boolean)[] = [
      (x, y) => (x + y) % 2 === 0, (_, y) => y % 2 === 0, (x) => x % 3 === 0, (x, y) => (x + y) % 3 === 0,
      (x, y) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2 === 0, (x, y) => ((x * y) % 2) + ((x * y) % 3) === 0,
      (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2 === 0, (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2 === 0,
    ];
    for (let y = 0; y < this.size; y++) {
      for (let x = 0; x < this.size; x++) {
        this.dark[y][x] = this.dark[y][x] !== (!this.fixed[y][x] && flips[mask](x, y));
      }
    }
  }

  penalty(): number {
    let total = 0;
    const lines = [...this.dark, ...this.dark[0].map((_, x) => this.dark.map((row) => row[x]))];
    for (const line of lines) {
      const text = line.map((isDark) => (isDark ? "1" : "0")).join("");
      for (const run of text.match(/0{5,}|1{5,}/g) ?? []) { total += run.length - 2; }
      for (let i = 0; i + 11 <= text.length; i++) {
        const part = text.slice(i, i + 11);
        total += part === "10111010000" || part === "00001011101" ? 40 : 0;
      }
    }
    for (let y = 0; y + 1 < this.size; y++) {
      for (let x = 0; x + 1 < this.size; x++) {
        const one = this.dark[y][x];
        total += one === this.dark[y][x + 1] && one === this.dark[y + 1][x] && one === this.dark[y + 1][x + 1] ? 3 : 0;
      }
    }
    const count = this.dark.flat().filter(Boolean).length;
    return total + Math.floor(Math.abs((count * 20) / (this.size * this.size) - 10)) * 10;
  }
}

export function qr(text: string): boolean[][] {
  const bytes = new TextEncoder().encode(text);
  let version = 1;
  while (version <= VERSION_MAX && dataBytes(version) * 8 < 4 + (version < 10 ? 8 : 16) + bytes.length * 8) { version++; }
  if (version > VERSION_MAX) {
    throw new RangeError("too long for a QR code");
  }
  const drawing = new Drawing(version);
  drawing.fill(codewords(packed(bytes, version), version));
  let best = { mask: 0, penalty: Infinity };
  for (let mask = 0; mask < 8; mask++) {
    drawing.format(mask);
    drawing.mask(mask);
    const penalty = drawing.penalty();
    best = penalty < best.penalty ? { mask, penalty } : best;
    drawing.mask(mask); // off again
  }
  drawing.format(best.mask);
  drawing.mask(best.mask);
  return drawing.dark;
}

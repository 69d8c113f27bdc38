// BLAKE2b-256 with a personalisation (RFC 7693): the browser's own word for what it signs, so that
// it signs what it shows and not what it is told. A few hundred bytes at a time; no speed is asked.

const MASK = (1n << 64n) - 1n;
const IV = [
  0x6a09e667f3bcc908n, 0xbb67ae8584caa73bn, 0x3c6ef372fe94f82bn, 0xa54ff53a5f1d36f1n,
  0x510e527fade682d1n, 0x9b05688c2b3e6c1fn, 0x1f83d9abfb41bd6bn, 0x5be0cd19137e2179n,
];
/** The order of the words in each round; the first two come again at the end. */
const SIGMA = [
  "0123456789abcdef", "ea489fd61c02b753", "b8c052fdae367194",
  "7931dcbe265a40f8", "905724afe1bc683d", "2c6a0b834d75fe19",
  "c51fed4a0763928b", "db7ec13950f4862a", "6fe9b308c2d714a5",
  "a2847615fb9e3cd0",
];
const BLOCK = 128;

const rotated = (x: bigint, bits: bigint): bigint => ((x >> bits) | (x << (64n - bits))) & MASK;

function mix(v: bigint[], [a, b, c, d]: number[], x: bigint, y: bigint): void {
  v[a] = (v[a] + v[b] + x) & MASK;
  v[d] = rotated(v[d] ^ v[a], 32n);
  v[c] = (v[c] + v[d]) & MASK;
  v[b] = rotated(v[b] ^ v[c], 24n);
  v[a] = (v[a] + v[b] + y) & MASK;
  v[d] = rotated(v[d] ^ v[a], 16n);
  v[c] = (v[c] + v[d]) & MASK;
  v[b] = rotated(v[b] ^ v[c], 63n);
}

const LANES = [
  [0, 4, 8, 12], [1, 5, 9, 13], [2, 6, 10, 14], [3, 7, 11, 15],
  [0, 5, 10, 15], [1, 6, 11, 12], [2, 7, 8, 13], [3, 4, 9, 14],
];

function compress(h: bigint[], block: DataView, hashed: number, isLast: boolean): void {
  const v = [...h, ...IV];
  v[12] ^= BigInt(hashed);
  if (isLast) {
    v[14] ^= MASK;
  }
  for (let round = 0; round < 12; round++) {
    const order = SIGMA[round % 10];
    LANES.forEach((lane, i) => mix(v, lane,
      block.getBigUint64(8 * parseInt(order[2 * i], 16), true),
      block.getBigUint64(8 * parseInt(order[2 * i + 1], 16), true)));
  }
  for (let i = 0; i < 8; i++) {
    h[i] ^= v[i] ^ v[i + 8];
  }
}

/** 32 bytes. `person` has 16 characters at most. */
export function blake2b(person: string, data: Uint8Array): Uint8Array {
  const h = [...IV];
  const parameters = new DataView(new ArrayBuffer(64));
  parameters.setUint32(0, 0x01010020, true); // 32 bytes, no key, one leaf
  new TextEncoder().encode(person).forEach((byte, i) => parameters.setUint8(48 + i, byte));
  h.forEach((_, i) => { h[i] ^= parameters.getBigUint64(8 * i, true); });
  const blocks = Math.max(1, Math.ceil(data.length / BLOCK));
  const padded = new Uint8Array(blocks * BLOCK);
  padded.set(data);
  for (let i = 0; i < blocks; i++) {
    const isLast = i === blocks - 1;
    compress(h, new DataView(padded.buffer, i * BLOCK, BLOCK), isLast ? data.length : (i + 1) * BLOCK, isLast);
  }
  const out = new DataView(new ArrayBuffer(32));
  h.slice(0, 4).forEach((word, i) => out.setBigUint64(8 * i, word, true));
  return new Uint8Array(out.buffer);
}

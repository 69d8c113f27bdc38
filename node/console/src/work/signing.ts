// What a browser signs, made from what its person sees: the formats are those of the node's
// browser_keys.h and merkle.h, written once more.
import { blake2b } from "./blake2b";
import type { Signing } from "./shapes";

const DIVISION_SIZE = 9;
const ROLE_CHECKER = 2;

export const hexOf = (bytes: Uint8Array): string =>
  [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");

export function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from({ length: hex.length / 2 }, (_, i) => parseInt(hex.slice(2 * i, 2 * i + 2), 16));
}

function division(code: string): Uint8Array {
  const out = new Uint8Array(DIVISION_SIZE);
  out.set(new TextEncoder().encode(code));
  return out;
}

/** Big-endian. */
function number(value: number, size: 4 | 8): Uint8Array {
  const view = new DataView(new ArrayBuffer(size));
  if (size === 4) {
    view.setUint32(0, value);
  } else {
    view.setBigUint64(0, BigInt(value));
  }
  return new Uint8Array(view.buffer);
}

function joined(parts: Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** An approval of what has this root. */
export const approvalHash = (signing: Signing, root: string): Uint8Array =>
  blake2b("terrace.approval", joined([
    bytesOf(signing.tree), division(signing.author), number(signing.epoch, 4),
    Uint8Array.of(ROLE_CHECKER), number(signing.time_ms, 8), bytesOf(root),
  ]));

/** A browser's request for its key. */
export function claimHash(tree: string, code: string, key: Uint8Array, name: string): Uint8Array {
  const text = new TextEncoder().encode(name);
  return blake2b("terrace.browser", joined([bytesOf(tree), division(code), key, number(text.length, 8), text]));
}

/** The hash that is shown, of parts that are signed one by one. */
export function isRootOf(hash: string, signing: Signing): boolean {
  const split = (count: number): number => 2 ** Math.ceil(Math.log2(count) - 1);
  const root = (parts: Uint8Array[]): Uint8Array => parts.length === 1 ? parts[0]
    : blake2b("terrace.node", joined([root(parts.slice(0, split(parts.length))), root(parts.slice(split(parts.length)))]));
  return hexOf(root(signing.parts.map((part) => bytesOf(part.root)))) === hash;
}

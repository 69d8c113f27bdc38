// The key of this browser: made here, kept by the browser so that no script can read it out, and
// good once an admin has confirmed it.
import { signal } from "@preact/signals";
import { get, post } from "../api";
import { person } from "../session";
import { approvalHash, claimHash, hexOf, isRootOf } from "./signing";
import type { BrowserKey, Signing } from "./shapes";

const STORE = "keys";

interface Kept { pair: CryptoKeyPair; key: string }

/** What the node says of this browser's key; null: it has none for this person. */
export const browserKey = signal<BrowserKey | null>(null);
/** False where the browser cannot make such keys. */
export const canSign = signal(true);

function opened(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open("terrace", 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

async function stored<T>(mode: IDBTransactionMode, act: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const base = await opened();
  try {
    return await new Promise<T>((resolve, reject) => {
      const request = act(base.transaction(STORE, mode).objectStore(STORE));
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  } finally {
    base.close();
  }
}

/** One a node and person: two nodes behind one address are two trees. */
const slot = (tree: string, division: string, name: string): string => `${tree} ${division} ${name}`;

interface Keys { user: string; division: string; tree: string; rows: BrowserKey[] }

const placeOf = ({ tree, division, user }: Keys): string => slot(tree, division, user);

/** Looks at the node and at this browser. */
export async function readBrowserKey(): Promise<Keys | null> {
  if (person.value === null) {
    return null;
  }
  const keys = await get<Keys>("/keys");
  try {
    const kept = await stored<Kept | undefined>("readonly", (store) => store.get(placeOf(keys)));
    browserKey.value = keys.rows.find((row) => row.key === kept?.key && row.state !== "ended") ?? null;
  } catch {
    canSign.value = false;
  }
  return keys;
}

async function signWith(pair: CryptoKeyPair, hash: Uint8Array): Promise<string> {
  return hexOf(new Uint8Array(await crypto.subtle.sign("Ed25519", pair.privateKey, hash as BufferSource)));
}

/** Makes a key, keeps it, asks for it. */
export async function askForKey(label: string): Promise<void> {
  const keys = await readBrowserKey();
  if (keys === null) {
    return;
  }
  const pair = await crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"]) as CryptoKeyPair;
  const key = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  const signature = await signWith(pair, claimHash(keys.tree, keys.division, key, keys.user));
  await stored("readwrite", (store) => store.put({ pair, key: hexOf(key) } satisfies Kept, placeOf(keys)));
  browserKey.value = await post<BrowserKey>("/keys", { key: hexOf(key), label, signature });
}

/** Signs what was shown under `hash`; null when the node asks for a signature of something else. */
export async function signShown(hash: string, signing: Signing): Promise<object | null> {
  const keys = await get<Keys>("/keys");
  const kept = await stored<Kept | undefined>("readonly", (store) => store.get(placeOf(keys)));
  if (kept === undefined || !isRootOf(hash, signing) || signing.tree !== keys.tree || signing.author !== keys.division) {
    return null;
  }
  const signatures = [];
  for (const { root } of signing.parts) {
    signatures.push(await signWith(kept.pair, approvalHash(signing, root)));
  }
  return { key: kept.key, epoch: signing.epoch, time_ms: signing.time_ms, signatures };
}

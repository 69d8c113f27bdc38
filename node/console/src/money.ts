// Money is a text in yuan with two decimals, as the API has it; sums are whole fen in a BigInt.
// No amount is ever a floating-point number.

/** "1250.00" -> 125000n. Also "-3.50". An amount that is none is an error of the program. */
export function fen(text: string): bigint {
  const match = /^(-?)(\d+)\.(\d\d)$/.exec(text);
  if (match === null) {
    throw new RangeError(`no amount: ${text}`);
  }
  const size = BigInt(match[2] + match[3]);
  return match[1] === "-" ? -size : size;
}

/** 125000n -> "1250.00": as the API wants it. */
export function yuan(amount: bigint): string {
  const size = amount < 0n ? -amount : amount;
  const digits = size.toString().padStart(3, "0");
  return `${amount < 0n ? "-" : ""}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

const grouped = (digits: string): string => digits.replace(/\B(?=(\d{3})+$)/g, ",");

/** For people: thousands separators, and a minus sign as wide as a digit. */
export function shown(amount: string | bigint): string {
  const text = typeof amount === "bigint" ? yuan(amount) : yuan(fen(amount));
  const [whole, part] = text.replace("-", "").split(".");
  return `${text.startsWith("-") ? "−" : ""}${grouped(whole)}.${part}`;
}

export const isNil = (amount: string | bigint): boolean =>
  (typeof amount === "bigint" ? amount : fen(amount)) === 0n;

export const sum = (amounts: Iterable<string | bigint>): bigint => {
  let total = 0n;
  for (const amount of amounts) {
    total += typeof amount === "bigint" ? amount : fen(amount);
  }
  return total;
};

/** part / whole in percent, two decimals, half up: "82.54". Null of nothing. */
export function rate(part: string | bigint, whole: string | bigint): string | null {
  const of = typeof whole === "bigint" ? whole : fen(whole);
  if (of === 0n) {
    return null;
  }
  const scaled = ((typeof part === "bigint" ? part : fen(part)) * 100000n) / of;
  return yuan((scaled + (scaled < 0n ? -5n : 5n)) / 10n);
}

/** How many of a thousand, for the width of a bar: between 0 and 1. */
export function share(part: bigint, whole: bigint): number {
  return whole <= 0n ? 0 : Number((part * 10000n) / whole) / 10000;
}

export const count = (n: number): string => grouped(String(n));

/** In a sentence only: 42.68 亿, 3.5 万; "4.268 bn", "38.6 m" in English. */
export function rough(amount: string | bigint, language: "zh" | "en"): string {
  const value = typeof amount === "bigint" ? amount : fen(amount);
  const size = value < 0n ? -value : value;
  const steps: [bigint, string][] =
    language === "zh"
      ? [[10000000000n, " 亿"], [1000000n, " 万"]]
      : [[100000000000n, " bn"], [100000000n, " m"], [100000n, " k"]];
  for (const [unit, word] of steps) {
    if (size >= unit) {
      const hundredths = (size * 100n + unit / 2n) / unit;
      return `${value < 0n ? "−" : ""}${grouped((hundredths / 100n).toString())}.${(hundredths % 100n).toString().padStart(2, "0")}${word}`;
    }
  }
  return shown(value);
}

const DIGITS = "零壹贰叁肆伍陆柒捌玖";
const PLACES = ["", "拾", "佰", "仟"];
const GROUPS = ["", "万", "亿", "万亿"];

function upperGroup(group: string): string {
  let text = "";
  let gap = false;
  for (let i = 0; i < 4; i++) {
    const digit = Number(group[i]);
    if (digit === 0) {
      gap = text !== "";
      continue;
    }
    text += (gap ? "零" : "") + DIGITS[digit] + PLACES[3 - i];
    gap = false;
  }
  return text;
}

/** Paid of what was released, for people: "82.54 %", a dash where nothing was released. */
export const rateText = ({ paid, released }: { paid: string; released: string }): string => {
  const value = rate(paid, released);
  return value === null ? "—" : `${value} %`;
};

/** 大写: 1488000.53 -> 壹佰肆拾捌万捌仟元伍角叁分. */
export function upper(amount: string | bigint): string {
  const value = typeof amount === "bigint" ? amount : fen(amount);
  const [whole, part] = yuan(value < 0n ? -value : value).split(".");
  const padded = whole.padStart(Math.ceil(whole.length / 4) * 4, "0");
  let text = "";
  let gap = false;
  for (let i = 0; i < padded.length; i += 4) {
    const group = padded.slice(i, i + 4);
    const word = upperGroup(group);
    if (word === "") {
      gap = text !== "";
      continue;
    }
    text += (text !== "" && (gap || group[0] === "0") ? "零" : "") + word + GROUPS[(padded.length - i) / 4 - 1];
    gap = false;
  }
  const [jiao, fenDigit] = [Number(part[0]), Number(part[1])];
  const yuanText = text === "" ? "" : `${text}元`;
  if (jiao === 0 && fenDigit === 0) {
    return `${value < 0n ? "负" : ""}${yuanText === "" ? "零元" : yuanText}整`;
  }
  return (
    (value < 0n ? "负" : "") + yuanText +
    (jiao > 0 ? `${DIGITS[jiao]}角` : yuanText === "" ? "" : "零") +
    (fenDigit > 0 ? `${DIGITS[fenDigit]}分` : "整")
  );
}

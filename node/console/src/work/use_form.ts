// A form while it is filled in: its fields, saved at the node every two seconds, and what the node
// would say of it, asked 300 ms after the last key.
import { useEffect, useRef, useState } from "preact/hooks";
import { call, Problem } from "../api";
import { handIn, type Typed } from "./lines";
import type { Kind, Verdict } from "./shapes";

const SAVE_MS = 2000;
const TRY_MS = 300;
/** Kept beside the fields: whether the form corrects what was handed in. */
export const CORRECTS = "correct";

export interface FormStart {
  id: string; // under which it is saved
  version: number; // 0: never saved
  fields: Typed;
  corrects: boolean; // it takes the place of what was handed in before
}

export interface Form {
  fields: Typed;
  set: (name: string, value: string) => void;
  saved: Date | null;
  problem: Problem | null; // of the last save
  verdict: Verdict | null; // of the last try
  isTrying: boolean;
  corrects: boolean;
  save: () => Promise<void>;
  handIn: () => Promise<Verdict>;
  drop: () => Promise<void>;
}

/** Without what was left empty. */
export const filled = (kind: string, fields: Typed): Typed =>
  ({ kind, ...Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, value.trim()]).filter(([, value]) => value !== "")) });

export function useForm(kind: Kind, start: FormStart): Form {
  const [fields, setFields] = useState(start.fields);
  const [saved, setSaved] = useState<Date | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [verdict, setVerdict] = useState<Verdict | null>(null);
  const [isTrying, setTrying] = useState(false);
  const newest = useRef(fields);
  const version = useRef(start.version);
  const stored = useRef(start.version > 0 ? JSON.stringify(start.fields) : "");
  const isOver = useRef(false);

  const save = async (): Promise<void> => {
    const text = JSON.stringify(newest.current);
    if (text === stored.current || isOver.current) {
      return;
    }
    try {
      const response = await call("PUT", `/unsent/${start.id}`, {
        body: { kind: kind.name, fields: start.corrects ? { ...newest.current, [CORRECTS]: "1" } : newest.current }, headers: version.current === 0 ? {} : { "If-Match": `"${version.current}"` },
      });
      version.current = ((await response.json()) as { version: number }).version;
      stored.current = text;
      setSaved(new Date());
      setProblem(null);
      history.replaceState(null, "", `/work/draft/${start.id}`);
    } catch (failure) {
      setProblem(failure instanceof Problem ? failure : new Problem(0, "unreachable", ""));
    }
  };

  useEffect(() => {
    // What nobody has touched is not worth keeping.
    stored.current = stored.current === "" ? JSON.stringify(start.fields) : stored.current;
    let timer: ReturnType<typeof setTimeout>;
    const turn = async (): Promise<void> => {
      await save();
      timer = setTimeout(() => void turn(), SAVE_MS);
    };
    timer = setTimeout(() => void turn(), SAVE_MS);
    return () => { clearTimeout(timer); void save(); };
  }, []);

  useEffect(() => {
    newest.current = fields;
    const cut = new AbortController();
    setTrying(true);
    const timer = setTimeout(() => {
      handIn([filled(kind.name, fields)], { dry_run: 1, correct: start.corrects ? 1 : undefined }, cut.signal)
        .then(([one]) => { setVerdict(one); setTrying(false); }, () => { if (!cut.signal.aborted) { setTrying(false); } });
    }, TRY_MS);
    return () => { clearTimeout(timer); cut.abort(); };
  }, [fields]);

  const drop = async (): Promise<void> => {
    isOver.current = true;
    await call("DELETE", `/unsent/${start.id}`);
  };
  return {
    fields, saved, problem, verdict, isTrying, save, drop, corrects: start.corrects,
    set: (name, value) => setFields((before) => ({ ...before, [name]: value })),
    handIn: async () => {
      const [one] = await handIn([filled(kind.name, newest.current)], { correct: start.corrects ? 1 : undefined });
      if (one.status !== "refused") {
        await drop();
      }
      return one;
    },
  };
}

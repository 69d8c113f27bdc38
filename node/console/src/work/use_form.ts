// A form while it is filled in: its fields, saved at the node every two seconds, and what the node
// would say of it, asked 300 ms after the last key.
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { call, get, Problem } from "../api";
import { Keeper, type Kept } from "./keeper";
import { person } from "../session";
import { handIn, type Typed } from "./lines";
import type { Kind, Verdict } from "./shapes";

const SAVE_MS = 2000;
const TRY_MS = 300;
const OUTLIVES_PAGE = 60000; // characters of a save that a browser sends though the page goes: 64 KiB with all others
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
  /** Where nothing stands but what was filled in before: what somebody typed is never written over. */
  fill: (values: Typed, before: Typed) => void;
  saved: Date | null;
  problem: Problem | null; // of the last save
  verdict: Verdict | null; // of the last try
  isTrying: boolean;
  isHanding: boolean; // on its way: not to be sent again
  corrects: boolean;
  isWorthKeeping: boolean; // something was typed
  save: () => Promise<void>;
  keepThis: () => Promise<void>; // another window saved it meanwhile, and this one is meant
  handIn: () => Promise<Verdict>;
  drop: () => Promise<void>;
}

/** Without what was left empty. */
export const filled = (kind: string, fields: Typed): Typed =>
  ({ kind, ...Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, value.trim()]).filter(([, value]) => value !== "")) });

/** Its place at the node. A save that is under way when the page goes arrives all the same. */
function placeOf(kind: Kind, start: FormStart): Kept {
  const whose = person.value?.name;
  return {
    put: async (text, version, isLast) => {
      if (person.value?.name !== whose) { // somebody else has logged in: it is no form of his
        throw new Problem(0, "unreachable", "");
      }
      const fields = JSON.parse(text) as Typed;
      const response = await call("PUT", `/unsent/${start.id}`, {
        body: { kind: kind.name, fields: start.corrects ? { ...fields, [CORRECTS]: "1" } : fields },
        headers: isLast ? { "If-Match": `"${version}", "${version + 1}"` } : version === 0 ? {} : { "If-Match": `"${version}"` }, keepalive: text.length < OUTLIVES_PAGE,
      });
      return ((await response.json()) as { version: number }).version;
    },
    remove: async () => { await call("DELETE", `/unsent/${start.id}`); },
  };
}

/** Saves by itself, and before the page is left. */
function useKeeper(kind: Kind, start: FormStart): { keeper: Keeper; saved: Date | null; problem: Problem | null; save: () => Promise<void> } {
  const [saved, setSaved] = useState<Date | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const isHere = useRef(true);
  const keeper = useRef<Keeper | null>(null);
  keeper.current ??= new Keeper(placeOf(kind, start), start.version, JSON.stringify(start.fields));
  const kept = keeper.current;

  const save = async (): Promise<void> => {
    try {
      if (await kept.save()) {
        setSaved(new Date());
        if (isHere.current) { // else another page has its own address by now
          history.replaceState(null, "", `/work/draft/${start.id}`);
        }
      }
      setProblem(null);
    } catch (failure) {
      setProblem(failure instanceof Problem ? failure : new Problem(0, "unreachable", ""));
    }
  };
  // With the page and not a frame later: a form is left before its first frame, too.
  useLayoutEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    isHere.current = true;
    const turn = async (): Promise<void> => {
      await save();
      timer = isHere.current ? setTimeout(() => void turn(), kept.isKept ? SAVE_MS : TRY_MS) : undefined;
    };
    timer = setTimeout(() => void turn(), TRY_MS);
    const onHide = (): void => { void kept.leave().catch(() => undefined); };
    addEventListener("pagehide", onHide);
    return () => { isHere.current = false; clearTimeout(timer); removeEventListener("pagehide", onHide); onHide(); };
  }, []);
  return { keeper: kept, saved, problem, save };
}

export function useForm(kind: Kind, start: FormStart): Form {
  const [fields, setFields] = useState(start.fields);
  const [verdict, setVerdict] = useState<Verdict | null>(null);
  const [isTrying, setTrying] = useState(false);
  const [isHanding, setHanding] = useState(false);
  const newest = useRef(fields);
  const { keeper, saved, problem, save } = useKeeper(kind, start);

  /** Known to the keeper at once: the page may be left before it is drawn again. */
  const change = (next: (before: Typed) => Typed): void => {
    newest.current = next(newest.current);
    keeper.typed(JSON.stringify(newest.current));
    setFields(newest.current);
  };
  useEffect(() => {
    const cut = new AbortController();
    setTrying(true);
    const timer = setTimeout(() => {
      handIn([filled(kind.name, fields)], { dry_run: 1, correct: start.corrects ? 1 : undefined }, cut.signal)
        .then(([one]) => { setVerdict(one); setTrying(false); }, () => { if (!cut.signal.aborted) { setTrying(false); } });
    }, TRY_MS);
    return () => { clearTimeout(timer); cut.abort(); };
  }, [fields]);

  const handInOnce = async (): Promise<Verdict> => {
    setHanding(true);
    try {
      const [one] = await handIn([filled(kind.name, newest.current)], { correct: start.corrects ? 1 : undefined });
      if (one.status !== "refused") {
        await keeper.drop().catch(() => undefined); // it is handed in, whatever becomes of the form
      }
      return one;
    } finally {
      setHanding(false);
    }
  };
  return {
    fields, saved, problem, verdict, isTrying, isHanding, save, corrects: start.corrects, isWorthKeeping: keeper.isKept || fields !== start.fields,
    set: (name, value) => change((before) => ({ ...before, [name]: value })),
    fill: (values, filledIn) => change((before) => ({
      ...before, ...Object.fromEntries(Object.entries(values).filter(([name]) => (before[name] ?? "") === "" || before[name] === filledIn[name])),
    })),
    keepThis: async () => {
      const there = await get<{ version: number }>(`/unsent/${start.id}`).catch(() => ({ version: 0 }));
      keeper.follow(there.version);
      await save();
    },
    handIn: handInOnce,
    drop: () => keeper.drop(),
  };
}

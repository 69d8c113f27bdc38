// Who is it, and before that: which node this is and how it is, so that nobody gives his password to
// another. The page shows no fingerprint: it cannot vouch for itself.
import { useEffect, useRef, useState } from "preact/hooks";
import { get, loadTexts, Problem } from "../api";
import { Logo } from "../parts/bar";
import { Marked } from "../parts/badge";
import { cry } from "../parts/live_region";
import { go } from "../router";
import { login, person, startOf } from "../session";
import { dayOf, minute, timeOf } from "../time";
import { useAnswer } from "../use_answer";
import { language, t } from "../words";

interface Front {
  division: string;
  name: string;
  version: string;
  time: string;
  lsn: number;
  sound: boolean;
  parent: { division: string; name: string; state: string; down_s: number } | null;
}

export function Login({ over = false }: { over?: boolean }) {
  return over ? <Over /> : (
    <div class="login">
      <Node />
      <div class="login-side">
        <Languages />
        <Form />
        <p class="ink3">{t("console.login.audit")}</p>
      </div>
    </div>
  );
}

/** Above everything, whatever was open: who was typing goes on where he was, once he is known again. */
function Over() {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    dialog.current?.showModal();
    dialog.current?.querySelector<HTMLElement>(person.value === null ? "#name" : "#password")?.focus();
    return () => before?.focus();
  }, []);
  return (
    <dialog ref={dialog} class="login-over" aria-labelledby="login-title" onCancel={(event) => event.preventDefault()} onClose={() => dialog.current?.showModal()}>
      <Form over />
    </dialog>
  );
}

function Node() {
  const { data } = useAnswer<Front>("/front", {}, 5);
  const up = data?.parent ?? null;
  return (
    <section class="login-node" aria-label={t("console.login.node")}>
      <p class="mark-name"><Logo /><b>{t("console.name")}</b></p>
      <h1>{data?.name ?? ""} <span>{data?.division ?? ""}</span></h1>
      {data === null ? null : <p class="login-ledger">{t(up === null ? "console.login.ledger_root" : "console.login.ledger", { name: up?.name ?? "" })}</p>}
      {data === null ? null : (
        <ul>
          <li><Marked shape={data.sound ? "disc" : "diamond"} tone={data.sound ? "quiet" : "bad"}>
            {t(data.sound ? "console.login.sound" : "console.login.damaged", { lsn: data.lsn })}</Marked></li>
          {up === null ? null : (
            <li><Marked shape={up.state === "live" ? "disc" : "struck"} tone={up.state === "live" ? "quiet" : "warn"}>
              {up.state === "live" ? t("console.login.up", { name: up.name })
                : t("console.login.cut", { name: up.name, time: minute(new Date(Date.now() - up.down_s * 1000)) })}
            </Marked></li>
          )}
        </ul>
      )}
      <Hills />
      <p class="login-foot">{data === null ? "" : t("console.login.foot",
        { version: data.version, time: `${dayOf(new Date(data.time))} ${timeOf(new Date(data.time)).slice(0, 5)}` })}</p>
    </section>
  );
}

function Hills() {
  const lines = ["M0 30C150 60 250 55 400 45S650 50 800 15", "M0 110C120 125 260 100 420 105S680 80 800 70",
    "M0 175C160 160 300 150 460 152S700 130 800 140", "M0 235C140 215 320 228 480 212S690 195 800 215",
    "M0 290C180 290 300 275 460 268S680 285 800 287", "M0 350C160 350 300 330 440 335S660 360 800 355"];
  return (
    <svg class="hills" viewBox="0 0 800 400" preserveAspectRatio="none" aria-hidden="true">
      {lines.map((line, i) => <path key={line} class={`hill-${i}`} d={`${line}V400H0Z`} />)}
      {lines.map((line) => <path key={line} class="hill-line" d={line} />)}
    </svg>
  );
}

function Languages() {
  return (
    <div class="languages" role="group" aria-label={t("console.language")}>
      <button type="button" lang="zh" aria-pressed={language.value === "zh"} onClick={() => void loadTexts("zh")}>中文</button>
      <button type="button" lang="en" aria-pressed={language.value === "en"} onClick={() => void loadTexts("en")}>English</button>
    </div>
  );
}

function Form({ over = false }: { over?: boolean }) {
  const [name, setName] = useState(over ? person.value?.name ?? "" : "");
  const [password, setPassword] = useState("");
  const [isShown, setShown] = useState(false);
  const [isCaps, setCaps] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);

  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (isBusy) { // twice would be two attempts
      return;
    }
    setBusy(true);
    try {
      await login(name.trim(), password);
      if (!over && location.pathname === "/") {
        const { division } = await get<{ division: string }>("/status");
        const start = startOf(person.value?.roles ?? []);
        go(start === "/money/" ? `/money/${division}` : start, true);
      }
    } catch (failure) {
      if (!(failure instanceof Problem)) { throw failure; }
      setProblem(failure);
      setBusy(false);
      cry(failure.status === 0 ? t("console.unreachable") : failure.sentence);
      document.getElementById("password")?.focus();
    }
  };
  return (
    <form class="login-form" onSubmit={(event) => void submit(event)} aria-label={t("console.login.title")}>
      <h2 id="login-title">{t(over ? "console.login.again" : "console.login.title")}</h2>
      {over ? <p class="ink2">{t("console.login.kept")}</p> : null}
      <label for="name">{t("console.login.name")}</label>
      <input id="name" autocomplete="username" required value={name} onInput={(e) => setName(e.currentTarget.value)} />
      <label for="password">{t("console.login.password")}</label>
      <div class="with-button">
        <input id="password" type={isShown ? "text" : "password"} autocomplete="current-password" required value={password}
          aria-invalid={problem !== null} aria-describedby="login-problem"
          onInput={(e) => setPassword(e.currentTarget.value)}
          onKeyUp={(e) => setCaps(e.getModifierState("CapsLock"))} />
        <button type="button" class="plain" aria-pressed={isShown} onClick={() => setShown(!isShown)}>{t("console.login.show")}</button>
      </div>
      {isCaps ? <p class="ink3">{t("console.login.caps")}</p> : null}
      <p id="login-problem" class="tone-bad">{problem === null ? "" : problem.status === 0 ? t("console.unreachable") : problem.sentence}</p>
      <button type="submit" class="primary" aria-disabled={isBusy}>{t("console.login.title")}</button>
      <p class="ink3">{t("console.login.forgotten")}</p>
      {over ? null : (
        <div class="login-note">
          <b>{t("console.login.first")}</b>
          <p>{t("console.login.compare")}</p>
        </div>
      )}
    </form>
  );
}

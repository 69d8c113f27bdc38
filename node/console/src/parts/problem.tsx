// What went wrong: the sentence, the code, what to do, and another try. The rest of a page stands.
import { Problem } from "../api";
import { t } from "../words";
import { Mark } from "./badge";

export function Trouble({ problem, retry }: { problem: Problem; retry?: () => void }) {
  return (
    <div class="trouble" role="alert">
      <Mark shape={problem.status === 0 ? "struck" : "cross"} tone={problem.status === 0 ? "warn" : "bad"} />
      <div>
        <p>{problem.status === 0 ? t("console.unreachable") : problem.sentence}</p>
        {problem.detail === "" ? null : <p class="ink2">{problem.detail}</p>}
        {problem.status === 0 ? null
          : <p class="ink3"><a href={`/help/${encodeURIComponent(problem.code)}`}><code>{problem.code}</code></a></p>}
      </div>
      {retry === undefined ? null : <button type="button" onClick={retry}>{t("console.retry")}</button>}
    </div>
  );
}

/** Nothing there: why, and what next. */
export function Empty({ children }: { children: string }) {
  return <p class="empty">{children}</p>;
}

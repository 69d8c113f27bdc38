// Sent back to their maker, with the reason that he will read.
import { useState } from "preact/hooks";
import { Problem } from "../api";
import { Dialog } from "../parts/dialog";
import { Trouble } from "../parts/problem";
import { t } from "../words";
import { actOnAll, problemOf } from "./lines";
import { reviewOf, type Selection } from "./use_batch";

export function RejectDialog({ selection, count, onClose, onDone }: {
  selection: Selection; count: number; onClose: () => void; onDone: () => void;
}) {
  const [reason, setReason] = useState("");
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isBusy, setBusy] = useState(false);
  const reject = async (): Promise<void> => {
    if (reason.trim() === "" || isBusy) {
      return;
    }
    setBusy(true);
    try {
      const { ids = [] } = await reviewOf(selection, { list: true });
      await actOnAll("/reject", ids, { reason: reason.trim() });
      onDone();
    } catch (failure) {
      setProblem(problemOf(failure));
      setBusy(false);
    }
  };
  return (
    <Dialog title={t("console.work.reject_count", { count })} onClose={onClose}
      foot={<button type="button" class="danger" aria-disabled={reason.trim() === "" || isBusy} onClick={() => void reject()}>{t("console.work.reject_now", { count })}</button>}>
      <div class="form"><label>{t("console.work.reason")}
        <textarea rows={3} maxLength={300} value={reason} onInput={(event) => setReason(event.currentTarget.value)} /></label></div>
      {problem === null ? null : <Trouble problem={problem} />}
    </Dialog>
  );
}

// Money: how it went down, how much of it is paid, and from a total to one payment.
import { useEffect } from "preact/hooks";
import type { PageProps } from "../app";
import { asked, type Asked } from "../flow/address";
import { BalanceBoard, ExecutionBoard, ReconcileBoard } from "../flow/boards";
import { ChainBoard } from "../flow/chain_board";
import { AgencyBoard, LineBoard } from "../flow/line_boards";
import { readTree, status } from "../live";

function BoardOf({ of }: { of: Asked }) {
  if (of.line !== null) {
    return <LineBoard of={of} />;
  }
  if (of.agency !== null) {
    return <AgencyBoard of={of} />;
  }
  switch (of.board) {
    case "execution": return <ExecutionBoard of={of} />;
    case "balance": return <BalanceBoard of={of} />;
    case "reconcile": return <ReconcileBoard of={of} />;
    default: return <ChainBoard of={of} />;
  }
}

export function MoneyPage({ parameters, query }: PageProps) {
  useEffect(readTree, []);
  const code = parameters.code ?? status.value?.division ?? "";
  return code === "" ? null : <BoardOf of={asked(code, query)} />;
}

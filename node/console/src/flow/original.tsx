// The signed bytes, decoded: each field with its tag, then the bytes themselves, and the block.
import { Dialog } from "../parts/dialog";
import { fieldWord } from "../vocabulary";
import { t } from "../words";
import type { ProofAnswer } from "./shapes";

/** Sixteen bytes a line, with where the line begins. */
function dump(hex: string): string {
  const lines: string[] = [];
  for (let at = 0; at < hex.length; at += 32) {
    lines.push(`${(at / 2).toString(16).padStart(4, "0")}  ${hex.slice(at, at + 32).replace(/(..)(?=.)/g, "$1 ")}`);
  }
  return lines.join("\n");
}

export function OriginalDialog({ proof, onClose }: { proof: ProofAnswer; onClose: () => void }) {
  const { block } = proof;
  const rows: [string, string][] = [
    ["block", block.hash], ["prev", block.prev_hash], ["root", block.entries_root], ["state", block.state_digest],
    ["key", block.key], ["signature", block.signature], ["entry", proof.entry_hash], ["document", proof.document_hash],
    ...proof.path.map((hash, i): [string, string] => [`path`, `${i + 1}: ${hash}`]),
  ];
  return (
    <Dialog title={t("console.doc.original")} onClose={onClose}>
      <div class="doc-original">
        <h3>{t("console.doc.original.fields")}</h3>
        <table>
          <thead><tr><th scope="col">{t("console.doc.tag")}</th><th scope="col">{t("console.doc.field")}</th><th scope="col">{t("console.doc.value")}</th></tr></thead>
          <tbody>
            {proof.fields.map((of) => (
              <tr key={of.tag}><td>{of.tag}</td><td>{fieldWord(of.field)} <code class="code">{of.field}</code></td><td>{of.value}</td></tr>
            ))}
          </tbody>
        </table>
        <h3>{t("console.doc.original.bytes", { count: proof.bytes.length / 2 })}</h3>
        <pre class="doc-hash" tabIndex={0}>{dump(proof.bytes)}</pre>
        <h3>{t("console.doc.original.block", { first: block.first_lsn, count: block.count, bytes: block.bytes })}</h3>
        <dl class="facts">{rows.map(([name, hash]) => <div key={`${name} ${hash}`}><dt>{t(`console.doc.hash.${name}`)}</dt><dd><code>{hash}</code></dd></div>)}</dl>
      </div>
    </Dialog>
  );
}

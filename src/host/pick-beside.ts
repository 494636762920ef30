/** Asking what a trace is compared with: another checkpoint of its run, the same weights at another depth, or a run whose model takes the same board. */
import * as vscode from 'vscode';
import type { BesideChoice, TraceChoice } from '../protocol/inspector';
import type { RunSummary } from '../runs/read-run';
import type { TraceSource } from './inspector-source';
import { askText } from './notify';
import { depthLimit, runDescription, stateIcon } from './run-text';
import type { Runs } from './runs';

const l10n = vscode.l10n.t;

interface Item extends vscode.QuickPickItem { readonly answer?: () => Promise<BesideChoice | null> }

const separator = (label: string): Item => ({ label, kind: vscode.QuickPickItemKind.Separator });

/** Another depth than the present one, in supervision steps. */
async function askDepth(present: number, most: number): Promise<number | null> {
  const expected = l10n('Expected a whole number from 1 to {0}, other than {1}.', most, present);
  const text = await askText({
    title: l10n('Compare Two Depths'), prompt: l10n('Supervision steps, 1 to {0}', most), value: String(Math.min(most, present * 2)),
    validateInput: typed => (/^\s*\d{1,3}\s*$/.test(typed) && Number(typed) >= 1 && Number(typed) <= most && Number(typed) !== present ? null : expected),
  });
  return text === undefined ? null : Number(text);
}

/** Runs beside `run` whose model takes the same board. */
function fitting(runs: Runs, { manifest }: RunSummary): RunSummary[] {
  const own = manifest.dataset?.test;
  return runs.list().filter(({ manifest: { id, dataset } }) => id !== manifest.id && own !== undefined && dataset?.test.seq_len === own.seq_len && dataset.test.vocab_size === own.vocab_size);
}

async function pickOf(run: RunSummary, source: TraceSource, depth: number): Promise<BesideChoice | null> {
  const { checkpoints } = await source.options(run);
  const items = checkpoints.map(({ name, label }) => ({ label, name }));
  const picked = items.length === 1 ? items[0] : await vscode.window.showQuickPick(items, { ignoreFocusOut: true, title: run.manifest.name, placeHolder: l10n('Which weights?') });
  return picked ? { run: run.manifest.id, checkpoint: picked.name, depth: Math.min(depth, depthLimit(run.manifest.config)) } : null;
}

/** Asks what the trace of `choice` is compared with; null when nothing was chosen. */
export async function pickBeside(runs: Runs, source: TraceSource, run: RunSummary, { checkpoint, depth }: TraceChoice): Promise<BesideChoice | null> {
  const { id, config } = run.manifest;
  const most = depthLimit(config);
  const { checkpoints } = await source.options(run);
  const own = checkpoints.filter(({ name }) => name !== checkpoint).map(({ name, label }): Item => ({ label, answer: () => Promise.resolve({ run: id, checkpoint: name, depth }) }));
  const deeper: Item = { label: l10n('Another depth'), description: l10n('the same weights, more or fewer supervision steps'), answer: async () => {
    const other = await askDepth(depth, most);
    return other === null ? null : { run: id, checkpoint, depth: other };
  } };
  const others = fitting(runs, run).map((other): Item => ({
    label: `$(${stateIcon(other.state).icon}) ${other.manifest.name}`, description: runDescription(other, runs.line(other.manifest.id)?.status ?? null), answer: () => pickOf(other, source, depth),
  }));
  const picked = await vscode.window.showQuickPick([
    ...(most > 1 ? [deeper] : []),
    ...(own.length > 0 ? [separator(l10n('Weights of {0}', run.manifest.name)), ...own] : []),
    ...(others.length > 0 ? [separator(l10n('Other runs on such a board')), ...others] : []),
  ], { ignoreFocusOut: true, title: l10n('Compare Traces'), placeHolder: l10n('Compare with what?'), matchOnDescription: true });
  return await picked?.answer?.() ?? null;
}

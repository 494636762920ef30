/** Weights from and for the published code: Import Published Checkpoint and Export Weights. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { checkpointDir } from '../runs/checkpoints';
import { newRunId } from '../runs/paths';
import type { ConfigFiles } from './config-files';
import { showInfo, withProgress, type Commands, type Log } from './notify';
import { pickCheckpoint, pickConfig, pickRun } from './pick';
import type { Runs } from './runs';
import { runsDirFor } from './settings';
import { showPlace } from './show-place';
import type { Trainers } from './trainers';
import { requireTrust } from './trust';

const l10n = vscode.l10n.t;

/** What these commands need of the window. */
export interface WeightsContext {
  readonly runs: Runs;
  readonly trainers: Trainers;
  readonly configs: ConfigFiles;
  readonly log: Log;
}

/** The notes in the answer of an import. */
function notesOf(answer: unknown): string[] {
  const notes = typeof answer === 'object' && answer !== null && 'notes' in answer ? answer.notes : null;
  return Array.isArray(notes) ? notes.filter(note => typeof note === 'string') : [];
}

async function importCheckpoint({ runs, trainers, configs, log }: WeightsContext): Promise<void> {
  requireTrust(l10n('Importing writes a run folder, and this folder is not trusted yet.'));
  const [file] = await vscode.window.showOpenDialog({ title: l10n('Checkpoint of the published code (torch.save or safetensors)'), openLabel: l10n('Import') }) ?? [];
  const config = file && await pickConfig(configs, undefined, l10n('Which config is the checkpoint of?'));
  if (!file || !config) return;
  const id = newRunId(path.basename(config.fsPath));
  const runsDir = runsDirFor(config);
  const answer = await withProgress(l10n('Importing {0}', path.basename(file.fsPath)), (report, signal) =>
    trainers.importCheckpoint([file.fsPath, '--config', config.fsPath, '--runs-dir', runsDir, '--run-id', id], progress => report(progress.text, progress.fraction), signal));
  await runs.refresh();
  const look = { title: l10n('Inspect Puzzle Trace'), run: () => vscode.commands.executeCommand('trm.inspectPuzzle', id) };
  showInfo(log, [l10n('{0} is in the Runs view.', path.basename(file.fsPath)), ...notesOf(answer)].join(' '), look);
}

interface Choice extends vscode.QuickPickItem { readonly value: string }

async function exportWeights({ runs, trainers, log }: WeightsContext, given: unknown): Promise<void> {
  const run = await pickRun(runs, given, () => true, { ask: l10n('Export the weights of which run?'), none: l10n('There is no run yet.'), next: l10n('Train a config first.') });
  const name = run && await pickCheckpoint(run, given);
  if (!run || name === undefined) return;
  requireTrust(l10n('An export starts a program that reads what the run names, and this folder is not trusted yet.'));
  const checkpoint = checkpointDir(run.dir, name);
  const averaged: Choice = { label: l10n('Averaged (EMA)'), description: l10n('those that evaluations use'), value: 'ema' };
  const trained: Choice = { label: l10n('Trained'), description: l10n('as the optimiser left them'), value: 'model' };
  const weights = existsSync(path.join(checkpoint, 'ema.safetensors')) ? await vscode.window.showQuickPick([averaged, trained], { ignoreFocusOut: true, placeHolder: l10n('Which weights?') }) : trained;
  const prefix = weights && await vscode.window.showQuickPick<Choice>([
    { label: l10n('As in the model'), description: 'inner.lm_head.weight', detail: l10n('For the model class itself.'), value: 'none' },
    { label: l10n('As pretrain.py has them'), description: '_orig_mod.model.inner.lm_head.weight', detail: l10n('For load_checkpoint of the published code: a compiled model in its loss head.'), value: '_orig_mod.model.' },
    { label: l10n('As pretrain.py has them, not compiled'), description: 'model.inner.lm_head.weight', detail: l10n('For load_checkpoint with DISABLE_COMPILE=1.'), value: 'model.' },
  ], { ignoreFocusOut: true, placeHolder: l10n('Names of the tensors?') });
  if (!weights || !prefix) return;
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri ?? vscode.Uri.file(run.dir);
  const target = await vscode.window.showSaveDialog({ title: l10n('Export Weights'), defaultUri: vscode.Uri.joinPath(folder, `${run.manifest.name}-${name}.pt`), filters: { 'torch.save': ['pt'], safetensors: ['safetensors'] } });
  if (!target) return;
  // The dialog has asked before replacing a file.
  await withProgress(l10n('Exporting {0}, {1}', run.manifest.name, name), (report, signal) =>
    trainers.exportWeights([checkpoint, '--out', target.fsPath, '--weights', weights.value, '--prefix', prefix.value, '--overwrite'], progress => report(progress.text, progress.fraction), signal));
  showInfo(log, l10n('The weights are in {0}.', target.fsPath), { title: l10n('Show File'), run: () => showPlace(log, target) });
}

/** Both commands. */
export function weightsCommands(context: WeightsContext) {
  return {
    'trm.importCheckpoint': () => importCheckpoint(context),
    'trm.exportWeights': given => exportWeights(context, given),
  } satisfies Commands;
}

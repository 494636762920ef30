/** Experiments in the editor: the paper's tables at a small scale, put into the queue, and the table of what came of any experiment or sweep. */
import { copyFile } from 'node:fs/promises';
import * as vscode from 'vscode';
import { presetFile, presets } from '../config/presets';
import type { PaperExperiment } from '../experiments/paper';
import { planExperiment } from '../experiments/plan';
import { experimentTables } from '../experiments/table';
import { progressText } from '../experiments/table-text';
import { tableUri } from './experiment-pages';
import { askText, type Commands } from './notify';
import { openFolders, pickFolder } from './pick-folder';
import { HostError } from './problem';
import { queueInTurn } from './queue';
import type { Runs } from './runs';
import { runsDirFor } from './settings';
import type { TrainContext } from './train';
import { requireTrust } from './trust';

const l10n = vscode.l10n.t;

async function showTable(runs: Runs, given: unknown): Promise<void> {
  await runs.refresh();
  const tables = experimentTables(runs.list());
  let id = typeof given === 'string' ? given : undefined;
  if (id === undefined) {
    if (tables.length === 0) throw new HostError('no_experiment', l10n('No run in this window is part of an experiment.'), l10n('Begin one: TRM: Run Experiment, or a config with a sweep.'));
    const items = tables.map(table => ({ label: table.id, detail: progressText(table), id: table.id }));
    id = items.length === 1 ? items[0]!.id : (await vscode.window.showQuickPick(items, { ignoreFocusOut: true, placeHolder: l10n('The table of which experiment?') }))?.id;
  }
  if (id !== undefined) await vscode.commands.executeCommand('markdown.showPreview', tableUri(id));
}

const experiments: readonly { label: string; detail: string; experiment: PaperExperiment }[] = [
  { label: l10n('Ablation'), detail: l10n('The rows of the paper\'s Tables 1 and 2, and direct prediction.'), experiment: 'ablation' },
  { label: l10n('Depths'), detail: l10n('The paper\'s Table 3: HRM and TRM over k and T.'), experiment: 'depths' },
];

/** The presets that experiments begin with. */
const basesOf = (): { label: string; detail: string; file: string }[] => presets.filter(({ name }) => name.startsWith('ablation-')).map(preset => ({ label: preset.title, detail: preset.description, file: presetFile(preset) }));

/** Run Experiment: asks which, on what, and how often; puts a copy of the preset into the folder, whose changes are the rows. */
async function runExperiment(context: TrainContext, extensionUri: vscode.Uri): Promise<void> {
  requireTrust(l10n('Training starts a program with the settings of this folder, which you have not trusted yet.'));
  const folders = openFolders();
  if (folders.length === 0) throw new HostError('no_folder', l10n('No folder is open to keep the runs in.'), l10n('Open a folder first.'));
  const which = await vscode.window.showQuickPick(experiments, { ignoreFocusOut: true, placeHolder: l10n('Which experiment?'), matchOnDetail: true });
  const base = which && await vscode.window.showQuickPick(basesOf(), { ignoreFocusOut: true, placeHolder: l10n('On which puzzles?'), matchOnDetail: true });
  const folder = base && await pickFolder(folders, l10n('Into which folder?'));
  if (!which || !folder) return;
  const seeds = await askText({
    title: l10n('Run Experiment'), prompt: l10n('Seeds: how often each row is trained'), value: '3',
    validateInput: typed => (/^([1-9]|1\d|20)$/.test(typed) ? null : l10n('Expected a whole number from 1 to 20.')),
  });
  if (seeds === undefined) return;
  const config = vscode.Uri.joinPath(folder, base.file);
  if (!await vscode.workspace.fs.stat(config).then(() => true, () => false)) await copyFile(vscode.Uri.joinPath(extensionUri, 'examples', base.file).fsPath, config.fsPath);
  const id = await queueInTurn(context, pace => planExperiment(config.fsPath, which.experiment, { seeds: Number(seeds) }, pace), runsDirFor(config));
  if (id !== null) await showTable(context.runs, id);
}

/** The commands. */
export function experimentCommands(context: TrainContext, extensionUri: vscode.Uri) {
  return {
    'trm.runExperiment': () => runExperiment(context, extensionUri),
    'trm.showExperiment': given => showTable(context.runs, given),
  } satisfies Commands;
}

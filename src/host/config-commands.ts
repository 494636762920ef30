/** Commands on configs: a new one from a preset, and the dataset of one. Train TRM is in train.ts. */
import path from 'node:path';
import * as vscode from 'vscode';
import { measuredOn, measuredSizes, type MeasuredSize } from '../config/example-sizes';
import { parseConfig } from '../config/load';
import { presetFile, presetGroups, presets, readPreset, type Preset, type PresetGroup } from '../config/presets';
import type { ResolvedConfig } from '../config/resolve';
import type { ConfigFiles } from './config-files';
import { sizeOnGpu } from './language/summary';
import { askText, showInfo, withProgress, type Commands, type Log } from './notify';
import { pickConfig } from './pick';
import { openFolders, pickFolder } from './pick-folder';
import { save } from './train';
import type { Trainers } from './trainers';
import { requireTrust } from './trust';

const l10n = vscode.l10n.t;

const isOfPaperSize = ({ group }: Preset): boolean => group === 'paper' || group === 'table1' || group === 'table2';

/** The presets as they are offered: in groups, with their size: measured, or of those for GPUs an estimate. */
function presetItems(examples: string): (vscode.QuickPickItem & { preset?: Preset })[] {
  const item = (preset: Preset): vscode.QuickPickItem & { preset: Preset } => {
    const { config } = parseConfig(readPreset(examples, preset));
    const size = isOfPaperSize(preset) ? config && estimatedText(config, path.join(examples, presetFile(preset))) : measuredText(preset);
    return { label: l10n(preset.title), description: size ?? presetFile(preset), detail: l10n(preset.description), preset };
  };
  return (Object.keys(presetGroups) as PresetGroup[]).flatMap(group => [
    { label: l10n(presetGroups[group]), kind: vscode.QuickPickItemKind.Separator },
    ...presets.filter(preset => preset.group === group).map(item),
  ]);
}

/** What training it takes, measured; undefined when it was not. */
function measuredText({ name }: Preset): string | undefined {
  const sizes = measuredSizes[name];
  if (!sizes) return undefined;
  const gigabytes = ({ peak_mb }: MeasuredSize): string => (peak_mb / 1000).toFixed(1);
  const { tensorflow, wasm } = sizes;
  return l10n('{0} ms per step and {1} GB on tensorflow, {2} ms and {3} GB on wasm (measured on {4})', tensorflow.step_ms, gigabytes(tensorflow), wasm.step_ms, gigabytes(wasm), measuredOn);
}

/** What training it takes on a GPU, estimated; undefined when its data are not known. */
function estimatedText(config: ResolvedConfig, file: string): string | undefined {
  const size = sizeOnGpu(config, file);
  return size && l10n('{0} parameters, {1} steps, about {2} of GPU memory for the whole batch at once (estimates; micro_batch_size takes less)', size.parameters, size.steps.toLocaleString(vscode.env.language), size.memory);
}

/** Makes a config of a preset, with a name of the user's, and opens it. `given`: the name of the preset, when that is known already. */
async function newConfig(extensionUri: vscode.Uri, given: unknown): Promise<void> {
  const examples = vscode.Uri.joinPath(extensionUri, 'examples').fsPath;
  const chosen = presets.find(({ name }) => name === given)
    ?? (await vscode.window.showQuickPick(presetItems(examples), { ignoreFocusOut: true, placeHolder: l10n('Begin with which preset?'), matchOnDescription: true, matchOnDetail: true }))?.preset;
  if (!chosen) return;
  const text = readPreset(examples, chosen);
  const folders = openFolders();
  const folder = await pickFolder(folders, l10n('Into which folder?'));
  if (!folder && folders.length > 0) return;
  const target = folder ? await freeName(folder, chosen.name) : await vscode.window.showSaveDialog({ title: l10n('Save the config as'), filters: { 'TRM config': ['trm.yaml'] } });
  if (!target) return;
  await vscode.workspace.fs.writeFile(target, Buffer.from(text, 'utf8'));
  await vscode.window.showTextDocument(target);
}

/** Asks for a name in the folder that is not taken. */
async function freeName(folder: vscode.Uri, name: string): Promise<vscode.Uri | undefined> {
  const at = (stem: string): vscode.Uri => vscode.Uri.joinPath(folder, `${stem}.trm.yaml`);
  const exists = async (uri: vscode.Uri): Promise<boolean> => vscode.workspace.fs.stat(uri).then(() => true, () => false);
  let free = name;
  for (let n = 2; await exists(at(free)); n++) free = `${name}-${n}`;
  const typed = await askText({
    title: l10n('New Config from Preset'), prompt: l10n('Name of the config; the file is NAME.trm.yaml in {0}', path.basename(folder.fsPath)), value: free,
    validateInput: async stem => {
      if (!/^[\w][\w. -]*$/.test(stem)) return l10n('Use letters, digits, ".", "-" and "_".');
      return await exists(at(stem)) ? l10n('{0}.trm.yaml is there already.', stem) : null;
    },
  });
  return typed === undefined ? undefined : at(typed);
}

async function buildDataset(trainers: Trainers, configs: ConfigFiles, log: Log, onChange: () => void, given: unknown): Promise<void> {
  requireTrust(l10n('Building a dataset writes files where the config says, and this folder is not trusted yet.'));
  const config = await pickConfig(configs, given);
  if (!config) return;
  const name = path.basename(config.fsPath);
  await save(config);
  await withProgress(l10n('Building the dataset of {0}', name), (report, signal) => trainers.buildData(config.fsPath, p => report(p.text, p.fraction), signal));
  onChange();
  showInfo(log, l10n('The dataset of {0} is ready.', name), { title: l10n('Train TRM'), run: () => vscode.commands.executeCommand('trm.train', config) });
}

/** The commands on configs. `onChange`: a dataset was made. */
export function configCommands(extensionUri: vscode.Uri, trainers: Trainers, configs: ConfigFiles, log: Log, onChange: () => void) {
  return {
    'trm.newConfig': given => newConfig(extensionUri, given),
    'trm.buildDataset': given => buildDataset(trainers, configs, log, onChange, given),
  } satisfies Commands;
}

/** Commands with which a person says something about runs: name, tags, notes, pins. */
import * as vscode from 'vscode';
import { pinCheckpoint } from '../runs/checkpoints';
import { changeLabels, labelLimits } from '../runs/labels';
import type { RunSummary } from '../runs/read-run';
import { askText, type Commands } from './notify';
import { pickCheckpoint, pickRun, pickRuns } from './pick';
import { notesUri } from './run-notes';
import type { Runs } from './runs';
import type { RunsTree } from './runs-tree';

const l10n = vscode.l10n.t;

/** What these commands need of the window. */
export interface LabelsContext { readonly runs: Runs; readonly tree: RunsTree }

async function oneRun(runs: Runs, given: unknown, ask: string): Promise<RunSummary | undefined> {
  return pickRun(runs, given, () => true, { ask, none: l10n('There is no run yet.'), next: l10n('Train a config first.') });
}

async function rename({ runs }: LabelsContext, given: unknown): Promise<void> {
  const run = await oneRun(runs, given, l10n('Rename which run?'));
  const name = run && await askText({
    title: l10n('Rename Run'), prompt: l10n('The name that is shown. The folder keeps its own: {0}', run.manifest.id), value: run.manifest.name,
    validateInput: text => (text.trim() === '' || text.trim().length > labelLimits.name ? l10n('Expected 1 to {0} characters.', labelLimits.name) : null),
  });
  if (!run || name === undefined) return;
  changeLabels(run.dir, { name: name.trim() });
  await runs.refresh();
}

/** Tags in what a person typed: words, with or without `#`. */
const tagsIn = (text: string): string[] => [...new Set(text.split(/[\s,]+/).map(tag => tag.replace(/^#/, '')).filter(tag => tag !== ''))];

function tagProblem(text: string): string | null {
  const wrong = tagsIn(text).find(tag => tag.length > labelLimits.tag || !/^[\p{L}\p{N}][\p{L}\p{N}._/+-]*$/u.test(tag));
  if (wrong !== undefined) return l10n('{0} cannot be a tag: letters, digits and . _ / + - are, up to {1}.', wrong, labelLimits.tag);
  return tagsIn(text).length > labelLimits.tags ? l10n('A run can have {0} tags.', labelLimits.tags) : null;
}

/** Asks for the tags of a run, or for tags to add to several. */
async function editTags({ runs }: LabelsContext, given: unknown, selected: unknown): Promise<void> {
  const chosen = await pickRuns(runs, given, selected, { ask: l10n('Tag which runs?'), least: 1 });
  const [first] = chosen;
  if (!first) return;
  const before = chosen.length === 1 ? first.manifest.tags : [];
  const text = await askText({
    title: chosen.length === 1 ? l10n('Tags of {0}', first.manifest.name) : l10n('Add Tags to {0} Runs', chosen.length),
    prompt: l10n('Words, with or without #. In use: {0}', [...new Set(runs.list().flatMap(run => run.manifest.tags))].slice(0, 20).join(' ') || l10n('none yet')),
    value: before.join(' '), validateInput: tagProblem,
  });
  if (text === undefined) return;
  const tags = tagsIn(text);
  for (const run of chosen) changeLabels(run.dir, { add_tags: tags.filter(tag => !before.includes(tag)), remove_tags: before.filter(tag => !tags.includes(tag)) });
  await runs.refresh();
}

async function editNotes({ runs }: LabelsContext, given: unknown): Promise<void> {
  const run = await oneRun(runs, given, l10n('Notes of which run?'));
  if (run) await vscode.window.showTextDocument(notesUri(run.manifest.id), { preview: false });
}

async function pin({ runs }: LabelsContext, given: unknown, selected: unknown, pinned: boolean): Promise<void> {
  const chosen = await pickRuns(runs, given, selected, { ask: pinned ? l10n('Pin which runs?') : l10n('Unpin which runs?'), least: 1, fits: run => run.pinned !== pinned });
  for (const run of chosen) changeLabels(run.dir, { pinned });
  await runs.refresh();
}

async function keepCheckpoint({ runs, tree }: LabelsContext, given: unknown, keep: boolean): Promise<void> {
  const run = await oneRun(runs, given, l10n('A checkpoint of which run?'));
  const checkpoint = run && await pickCheckpoint(run, given);
  if (!run || checkpoint === undefined) return;
  pinCheckpoint(run.dir, checkpoint, keep);
  tree.redraw(); // nothing of the run itself changed
}

/** The commands. */
export function labelCommands(context: LabelsContext) {
  return {
    'trm.renameRun': given => rename(context, given),
    'trm.editTags': (given, selected) => editTags(context, given, selected),
    'trm.editNotes': given => editNotes(context, given),
    'trm.pinRun': (given, selected) => pin(context, given, selected, true),
    'trm.unpinRun': (given, selected) => pin(context, given, selected, false),
    'trm.pinCheckpoint': given => keepCheckpoint(context, given, true),
    'trm.unpinCheckpoint': given => keepCheckpoint(context, given, false),
  } satisfies Commands;
}

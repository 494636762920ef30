/** `trm runs tag`, `note`, `pin` and `rename`: what a person says about a run, also while it trains. */
import { listCheckpoints, pinCheckpoint } from '../runs/checkpoints';
import { changeLabels, type LabelChange } from '../runs/labels';
import { readRun } from '../runs/read-run';
import type { ExitCode } from './errors';
import { print, printJson } from './output';
import { findRun } from './runs';

/** Options that all of them have. */
export interface LabelOptions { readonly runsDir: string; readonly json?: boolean }

/** Makes the change, when there is one, and prints what is said about the run now. */
async function changeAndPrint(run: string, { runsDir, json }: LabelOptions, change?: LabelChange): Promise<ExitCode> {
  const dir = findRun(run, runsDir);
  if (change) changeLabels(dir, change);
  const { manifest: { id, name, notes, tags }, pinned } = await readRun(dir);
  if (json) printJson({ run: id, name, notes, tags, pinned });
  else print([`${name} (${id})${pinned ? ', pinned' : ''}`, ...(tags.length ? [tags.map(tag => `#${tag}`).join(' ')] : []), ...(notes === '' ? [] : [notes])].join('\n'));
  return 0;
}

/** `trm runs tag RUN [TAG ...]`: adds tags, or takes them away; without any, prints them. */
export async function tagCommand(run: string, tags: readonly string[], options: LabelOptions & { remove?: boolean }): Promise<ExitCode> {
  const plain = tags.map(tag => tag.replace(/^#/, ''));
  return changeAndPrint(run, options, plain.length === 0 ? undefined : options.remove ? { remove_tags: plain } : { add_tags: plain });
}

/** `trm runs note RUN [TEXT]`: replaces the notes; without a text, prints them. */
export async function noteCommand(run: string, text: string | undefined, options: LabelOptions): Promise<ExitCode> {
  return changeAndPrint(run, options, text === undefined ? undefined : { notes: text });
}

/** `trm runs rename RUN NAME`: changes the display name; the folder and the id stay. */
export async function renameCommand(run: string, name: string, options: LabelOptions): Promise<ExitCode> {
  return changeAndPrint(run, options, { name });
}

/** `trm runs pin RUN`: keeps the run at the top of lists, or one of its checkpoints for good. */
export async function pinCommand(run: string, options: LabelOptions & { checkpoint?: string; off?: boolean }): Promise<ExitCode> {
  const { checkpoint, off = false } = options;
  if (checkpoint === undefined) return changeAndPrint(run, options, { pinned: !off });
  const dir = findRun(run, options.runsDir);
  pinCheckpoint(dir, checkpoint, !off);
  const pinned = listCheckpoints(dir).filter(c => c.pinned).map(c => c.name);
  if (options.json) printJson({ run: (await readRun(dir)).manifest.id, checkpoint, pinned: !off, pinned_checkpoints: pinned });
  else print(pinned.length ? `pinned: ${pinned.join(', ')}` : 'No checkpoint is pinned.');
  return 0;
}

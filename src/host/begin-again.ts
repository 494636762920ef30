/**
 * Beginning from a run that there is: forking from one of its checkpoints, training its config again with changes, and recovering
 * it when its process is gone. A config that is changed first is a draft (drafts.ts); Train TRM on it starts the run.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { parseConfig } from '../config/load';
import { checkpointDir, checkpointName, listCheckpoints } from '../runs/checkpoints';
import { newRunId } from '../runs/paths';
import { oneLine } from '../runs/read-json';
import type { RunSummary } from '../runs/read-run';
import { trainableText } from '../runs/run-config';
import type { Drafts } from './drafts';
import { askText, confirm } from './notify';
import { splitOverrides } from './override-line';
import { pickCheckpoint, pickRun } from './pick';
import { HostError } from './problem';
import { launch, resume, save, type TrainContext } from './train';
import { requireTrust } from './trust';

const l10n = vscode.l10n.t;

/** What a run begins from: another, and the name of its checkpoint to fork from; null: its config only, from the beginning. */
interface Source {
  readonly run: RunSummary;
  readonly checkpoint: string | null;
}

const stepOf = (checkpoint: string): string => checkpointName.exec(checkpoint)?.[1] ?? checkpoint;

/** The first problem of a config's text with these overrides, in words; null when it can be trained. */
function configProblem(text: string, overrides: readonly string[]): string | null {
  const { config, problems } = parseConfig(text, { overrides });
  const problem = config ? undefined : problems.find(p => p.severity === 'error');
  return problem ? `${problem.override === undefined ? l10n('line {0}: ', problem.line) : ''}${problem.message}` : null;
}

/** Starts runs from runs. */
export class BeginAgain {
  constructor(private readonly context: TrainContext, private readonly drafts: Drafts) {}

  /** Fork from Checkpoint. */
  async fork(given: unknown): Promise<void> {
    this.requireTrust();
    const { runs } = this.context;
    const run = await pickRun(runs, given, r => listCheckpoints(r.dir).length > 0, { ask: l10n('Fork which run?'), none: l10n('No run has a checkpoint yet.'), next: l10n('Train a config first.') });
    const checkpoint = run && await pickCheckpoint(run, given);
    if (run && checkpoint !== undefined) await this.choose({ run, checkpoint });
  }

  /** Train Again with Changes. */
  async again(given: unknown): Promise<void> {
    this.requireTrust();
    const run = await pickRun(this.context.runs, given, () => true, { ask: l10n('Train the config of which run again?'), none: l10n('There is no run yet.'), next: l10n('Train a config first.') });
    if (run) await this.choose({ run, checkpoint: null });
  }

  /** Starts the run of a draft: the document given, or the active one. False when that is no draft, or is not to be one any more. */
  async startDraft(given: unknown): Promise<boolean> {
    const uri = given instanceof vscode.Uri ? given : vscode.window.activeTextEditor?.document.uri;
    const beginning = uri && this.drafts.get(uri);
    if (!beginning) return false;
    this.requireTrust();
    const run = await pickRun(this.context.runs, beginning.run, () => true, { ask: '', none: '', next: '' });
    if (!run) return true;
    const source = { run, checkpoint: beginning.checkpoint };
    if (uri.scheme === 'file') {
      const answer = await this.askOfSaved(uri, source);
      if (answer !== 'fork') return answer === 'nothing';
      await save(uri);
    }
    const document = await vscode.workspace.openTextDocument(uri);
    const text = document.getText();
    const problem = configProblem(text, []);
    if (problem !== null) throw new HostError('bad_config', problem, l10n('Correct the config and train again.'));
    if (await this.start(source, text, [])) await this.drafts.close(document, text);
    return true;
  }

  /** Recover Run, for one whose process is gone, or cannot be seen from here. Asks first, and says what it means. */
  async recover(given: unknown): Promise<void> {
    this.requireTrust();
    const isLeft = (run: RunSummary): boolean => run.state === 'crashed' || run.state === 'lost';
    const run = await pickRun(this.context.runs, given, isLeft, { ask: l10n('Recover which run?'), none: l10n('No run has crashed or is lost.'), next: '' });
    if (!run) return;
    if (!isLeft(run)) throw new HostError('not_lost', l10n('{0} is {1}: there is nothing to recover.', run.manifest.name, run.state), l10n('Resume Run goes on with a run that was stopped or failed.'));
    const { name, step, owner: { host } } = run.manifest;
    const newest = listCheckpoints(run.dir).find(c => c.problem === null && !c.superseded);
    const from = newest
      ? `${l10n('It goes on from its newest checkpoint, of step {0}.', newest.step)}${step > newest.step ? ` ${l10n('The {0} steps after it are trained again.', step - newest.step)}` : ''} ${l10n('Nothing in its folder is deleted.')}`
      : l10n('It has no checkpoint yet, so it begins anew.');
    const isLost = run.state === 'lost';
    const yes = isLost ? l10n('Take Over') : l10n('Recover');
    const question = isLost ? l10n('Take over {0} from {1}?', name, host) : l10n('Recover {0}?', name);
    const state = isLost
      ? l10n('Its trainer on {0} has given no sign of life since {1}. If it still runs there, it will be locked out of the folder and end.', host, run.lastSeen?.toLocaleString() ?? l10n('it began'))
      : l10n('Its process ended without a last word: it was killed, or the machine went down.');
    if (await confirm(question, `${state}\n\n${from}`, yes) !== yes) return;
    await resume(this.context, run, { takeOver: isLost });
  }

  /** Asks what is to become of a draft of a fork that was saved as a file: as a config by itself it begins at step 0. */
  private async askOfSaved(uri: vscode.Uri, { run, checkpoint }: Source): Promise<'fork' | 'train' | 'nothing'> {
    const [fork, train] = [l10n('Fork'), l10n('Train from the Beginning')];
    const question = l10n('Fork {0} from step {1}, or train {2} from the beginning?', run.manifest.name, stepOf(checkpoint ?? ''), path.basename(uri.fsPath));
    const answer = await confirm(question, l10n('The file was saved from a draft of a fork. What it begins from is known in this workspace only: elsewhere, and on the command line, it is a config like any other.'), fork, train);
    if (answer === train) this.drafts.forget(uri);
    return answer === fork ? 'fork' : answer === train ? 'train' : 'nothing';
  }

  private requireTrust(): void {
    requireTrust(l10n('Training starts a program with the settings of this folder, which you have not trusted yet.'));
  }

  /** Asks what is to be changed. */
  private async choose(source: Source): Promise<void> {
    const { run, checkpoint } = source;
    const text = trainableText(run);
    const what = checkpoint === null ? l10n('{0}, from the beginning', run.manifest.name) : l10n('{0}, from step {1}', run.manifest.name, stepOf(checkpoint));
    const items = [
      { label: l10n('$(play) As it is'), description: l10n('the same config'), act: () => this.start(source, text, []) },
      { label: l10n('$(symbol-key) With other values…'), description: 'lr=3e-4 epochs=400', act: () => this.startWith(source, text) },
      { label: l10n('$(edit) Edit the config first'), description: l10n('opens it as a draft; Train TRM starts the run'), act: () => this.draft(source, text) },
    ];
    await (await vscode.window.showQuickPick(items, { ignoreFocusOut: true, title: what, placeHolder: l10n('What is to be changed?') }))?.act();
  }

  private async startWith(source: Source, text: string): Promise<void> {
    const line = await askText({
      title: l10n('Other Values'), prompt: l10n('key=value, divided by spaces'), placeHolder: 'lr=3e-4 arch.L_cycles=4',
      validateInput: typed => configProblem(text, splitOverrides(typed)),
    });
    if (line !== undefined) await this.start(source, text, splitOverrides(line));
  }

  private async draft({ run, checkpoint }: Source, text: string): Promise<void> {
    const head = checkpoint === null
      ? l10n('# A new run of the config of {0}. Change what you like, then choose Train TRM.', oneLine(run.manifest.id, 80))
      : l10n('# A fork of {0} at step {1}. Change what you like, then choose Train TRM.', oneLine(run.manifest.id, 80), stepOf(checkpoint));
    const document = await vscode.workspace.openTextDocument({ language: 'trm', content: `${head}\n${text}` });
    this.drafts.add(document.uri, { run: run.manifest.id, checkpoint });
    await vscode.window.showTextDocument(document, { preview: false });
  }

  /** Starts the run; true when it has begun. */
  private async start({ run, checkpoint }: Source, text: string, overrides: readonly string[]): Promise<boolean> {
    const { logDir } = this.context;
    const base = run.manifest.config_path;
    const id = newRunId(path.basename(base));
    const runsDir = path.dirname(run.dir);
    const config = path.join(logDir, `${id}.trm.yaml`);
    await mkdir(logDir, { recursive: true });
    await writeFile(config, text);
    return launch(this.context, {
      id, dir: path.join(runsDir, id), name: path.basename(base).replace(/(\.trm)?\.ya?ml$/i, ''), cwd: runsDir, attempt: 0,
      args: [
        'train', config, '--base', base, ...(checkpoint === null ? [] : ['--fork', checkpointDir(run.dir, checkpoint)]),
        '--runs-dir', runsDir, '--run-id', id, ...overrides.flatMap(o => ['--override', o]),
      ],
    });
  }
}

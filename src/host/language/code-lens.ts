/**
 * The line above a config: "Train TRM", and the config in numbers: parameters, depth, steps, memory and time on this machine.
 */
import os from 'node:os';
import * as vscode from 'vscode';
import type { ResolvedConfig } from '../../config/resolve';
import { dataFacts } from '../../puzzles/data-facts';
import { summarise } from '../../reports/config-report';
import { durationText } from '../../runs/describe';
import type { Runs } from '../runs';
import type { ParsedDocuments } from './parsed-documents';
import { StepTimes, stepText, stepTime, type StepTime } from './step-time';
import type { Surroundings } from './surroundings';
import { countText, memoryFit, memoryNeed, type TrainingPlace } from './summary';
import { trainingPlace } from './training-place';

/** A lens that says how long training takes, once that is known: the others do not wait for it. */
class TimeLens extends vscode.CodeLens {
  constructor(readonly config: ResolvedConfig, readonly file: string, readonly place: TrainingPlace, readonly steps: number) {
    super(firstLine);
  }
}

/** Shows the lenses; the numbers appear while the config has no errors. */
export class ConfigLenses implements vscode.CodeLensProvider {
  private readonly times = new StepTimes(os.hostname());
  /** Also when a run has ended: it may tell how long a step takes. */
  readonly onDidChangeCodeLenses: vscode.Event<void>;

  constructor(private readonly parsed: ParsedDocuments, private readonly runs: Runs, surroundings: Surroundings) {
    this.onDidChangeCodeLenses = surroundings.onDidChange;
  }

  async provideCodeLenses(document: vscode.TextDocument): Promise<vscode.CodeLens[]> {
    const parsed = this.parsed.of(document);
    if (!parsed) return [];
    const { config, problems } = parsed;
    const train = lens(vscode.l10n.t('$(play) Train TRM'), 'trm.train', document.uri);
    if (!config) {
      const errors = problems.filter(problem => problem.severity === 'error').length;
      return [train, lens(errors === 1 ? vscode.l10n.t('1 problem') : vscode.l10n.t('{0} problems', errors), 'workbench.actions.view.problems')];
    }
    const file = document.uri.scheme === 'file' ? document.uri.fsPath : undefined;
    const summary = file === undefined ? undefined : summarise(config, file);
    if (file === undefined || !summary) return [train];
    const place = await trainingPlace(config);
    const numbers = vscode.l10n.t('{0} parameters · depth {1} · {2} optimiser steps', countText(summary.parameters), summary.depth, summary.steps.toLocaleString(vscode.env.language));
    if (!place) return [train, lens(numbers)];
    return [train, lens(numbers), ...memoryLens(config, file, place), new TimeLens(config, file, place, summary.steps)];
  }

  /** How long it takes here, by the runs of this workspace. */
  async resolveCodeLens(unresolved: vscode.CodeLens): Promise<vscode.CodeLens> {
    if (!(unresolved instanceof TimeLens)) return unresolved;
    const { config, file, place, steps } = unresolved;
    if (this.runs.list().length === 0) await this.runs.refresh(); // the window may be new: wait for its first reading
    const facts = dataFacts(config, file);
    const time = facts && stepTime(config, facts, place, await this.times.of(this.runs.list()));
    return lens(time ? timeText(time, steps) : vscode.l10n.t('time per step: known after a first run on {0}', placeName(place)));
  }
}

const firstLine = new vscode.Range(0, 0, 0, 0);
const lens = (title: string, command = '', ...given: unknown[]): vscode.CodeLens => new vscode.CodeLens(firstLine, { title, command, arguments: given });
const placeName = (place: TrainingPlace): string => (place.device === 'gpu' ? vscode.l10n.t('the GPU') : place.engine);

/** The time of a step and of them all, and which run says so. */
function timeText({ seconds, run, measured }: StepTime, steps: number): string {
  const [step, all] = [stepText(seconds), durationText(seconds * steps)];
  return measured
    ? vscode.l10n.t('{0} per step, {1} for all steps (measured in {2})', step, all, run)
    : vscode.l10n.t('about {0} per step, about {1} for all steps (estimated from {2})', step, all, run);
}

/** What training it takes here, with a sign when that is more than there is. */
function memoryLens(config: ResolvedConfig, file: string, place: TrainingPlace): vscode.CodeLens[] {
  const need = memoryNeed(config, file, place);
  if (!need) return [];
  const { size, advice } = memoryFit(need, place);
  return [lens(advice === null
    ? vscode.l10n.t('about {0} of memory on {1}', size, placeName(place))
    : vscode.l10n.t('$(warning) about {0} of memory, more than fits on {1}: {2}', size, placeName(place), advice))];
}

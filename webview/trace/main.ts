/**
 * The Trace Inspector webview: puts chooser, notices and page together and connects them with the extension host. Exports go
 * to the host as files; the host asks where to save them.
 */
import '../shared/base.css';
import '../shared/controls';
import '@vscode-elements/elements/dist/vscode-textarea/index.js';
import '../charts/charts.css';
import './trace.css';
import { saveExport } from '../../src/protocol/charts';
import { askBeside, cancelCurve, curveState, lookAtCurve, measureCurve } from '../../src/protocol/inspector';
import type { BesideChoice, InspectorState } from '../../src/protocol/inspector';
import { announce, h, setText } from '../shared/dom';
import { connectHost } from '../shared/messenger';
import { Chooser } from './chooser';
import { CompareBar } from './compare-bar';
import { CurvePanel } from './curve-panel';
import { TraceFormatError } from './decode';
import { exportGif, exportJson, exportPng, type ExportFile } from './exports';
import { InspectorView, type Memory } from './inspector-view';
import { weightsWords } from './labels';
import { ProblemNotice, WorkNotice } from './notices';
import { Session } from './session';
import { TrainingScrubber } from './training-scrubber';

const host = connectHost();

let state: InspectorState | null = null;
let exporting: AbortController | null = null;

function savedMemory(): Memory {
  const saved = host.savedState();
  const memory = typeof saved === 'object' && saved !== null && 'memory' in saved ? saved.memory as Partial<Memory> : {};
  return { position: null, speed: 4, both: true, feature: 'y', ...memory };
}

let memory = savedMemory();
const heading = h('h1', null, 'Refinement trace');
const session = new Session(host, {
  state: next => accept(next),
  options: options => {
    if (!state) return;
    state = { ...state, options };
    chooser.offer(options);
    showTraining(state);
  },
  working: (text, since) => work.show(text, since),
  problem: problem => {
    chooser.showPasteProblem(problem?.ofPaste === true ? problem : null);
    problems.show(problem?.ofPaste === true ? null : problem, view.hasTrace);
  },
});
const work = new WorkNotice(() => cancel());
const problems = new ProblemNotice();
const chooser = new Chooser(choice => { void session.choose(choice); });
const training = new TrainingScrubber(step => {
  if (state && 'index' in state.choice.puzzle) void session.choose({ ...state.choice, kept: step });
});
const view = new InspectorView({
  export: kind => { void runExport(kind); },
  remember: next => { memory = next; remember(); },
  compareViewChanged: () => showComparison(),
}, memory);
const comparison = new CompareBar({
  ask: () => { void compareWith(); },
  choose: beside => compare(beside),
  leave: () => compare(null),
  toggle: () => view.setCompareView({ both: !view.compareView.both }),
  feature: feature => view.setCompareView({ feature }),
});
view.exportButtons.hidden = true;

const curve = new CurvePanel({
  look: puzzles => { void host.request(lookAtCurve, { puzzles }, 0).then(found => curve.show(found)); },
  measure: puzzles => host.notify(measureCurve, { puzzles }),
  cancel: () => host.notify(cancelCurve, undefined),
  save: file => host.notify(saveExport, { ...file, name: `${state?.options.runName ?? 'run'}-${file.name}` }),
});
host.on(curveState, next => curve.show(next));
let curveOf = '';

function remember(): void {
  host.saveState({ choice: state?.choice ?? null, memory });
}

/** Compares with this, or (null) no longer. */
function compare(beside: BesideChoice | null): void {
  if (!state) return;
  const { run, checkpoint, puzzle, depth, kept } = state.choice;
  void session.choose({ run, checkpoint, puzzle, depth, ...(kept === undefined ? {} : { kept }), ...(beside === null ? {} : { beside }) });
}

async function compareWith(): Promise<void> {
  if (!state) return;
  const beside = await host.request(askBeside, state.choice, 0).catch((error: unknown) => {
    problems.show({ message: error instanceof Error ? error.message : String(error), next: 'Try again; if it fails again, see the TRM output channel.', ofPaste: false, again: () => { void compareWith(); } }, false);
    return null;
  });
  if (beside === null) return;
  view.setCompareView({ both: true });
  compare(beside);
}

/** Another checkpoint has another curve; another puzzle has not. */
function showCurve(): void {
  if (!state || !view.hasTrace) return;
  const { choice, options } = state;
  const of = `${choice.run} ${choice.checkpoint === 'best' ? options.checkpoints.find(({ name }) => name === 'best')?.label : choice.checkpoint} ${options.puzzles}`;
  if (of === curveOf) return;
  curveOf = of;
  curve.choose(options);
}

function showComparison(): void {
  comparison.element.hidden = !view.hasTrace;
  comparison.show(state?.choice.beside ?? null, state?.beside ?? null, view.compareView);
}

function headingWords(of: InspectorState): string {
  return of.trace ? `${of.options.runName} · ${of.trace.puzzle.label} · ${weightsWords(of.trace)}` : of.options.runName;
}

/** The scrubber over training time: the steps at which a trace of this puzzle was kept. */
function showTraining({ options, choice: { puzzle }, trace }: InspectorState): void {
  const index = 'index' in puzzle ? puzzle.index : null;
  training.show(options.watched.find(w => w.index === index)?.steps ?? [], trace && trace.puzzle.index === index ? trace.step : null);
}

function accept(next: InspectorState): void {
  const trace = next.trace ?? state?.trace ?? null; // a failed request leaves the traces from before in place
  const beside = next.trace ? next.beside : state?.beside ?? null;
  try {
    if (next.trace) view.show(next);
    setText(heading, headingWords({ ...next, trace }));
  } catch (error) {
    if (!(error instanceof TraceFormatError)) throw error;
    problems.show({ message: error.message, next: error.next, ofPaste: false, again: () => { void session.choose(next.choice); } }, view.hasTrace);
  }
  view.exportButtons.hidden = !view.hasTrace;
  state = { ...next, trace, beside, kept: (next.trace ? next : state)?.kept ?? false };
  chooser.show(next.options, next.choice, state.kept ? trace : null);
  showTraining(state);
  showComparison();
  showCurve();
  remember();
}

function cancel(): void {
  if (exporting) exporting.abort(); else session.cancel();
  if (problems.element.hidden) view.element.querySelector<HTMLElement>('.overview')?.focus(); else problems.focus();
}

async function makeFile(kind: 'png' | 'gif' | 'json', signal: AbortSignal, progress: (text: string) => void): Promise<ExportFile | null> {
  const found = state && view.scene(headingWords(state));
  if (!found) return null;
  if (kind === 'json') return exportJson(found.scene);
  if (kind === 'png') return exportPng(found.scene, found.frame);
  return exportGif(found.scene, view.speed, progress, signal);
}

async function runExport(kind: 'png' | 'gif' | 'json'): Promise<void> {
  if (exporting) return;
  const mine = exporting = new AbortController();
  const since = Date.now();
  try {
    const file = await makeFile(kind, mine.signal, text => work.show(text, since));
    if (file) host.notify(saveExport, file);
  } catch (error) {
    if (mine.signal.aborted) announce('Export cancelled');
    else problems.show({ message: `The export failed: ${error instanceof Error ? error.message : String(error)}`, next: 'Try again, or export another format.', ofPaste: false, again: () => { void runExport(kind); } }, false);
  } finally {
    exporting = null;
    work.show(null, since);
  }
}

chooser.element.append(comparison.element);
document.body.append(h('main', null,
  h('header', { class: 'top' }, heading, view.exportButtons), chooser.element, chooser.pasteElement, training.element, work.element, problems.element, view.element, curve.element));
void session.open();

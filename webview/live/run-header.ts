/**
 * What heads the charts: the run in focus, how it is doing, what can be done with it; and when it failed, what happened and what
 * to do next.
 */
import type { RunHeader } from '../../src/protocol/charts';
import { h, icon, iconButton, setChildren, setText } from '../shared/dom';
import { formatCount, formatPercent } from '../shared/format';
import type { RunStore } from './run-store';

/** Commands of the host that a button runs on the run in focus. */
export type HeaderCommand = 'stop' | 'pause' | 'resume' | 'inspect' | 'openFolder' | 'showLog';
type State = RunHeader['state'];

const looks: Readonly<Record<State, { icon: string; text: string }>> = {
  queued: { icon: 'list-ordered', text: 'queued' },
  pending: { icon: 'clock', text: 'starting' },
  running: { icon: 'loading codicon-modifier-spin', text: 'running' },
  paused: { icon: 'debug-pause', text: 'paused' },
  finished: { icon: 'pass', text: 'finished' },
  failed: { icon: 'error', text: 'failed' },
  stopped: { icon: 'debug-stop', text: 'stopped' },
  crashed: { icon: 'warning', text: 'crashed' },
  lost: { icon: 'question', text: 'lost' },
};

const buttons: readonly { command: HeaderCommand; icon: string; label: string; when: readonly State[] | 'always' }[] = [
  { command: 'pause', icon: 'debug-pause', label: 'Pause', when: ['running'] },
  { command: 'resume', icon: 'debug-continue', label: 'Resume', when: ['paused', 'stopped', 'failed', 'crashed', 'lost'] },
  { command: 'resume', icon: 'play', label: 'Start now, before those in the queue', when: ['queued'] },
  { command: 'stop', icon: 'close', label: 'Take out of the queue', when: ['queued'] },
  { command: 'stop', icon: 'debug-stop', label: 'Stop (writes a checkpoint)', when: ['running', 'paused'] },
  { command: 'stop', icon: 'debug-stop', label: 'Stop (it does not train yet)', when: ['pending'] },
  { command: 'inspect', icon: 'search-fuzzy', label: 'Inspect a puzzle trace', when: 'always' },
  { command: 'openFolder', icon: 'folder-opened', label: 'Open the run folder', when: 'always' },
  { command: 'showLog', icon: 'output', label: 'Show the log', when: 'always' },
];

/** Whether a run finished before its last step: it can go on. */
const endedEarly = ({ state, step, totalSteps }: RunHeader): boolean => state === 'finished' && totalSteps !== null && step < totalSteps;

/** The state that decides what can be done: one that ended early is taken as stopped. */
const stateToAct = (header: RunHeader): State => (endedEarly(header) ? 'stopped' : header.state);

/** State of a run as an icon and a word. */
export function stateBadge(state: State): HTMLElement {
  const { icon: name, text } = looks[state];
  return h('span', { class: `state state-${state}` }, icon(name), text);
}

/** See the file's head. */
export class RunHeading {
  readonly element: HTMLElement;
  readonly #name = h('h1', { class: 'run-name' });
  readonly #state = h('span');
  readonly #actions = h('div', { class: 'run-actions', role: 'toolbar', 'aria-label': 'Run' });
  readonly #status = h('p', { class: 'run-status tabular' });
  readonly #facts = h('p', { class: 'run-facts muted tabular' });
  readonly #bar = h('div', { class: 'progress-value' });
  readonly #progress = h('div', { class: 'progress', role: 'progressbar', 'aria-label': 'Training', 'aria-valuemin': 0 }, this.#bar);
  readonly #failure = h('div', { class: 'notice', role: 'alert', hidden: true });
  readonly #run: (command: HeaderCommand) => void;
  #shownState = '';
  #failureText = '';

  constructor(run: (command: HeaderCommand) => void) {
    this.#run = run;
    this.element = h('header', { class: 'run-header' },
      h('div', { class: 'run-title' }, this.#name, this.#state, this.#actions), this.#progress, this.#status, this.#facts, this.#failure);
  }

  /** Shows a run. */
  show(run: RunStore): void {
    const { header } = run;
    setText(this.#name, header.name);
    this.#name.title = header.name;
    this.#showState(header.state, stateToAct(header));
    setText(this.#status, header.status);
    const { best, totalSteps } = header;
    setText(this.#facts, [
      best === null ? '' : `best ${formatPercent(best.exact_accuracy)} exact (${formatCount(best.exact_count)} of ${formatCount(best.count)}) at step ${formatCount(best.step)}`,
      header.engine,
    ].filter(text => text !== '').join(' · '));
    this.#facts.title = this.#facts.textContent;
    this.#progress.hidden = totalSteps === null;
    if (totalSteps !== null && totalSteps > 0) {
      this.#bar.style.width = `${header.state === 'finished' ? 100 : Math.min(100, (100 * header.step) / totalSteps)}%`;
      this.#progress.setAttribute('aria-valuemax', String(totalSteps));
      this.#progress.setAttribute('aria-valuenow', String(header.step));
    }
    this.#showFailure(header);
  }

  #showState(state: State, toAct: State): void {
    const shown = `${state} ${toAct}`;
    if (shown === this.#shownState) return;
    const focused = this.#actions.querySelector<HTMLElement>(':focus')?.dataset['command'];
    this.#shownState = shown;
    setChildren(this.#state, stateBadge(state));
    this.element.dataset['state'] = state;
    setChildren(this.#actions, ...buttons.filter(({ when }) => when === 'always' || when.includes(toAct))
      .map(({ command, icon: name, label }) => iconButton(name, label, () => this.#run(command), { 'data-command': command })));
    if (focused !== undefined) (this.#actions.querySelector<HTMLElement>(`[data-command="${focused}"]`) ?? this.#actions.querySelector('button'))?.focus();
  }

  /** Why the run failed, or cannot be read, and what to do. */
  #showFailure({ failure, unreadable }: RunHeader): void {
    const problem = failure ?? unreadable;
    const text = problem === null ? '' : JSON.stringify(problem);
    if (text === this.#failureText) return;
    this.#failureText = text;
    this.#failure.hidden = problem === null;
    if (problem === null) return;
    setChildren(this.#failure, icon('error'),
      h('div', { class: 'notice-text' }, h('p', null, problem.message), h('p', { class: 'muted' }, problem.next)),
      h('button', { type: 'button', class: 'link', on: { click: () => this.#run('showLog') } }, 'Show log'));
  }
}

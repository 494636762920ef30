/**
 * What is inspected: checkpoint (or the live weights), puzzle of the test split or one pasted as text, and depth in supervision
 * steps. Values are taken over when a person commits them (Enter, leaving the field, an arrow); nonsense is put right.
 */
import type { VscodeTextfield } from '@vscode-elements/elements/dist/vscode-textfield/index.js';
import type { InspectorOptions, TraceChoice } from '../../src/protocol/inspector';
import { h, iconButton, setChildren, setText } from '../shared/dom';
import { formatCount } from '../shared/format';
import { clampWhole } from './clamp';
import type { Trace } from './decode';

function numberField(label: string, title: string, min: number): VscodeTextfield {
  const field = h('vscode-textfield', { type: 'number', min, step: 1, title, class: 'number' });
  field.label = label;
  return field;
}

/** The chooser; `choose` is called with every new choice. */
export class Chooser {
  private choice: TraceChoice | null = null;
  private options: InspectorOptions | null = null;
  private kept: Pick<Trace, 'step' | 'depth'> | null = null;
  private lastIndex = 0;
  private readonly drawn = { checkpoints: '', watched: '' };
  private readonly checkpoint = h('vscode-single-select', { label: 'Checkpoint', title: 'Weights to run: a checkpoint of the run, the best one, or the present weights of a live run', class: 'checkpoint' });
  private readonly puzzle = numberField('Puzzle', 'Row of the test split, counted from 0', 0);
  private readonly depth = numberField('Depth', 'Supervision steps to run, 1 to 128. More than halt_max_steps is beyond training depth.', 1);
  private readonly puzzleRange = h('span', { class: 'muted tabular' });
  private readonly depthNote = h('span', { class: 'muted tabular' });
  private readonly watched = h('span', { class: 'watched', role: 'group', 'aria-label': 'Watched puzzles' });
  private readonly paste = h('vscode-textarea', { rows: 4, resize: 'vertical', class: 'paste-text' });
  private readonly pasteProblem = h('p', { class: 'paste-problem', role: 'alert', hidden: true });
  private readonly pastePanel = h('div', { class: 'paste', hidden: true }, this.paste,
    h('div', { class: 'paste-buttons' }, h('vscode-button', { on: { click: () => this.sendPasted() } }, 'Inspect This Puzzle'),
      h('vscode-button', { secondary: true, on: { click: () => this.togglePaste(false) } }, 'Close')), this.pasteProblem);
  private readonly pasteButton = iconButton('clippy', 'Paste a puzzle', () => this.togglePaste(this.pastePanel.hidden), { 'aria-pressed': 'false' });
  /** The row of controls. */
  readonly element: HTMLElement;
  /** The text area for a pasted puzzle, folded away until wanted. */
  readonly pasteElement = this.pastePanel;

  constructor(private readonly choose: (choice: TraceChoice) => void) {
    this.paste.label = 'Puzzle as text';
    this.checkpoint.addEventListener('change', () => { if (this.checkpoint.value !== 'kept') this.change({ checkpoint: this.checkpoint.value }); });
    this.puzzle.addEventListener('change', () => this.toPuzzle(Number(this.puzzle.value)));
    this.depth.addEventListener('change', () => this.change({ depth: clampWhole(Number(this.depth.value), 1, this.options?.maxDepth ?? 128) }));
    this.element = h('div', { class: 'chooser', role: 'group', 'aria-label': 'What is inspected' },
      h('label', { class: 'field' }, h('span', null, 'Weights'), this.checkpoint),
      h('div', { class: 'field' }, h('span', null, 'Puzzle'),
        iconButton('chevron-left', 'Previous puzzle', () => this.toPuzzle(this.lastIndex - 1)), this.puzzle,
        iconButton('chevron-right', 'Next puzzle', () => this.toPuzzle(this.lastIndex + 1)), this.puzzleRange, this.pasteButton),
      this.watched,
      h('div', { class: 'field' }, h('span', null, 'Depth'), this.depth, this.depthNote));
  }

  /** Shows what is chosen and what can be; for a trace kept during training, its step and depth instead of those chosen before. */
  show(options: InspectorOptions, choice: TraceChoice, kept: Pick<Trace, 'step' | 'depth'> | null = null): void {
    this.choice = choice;
    this.kept = kept;
    if ('index' in choice.puzzle) {
      this.lastIndex = choice.puzzle.index;
      this.puzzle.value = String(choice.puzzle.index);
    } else {
      this.puzzle.value = '';
      this.paste.value ||= choice.puzzle.text;
    }
    this.depth.value = String(kept?.depth ?? choice.depth);
    this.offer(options);
  }

  /** What can be chosen has changed: the fields stay as they are, since somebody may be typing in one. */
  offer(options: InspectorOptions): void {
    const { choice, kept } = this;
    this.options = options;
    if (choice === null) return;
    const list = options.checkpoints.some(c => c.name === 'live') || !options.live ? options.checkpoints : [{ name: 'live', label: 'live: present weights' }, ...options.checkpoints];
    const shown = kept === null ? choice.checkpoint : 'kept';
    const all = kept === null ? list : [{ name: 'kept', label: `kept at step ${kept.step}` }, ...list];
    const checkpoints = all.map(c => ({ value: c.name, label: c.label, description: '', selected: c.name === shown, disabled: false }));
    if (this.isNews('checkpoints', checkpoints)) {
      this.checkpoint.options = checkpoints;
      this.checkpoint.value = shown;
    }
    this.paste.placeholder = options.paste ?? '';
    this.pasteButton.hidden = options.paste === null;
    const { puzzle } = choice;
    setText(this.puzzleRange, 'text' in puzzle ? 'pasted' : options.puzzles > 0 ? `0–${formatCount(options.puzzles - 1)}` : '');
    setText(this.depthNote, (kept?.depth ?? choice.depth) > options.haltMaxSteps ? `trained with ${options.haltMaxSteps}` : `of ${options.haltMaxSteps} trained`);
    const index = 'index' in puzzle ? puzzle.index : -1;
    if (this.isNews('watched', [index, options.watched])) this.drawWatched(options.watched, index);
  }

  private drawWatched(watched: InspectorOptions['watched'], index: number): void {
    const focused = this.watched.querySelector<HTMLElement>(':focus')?.dataset['puzzle'];
    this.watched.hidden = watched.length === 0;
    setChildren(this.watched, 'Watched', ...watched.map(w => h('button', {
      type: 'button', class: 'chip', 'aria-pressed': String(w.index === index), 'data-puzzle': w.index,
      title: `Puzzle ${w.index}: traces kept at ${w.steps.length} evaluations`, on: { click: () => this.toPuzzle(w.index) },
    }, w.index)));
    if (focused !== undefined) this.watched.querySelector<HTMLElement>(`[data-puzzle="${focused}"]`)?.focus();
  }

  /** Whether a part of the row is to be drawn anew. */
  private isNews(part: 'checkpoints' | 'watched', value: unknown): boolean {
    const now = JSON.stringify(value);
    if (this.drawn[part] === now) return false;
    this.drawn[part] = now;
    return true;
  }

  /** What is wrong with the pasted puzzle, shown where it was pasted. */
  showPasteProblem(problem: { message: string; next: string } | null): void {
    this.pasteProblem.hidden = problem === null;
    if (!problem) return;
    this.togglePaste(true);
    setText(this.pasteProblem, `${problem.message.replace(/\.?$/, '.')} ${problem.next}`);
  }

  private change(part: Partial<TraceChoice>): void {
    if (!this.choice || !this.options) return;
    const { run, checkpoint, puzzle, depth, beside } = this.choice; // without `kept`: whatever is chosen here, the trace is made
    const choice = { run, checkpoint, puzzle, depth, ...(beside ? { beside } : {}), ...part };
    this.show(this.options, choice);
    this.choose(choice);
  }

  private toPuzzle(index: number): void {
    this.change({ puzzle: { index: clampWhole(index, 0, Math.max(0, (this.options?.puzzles ?? 1) - 1)) } });
  }

  private togglePaste(open: boolean): void {
    this.pastePanel.hidden = !open;
    this.pasteButton.setAttribute('aria-pressed', String(open));
    if (open) this.paste.focus(); else this.pasteButton.focus();
  }

  private sendPasted(): void {
    const text = this.paste.value; // as it is: in mazes a space is a cell
    if (text.trim() !== '') { this.change({ puzzle: { text } }); return; }
    this.pasteProblem.hidden = false;
    setText(this.pasteProblem, 'There is no puzzle yet. Paste one into the box, row by row.');
  }
}

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
  private lastIndex = 0;
  private readonly checkpoint = h('vscode-single-select', { label: 'Checkpoint', title: 'Weights to run: a checkpoint of the run, the best one, or the present weights of a live run', class: 'checkpoint' });
  private readonly puzzle = numberField('Puzzle', 'Row of the test split, counted from 0', 0);
  private readonly depth = numberField('Depth', 'Supervision steps to run, 1 to 128. More than halt_max_steps is beyond training depth.', 1);
  private readonly puzzleRange = h('span', { class: 'muted tabular' });
  private readonly depthNote = h('span', { class: 'muted tabular' });
  private readonly watched = h('span', { class: 'watched', role: 'group', 'aria-label': 'Watched puzzles' });
  private readonly paste = h('vscode-textarea', { rows: 4, resize: 'vertical', class: 'paste-text', placeholder: 'Row by row; 0, . or _ for a blank cell. White space and line breaks do not matter.' });
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
    this.options = options;
    this.choice = choice;
    const list = options.checkpoints.some(c => c.name === 'live') || !options.live ? options.checkpoints : [{ name: 'live', label: 'live: present weights' }, ...options.checkpoints];
    const shown = kept === null ? choice.checkpoint : 'kept';
    const all = kept === null ? list : [{ name: 'kept', label: `kept at step ${kept.step}` }, ...list];
    this.checkpoint.options = all.map(c => ({ value: c.name, label: c.label, description: '', selected: c.name === shown, disabled: false }));
    this.checkpoint.value = shown;
    if ('index' in choice.puzzle) {
      this.lastIndex = choice.puzzle.index;
      this.puzzle.value = String(choice.puzzle.index);
    } else this.puzzle.value = '';
    setText(this.puzzleRange, 'text' in choice.puzzle ? 'pasted' : options.puzzles > 0 ? `0–${formatCount(options.puzzles - 1)}` : '');
    const depth = kept?.depth ?? choice.depth;
    this.depth.value = String(depth);
    setText(this.depthNote, depth > options.haltMaxSteps ? `trained with ${options.haltMaxSteps}` : `of ${options.haltMaxSteps} trained`);
    const index = 'index' in choice.puzzle ? choice.puzzle.index : -1;
    this.watched.hidden = options.watched.length === 0;
    setChildren(this.watched, 'Watched', ...options.watched.map(w => h('button', {
      type: 'button', class: 'chip', 'aria-pressed': String(w.index === index),
      title: `Puzzle ${w.index}: traces kept at ${w.steps.length} evaluations`, on: { click: () => this.toPuzzle(w.index) },
    }, w.index)));
  }

  /** A problem with the pasted puzzle, shown where it was pasted; false when the present choice is not a pasted one. */
  showPasteProblem(problem: { message: string; next: string } | null): boolean {
    const pasted = this.choice !== null && 'text' in this.choice.puzzle;
    this.pasteProblem.hidden = !pasted || problem === null;
    if (!pasted || !problem) return false;
    this.togglePaste(true);
    setText(this.pasteProblem, `${problem.message.replace(/\.?$/, '.')} ${problem.next}`);
    return true;
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
    const text = this.paste.value.trim();
    if (text) { this.change({ puzzle: { text } }); return; }
    this.pasteProblem.hidden = false;
    setText(this.pasteProblem, 'There is no puzzle yet. Paste one into the box, row by row.');
  }
}

/**
 * The second scrubber, over training time: for a watched puzzle, the traces kept at every evaluation. Moving it shows the same
 * frame of the refinement with the weights of another moment of training.
 */
import { h, iconButton, setText } from '../shared/dom';
import { formatCount } from '../shared/format';
import { clampWhole } from './clamp';

/** The scrubber; `go` is called with an optimiser step at which a trace was kept. */
export class TrainingScrubber {
  private readonly range = h('input', { type: 'range', min: 0, step: 1, 'aria-label': 'Training step of the weights' });
  private readonly words = h('span', { class: 'tabular words' });
  private steps: readonly number[] = [];
  private present: number | null = null;
  readonly element: HTMLElement;

  constructor(private readonly go: (step: number) => void) {
    this.range.addEventListener('input', () => this.to(Number(this.range.value)));
    this.element = h('div', { class: 'training', hidden: true }, h('span', { class: 'training-name' }, 'Training time'),
      iconButton('chevron-left', 'Earlier in training', () => this.to(Number(this.range.value) - 1)), this.range,
      iconButton('chevron-right', 'Later in training', () => this.to(Number(this.range.value) + 1)), this.words);
  }

  /** Shows the steps at which traces were kept and the step of the present trace (null: not known). A step that was asked for and is not here yet stays. */
  show(steps: readonly number[], present: number | null): void {
    const asked = present === this.present ? this.steps[Number(this.range.value)] : undefined;
    this.steps = steps;
    this.present = present;
    if (asked !== undefined && steps.includes(asked)) present = asked;
    this.element.hidden = steps.length === 0;
    if (steps.length === 0) return;
    this.range.max = String(steps.length - 1);
    const exact = present === null ? -1 : steps.indexOf(present);
    const later = present === null ? -1 : steps.findIndex(step => step > present);
    this.range.value = String(exact >= 0 ? exact : later >= 0 ? later : steps.length - 1);
    this.say(exact >= 0 ? `step ${formatCount(present!)} (${exact + 1} of ${steps.length} kept)`
      : `${steps.length} kept traces, step ${formatCount(steps[0]!)} to ${formatCount(steps.at(-1)!)}`);
  }

  private to(index: number): void {
    const at = clampWhole(index, 0, this.steps.length - 1);
    const step = this.steps[at];
    if (step === undefined) return;
    this.range.value = String(at);
    this.say(`step ${formatCount(step)} (${at + 1} of ${this.steps.length} kept)`);
    this.go(step);
  }

  private say(words: string): void {
    setText(this.words, words);
    this.range.setAttribute('aria-valuetext', words);
  }
}

/** Says which of the shown runs are still being read, and how far: a line that is there only when it takes long enough to notice. */
import { h, setText } from '../shared/dom';
import { readingText } from './reading-text';
import type { RunStore } from './run-store';

/** Milliseconds before it is said: most runs are there by then. */
const patience = 400;

/** See the file's head. */
export class ReadingLine {
  readonly element = h('p', { class: 'run-reading muted tabular', hidden: true });
  #timer = 0;

  /** Says what is still to come of these runs. */
  update(runs: readonly RunStore[]): void {
    const text = readingText(runs);
    setText(this.element, text);
    if (text !== '') {
      this.#timer ||= window.setTimeout(() => { this.element.hidden = false; }, patience);
      return;
    }
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.element.hidden = true;
  }
}

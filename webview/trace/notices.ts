/** What the page says when there is no trace to look at yet: work under way with its seconds and a cancel, or a problem with its next step. */
import { h, setText } from '../shared/dom';
import type { Problem } from './session';

/** The line about work under way. It appears after a moment, so that quick answers do not flicker. */
export class WorkNotice {
  private readonly text = h('span', { class: 'work-text', role: 'status' });
  private readonly seconds = h('span', { class: 'muted tabular' });
  readonly element: HTMLElement;
  private timer: ReturnType<typeof setInterval> | null = null;

  constructor(cancel: () => void) {
    this.element = h('div', { class: 'notice working', hidden: true }, h('span', { class: 'pulse', 'aria-hidden': 'true' }), this.text, this.seconds,
      h('vscode-button', { secondary: true, on: { click: cancel } }, 'Cancel'));
  }

  /** Shows work since a moment (ms), or hides. */
  show(text: string | null, since: number): void {
    if (text === null) {
      if (this.timer !== null) clearInterval(this.timer);
      this.timer = null;
      this.element.hidden = true;
      return;
    }
    const update = (): void => {
      const elapsed = Date.now() - since;
      this.element.hidden = elapsed < 200;
      setText(this.seconds, elapsed < 1000 ? '' : `${Math.floor(elapsed / 1000)} s`);
    };
    setText(this.text, text);
    update();
    this.timer ??= setInterval(update, 200);
    if (this.element.hidden) setTimeout(() => { if (this.timer !== null) update(); }, 210);
  }
}

/** The panel about a problem. */
export class ProblemNotice {
  private readonly message = h('p', { class: 'message' });
  private readonly next = h('p', { class: 'next' });
  private readonly stale = h('p', { class: 'muted' }, 'Below is still the trace from before.');
  private readonly button = h('vscode-button', { on: { click: () => this.again?.() } }, 'Try Again');
  private again: (() => void) | null = null;
  readonly element = h('div', { class: 'notice problem', role: 'alert', hidden: true },
    h('span', { class: 'codicon codicon-error', 'aria-hidden': 'true' }), h('div', null, this.message, this.next, this.stale), this.button);

  /** Has the keyboard go on at what can be done. */
  focus(): void {
    this.button.focus();
  }

  /** Shows a problem (`stale`: an older trace stays visible below it), or hides. */
  show(problem: Problem | null, stale: boolean): void {
    this.element.hidden = problem === null;
    if (!problem) return;
    setText(this.message, problem.message);
    setText(this.next, problem.next);
    this.stale.hidden = !stale;
    this.again = problem.again;
    this.button.hidden = problem.again === null;
  }
}

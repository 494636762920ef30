/**
 * The present supervision step enlarged: its latent recursions side by side, in each the z-updates and the y-update as
 * buttons. The bar under a button is how much that update changed its feature (relative change of the norm).
 */
import { h } from '../shared/dom';
import type { DecodedTrace } from './decode';
import { letterOf, vocabularyOf } from './features';
import { changeWords, frameLabel } from './labels';
import type { Span, Timeline } from './timeline';

/** The strip of single updates; `go` is called with the frame a person chooses. */
export class Strip {
  readonly element = h('div', { class: 'strip', role: 'group', 'aria-label': 'Updates of this supervision step' });
  private buttons = new Map<number, HTMLButtonElement>();
  private shown: { timeline: Timeline; step: Span } | null = null;
  private current: HTMLButtonElement | null = null;

  constructor(private readonly go: (frame: number) => void) {}

  /** Shows the supervision step of a frame and marks the frame. */
  show(decoded: DecodedTrace, timeline: Timeline, frame: number): void {
    const step = timeline.stepOf(frame);
    if (this.shown?.timeline !== timeline || this.shown.step !== step) this.build(decoded, timeline, step);
    const button = this.buttons.get(frame) ?? null;
    if (button === this.current) return;
    const hadFocus = this.current !== null && document.activeElement === this.current;
    this.current?.removeAttribute('aria-current');
    button?.setAttribute('aria-current', 'step');
    if (hadFocus) button?.focus();
    this.current = button;
  }

  private build(decoded: DecodedTrace, timeline: Timeline, step: Span): void {
    this.shown = { timeline, step };
    const refocus = this.current !== null && document.activeElement === this.current;
    this.buttons = new Map();
    this.current = null;
    const groups = timeline.recursionsIn(step).map(recursion => {
      const buttons = Array.from({ length: recursion.last - recursion.first + 1 }, (_, k) => this.button(decoded, recursion.first + k));
      const group = h('div', { class: 'recursion' },
        h('div', { class: 'recursion-name' }, ...(vocabularyOf(decoded.trace).recursions ? ['latent recursion ', h('b', null, recursion.number)] : ['updates'])), h('div', { class: 'updates' }, ...buttons));
      group.style.setProperty('flex-grow', String(buttons.length));
      return group;
    });
    this.element.replaceChildren(...groups);
    if (refocus) this.buttons.get(step.first)?.focus();
  }

  private button(decoded: DecodedTrace, frame: number): HTMLButtonElement {
    const { trace } = decoded;
    const at = trace.frames[frame]!;
    const change = trace.change[frame]!;
    const words = `${frameLabel(trace, at)}: changed ${letterOf(trace, at)} by ${changeWords(change)} of its norm`;
    const { letter } = vocabularyOf(trace)[at.feature];
    const numbered = at.feature === 'z' || !decoded.z;
    const bar = h('span', { class: 'change' });
    bar.style.setProperty('transform', `scaleX(${Math.min(1, change)})`);
    const button = h('button', { type: 'button', class: `update update-${at.feature}`, title: words, 'aria-label': `${letter}${numbered ? at.i : ''}: ${words}`, on: { click: () => this.go(frame) } },
      h('span', null, letter, numbered && h('sub', null, at.i)), h('span', { class: 'change-track' }, bar));
    this.buttons.set(frame, button);
    return button;
  }
}

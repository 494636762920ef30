/**
 * Charts that share one horizontal axis: the same window of it, the same crosshair, one redraw for all. The window follows the
 * data until the reader zooms; `follow()` returns to that. Redraws are gathered into one animation frame, spaced so that drawing
 * takes at most a quarter of the time, spread over frames when there is much to draw, and left out while the page is hidden or a chart is out of sight.
 */
import { oncePerFrame } from '../shared/dom';
import type { Disposable, Theme } from '../shared/theme';
import { readTheme, watchTheme } from '../shared/theme';
import { panned } from './span';
import type { Span } from './span';
import type { XAxis } from './x-axis';

/** A chart in a group. */
export interface GroupMember {
  readonly element: HTMLElement;
  /** The x values there are, or null when there are none or the chart has an axis of its own. */
  extent(): Span | null;
  draw(span: Span, axis: XAxis, theme: Theme): void;
  /** Shows (or, null, hides) the crosshair at x. `held` is true for the chart under the pointer or with the focus. */
  crosshair(x: number | null, held: boolean): void;
  dispose(): void;
}

const leastPauseMs = 80;
const mostPauseMs = 1_000;
const frameShareMs = 10;

/** See the file's head. */
export class ChartGroup implements Disposable {
  #axis: XAxis;
  #theme = readTheme();
  readonly #members = new Set<GroupMember>();
  readonly #stale = new Set<GroupMember>();
  readonly #inSight = new Set<Element>();
  #zoomed: Span | null = null;
  #span: Span = { min: 0, max: 1 };
  #cross: { x: number; holder: GroupMember } | null = null;
  #frame = 0;
  #timer = 0;
  #lastDraw = -Infinity;
  #lastCost = 0;
  #turn: GroupMember[] = [];
  /** Milliseconds that each chart's last drawing took. */
  readonly #costs = new WeakMap<GroupMember, number>();
  readonly #listeners: ((zoomed: Span | null) => void)[] = [];
  readonly #watching = watchTheme(theme => { this.#theme = theme; this.invalidate(true); });
  readonly #sight = new IntersectionObserver(entries => {
    for (const entry of entries) {
      if (entry.isIntersecting) this.#inSight.add(entry.target);
      else this.#inSight.delete(entry.target);
    }
    this.#schedule(true);
    this.#moveCrosshairs(); // those that came into sight have not heard of it
  }, { rootMargin: '100px' });
  readonly #moveCrosshairs = oncePerFrame(() => { for (const member of this.#members) this.#crosshairOf(member); });
  readonly #shown = (): void => { if (!document.hidden) this.#schedule(true); };

  constructor(axis: XAxis) {
    this.#axis = axis;
    document.addEventListener('visibilitychange', this.#shown);
  }

  /** What the horizontal axis counts. Setting it to count something else follows the data again. */
  get axis(): XAxis {
    return this.#axis;
  }

  set axis(axis: XAxis) {
    if (axis === this.#axis) return;
    const isOther = axis.id !== this.#axis.id;
    this.#axis = axis;
    this.crosshair(null);
    if (isOther || !this.#fits(this.#zoomed)) this.follow();
    else this.invalidate(true);
  }

  /** The theme charts are drawn in. */
  get theme(): Theme {
    return this.#theme;
  }

  /** Whether the window follows the data. */
  get following(): boolean {
    return this.#zoomed === null;
  }

  /** Calls back when the reader zooms or pans, and (with null) when the window follows the data again. */
  onZoom(listener: (zoomed: Span | null) => void): void {
    this.#listeners.push(listener);
  }

  /** Adds a chart; it is drawn when it comes into sight. */
  add(member: GroupMember): void {
    this.#members.add(member);
    this.#stale.add(member);
    this.#sight.observe(member.element);
  }

  /** Removes a chart and ends it. */
  remove(member: GroupMember): void {
    this.#members.delete(member);
    this.#stale.delete(member);
    this.#inSight.delete(member.element);
    this.#sight.unobserve(member.element);
    this.#turn = this.#turn.filter(other => other !== member);
    member.dispose();
  }

  /** Says that something changed. `now`: the reader did it, so do not wait for the next turn. */
  invalidate(now = false): void {
    for (const member of this.#members) this.#stale.add(member);
    if (now) this.#turn = []; // begin again: do not finish an outdated turn first
    this.#schedule(now);
  }

  /** The window of the axis as it was last drawn: what was zoomed to, else all data. */
  span(): Span {
    return { ...this.#zoomed ?? this.#span, log: this.#axis.log };
  }

  /** Whether the axis can show this window. */
  #fits(span: Span | null): boolean {
    return span === null || (span.max > span.min && (!this.#axis.log || span.min > 0));
  }

  #extent(): Span {
    let min = Infinity;
    let max = -Infinity;
    for (const member of this.#members) {
      const extent = member.extent();
      if (extent === null) continue;
      min = Math.min(min, extent.min);
      max = Math.max(max, extent.max);
    }
    if (this.#axis.log) return max > min ? { min, max } : max === min ? { min: min / 2, max: max * 2 } : { min: 1, max: 10 };
    if (!(max >= min)) return { min: 0, max: 1 };
    return max > min ? { min, max } : { min: min - 0.5, max: max + 0.5 };
  }

  /** Shows a window of the axis in all charts and stops following. */
  zoom({ min, max }: Span): void {
    const span = { min, max };
    if (!this.#fits(span)) return;
    this.#zoomed = span;
    for (const listener of this.#listeners) listener(span);
    this.invalidate(true);
  }

  /** Moves a zoomed window by a share of its width (negative: left), no further than the data go. */
  pan(share: number): void {
    const span = this.span();
    const moved = panned(span, this.#extent(), share);
    if (!this.following && moved !== span) this.zoom(moved);
  }

  /** Follows the data again. */
  follow(): void {
    const was = this.following;
    this.#zoomed = null;
    if (!was) for (const listener of this.#listeners) listener(null);
    this.invalidate(true);
  }

  /** Moves the crosshair of all charts; null hides it. */
  crosshair(x: number | null, holder?: GroupMember): void {
    this.#cross = x === null || holder === undefined ? null : { x, holder };
    this.#moveCrosshairs();
  }

  /** Takes the reader to a place on the axis: `member` gets the focus and the crosshair, and what hides the place is undone. */
  show(x: number, member: GroupMember & { readonly plot: HTMLElement }): void {
    if (this.#zoomed !== null && (x < this.#zoomed.min || x > this.#zoomed.max)) this.follow();
    member.plot.focus();
    this.crosshair(x, member);
  }

  /** Where the crosshair is. */
  get crosshairAt(): number | null {
    return this.#cross?.x ?? null;
  }

  /** Ends all charts. */
  dispose(): void {
    this.#watching.dispose();
    this.#sight.disconnect();
    document.removeEventListener('visibilitychange', this.#shown);
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#timer);
    for (const member of this.#members) member.dispose();
    this.#members.clear();
  }

  #crosshairOf(member: GroupMember): void {
    if (this.#inSight.has(member.element)) member.crosshair(this.#cross?.x ?? null, this.#cross?.holder === member);
  }

  #schedule(now: boolean): void {
    if (document.hidden) return;
    if (now) {
      clearTimeout(this.#timer);
      this.#timer = 0;
      if (this.#frame === 0) this.#frame = requestAnimationFrame(() => this.#draw());
      return;
    }
    if (this.#frame !== 0 || this.#timer !== 0) return;
    const pause = Math.min(mostPauseMs, Math.max(leastPauseMs, 4 * this.#lastCost));
    this.#timer = window.setTimeout(() => {
      this.#timer = 0;
      this.#frame = requestAnimationFrame(() => this.#draw());
    }, Math.max(0, this.#lastDraw + pause - performance.now()));
  }

  /** Draws stale charts as long as the next one should fit into the share of this frame, and goes on in the next frame. */
  #draw(): void {
    this.#frame = 0;
    if (document.hidden) return;
    const begin = performance.now();
    if (this.#turn.length === 0) {
      this.#turn = [...this.#stale].filter(member => this.#inSight.has(member.element));
      this.#lastCost = 0;
      if (this.#zoomed === null) this.#span = this.#extent();
    }
    let spent = 0;
    do {
      const member = this.#turn.shift();
      if (member === undefined) break;
      this.#stale.delete(member);
      member.draw(this.span(), this.#axis, this.#theme);
      this.#crosshairOf(member);
      const now = performance.now() - begin;
      this.#costs.set(member, now - spent);
      spent = now;
    } while (spent + (this.#costs.get(this.#turn[0]!) ?? 0) < frameShareMs);
    this.#lastCost += spent;
    if (this.#turn.length > 0) {
      this.#frame = requestAnimationFrame(() => this.#draw());
      return;
    }
    this.#lastDraw = performance.now();
    if ([...this.#stale].some(member => this.#inSight.has(member.element))) this.#schedule(false); // what came in meanwhile
  }
}

/**
 * The overview on the page: its canvas, the slider role for screen readers, and pointing: a press on the halting bars goes to
 * the end of that supervision step, anywhere else to the frame, and dragging scrubs.
 */
import { h, oncePerFrame, setText } from '../shared/dom';
import { prepareCanvas } from './canvas';
import { shownFeatures } from './decode';
import { vocabularyOf } from './features';
import { frameLabel, haltingWords } from './labels';
import { overviewAxis, overviewHeight, paintOverview, rows, type OverviewScene } from './overview-paint';

/** The overview; `go` is called with the frame a person points at. */
export class Overview {
  readonly element: HTMLElement;
  private readonly canvas = h('canvas', { 'aria-hidden': 'true' });
  private readonly tip = h('div', { class: 'tip', 'aria-hidden': 'true', hidden: true });
  private scene: OverviewScene | null = null;
  private readonly repaint = oncePerFrame(() => this.paint());

  constructor(private readonly go: (frame: number) => void) {
    this.element = h('div', { class: 'overview', role: 'slider', tabindex: '0', 'aria-label': 'Frame of the refinement', 'aria-valuemin': '1' }, this.canvas, this.tip);
    this.element.style.setProperty('height', `${overviewHeight}px`);
    new ResizeObserver(this.repaint).observe(this.element);
    this.element.addEventListener('pointerdown', event => {
      if (event.button !== 0) return;
      this.element.setPointerCapture(event.pointerId);
      this.go(this.target(event));
    });
    this.element.addEventListener('pointermove', event => {
      if (this.element.hasPointerCapture(event.pointerId)) {
        this.tip.hidden = true; // the line above says where one is
        this.go(this.target(event));
      } else this.showTip(event);
    });
    this.element.addEventListener('pointerleave', () => { this.tip.hidden = true; });
  }

  /** Shows a scene. */
  show(scene: OverviewScene): void {
    this.scene = scene;
    const { trace } = scene.decoded;
    this.element.setAttribute('aria-valuemax', String(scene.timeline.length));
    this.element.setAttribute('aria-valuenow', String(scene.frame + 1));
    this.element.setAttribute('aria-valuetext', frameLabel(trace, scene.timeline.at(scene.frame)));
    this.repaint();
  }

  private paint(): void {
    const width = this.element.clientWidth;
    if (!this.scene || width === 0) return;
    paintOverview(prepareCanvas(this.canvas, width, overviewHeight), width, this.scene);
  }

  private target(event: PointerEvent): number {
    const { scene } = this;
    if (!scene) return 0;
    const frame = overviewAxis(this.element.clientWidth, scene.timeline.length).frameAt(this.at(event).x);
    return this.onBars(event) ? scene.timeline.stepOf(frame).last : frame;
  }

  private onBars(event: PointerEvent): boolean {
    return this.at(event).y <= rows.halting.bottom + 4;
  }

  private at(event: PointerEvent): { x: number; y: number } {
    const box = this.element.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  private showTip(event: PointerEvent): void {
    const { scene } = this;
    if (!scene) return;
    const frame = this.target(event);
    const { trace } = scene.decoded;
    const right = scene.right ? ` · ${shownFeatures(scene.decoded).map(f => `${vocabularyOf(trace)[f].letter} ${scene.right![f]![frame]!}`).join(', ')} of ${scene.decoded.asked} cells right` : '';
    setText(this.tip, this.onBars(event) ? haltingWords(trace, scene.timeline.at(frame).m) : frameLabel(trace, scene.timeline.at(frame)) + right);
    this.tip.hidden = false;
    const width = this.element.clientWidth;
    const x = Math.min(Math.max(0, this.at(event).x - this.tip.offsetWidth / 2), Math.max(0, width - this.tip.offsetWidth));
    this.tip.style.setProperty('transform', `translate(${x}px, calc(-100% - 4px))`);
  }
}

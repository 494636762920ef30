/**
 * The overview on the page: its canvas, the slider role for screen readers, and pointing: a press on the halting bars goes to
 * the end of that supervision step, anywhere else to the frame, and dragging scrubs.
 */
import { h, oncePerFrame, setText } from '../shared/dom';
import { prepareCanvas } from './canvas';
import type { Ink } from './ink';
import { frameLabel, haltingWords } from './labels';
import { overviewAxis, overviewHeight, paintOverview, rows } from './overview-paint';
import { overviewScene, rightWords } from './overview-scene';
import { panelLetter, type Stage } from './stage';

/** The overview; `go` is called with the frame a person points at. */
export class Overview {
  readonly element: HTMLElement;
  private readonly canvas = h('canvas', { 'aria-hidden': 'true' });
  private readonly tip = h('div', { class: 'tip', 'aria-hidden': 'true', hidden: true });
  private scene: { stage: Stage; frame: number; ink: Ink } | null = null;
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

  /** Shows a stage at a frame. */
  show(stage: Stage, frame: number, ink: Ink): void {
    this.scene = { stage, frame, ink };
    const { decoded, timeline } = stage.lead;
    this.element.setAttribute('aria-valuemax', String(timeline.length));
    this.element.setAttribute('aria-valuenow', String(frame + 1));
    this.element.setAttribute('aria-valuetext', frameLabel(decoded.trace, timeline.at(frame)));
    this.repaint();
  }

  private paint(): void {
    const width = this.element.clientWidth;
    if (!this.scene || width === 0) return;
    paintOverview(prepareCanvas(this.canvas, width, overviewHeight), width, overviewScene(this.scene.stage, this.scene.frame, this.scene.ink));
  }

  private target(event: PointerEvent): number {
    const { scene } = this;
    if (!scene) return 0;
    const { timeline } = scene.stage.lead;
    const frame = overviewAxis(this.element.clientWidth, timeline.length).frameAt(this.at(event).x);
    return this.onBars(event) ? timeline.stepOf(frame).last : frame;
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
    const { stage } = scene;
    const at = stage.lead.timeline.at(frame);
    setText(this.tip, this.onBars(event) ? haltingTip(stage, at.m) : [frameLabel(stage.lead.decoded.trace, at), rightWords(stage, frame)].filter(Boolean).join(' · '));
    this.tip.hidden = false;
    const width = this.element.clientWidth;
    const x = Math.min(Math.max(0, this.at(event).x - this.tip.offsetWidth / 2), Math.max(0, width - this.tip.offsetWidth));
    this.tip.style.setProperty('transform', `translate(${x}px, calc(-100% - 4px))`);
  }
}

/** The halting head at a supervision step; of two traces, of both. */
function haltingTip({ lead, panels, compared }: Stage, m: number): string {
  if (!compared) return haltingWords(lead.decoded.trace, m);
  return panels.map(panel => `${panelLetter(panel, 0)}: ${haltingWords(panel.source.decoded.trace, m) || `ended at supervision step ${panel.source.decoded.trace.depth}`}`).join(' · ');
}

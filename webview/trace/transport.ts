/** The row of buttons that moves through a refinement: ends, supervision steps, single frames, play and speed. */
import { h, iconButton, setChildren, svg } from '../shared/dom';
import { speeds } from './player';
import type { Level } from './timeline';

/** What the buttons do. */
export interface TransportActions {
  move(level: Level, direction: 1 | -1): void;
  end(last: boolean): void;
  togglePlay(): void;
  speed(framesPerSecond: number): void;
}

/** Triangles and bars as on any player: how many triangles, with a bar at the end or not; codicons have no such set. */
function glyph(triangles: 1 | 2, bar: boolean, forward: boolean): SVGElement {
  const width = triangles === 1 ? 7 : 5.5;
  const start = (16 - triangles * width - (bar ? 2 : 0)) / 2;
  const paths = Array.from({ length: triangles }, (_, k) => `M${start + k * width} 3.5v9l${width} -4.5z`);
  if (bar) paths.push(`M${start + triangles * width} 3.5h1.8v9h-1.8z`);
  return svg('svg', { viewBox: '0 0 16 16', width: 16, height: 16, fill: 'currentColor', 'aria-hidden': 'true', ...(!forward && { transform: 'scale(-1 1)' }) }, svg('path', { d: paths.join('') }));
}

function button(triangles: 1 | 2, bar: boolean, forward: boolean, label: string, press: () => void): HTMLButtonElement {
  const made = iconButton('', label, press);
  setChildren(made, glyph(triangles, bar, forward));
  return made;
}

/** The transport row. */
export class Transport {
  readonly element: HTMLElement;
  private readonly play: HTMLButtonElement;

  constructor(actions: TransportActions, speed: number) {
    this.play = iconButton('play', 'Play (Space)', () => actions.togglePlay(), { class: 'play' });
    const select = h('vscode-single-select', { class: 'speed', label: 'Speed', title: 'Speed of playing' },
      ...speeds.map(s => h('vscode-option', { value: String(s), selected: s === speed }, `${s} frames/s`)));
    select.addEventListener('change', () => actions.speed(Number(select.value)));
    this.element = h('div', { class: 'transport', role: 'toolbar', 'aria-label': 'Move through the refinement' },
      button(1, true, false, 'First frame (Home)', () => actions.end(false)),
      button(2, false, false, 'Previous supervision step (Shift+Left)', () => actions.move('step', -1)),
      button(1, false, false, 'Previous frame (Left)', () => actions.move('frame', -1)),
      this.play,
      button(1, false, true, 'Next frame (Right)', () => actions.move('frame', 1)),
      button(2, false, true, 'Next supervision step (Shift+Right)', () => actions.move('step', 1)),
      button(1, true, true, 'Last frame (End)', () => actions.end(true)),
      select);
  }

  /** Shows whether it plays. */
  setPlaying(playing: boolean): void {
    const words = playing ? 'Pause (Space)' : 'Play (Space)';
    this.play.title = words;
    this.play.setAttribute('aria-label', words);
    this.play.firstElementChild?.setAttribute('class', `codicon codicon-${playing ? 'debug-pause' : 'play'}`);
  }
}

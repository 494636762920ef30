/** How the charts are drawn: what the x axis counts, smoothing, logarithmic axes, and the way back to following the run. */
import type { VscodeSingleSelect } from '@vscode-elements/elements/dist/vscode-single-select/index.js';
import type { ChartsSettings } from '../../src/protocol/charts';
import { h, icon, setText, uniqueId } from '../shared/dom';
import { axes } from './axes';

/** See the file's head. */
export class Toolbar {
  readonly element: HTMLElement;
  #settings: ChartsSettings = { xAxis: 'step', logX: false, smoothing: 0, logY: false };
  readonly #axis: VscodeSingleSelect;
  readonly #slider: HTMLInputElement;
  readonly #weight = h('output', { class: 'tabular' });
  readonly #logX: HTMLButtonElement;
  readonly #logY: HTMLButtonElement;
  readonly #liveText = h('span', null, 'Live');
  readonly #live: HTMLButtonElement;

  /** @param change called with the new settings after the reader changed them. */
  constructor(change: (settings: ChartsSettings) => void, follow: () => void) {
    const set = (part: Partial<ChartsSettings>): void => {
      this.#settings = { ...this.#settings, ...part };
      this.#reflect();
      change(this.#settings);
    };
    this.#axis = h('vscode-single-select', { label: 'X axis', 'aria-label': 'X axis', class: 'axis-select' },
      ...Object.entries(axes).map(([kind, axis]) => h('vscode-option', { value: kind }, axis.title)));
    this.#axis.addEventListener('change', () => set({ xAxis: this.#axis.value as ChartsSettings['xAxis'] }));
    const sliderId = uniqueId('smoothing');
    this.#slider = h('input', { type: 'range', id: sliderId, min: 0, max: 0.99, step: 0.01 });
    this.#slider.addEventListener('input', () => set({ smoothing: Number(this.#slider.value) }));
    const choice = (text: string, label: string, press: () => void): HTMLButtonElement => h('button', { type: 'button', class: 'choice', 'aria-label': label, on: { click: press } }, text);
    this.#logX = choice('x', 'log x: logarithmic x axis', () => set({ logX: !this.#settings.logX }));
    this.#logY = choice('y', 'log y: logarithmic y axes', () => set({ logY: !this.#settings.logY }));
    this.#logY.title = 'Logarithmic y axes for losses, learning rate and gradient norm';
    this.#live = h('button', { type: 'button', class: 'live-chip', hidden: true, on: { click: follow } }, icon('debug-restart'), this.#liveText);
    this.element = h('div', { class: 'toolbar', role: 'toolbar', 'aria-label': 'Charts' },
      this.#axis,
      h('div', { class: 'smoothing', title: 'De-biased exponential smoothing; the raw values stay behind the line' }, h('label', { for: sliderId }, 'Smooth'), this.#slider, this.#weight),
      h('div', { class: 'log-axes' }, h('span', { class: 'muted', 'aria-hidden': 'true' }, 'log'), h('div', { class: 'choices' }, this.#logX, this.#logY)), this.#live);
    this.#reflect();
  }

  /** Shows these settings. */
  set settings(settings: ChartsSettings) {
    this.#settings = settings;
    this.#reflect();
  }

  /** Shows the way back when the reader has zoomed. `live`: a shown run is still running. */
  showFollow(following: boolean, live: boolean): void {
    if (following && document.activeElement === this.#live) this.#slider.focus(); // the button goes, the focus stays in the toolbar, where Enter held down does nothing
    this.#live.hidden = following;
    setText(this.#liveText, live ? 'Live' : 'Show all');
    this.#live.title = live ? 'Follow the run again (or double-click a chart)' : 'Show the whole run (or double-click a chart)';
  }

  #reflect(): void {
    if (this.#axis.value !== this.#settings.xAxis) this.#axis.value = this.#settings.xAxis;
    this.#slider.value = String(this.#settings.smoothing);
    this.#slider.setAttribute('aria-valuetext', this.#settings.smoothing === 0 ? 'off' : this.#settings.smoothing.toFixed(2));
    setText(this.#weight, this.#settings.smoothing.toFixed(2));
    this.#logX.setAttribute('aria-pressed', String(this.#settings.logX));
    this.#logX.disabled = this.#settings.xAxis === 'wall';
    this.#logX.title = this.#logX.disabled ? 'Wall time has no beginning to take logarithms from' : 'Logarithmic x axis: the beginning of training in full';
    this.#logY.setAttribute('aria-pressed', String(this.#settings.logY));
  }
}

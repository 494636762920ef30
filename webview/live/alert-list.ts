/**
 * What the trainer said about the run in focus, newest first: a quiet line with the last of it, which opens into a list. Each
 * alert has its level as a shape and a word, its step, where the charts mark it as a button that shows the place, and what to do.
 */
import { h, icon, setChildren, setText } from '../shared/dom';
import { formatCount } from '../shared/format';
import { isMarked } from './alerts';
import type { Alert } from './alerts';
import type { RunStore } from './run-store';

const icons: Readonly<Record<Alert['level'], string>> = { info: 'info', warning: 'warning', error: 'error' };
const most = 100;

/** See the file's head. */
export class AlertList {
  readonly element: HTMLDetailsElement;
  readonly #count = h('span', { class: 'muted' });
  readonly #last = h('span', { class: 'alert-last muted' });
  readonly #list = h('ul', { class: 'alert-list' });
  readonly #show: (alert: Alert) => void;
  #signature = '';

  /** @param show called with an alert whose place on the charts is wanted. */
  constructor(show: (alert: Alert) => void) {
    this.#show = show;
    this.element = h('details', { class: 'alerts', hidden: true },
      h('summary', null, icon('chevron-right'), h('span', { class: 'chooser-title' }, 'Alerts'), this.#count, this.#last), this.#list);
    this.element.addEventListener('keydown', event => {
      if (event.key !== 'Escape' || !this.element.open) return;
      this.element.open = false;
      this.element.querySelector('summary')?.focus();
    });
  }

  /** Shows the alerts of a run. */
  update({ header, alerts }: RunStore): void {
    this.element.hidden = alerts.length === 0;
    const signature = `${header.id} ${alerts.length} ${alerts.at(-1)?.wall ?? ''}`;
    if (signature === this.#signature) return;
    this.#signature = signature;
    const last = alerts.findLast(({ level }) => level !== 'info') ?? alerts.at(-1);
    if (last === undefined) return;
    setText(this.#count, String(alerts.length));
    setChildren(this.#last, levelIcon(last), `step ${formatCount(last.step)}: ${last.message}`);
    const focused = this.#list.querySelector<HTMLElement>(':focus')?.dataset['key'];
    const rows = alerts.slice(-most).map((alert, i) => this.#row(alert, String(alerts.length - Math.min(most, alerts.length) + i))).reverse();
    setChildren(this.#list, ...rows);
    if (focused !== undefined) this.#list.querySelector<HTMLElement>(`[data-key="${focused}"]`)?.focus();
  }

  #row(alert: Alert, key: string): HTMLElement {
    const step = formatCount(alert.step);
    return h('li', { class: `alert alert-${alert.level}` }, levelIcon(alert),
      h('div', { class: 'alert-text' },
        h('p', null, !isMarked(alert) ? `Step ${step}` : h('button', { type: 'button', class: 'link', 'data-key': key, title: 'Show on the charts', 'aria-label': `${alert.level} at step ${step}: show on the charts`, on: { click: () => this.#show(alert) } }, `Step ${step}`), ' ', alert.message),
        alert.next !== '' && h('p', { class: 'muted' }, alert.next)));
  }
}

const levelIcon = ({ level }: Alert): HTMLElement => h('span', { class: `alert-level alert-level-${level}` }, icon(icons[level]), h('span', { class: 'visually-hidden' }, level));

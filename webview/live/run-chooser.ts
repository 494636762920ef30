/**
 * Which runs are shown: a list of all there are, newest first. A check mark lays a run over the others (at most seven); a press
 * on a name puts that run in focus; and where the reader has chosen, a press leads back to following what is trained. The closed list is the legend of the runs: each with its colour, dash and name.
 */
import { mostRuns } from '../../src/protocol/charts';
import type { ChartsState } from '../../src/protocol/charts';
import { h, icon, setChildren, setText } from '../shared/dom';
import type { Theme } from '../shared/theme';
import { swatch } from '../charts/legend';
import { lineStyle } from '../charts/style';
import { stateBadge } from './run-header';

type Choice = ChartsState['choices'][number];
const filterFrom = 9;

/** See the file's head. */
export class RunChooser {
  readonly element: HTMLDetailsElement;
  readonly #count = h('span', { class: 'muted' });
  readonly #chips = h('span', { class: 'run-chips' });
  readonly #filter = h('input', { type: 'search', class: 'text-input', placeholder: 'Filter runs', 'aria-label': 'Filter runs', hidden: true });
  readonly #list = h('ul', { class: 'run-list' });
  readonly #follow: HTMLButtonElement;
  readonly #show: (ids: string[]) => void;
  #choices: readonly Choice[] = [];
  #shown: readonly string[] = [];
  #signature = '';

  constructor(show: (ids: string[]) => void) {
    this.#show = show;
    this.#follow = h('button', { type: 'button', class: 'link', title: 'Show the run started last, and then each that begins', on: { click: () => show([]) } }, 'Follow what is trained');
    this.element = h('details', { class: 'run-chooser' },
      h('summary', null, icon('chevron-right'), h('span', { class: 'chooser-title' }, 'Runs'), this.#count, this.#chips), this.#follow, this.#filter, this.#list);
    this.#filter.addEventListener('input', () => this.#drawList());
    this.element.addEventListener('keydown', event => {
      if (event.key !== 'Escape' || !this.element.open) return;
      this.element.open = false;
      this.element.querySelector('summary')?.focus();
    });
  }

  /** Shows what there is to choose from and what is shown (focus first). */
  update({ choices, shown, follows, looks }: ChartsState, theme: Theme): void {
    this.element.hidden = choices.length === 0;
    this.#follow.hidden = follows;
    const signature = JSON.stringify([choices, shown, looks, theme.palette]);
    if (signature === this.#signature) return;
    this.#signature = signature;
    this.#choices = choices;
    this.#shown = shown;
    setText(this.#count, choices.length === 1 ? '1' : `${shown.length} of ${choices.length}`);
    const names = new Map(choices.map(choice => [choice.id, choice.name]));
    setChildren(this.#chips, ...(shown.length < 2 ? [] : shown.map(id => h('span', { class: 'run-chip', title: names.get(id) ?? id }, swatch(lineStyle(looks[id] ?? 0, theme.palette)), names.get(id) ?? id))));
    this.#filter.hidden = choices.length < filterFrom;
    this.#drawList();
  }

  #drawList(): void {
    const focused = this.#list.querySelector<HTMLElement>(':focus')?.dataset['key'];
    const wanted = this.#filter.value.trim().toLowerCase();
    const rows = this.#choices.filter(({ name, id }) => wanted === '' || name.toLowerCase().includes(wanted) || id.toLowerCase().includes(wanted));
    setChildren(this.#list, ...rows.map(choice => this.#row(choice)), rows.length === 0 && h('li', { class: 'muted' }, 'No run has this in its name.'));
    if (focused !== undefined) this.#list.querySelector<HTMLElement>(`[data-key="${CSS.escape(focused)}"]`)?.focus();
  }

  #row({ id, name, state }: Choice): HTMLElement {
    const shown = this.#shown.includes(id);
    const focus = this.#shown[0] === id;
    const full = !shown && this.#shown.length >= mostRuns;
    const last = shown && this.#shown.length === 1;
    const check = h('input', {
      type: 'checkbox', checked: shown, disabled: full || last, 'aria-label': `Overlay ${name}`, 'data-key': `check ${id}`,
      title: full ? `At most ${mostRuns} runs at once` : last ? 'The run in focus is always shown' : 'Overlay',
      on: { change: () => this.#show(shown ? this.#shown.filter(other => other !== id) : [...this.#shown, id]) },
    });
    return h('li', focus ? { class: 'focus' } : null, check,
      h('button', { type: 'button', class: 'run-pick', 'data-key': `pick ${id}`, title: focus ? `${name}: in focus` : `${name}: put in focus`, 'aria-current': focus ? 'true' : null, on: { click: () => this.#show(focus ? [id] : [id, ...this.#shown.filter(other => other !== id && this.#shown.length > 1)].slice(0, mostRuns)) } }, name),
      stateBadge(state));
  }
}

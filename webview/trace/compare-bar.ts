/**
 * The row about a second trace: a button that asks what to compare with, and while two are compared whose trace the second one is, its depth,
 * which feature is shown of both, and a way to leave. A problem with the second trace is said here: the first one is not touched by it.
 */
import type { Beside, BesideChoice } from '../../src/protocol/inspector';
import { h, iconButton, setText } from '../shared/dom';
import { clampWhole } from './clamp';
import type { FeatureName } from './decode';
import { weightsWords } from './labels';

/** What the row does. */
export interface CompareActions {
  /** Ask what to compare with. */
  ask(): void;
  choose(beside: BesideChoice): void;
  leave(): void;
  /** Show both, or the first alone. */
  toggle(): void;
  feature(feature: FeatureName): void;
}

/** How the two are shown. */
export interface CompareView { readonly both: boolean; readonly feature: FeatureName; readonly hasZ: boolean }

/** The row. */
export class CompareBar {
  private choice: BesideChoice | null = null;
  private maxDepth = 128;
  private readonly ask = h('vscode-button', { secondary: true, class: 'compare-ask', title: 'Another checkpoint, depth or run beside this one' }, 'Compare with…');
  private readonly name = h('span', { class: 'compare-name' });
  private readonly depth = h('vscode-textfield', { type: 'number', min: 1, step: 1, class: 'number', title: 'Supervision steps of the second trace' });
  private readonly both = h('button', { type: 'button', class: 'chip', title: 'Both traces, or the first alone (C)' }, 'both');
  private readonly features: Readonly<Record<FeatureName, HTMLButtonElement>>;
  private readonly featureGroup: HTMLElement;
  private readonly problem = h('span', { class: 'compare-problem', role: 'alert', hidden: true });
  private readonly controls: HTMLElement;
  readonly element: HTMLElement;

  constructor(actions: CompareActions) {
    this.depth.label = 'Depth of the second trace';
    this.ask.addEventListener('click', () => actions.ask());
    this.both.addEventListener('click', () => actions.toggle());
    this.depth.addEventListener('change', () => {
      if (this.choice) actions.choose({ ...this.choice, depth: clampWhole(Number(this.depth.value), 1, this.maxDepth) });
    });
    const feature = (name: FeatureName): HTMLButtonElement => h('button', { type: 'button', class: 'chip', title: 'Which feature is shown of both (F)', on: { click: () => actions.feature(name) } }, name);
    this.features = { y: feature('y'), z: feature('z') };
    this.featureGroup = h('span', { class: 'chips', role: 'group', 'aria-label': 'Feature shown of both' }, this.features.y, this.features.z);
    this.controls = h('span', { class: 'compare-controls' }, h('span', { class: 'muted' }, 'B'), this.name,
      h('span', { class: 'field' }, h('span', null, 'Depth'), this.depth), this.both, this.featureGroup, iconButton('close', 'Stop comparing', () => { actions.leave(); this.ask.focus(); }));
    this.element = h('div', { class: 'compare', role: 'group', 'aria-label': 'Comparison' }, this.ask, this.controls, this.problem);
  }

  /** Shows the choice and what came of it; null: nothing is compared. */
  show(choice: BesideChoice | null, beside: Beside | null, view: CompareView): void {
    this.choice = choice;
    this.maxDepth = beside?.maxDepth ?? 128;
    const trace = beside?.trace ?? null;
    this.controls.hidden = choice === null;
    setText(this.ask, choice === null ? 'Compare with…' : 'Compare with another…');
    this.problem.hidden = !beside?.problem;
    setText(this.problem, beside?.problem ? `${beside.problem.message} ${beside.problem.next}` : '');
    if (choice === null) return;
    setText(this.name, `${beside ? `${beside.runName} · ` : ''}${trace ? weightsWords(trace) : choice.checkpoint}`);
    this.depth.value = String(choice.depth);
    this.both.hidden = this.featureGroup.hidden = trace === null;
    this.both.setAttribute('aria-pressed', String(view.both));
    this.featureGroup.hidden ||= !view.hasZ || !view.both;
    for (const [name, button] of Object.entries(this.features)) button.setAttribute('aria-pressed', String(name === view.feature));
  }
}

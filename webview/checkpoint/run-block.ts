/** The run that a checkpoint is of: how it stands, its best evaluation, the other files, and what can be done. Kept true while the run goes on. */
import type { CheckpointAction, CheckpointRun } from '../../src/protocol/checkpoint';
import { h, icon, setChildren, setText } from '../shared/dom';

/** A button with an icon. */
export function actionButton(label: string, glyph: string, secondary: boolean, press: () => void): HTMLElement {
  return h('vscode-button', { secondary, on: { click: press } }, icon(glyph), label);
}

/** See the file's head. */
export class RunBlock {
  readonly element: HTMLElement;
  private readonly status = h('span', { class: 'muted' });
  private readonly best = h('p', { class: 'best' });
  private readonly actions = h('div', { class: 'actions' });
  private offered = '';

  /** @param shown the file that the page is about */
  constructor(run: CheckpointRun, shown: string, private readonly act: (action: CheckpointAction) => void) {
    this.element = h('section', { class: 'run', 'aria-label': 'Run' },
      h('p', { class: 'run-line' }, h('strong', null, run.name), this.status), this.best,
      h('p', { class: 'files' }, h('span', { class: 'muted' }, 'Files: '), ...run.files.map(file => (file === shown
        ? h('strong', { 'aria-current': 'true' }, file)
        : h('button', { type: 'button', class: 'link', on: { click: () => act({ open: file }) } }, file)))),
      this.actions);
    this.show(run);
  }

  /** Shows how the run stands now. */
  show({ checkpoint, status, evaluation, files, actions, note }: CheckpointRun): void {
    setText(this.status, ` · ${checkpoint} · ${status}`);
    this.best.hidden = evaluation === null;
    setChildren(this.best, icon('star-full'), ` best checkpoint: ${evaluation ?? ''}`);
    const offered = JSON.stringify([files.length > 0, actions, note]);
    if (offered === this.offered) return;
    this.offered = offered;
    const had = this.actions.contains(document.activeElement);
    setChildren(this.actions, ...this.offers(files.length > 0, actions, note));
    if (had) this.actions.querySelector<HTMLElement>('vscode-button')?.focus();
  }

  private offers(isThere: boolean, { inspect, resume, fork }: CheckpointRun['actions'], note: string): (HTMLElement | false)[] {
    if (!isThere) return [h('p', { class: 'muted' }, 'This checkpoint has been deleted: newer ones took its place.')];
    if (!inspect && !resume && !fork) return [h('p', { class: 'muted' }, 'Open the folder this run lies in to inspect it or to go on with it.')];
    const { act } = this;
    return [
      inspect && actionButton('Inspect', 'eye', false, () => act('inspect')),
      resume && actionButton('Resume from Here', 'debug-continue', true, () => act('resume')),
      fork && actionButton('Fork from Here', 'repo-forked', true, () => act('fork')),
      actionButton('Open Config', 'go-to-file', true, () => act('config')),
      note !== '' && h('p', { class: 'muted note' }, note),
    ];
  }
}

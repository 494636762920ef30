/**
 * The Checkpoint Viewer webview: what a safetensors file holds, where it comes from, and what can be done with it. The tensors
 * come with the file; what their values are like is asked for as they are looked at.
 */
import '../shared/controls';
import './checkpoint.css';
import { checkpointAction, checkpointChanged, checkpointRun, getCheckpoint, getStatistics, statisticsProgress, type CheckpointAction, type CheckpointFile, type CheckpointState, type TensorStatistics } from '../../src/protocol/checkpoint';
import { announce, h, icon, setChildren, setText } from '../shared/dom';
import { formatBytes, formatCount } from '../shared/format';
import { connectHost } from '../shared/messenger';
import { RunBlock, actionButton } from './run-block';
import { StatisticsQueue } from './statistics-queue';
import { TensorDetail } from './tensor-detail';
import { TensorTable } from './tensor-table';

/** Larger tensors are computed when they are selected, not when they come into sight. Bytes. */
const largeTensor = 64 << 20;

const host = connectHost();
const page = h('main');
document.body.append(page);

const act = (action: CheckpointAction): void => host.notify(checkpointAction, action);
let block: RunBlock | null = null;
/** What is at work for the page as it is, and what a person looks at: kept when the file is shown anew. */
let queue: StatisticsQueue<TensorStatistics> | null = null;
const looksAt = { name: null as string | null, filter: '' };
host.on(checkpointRun, run => block?.show(run));
host.on(checkpointChanged, () => {
  announce('The file has changed');
  void load();
});
host.on(statisticsProgress, ({ row, share }) => queue?.progress(row, share));

function showProblem({ message, next }: { message: string; next: string }): void {
  setChildren(page, h('div', { class: 'notice', role: 'alert' }, icon('error'), h('div', null, h('h1', null, 'This file is not shown'), h('p', null, message), h('p', { class: 'muted' }, next),
    h('div', { class: 'actions' }, h('vscode-button', { on: { click: () => void load() } }, 'Try Again'), actionButton('Open as Text', 'go-to-file', true, () => act('text'))))));
}

function pairs(metadata: CheckpointFile['metadata']): HTMLElement {
  return h('table', { class: 'metadata' }, h('tbody', null, ...metadata.map(([key, value]) => h('tr', null, h('th', { scope: 'row' }, key), h('td', null, value)))));
}

function folded(title: string, inside: HTMLElement): HTMLElement {
  return h('details', { class: 'folded' }, h('summary', null, title), inside);
}

function showFile(file: CheckpointFile): void {
  let selected = 0;
  const own = queue = new StatisticsQueue<TensorStatistics>(file.tensors.length,
    row => host.request(getStatistics, { row }, 0), row => file.tensors[row]!.isRead && file.tensors[row]!.bytes <= largeTensor,
    row => {
      table.update(row);
      if (row === selected) detail.show(file.tensors[row]!, own.of(row));
    });
  const detail: TensorDetail = new TensorDetail(() => own.select(selected));
  const table: TensorTable = new TensorTable(file.tensors, row => own.of(row), {
    see: (row, visible) => own.see(row, visible),
    wantAll: () => own.wantAll(),
    select: row => {
      selected = row;
      looksAt.name = file.tensors[row]!.name;
      if (file.tensors[row]!.isRead) own.select(row);
      detail.show(file.tensors[row]!, own.of(row));
    },
  }, formatBytes(largeTensor));

  const shown = h('span', { class: 'muted tabular' });
  const tell = (count: number): void => setText(shown, `${formatCount(count)} of ${formatCount(file.count)} tensors${file.tensors.length < file.count ? ` (the first ${formatCount(file.tensors.length)} are listed)` : ''}`);
  const filter = h('vscode-textfield', { placeholder: 'Filter by name', 'aria-label': 'Filter tensors by name', class: 'filter', value: looksAt.filter, on: { input: event => {
    looksAt.filter = (event.target as HTMLInputElement).value;
    const count = table.show(looksAt.filter);
    tell(count);
    announce(`${count} tensors`);
  } } });
  tell(table.show(looksAt.filter));
  block = file.run && new RunBlock(file.run, file.name, act);

  setChildren(page,
    h('header', null, h('h1', null, file.name), h('p', { class: 'muted tabular' }, `${file.what} · ${formatCount(file.count)} tensors · ${formatCount(file.size)} values · ${formatBytes(file.bytes)}`)),
    block?.element,
    file.count === 0 ? h('p', null, 'There is no tensor in this file.') : h('div', { class: 'columns' }, h('div', { class: 'left' }, h('div', { class: 'tools' }, filter, shown), table.element), detail.element),
    file.run && folded('Config of the run, every default filled in', h('pre', { tabindex: 0 }, file.run.config)),
    file.metadata.length > 0 && folded(`Metadata (${file.metadata.length})`, pairs(file.metadata)));
  table.selectFirst(looksAt.name);
}

async function load(): Promise<void> {
  try {
    const state: CheckpointState = await host.request(getCheckpoint, undefined, 60_000);
    queue?.end();
    if ('file' in state) showFile(state.file); else showProblem(state.problem);
  } catch (error) {
    showProblem({ message: error instanceof Error ? error.message : String(error), next: 'Try again.' });
  }
}

void load();

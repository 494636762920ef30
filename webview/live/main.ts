/**
 * Entry of the Live Charts webview: joins the page with the extension host. It says when it has loaded, is told which runs to show, and
 * takes in their data as they come.
 */
import './live.css';
import '../shared/controls';
import { chartsAppend, chartsState, openCharts, runCommand, saveChartsSettings, saveExport, showRuns } from '../../src/protocol/charts';
import type { ChartsSettings } from '../../src/protocol/charts';
import { connectHost } from '../shared/messenger';
import { keptView } from './kept-view';
import type { KeptView } from './kept-view';
import { LivePage } from './page';

const host = connectHost();
const kept = keptView(host.savedState());
const keep = (part: Partial<KeptView>): void => host.saveState(Object.assign(kept, part));

const root = document.createElement('main');
document.body.append(root);

let settingsTimer = 0;
const saveSoon = (settings: ChartsSettings): void => {
  clearTimeout(settingsTimer);
  settingsTimer = window.setTimeout(() => host.notify(saveChartsSettings, settings), 300);
};

const page = new LivePage(root, {
  command: (command, run) => host.notify(runCommand, run === undefined ? { command } : { command, run }),
  showRuns: runs => host.notify(showRuns, { runs }),
  saveSettings: saveSoon,
  saveFile: file => host.notify(saveExport, file),
  retry: load,
  keep,
}, kept);

/** Milliseconds after which a host that says nothing is given up; what it says later counts all the same. */
const patience = 15_000;
let silence = 0;

function load(): void {
  page.showLoading();
  clearTimeout(silence);
  silence = window.setTimeout(() => page.showProblem(`The extension did not answer within ${patience / 1000} s.`), patience);
  host.notify(openCharts, kept.runs.length > 0 ? { runs: kept.runs } : {});
}

/** Takes in a message. What goes wrong over it is shown, and the list of runs stays. */
const take = <P>(show: (message: P) => void) => (message: P): void => {
  try {
    show(message);
  } catch (error) {
    page.showProblem(error instanceof Error ? error.message : String(error));
  }
};

host.on(chartsState, take(state => {
  clearTimeout(silence);
  page.show(state);
  keep({ runs: state.follows ? [] : [...state.shown] });
}));
host.on(chartsAppend, take(news => page.append(news)));
load();

/**
 * Entry of the Live Charts webview: joins the page with the extension host. It asks for the whole state when it loads, then takes
 * in what is new, and everything again when it comes into sight again.
 */
import './live.css';
import '../shared/controls';
import { chartsAppend, chartsState, getChartsState, runCommand, saveChartsSettings, saveExport, showRuns } from '../../src/protocol/charts';
import type { ChartsSettings, ChartsState } from '../../src/protocol/charts';
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
  showRuns: runs => { keep({ runs }); host.notify(showRuns, { runs }); },
  saveSettings: saveSoon,
  saveFile: file => host.notify(saveExport, file),
  retry: () => { void load(); },
  keep,
}, kept);

function replace(state: ChartsState): void {
  page.replace(state);
  keep({ runs: page.shown });
}

async function load(): Promise<void> {
  page.showLoading();
  try {
    replace(await host.request(getChartsState, kept.runs.length > 0 ? { runs: kept.runs } : {}));
  } catch (error) {
    page.showProblem(error instanceof Error ? error.message : String(error));
  }
}

host.on(chartsState, replace);
host.on(chartsAppend, news => page.append(news));
void load();

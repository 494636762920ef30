/**
 * The one status bar item: idle, or turning with percent and steps per second; its click reveals the charts. It is there where the
 * workspace has something of ours, and not beside every YAML file.
 */
import * as vscode from 'vscode';
import type { ConfigFiles } from './config-files';
import { runDetails, isLive, statusBarText } from './run-text';
import type { Runs } from './runs';

/** Shows the item and keeps it true. */
export function registerStatusBar(runs: Runs, configs: ConfigFiles): { dispose(): unknown }[] {
  const item = vscode.window.createStatusBarItem('trm.status', vscode.StatusBarAlignment.Left, 10);
  item.name = 'TRM';
  const draw = (): void => {
    const starting = runs.listStarting()[0];
    const live = runs.list().filter(r => isLive(r.state));
    const [run] = live;
    const command = (id?: string): vscode.Command => ({ command: 'trm.showCharts', title: vscode.l10n.t('Show Live Charts'), ...(id === undefined ? {} : { arguments: [id] }) });
    if (!run) {
      item.text = starting ? '$(sync~spin) TRM' : '$(pulse) TRM';
      item.tooltip = starting ? vscode.l10n.t('{0} is starting', starting.name) : vscode.l10n.t('TRM: nothing is training');
      item.command = command(starting?.id);
    } else {
      const status = runs.line(run.manifest.id)?.status ?? null;
      item.text = statusBarText(run, status, live.length - 1);
      item.tooltip = [run.manifest.id, ...runDetails(run, status).map(([name, value]) => (name === '' ? value : `${name}: ${value}`))].join('\n');
      item.command = command(run.manifest.id);
    }
    item.accessibilityInformation = { label: `TRM: ${typeof item.tooltip === 'string' ? item.tooltip.split('\n').slice(0, 2).join(', ') : ''}` };
    if (configs.isOurs || starting || runs.list().length > 0) item.show(); else item.hide();
  };
  draw();
  return [item, runs.onDidChange(draw), runs.onDidChangeStatus(draw), configs.onDidFind(draw)];
}

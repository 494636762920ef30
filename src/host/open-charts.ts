/** Live Charts, and what all our pages need: made when the first page is shown, or something is to be shown there. */
import { Messenger } from 'vscode-messenger';
import { registerExports } from './export-file';
import { LiveCharts } from './live-charts';
import { RunFeeds } from './run-feed';
import type { Window } from './window';

/** The charts, the data behind them, and the messenger of all pages. */
export interface ChartsParts {
  readonly messenger: Messenger;
  readonly feeds: RunFeeds;
  readonly charts: LiveCharts;
}

/** Makes them. */
export function openCharts({ context: { extensionUri, workspaceState: state }, log, runs, own }: Window): ChartsParts {
  const messenger = new Messenger();
  own(registerExports(messenger, log));
  const feeds = own(new RunFeeds(log));
  return { messenger, feeds, charts: own(new LiveCharts({ extensionUri, state, runs, feeds, messenger, log })) };
}

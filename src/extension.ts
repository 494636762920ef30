/** The extension: what there is of it from the start, which is what finds runs and shows them. All else is loaded when it is used: host/on-demand.ts. */
import type * as vscode from 'vscode';
import { registerComparisonDocuments } from './host/comparison-documents';
import { ConfigFiles } from './host/config-files';
import { registerExperimentPages } from './host/experiment-pages';
import { createLog } from './host/notify';
import { registerOnDemand } from './host/on-demand';
import { offerToGoOn } from './host/queue-offer';
import { registerRunEnds } from './host/run-ends';
import { registerRunNotes } from './host/run-notes';
import { Runs } from './host/runs';
import { RunsTree, showRunsTree } from './host/runs-tree';
import { registerStatusBar } from './host/status-bar';

/** Called by VS Code once, when something of ours is first needed. */
export function activate(context: vscode.ExtensionContext): void {
  const { subscriptions } = context;
  const own = <T extends vscode.Disposable>(thing: T): T => {
    subscriptions.push(thing);
    return thing;
  };
  const log = own(createLog());
  const runs = own(new Runs(log, context.globalState));
  const tree = own(new RunsTree(runs));
  const configs = own(new ConfigFiles(log));
  subscriptions.push(
    ...showRunsTree(tree, runs, log),
    ...registerStatusBar(runs, configs),
    ...registerOnDemand({ context, log, runs, tree, configs, own }),
    registerComparisonDocuments(runs),
    registerExperimentPages(runs),
    registerRunNotes(runs),
    registerRunEnds(runs, log),
    offerToGoOn(runs, log),
  );
}

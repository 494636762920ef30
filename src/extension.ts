/** The extension: puts the features of host/ together, and nothing else. */
import type * as vscode from 'vscode';
import { Messenger } from 'vscode-messenger';
import { registerAgentTools } from './host/agents/tools';
import { BeginAgain } from './host/begin-again';
import { CheckpointViewer } from './host/checkpoint-viewer';
import { registerCompare } from './host/compare-charts';
import { registerCompareCommands } from './host/compare-commands';
import { registerConfigCommands } from './host/config-commands';
import { ConfigFiles } from './host/config-files';
import { registerDeleteCommand } from './host/delete-runs';
import { DepthCurves } from './host/depth-curves';
import { registerExperiments } from './host/experiments';
import { registerExports } from './host/export-file';
import { Inspector } from './host/inspector';
import { TraceSource } from './host/inspector-source';
import { registerLanguageFeatures } from './host/language/register';
import { LiveCharts } from './host/live-charts';
import { command, createLog } from './host/notify';
import { registerQueue } from './host/queue';
import { registerRunCommands } from './host/run-control';
import { registerRunEnds } from './host/run-ends';
import { RunFeeds } from './host/run-feed';
import { registerLabelCommands } from './host/run-labels';
import { registerRunNotes } from './host/run-notes';
import { Runs } from './host/runs';
import { RunsTree, showRunsTree } from './host/runs-tree';
import { registerRuntimeCommand } from './host/runtime-command';
import { registerStatusBar } from './host/status-bar';
import { train } from './host/train';
import { Trainers } from './host/trainers';
import { registerWeightsCommands } from './host/weights-commands';

/** Called by VS Code once, when something of ours is first needed. */
export function activate(context: vscode.ExtensionContext): void {
  const { extensionUri, workspaceState: state, subscriptions } = context;
  const own = <T extends vscode.Disposable>(thing: T): T => {
    subscriptions.push(thing);
    return thing;
  };
  const log = own(createLog());
  const messenger = new Messenger();
  const runs = own(new Runs(log));
  const feeds = own(new RunFeeds(log));
  const trainers = new Trainers(extensionUri, log);
  const charts = own(new LiveCharts({ extensionUri, state, runs, feeds, messenger }));
  const traces = new TraceSource(runs, trainers);
  const inspector = own(new Inspector({ extensionUri, state, runs, source: traces, curves: new DepthCurves(context.globalStorageUri, trainers), messenger, log }));
  own(new CheckpointViewer({ extensionUri, runs, messenger, log }));
  const configs = own(new ConfigFiles(log));
  const starting = { runs, feeds, charts, trainers, configs, log, logDir: context.logUri.fsPath };
  const tree = own(new RunsTree(runs));
  const again = own(new BeginAgain(starting));
  own(command(log, 'trm.train', async given => await again.startDraft(given) || train(starting, given)));
  subscriptions.push(
    ...registerRunCommands({ runs, charts, inspector, traces, trainers, train: starting, again, log }),
    ...showRunsTree(tree, runs, log),
    ...registerLabelCommands({ runs, tree, log }),
    ...registerCompareCommands({ runs, log }),
    registerDeleteCommand(runs, log),
    registerRunNotes(runs),
    ...registerConfigCommands(extensionUri, trainers, configs, log),
    ...registerWeightsCommands({ runs, trainers, configs, log }),
    registerLanguageFeatures(configs, runs),
    ...registerAgentTools({ runs, traces, train: starting }),
    registerCompare(runs, charts, log),
    registerRuntimeCommand(log),
    registerExports(messenger, log),
    ...registerQueue(starting),
    ...registerExperiments(starting, extensionUri),
    registerRunEnds(runs, log),
    ...registerStatusBar(runs),
  );
}

/**
 * What is loaded when. VS Code waits for the extension to start, so at the start there is only what finds runs and shows them
 * (extension.ts), and this: the names of everything else, each of which loads its part when it is first used. A part is what lies behind
 * one `import()`; the build puts it into a file of its own, and what two parts share into another, so that nothing is there twice.
 *
 *   open-charts.ts       Live Charts               a page of charts is shown
 *   open-features.ts     everything people do      a command, a config that is open, a trace, a checkpoint, a tool of a language model
 *
 * Reading run folders (runs.ts) comes right after the start; pages of tables load what makes them when they are opened.
 */
import * as vscode from 'vscode';
import { toolNames } from './agents/tool-names';
import { command, showProblem } from './notify';
import type { ChartsParts } from './open-charts';
import type { Features } from './open-features';
import { viewTypes } from './view-types';
import type { Window } from './window';

/** The commands that are not there from the start. */
const commandNames = [
  'trm.train', 'trm.stop', 'trm.pause', 'trm.resume', 'trm.recoverRun', 'trm.forkRun', 'trm.trainAgain', 'trm.evaluate', 'trm.inspectPuzzle',
  'trm.showCharts', 'trm.openChartsInEditor', 'trm.compareInCharts', 'trm.openRunFolder', 'trm.showLog', 'trm.copyRunId',
  'trm.renameRun', 'trm.editTags', 'trm.editNotes', 'trm.pinRun', 'trm.unpinRun', 'trm.pinCheckpoint', 'trm.unpinCheckpoint', 'trm.deleteRuns',
  'trm.compareRuns', 'trm.compareConfigs', 'trm.compareRunsInCharts', 'trm.newConfig', 'trm.buildDataset', 'trm.showFolder', 'trm.openCheckpoint', 'trm.importCheckpoint', 'trm.exportWeights',
  'trm.setUpRuntime', 'trm.addToQueue', 'trm.startQueue', 'trm.stopQueue', 'trm.runExperiment', 'trm.showExperiment',
] as const satisfies readonly (keyof Features['commands'])[];

/** Loads a part once; when that fails, the next who asks tries again. */
function once<T>(load: () => Promise<T>): () => Promise<T> {
  let loaded: Promise<T> | null = null;
  return () => loaded ??= load().catch((error: unknown) => {
    loaded = null;
    throw error;
  });
}

/** Registers everything that is loaded later. Errors while loading are told as those of what was asked for. */
export function registerOnDemand(window: Window): vscode.Disposable[] {
  const charts = once(async (): Promise<ChartsParts> => (await import('./open-charts')).openCharts(window));
  const features = once(async (): Promise<Features> => {
    const [{ openFeatures }, parts] = [await import('./open-features'), await charts()];
    return openFeatures(window, parts);
  });
  return [
    ...commandNames.map(name => command(window.log, name, async (given, selected) => {
      const { commands } = await features();
      return commands[name](given, selected);
    })),
    ...pages(charts, features),
    ...tools(features),
    whenConfigIsOpen(window, features),
  ];
}

/** The views and editors with pages of ours. */
function pages(charts: () => Promise<ChartsParts>, features: () => Promise<Features>): vscode.Disposable[] {
  // Kept while hidden: a page that is made anew takes seconds to show where VS Code runs in a browser.
  const webviewOptions = { retainContextWhenHidden: true };
  return [
    vscode.window.registerWebviewViewProvider(viewTypes.liveCharts, { resolveWebviewView: async view => (await charts()).charts.resolveWebviewView(view) }, { webviewOptions }),
    vscode.window.registerWebviewPanelSerializer(viewTypes.charts, { deserializeWebviewPanel: async panel => (await charts()).charts.deserializeWebviewPanel(panel) }),
    vscode.window.registerWebviewPanelSerializer(viewTypes.trace, { deserializeWebviewPanel: async (panel, saved) => (await features()).inspector.deserializeWebviewPanel(panel, saved) }),
    vscode.window.registerCustomEditorProvider(viewTypes.checkpoint, {
      openCustomDocument: uri => ({ uri, dispose: () => undefined }),
      resolveCustomEditor: async (document, panel) => (await features()).viewer.resolveCustomEditor(document, panel),
    } satisfies vscode.CustomReadonlyEditorProvider, { supportsMultipleEditorsPerDocument: true, webviewOptions }),
  ];
}

/** The tools that language models may call. */
function tools(features: () => Promise<Features>): vscode.Disposable[] {
  return toolNames.map(name => vscode.lm.registerTool<object>(name, {
    prepareInvocation: async (options, token) => (await features()).tool(name).prepareInvocation?.(options, token),
    invoke: async (options, token) => (await features()).tool(name).invoke(options, token),
  }));
}

/** Loads what is said about configs when one is open. */
function whenConfigIsOpen({ configs, log }: Window, features: () => Promise<Features>): vscode.Disposable {
  const look = (document: vscode.TextDocument): void => {
    if (!configs.isConfig(document)) return;
    listeners.dispose();
    features().catch((error: unknown) => showProblem(log, error));
  };
  const listeners = vscode.Disposable.from(vscode.workspace.onDidOpenTextDocument(look), vscode.workspace.onDidChangeTextDocument(({ document }) => look(document)));
  for (const document of vscode.workspace.textDocuments) look(document);
  return listeners;
}

/**
 * Everything a person does with configs, runs and checkpoints, made when the first of it is asked for: it reads configs (YAML, the
 * schema and its texts), plans and starts trainings, and shows traces. What is there before, and asks for it: on-demand.ts.
 */
import type * as vscode from 'vscode';
import { agentTool } from './agents/tools';
import type { ToolName } from './agents/tool-names';
import { BeginAgain } from './begin-again';
import { CheckpointViewer, checkpointCommands } from './checkpoint-viewer';
import { chartsCommands } from './compare-charts';
import { compareCommands } from './compare-commands';
import { configCommands } from './config-commands';
import { deleteCommands } from './delete-runs';
import { DepthCurves } from './depth-curves';
import { Drafts } from './drafts';
import { experimentCommands } from './experiments';
import { Inspector } from './inspector';
import { TraceSource } from './inspector-source';
import { registerLanguageFeatures } from './language/register';
import { Surroundings } from './language/surroundings';
import type { ChartsParts } from './open-charts';
import { queueCommands } from './queue';
import { runCommands } from './run-control';
import { labelCommands } from './run-labels';
import { runtimeCommands } from './runtime-command';
import { folderCommands } from './show-folder';
import { train } from './train';
import { Trainers } from './trainers';
import { weightsCommands } from './weights-commands';
import type { Window } from './window';

/** What can be asked for. */
export type Features = ReturnType<typeof openFeatures>;

/** Makes it all, and has the editor speak the language of configs. */
export function openFeatures({ context, log, runs, tree, configs, own }: Window, { messenger, feeds, charts }: ChartsParts) {
  const { extensionUri, workspaceState: state } = context;
  const trainers = new Trainers(extensionUri, log);
  const traces = new TraceSource(runs, trainers);
  const starting = { runs, feeds, charts, trainers, configs, log, logDir: context.logUri.fsPath };
  const again = new BeginAgain(starting, own(new Drafts(state)));
  const inspector = own(new Inspector({ extensionUri, state, runs, source: traces, curves: new DepthCurves(context.globalStorageUri, trainers, log), messenger, log }));
  const surroundings = own(new Surroundings(runs));
  const onChange = (): void => surroundings.changed();
  own(registerLanguageFeatures(configs, runs, surroundings));
  return {
    inspector,
    viewer: own(new CheckpointViewer({ extensionUri, runs, messenger, log })),
    tool: (name: ToolName): vscode.LanguageModelTool<object> => agentTool(name, { runs, traces, train: starting }),
    commands: {
      'trm.train': async (given: unknown) => await again.startDraft(given) || train(starting, given),
      ...runCommands({ runs, charts, inspector, traces, trainers, train: starting, again, log }),
      ...labelCommands({ runs, tree }),
      ...compareCommands(runs),
      ...chartsCommands(runs, charts),
      ...deleteCommands(runs, log),
      ...configCommands(extensionUri, trainers, configs, log, onChange),
      ...weightsCommands({ runs, trainers, configs, log }),
      ...checkpointCommands(runs),
      ...runtimeCommands(log, onChange),
      ...folderCommands(log),
      ...queueCommands(starting),
      ...experimentCommands(starting, extensionUri),
    },
  };
}

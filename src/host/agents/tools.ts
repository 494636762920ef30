/**
 * Tools that language models may call in this editor. Each is a thin wrapper of what the command line prints with --json. Looking is free;
 * starting, stopping and resuming ask the person first.
 */
import * as vscode from 'vscode';
import { parseConfig } from '../../config/load';
import { readConfigFile } from '../../config/read-file';
import { planSweep } from '../../experiments/plan';
import { configReport, type ConfigReport } from '../../reports/config-report';
import { traceReport } from '../../reports/trace-report';
import { compareRuns } from '../../runs/compare-runs';
import { metricsReport } from '../../runs/metrics-digest';
import { oneLine } from '../../runs/read-json';
import type { RunSummary } from '../../runs/read-run';
import { runList, runOutcome, runReport } from '../../runs/report';
import type { TraceSource } from '../inspector-source';
import { HostError, isCancelled, problemOf, problemText } from '../problem';
import { queueInTurn } from '../queue';
import type { Runs } from '../runs';
import { depthLimit, haltMaxSteps, isLive, isResumable } from '../run-text';
import { runsDirFor } from '../settings';
import { save, train, type TrainContext } from '../train';
import { requireTrust } from '../trust';
import { answerText, type Shortened } from './answer';
import { toolInputs, type ToolInput } from './tool-inputs';
import type { ToolName } from './tool-names';
import { workspaceConfig } from './workspace-config';

const l10n = vscode.l10n.t;

/** What the tools need of the window. */
export interface AgentContext {
  readonly runs: Runs;
  readonly traces: TraceSource;
  readonly train: TrainContext;
}

interface Tool<N extends ToolName> {
  /** What is asked of the person before, as Markdown; a tool without it only looks. */
  readonly ask?: (input: ToolInput<N>, context: AgentContext) => Promise<{ title: string; message: string }>;
  readonly answer: (input: ToolInput<N>, context: AgentContext, signal: AbortSignal) => Promise<unknown>;
  /** What gives way when the answer is too long. */
  readonly lists?: Shortened;
}

const folders = (): string[] => (vscode.workspace.workspaceFolders ?? []).filter(folder => folder.uri.scheme === 'file').map(folder => folder.uri.fsPath);

async function findRun({ runs }: AgentContext, named: string): Promise<RunSummary> {
  await runs.refresh();
  const found = runs.get(named) ?? runs.list().find(({ manifest }) => manifest.name === named);
  if (found) return found;
  throw new HostError('no_run', `There is no run ${JSON.stringify(named)} in this window.`, 'trm_list_runs gives those there are.');
}

/** A name in a question to the person: as code, in which nothing is markup. */
const quoted = (name: string): string => `\`${oneLine(name, 200).replaceAll('`', "'")}\``;
/** A run in the words of a question. */
const called = ({ manifest, state }: RunSummary): string => `${quoted(manifest.name)} (${quoted(manifest.id)}, ${state})`;

/** A config as it stands in the editor, which is what training saves and takes, else as it lies on the disk. */
function textOf(file: string): string {
  const open = vscode.workspace.textDocuments.find(({ uri }) => uri.scheme === 'file' && uri.fsPath === file);
  return open?.getText() ?? readConfigFile(file).text;
}

function validate(config: string, overrides: readonly string[] = []): ConfigReport {
  const file = workspaceConfig(config, folders());
  return configReport(file, parseConfig(textOf(file), { overrides, file }));
}

async function getTrace({ run: named, puzzle, checkpoint, depth }: ToolInput<'trm_get_trace'>, context: AgentContext, signal: AbortSignal): Promise<unknown> {
  const run = await findRun(context, named);
  const { config } = run.manifest;
  const trace = await context.traces.trace(run, { run: run.manifest.id, puzzle: { index: puzzle }, checkpoint, depth: Math.min(depth ?? haltMaxSteps(config), depthLimit(config)) }, () => undefined, signal);
  return traceReport(trace);
}

/** Starts a training as the person would, and answers when it runs. */
async function startTraining({ config }: ToolInput<'trm_start_training'>, { runs, train: context }: AgentContext, signal: AbortSignal): Promise<unknown> {
  const checked = validate(config);
  if (!checked.valid) return { started: false, ...checked };
  signal.throwIfAborted();
  const uri = vscode.Uri.file(checked.file);
  if (checked.sweep_runs !== undefined) return queueSweep(uri, runs, context, signal);
  const id = await train(context, uri, signal);
  signal.throwIfAborted();
  await runs.refresh();
  const run = id === undefined ? undefined : runs.get(id);
  if (!run) throw new HostError('not_started', 'No training was started.', 'The person in front of the editor decided otherwise, or was told why; the log is in the TRM output channel.');
  return { started: true, ...runOutcome(run) };
}

/** Queues every combination of a config's sweep, and answers what is queued; less than that when the person ends it. */
async function queueSweep(config: vscode.Uri, runs: Runs, context: TrainContext, signal: AbortSignal): Promise<unknown> {
  await save(config);
  const id = await queueInTurn(context, pace => planSweep(config.fsPath, [], pace), runsDirFor(config), signal);
  if (id === null) throw new HostError('not_started', 'No run was queued.', 'The person in front of the editor ended it.');
  await runs.refresh();
  const queued = runs.list().filter(({ manifest }) => manifest.experiment?.id === id);
  return { started: false, queued: queued.length, experiment: id, runs: queued.map(({ manifest, state }) => ({ run: manifest.id, name: oneLine(manifest.name), state })) };
}

/** The question before a training: what, how large, and how many. */
function askToTrain({ file, valid, parameters, optimiser_steps: steps, sweep_runs: queued }: ConfigReport): string {
  const name = quoted(vscode.workspace.asRelativePath(file));
  if (!valid) return `${l10n('Train {0}?', name)} ${l10n('It has errors, so nothing would start.')}`;
  const number = (value: number): string => value.toLocaleString(vscode.env.language);
  const size = parameters !== undefined && steps !== undefined ? [l10n('{0} parameters, {1} optimiser steps.', number(parameters), number(steps))] : [];
  if (queued === undefined) return [l10n('Train {0}?', name), ...size].join(' ');
  return [l10n('Queue {0} runs, every combination of the sweep in {1}?', number(queued), name), ...(size.length > 0 ? [l10n('Without the sweep:'), ...size] : [])].join(' ');
}

/** Has a command of the editor act on a run, and answers how the run stands then. */
async function act(command: 'trm.stop' | 'trm.resume', run: RunSummary, context: AgentContext, signal: AbortSignal, isDone: (run: RunSummary) => boolean): Promise<unknown> {
  signal.throwIfAborted();
  await vscode.commands.executeCommand(command, run.manifest.id);
  const now = await findRun(context, run.manifest.id);
  if (!isDone(now)) throw new HostError('not_done', `The run is ${now.state}.`, 'The person in front of the editor was told what went wrong.');
  return runOutcome(now);
}

const tools: { readonly [N in ToolName]: Tool<N> } = {
  trm_list_runs: {
    answer: async ({ state, limit }, { runs }) => {
      await runs.refresh();
      const fitting = runs.list().filter(run => state === undefined || run.state === state);
      return { ...runList(fitting.slice(0, limit), state === undefined ? runs.listBroken().slice(0, limit) : []), in_all: fitting.length };
    },
    lists: { runs: 'last', broken: 'last' },
  },
  trm_get_run: { answer: async ({ run }, context) => runReport(await findRun(context, run)) },
  trm_get_metrics: {
    answer: async ({ run, points }, context, signal) => metricsReport(await findRun(context, run), points, signal),
    lists: { train: 'first', evals: 'first' },
  },
  trm_get_trace: { answer: getTrace, lists: { supervision_steps: 'first' } },
  trm_diff_runs: {
    answer: async ({ runs }, context) => {
      const found: RunSummary[] = [];
      for (const run of runs) found.push(await findRun(context, run));
      return compareRuns(found);
    },
    lists: { changed: 'last' },
  },
  trm_validate_config: { answer: ({ config, overrides }) => Promise.resolve(validate(config, overrides)), lists: { problems: 'last' } },
  trm_start_training: {
    ask: ({ config }) => Promise.resolve({ title: l10n('Train TRM'), message: askToTrain(validate(config)) }),
    answer: startTraining,
    lists: { runs: 'last', problems: 'last' },
  },
  trm_stop_run: {
    ask: async ({ run }, context) => ({ title: l10n('Stop Run'), message: l10n('Stop {0}? It writes a checkpoint first and can be resumed.', called(await findRun(context, run))) }),
    answer: async ({ run: named }, context, signal) => {
      const run = await findRun(context, named);
      if (!isLive(run.state)) throw new HostError('not_live', `The run is ${run.state}, so there is nothing to stop.`, '');
      return act('trm.stop', run, context, signal, now => !isLive(now.state));
    },
  },
  trm_resume_run: {
    ask: async ({ run }, context) => ({ title: l10n('Resume Run'), message: l10n('Resume {0} from its newest checkpoint?', called(await findRun(context, run))) }),
    answer: async ({ run: named }, context, signal) => {
      const run = await findRun(context, named);
      if (!isResumable(run)) throw new HostError('not_resumable', `The run is ${run.state}, so it cannot be resumed.`, run.state === 'finished' ? 'To train longer, raise epochs in its config and train again.' : '');
      return act('trm.resume', run, context, signal, now => isLive(now.state) || now.state === 'finished');
    },
  },
};

/** A tool as VS Code calls it: its input checked, its errors in words with the next step. */
export function agentTool(name: ToolName, context: AgentContext): vscode.LanguageModelTool<object> {
  const { ask, answer, lists } = tools[name] as Tool<ToolName>; // what it is given is checked against the schema of the same name
  const checked = (input: object): ToolInput<ToolName> => {
    const parsed = toolInputs[name].safeParse(input);
    if (parsed.success) return parsed.data;
    throw new Error(`${name}: ${parsed.error.issues.map(issue => `${issue.path.join('.') || 'input'}: ${issue.message}`).join('; ')}`);
  };
  const inWords = async <T>(work: () => Promise<T>): Promise<T> => work().catch((error: unknown) => { throw isCancelled(error) ? new vscode.CancellationError() : new Error(problemText(problemOf(error))); });
  /** Nobody is asked to allow what is refused after. */
  const mayAct = (): void => { if (ask) requireTrust(l10n('This tool starts and stops programs, and this folder is not trusted yet.')); };
  return {
    ...(ask ? { prepareInvocation: ({ input }) => inWords(async () => {
      mayAct();
      const { title, message } = await ask(checked(input), context);
      return { confirmationMessages: { title, message: new vscode.MarkdownString(message) } };
    }) } : {}),
    invoke: ({ input }, token) => inWords(async () => {
      mayAct();
      const cancel = new AbortController();
      if (token.isCancellationRequested) cancel.abort();
      const listener = token.onCancellationRequested(() => cancel.abort());
      try {
        return new vscode.LanguageModelToolResult([new vscode.LanguageModelTextPart(answerText(await answer(checked(input), context, cancel.signal), lists))]);
      } finally {
        listener.dispose();
      }
    }),
  };
}

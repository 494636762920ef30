/**
 * The trainer process. It is started detached, by the editor or by the command line, and belongs to nobody afterwards:
 * `train`, `resume` and `queue` run until they end or are told to; the other modes do one thing, answer and end. Progress and the error it
 * may end with go to standard error as JSON lines. Exit codes: 0 done, 1 failed, 2 bad usage or config.
 */
import path from 'node:path';
import { parseArgs } from 'node:util';
import { loadConfig } from '../config/load';
import type { ResolvedConfig } from '../config/resolve';
import { engineNames } from '../config/schema';
import { ensureDataset } from '../puzzles/build-dataset';
import { devicePattern } from '../runtime/gpu-choice';
import { writeFileAtomic } from '../runs/atomic-write';
import { depthCurve } from './depth-curve';
import { exportPrefixes, exportWeights } from './export-weights';
import { UsageError, describeFailure, exitCodeOf } from './failure';
import { importCheckpoint } from './import-checkpoint';
import { partialReporter, progressReporter, reportFailure } from './report';
import { runQueue } from './run-queue';
import { evaluateSaved, traceSaved } from './saved-weights';
import { resume, train } from './train-main';

const usage = 'Modes: train CONFIG, resume RUN, evaluate RUN, depth-curve RUN, trace RUN, build-data CONFIG, import FILE, export RUN, queue RUNS-FOLDER.';

function engineOption(value: string | undefined): ResolvedConfig['engine'] | undefined {
  if (value === undefined) return undefined;
  const known = engineNames.find(name => name === value);
  if (!known) throw new UsageError(`There is no engine "${value}".`, `Choose one of ${engineNames.join(', ')}.`);
  return known;
}

function deviceOption(value: string | undefined): string | undefined {
  if (value === undefined || devicePattern.test(value)) return value;
  throw new UsageError(`There is no device "${value}".`, 'Choose auto, cpu, gpu, or gpu:N as `trm devices` counts.');
}

function whole(name: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (!/^\d+$/.test(value)) throw new UsageError(`--${name} is "${value}", expected a whole number.`, usage);
  return Number(value);
}

const required = (value: string | undefined, what: string): string => {
  if (value === undefined) throw new UsageError(`${what} is missing.`, usage);
  return value;
};

async function main(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv], allowPositionals: true, strict: true,
    options: {
      'runs-dir': { type: 'string' }, 'run-id': { type: 'string' }, engine: { type: 'string' }, override: { type: 'string', multiple: true },
      checkpoint: { type: 'string' }, 'take-over': { type: 'boolean' }, depth: { type: 'string' }, data: { type: 'string' }, examples: { type: 'string' },
      out: { type: 'string' }, device: { type: 'string' }, 'micro-batch-size': { type: 'string' }, puzzle: { type: 'string' }, tokens: { type: 'string' }, weights: { type: 'string' }, config: { type: 'string' }, prefix: { type: 'string' }, overwrite: { type: 'boolean' }, base: { type: 'string' }, fork: { type: 'string' },
    },
  });
  const [mode, target] = positionals;
  const engine = engineOption(values.engine);
  const out = (): string => required(values.out, '--out');
  const saved = () => ({ target: required(target, 'The run or checkpoint'), onProgress: progressReporter(), depth: whole('depth', values.depth), engine, device: deviceOption(values.device), weights: weightsOption(values.weights) });
  switch (mode) {
    case 'train':
      return train({
        configPath: required(target, 'The config'), runsDir: required(values['runs-dir'], '--runs-dir'), id: values['run-id'], base: values.base, fork: values.fork,
        overrides: [...(values.override ?? []), ...(engine === undefined ? [] : [`engine=${engine}`]), ...(values.device === undefined ? [] : [`device=${values.device}`])],
      });
    case 'resume':
      return resume({ dir: required(target, 'The run'), checkpoint: values.checkpoint, takeOver: values['take-over'], engine, device: deviceOption(values.device), microBatchSize: whole('micro-batch-size', values['micro-batch-size']) });
    case 'evaluate':
      writeFileAtomic(out(), `${JSON.stringify(await evaluateSaved({ ...saved(), data: values.data, examples: values.examples === 'all' ? 'all' : whole('examples', values.examples) }))}\n`);
      return 0;
    case 'depth-curve':
      writeFileAtomic(out(), `${JSON.stringify(await depthCurve({ ...saved(), examples: values.examples === 'all' ? 'all' : whole('examples', values.examples), onPartial: partialReporter() }))}\n`);
      return 0;
    case 'trace': {
      const index = whole('puzzle', values.puzzle);
      if (index === undefined && values.tokens === undefined) throw new UsageError('--puzzle or --tokens is missing.', usage);
      writeFileAtomic(out(), JSON.stringify(await traceSaved({ ...saved(), puzzle: index === undefined ? { tokens: values.tokens!.split(',').map(Number) } : { index } })));
      return 0;
    }
    case 'import':
      writeFileAtomic(out(), `${JSON.stringify(await importCheckpoint({
        file: required(target, 'The checkpoint'), configPath: required(values.config, '--config'), overrides: values.override ?? [], runsDir: required(values['runs-dir'], '--runs-dir'), id: values['run-id'], onProgress: progressReporter(),
      }))}\n`);
      return 0;
    case 'export':
      await exportWeights({ target: required(target, 'The run or checkpoint'), out: out(), weights: weightsOption(values.weights), prefix: prefixOption(values.prefix), overwrite: values.overwrite });
      return 0;
    case 'build-data': {
      const file = path.resolve(required(target, 'The config'));
      const progress = progressReporter();
      await ensureDataset(loadConfig(file, values.override ?? []).config, path.dirname(file), { onProgress: ({ stage, done, total, fraction }) => progress(`${stage}: ${done} of ${total}`, fraction) });
      return 0;
    }
    case 'queue':
      return runQueue(path.resolve(required(target, 'The runs folder')));
    case undefined:
      throw new UsageError('The mode is missing.', usage);
    default:
      throw new UsageError(`There is no mode "${mode}".`, usage);
  }
}

function prefixOption(value: string | undefined): (typeof exportPrefixes)[number] | undefined {
  const known = exportPrefixes.find(prefix => prefix === value);
  if (value !== undefined && known === undefined) throw new UsageError(`--prefix is "${value}", expected one of ${exportPrefixes.join(', ')}.`, usage);
  return known;
}

function weightsOption(value: string | undefined): 'ema' | 'model' | undefined {
  if (value === undefined || value === 'ema' || value === 'model') return value;
  throw new UsageError(`--weights is "${value}", expected ema or model.`, usage);
}

main(process.argv.slice(2)).then(
  code => process.exit(code),
  (error: unknown) => {
    const unknownOption = error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
    const known = unknownOption ? new UsageError(error.message, usage) : error;
    reportFailure(describeFailure(known));
    process.exit(exitCodeOf(known));
  },
);

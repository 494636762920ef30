/** `trm train`, `fork`, `rerun`, `resume`, `stop` and `runs`: beginning runs, going on with them, ending them, and listing them. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { formatProblem } from '../config/errors';
import { loadConfig } from '../config/load';
import { parseOverride } from '../config/overrides';
import { checkpointDir } from '../runs/checkpoints';
import { accuracyText, durationText, labelWords, runStatusLine } from '../runs/describe';
import { resumeCommandText } from '../runs/memory-need';
import { awayFrom } from '../runs/owner-socket';
import { newRunId } from '../runs/paths';
import { listRuns, readRun } from '../runs/read-run';
import { runList, runOutcome } from '../runs/report';
import { trainableText } from '../runs/run-config';
import { CliError } from './errors';
import type { ExitCode } from './errors';
import { launchAndFollow } from './launch';
import type { Followed } from './launch';
import { preparingStatus } from './live-status';
import { note, print, printJson, table } from './output';

/** Options of train and resume. */
export interface TrainCommand { readonly runsDir: string; readonly engine?: string; readonly device?: string; readonly json?: boolean }

/** All overrides of a new run: those given, then the options that stand for one. */
const allOverrides = (overrides: readonly string[], { engine, device }: TrainCommand): string[] =>
  [...overrides.map(hereCheckpoint), ...(engine === undefined ? [] : [`engine=${engine}`]), ...(device === undefined ? [] : [`device=${device}`])];

/** `trm train CONFIG [key=value ...]`. */
export async function trainCommand(config: string, overrides: readonly string[], options: TrainCommand): Promise<ExitCode> {
  const { runsDir, json } = options;
  const all = allOverrides(overrides, options);
  const { problems, sweep } = loadConfig(config, all);
  for (const problem of problems) note(formatProblem(config, problem));
  if (Object.keys(sweep).length > 0) note(`${config} has a sweep. This trains the config without it; \`trm sweep ${config}\` queues every combination.`);
  const id = newRunId(path.basename(config).replace(/(\.trm)?\.ya?ml$/, ''));
  const args = ['train', path.resolve(config), '--runs-dir', path.resolve(runsDir), '--run-id', id, ...all.flatMap(o => ['--override', o])];
  return conclude(await launchAndFollow(args, path.join(path.resolve(runsDir), id)), json);
}

/** `trm fork RUN [key=value ...]`: a new run that goes on from a checkpoint of another one. Without one named, from its best, else its newest. */
export async function forkCommand(run: string, overrides: readonly string[], { checkpoint, ...options }: TrainCommand & { checkpoint?: string }): Promise<ExitCode> {
  const dir = findRun(run, options.runsDir);
  const from = checkpoint === undefined ? dir : checkpointDir(dir, /^\d+$/.test(checkpoint) ? `step-${checkpoint}` : checkpoint);
  return trainAgain(dir, overrides, options, ['--fork', from]);
}

/** `trm rerun RUN [key=value ...]`: a new run of the same config, from the beginning. */
export async function rerunCommand(run: string, overrides: readonly string[], options: TrainCommand): Promise<ExitCode> {
  return trainAgain(findRun(run, options.runsDir), overrides, options, []);
}

/** A new run of the config of the run in `dir`. */
async function trainAgain(dir: string, overrides: readonly string[], options: TrainCommand, more: readonly string[]): Promise<ExitCode> {
  const { runsDir, json } = options;
  const before = await readRun(dir);
  const base = before.manifest.config_path;
  const id = newRunId(path.basename(base));
  const scratch = mkdtempSync(path.join(os.tmpdir(), 'trm-'));
  try {
    const config = path.join(scratch, path.basename(base));
    writeFileSync(config, trainableText(before));
    const args = ['train', config, '--base', base, ...more, '--runs-dir', path.resolve(runsDir), '--run-id', id, ...allOverrides(overrides, options).flatMap(o => ['--override', o])];
    return conclude(await launchAndFollow(args, path.join(path.resolve(runsDir), id)), json);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** `trm resume RUN`. */
export async function resumeCommand(run: string, { runsDir, engine, device, json, checkpoint, takeOver, microBatchSize }: TrainCommand & { checkpoint?: string; takeOver?: boolean; microBatchSize?: number }): Promise<ExitCode> {
  const dir = findRun(run, runsDir);
  const args = ['resume', dir, ...(engine === undefined ? [] : ['--engine', engine]), ...(device === undefined ? [] : ['--device', device]), ...(checkpoint === undefined ? [] : ['--checkpoint', checkpoint]), ...(takeOver ? ['--take-over'] : []), ...(microBatchSize === undefined ? [] : ['--micro-batch-size', String(microBatchSize)])];
  return conclude(await launchAndFollow(args, dir), json);
}

/** The run folder that a person means: a path, or an id in the runs folder. Throws CliError. */
export function findRun(run: string, runsDir: string): string {
  const candidates = [path.resolve(run), path.resolve(runsDir, run)];
  const found = candidates.find(dir => existsSync(path.join(dir, 'run.json')) || existsSync(path.join(dir, 'state.json')));
  if (found === undefined) throw new CliError(`There is no run ${run}, neither at that path nor in ${path.resolve(runsDir)}.`, 'See `trm runs` for those there are.', 2);
  return found;
}

/** Where weights are that a person means: a path from here, or a run in the runs folder. */
export function weightsPath(target: string, runsDir: string): string {
  return !existsSync(target) && existsSync(path.join(runsDir, target)) ? path.resolve(runsDir, target) : path.resolve(target);
}

/** On the command line a checkpoint to load is named from here; in a config, from the config's folder. */
function hereCheckpoint(override: string): string {
  const read = parseOverride(override);
  if ('severity' in read || read.path.join('.') !== 'load_checkpoint' || typeof read.value !== 'string') return override;
  return `load_checkpoint=${JSON.stringify(path.resolve(read.value))}`;
}

function conclude({ run, lastTrain, interrupted, error }: Followed, json: boolean | undefined): ExitCode {
  const { manifest, state, best, dir } = run;
  const seconds = manifest.process_seconds;
  if (json) {
    printJson(runOutcome(run));
  } else {
    print(`${manifest.name} ${state}${manifest.finished_because ? ` (${manifest.finished_because})` : ''}: step ${manifest.step}${manifest.total_steps === null ? '' : ` of ${manifest.total_steps}`} in ${durationText(seconds)}${lastTrain ? `, loss ${lastTrain.loss.toFixed(3)}` : ''}`);
    if (best) print(`best: ${accuracyText(best.eval)} at ${best.checkpoint}`);
    print(`folder: ${dir}`);
  }
  if (state === 'failed' && manifest.failure) note(`${manifest.failure.message}\n${manifest.failure.next}${resumeCommandText(manifest)}`);
  if (state === 'crashed') note(`${error ? `${error.message}\n${error.next}` : 'The trainer process is gone without a last word.'}\nResume the run to go on from its last checkpoint.`);
  if (interrupted && state !== 'failed' && state !== 'crashed') return 130;
  return state === 'finished' || state === 'stopped' ? 0 : manifest.failure?.cause === 'bad_config' ? 2 : 1;
}

/** `trm runs`. */
export async function runsCommand({ runsDir, json }: { runsDir: string; json?: boolean }): Promise<ExitCode> {
  const { runs, broken } = await listRuns(path.resolve(runsDir));
  if (json) {
    printJson(runList(runs, broken));
    return 0;
  }
  if (!runs.length) print(`No runs in ${path.resolve(runsDir)}. Begin one with \`trm train CONFIG\`.`);
  else print(table(await Promise.all(runs.map(async run => [run.manifest.id, [runStatusLine(run, await preparingStatus(run)), ...labelWords(run)].join(', ')]))));
  for (const { dir, problem } of broken) note(`${dir}: ${problem}`);
  return 0;
}

/** `trm stop RUN`: asks a live run for a checkpoint and its end. */
export async function stopCommand(run: string, { runsDir, json }: { runsDir: string; json?: boolean }): Promise<ExitCode> {
  const { connectTrainer } = await import('../protocol/control-client');
  const { manifest, state } = await readRun(findRun(run, runsDir));
  if (state !== 'running' && state !== 'paused' && state !== 'pending') throw new CliError(`Run ${manifest.id} is ${state}, so there is nothing to stop.`, '');
  const trainer = await connectTrainer(manifest.owner).catch((error: unknown) => {
    const away = awayFrom(manifest.owner);
    if (away === null) throw error;
    throw 'host' in away ? new CliError(`Run ${manifest.id} is trained on ${away.host}.`, 'Stop it there.') : new CliError(`Run ${manifest.id} is trained by another user of this machine (uid ${away.uid}).`, 'Only they can stop it.');
  });
  const status = await trainer.request('stop', {});
  trainer.dispose();
  if (json) printJson({ run: manifest.id, state: status.state, step: status.step });
  else print(`${manifest.id} ${status.state} at step ${status.step}`);
  return 0;
}

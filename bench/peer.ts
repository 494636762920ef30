/**
 * The published PyTorch code on the same shapes in the same run. `peer/time_step.py` does the timing, in a Python with torch and
 * on a checkout that the user names; here is what it is asked and how its answer is read.
 */
import { statSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { flopsPerStep } from '../src/model/shapes';
import { deviceFacts } from '../src/runtime/device';
import { lastWords, runProcess } from '../src/runtime/run-process';
import { inDtype, shapes } from './shapes';
import type { Dtype, ShapeName } from './shapes';
import { round, stepTiming } from './statistics';
import type { Row } from './task';

/** Where the published code and a Python that can run it are. */
export interface Peer {
  readonly checkout: string;
  readonly python: string;
  readonly device: 'cpu' | 'cuda';
}

/** As the published code runs when told not to compile, and as it runs by itself. */
export type PeerMode = 'eager' | 'compile';

const driver = path.join('bench', 'peer', 'time_step.py');
const patience = 15 * 60_000;

/** Names of the options on the command line and in the environment, which the measuring processes inherit. */
const variables = { checkout: 'TRM_BENCH_PEER_CHECKOUT', python: 'TRM_BENCH_PEER_PYTHON', device: 'TRM_BENCH_PEER_DEVICE' } as const;

/** Passes what was given on the command line on to the processes that measure. */
export function rememberPeer(given: { [name in keyof Peer]?: string | undefined }): void {
  for (const [name, variable] of Object.entries(variables) as [keyof Peer, string][]) {
    if (given[name] !== undefined) process.env[variable] = name === 'device' ? given[name] : path.resolve(given[name]);
  }
}

/** The peer there is to measure; null when none is named. Throws Error in clear words when it cannot be what it should be. */
export function findPeer(env: NodeJS.ProcessEnv = process.env): Peer | null {
  const { [variables.checkout]: checkout, [variables.python]: python, [variables.device]: device = 'cpu' } = env;
  if (checkout === undefined && python === undefined) return null;
  if (checkout === undefined) throw new Error(`--peer-python is given, but not --peer-checkout (or ${variables.checkout}): the folder of a checkout of the published code.`);
  if (python === undefined) throw new Error(`--peer-checkout is given, but not --peer-python (or ${variables.python}): a Python that has torch, einops and pydantic.`);
  if (device !== 'cpu' && device !== 'cuda') throw new Error(`--peer-device is cpu or cuda, not ${device}.`);
  const model = path.join(checkout, 'models', 'recursive_reasoning', 'trm.py');
  if (!statSync(model, { throwIfNoEntry: false })?.isFile()) throw new Error(`${checkout} is not a checkout of the published code: there is no ${model}. Give the folder that holds models/ and pretrain.py.`);
  if (!statSync(python, { throwIfNoEntry: false })?.isFile()) throw new Error(`There is no Python at ${python}. Give the program itself, e.g. /opt/torch/bin/python.`);
  return { checkout, python, device };
}

/** What the driver is to time, in the published names; `threads` on the CPU. */
export function peerSpec(shapeName: ShapeName, dtype: Dtype, threads: number): Record<string, unknown> {
  const shape = shapes[shapeName];
  const { arch: { loss, ...arch }, global_batch_size, lr, beta1, beta2, weight_decay, puzzle_emb_lr, puzzle_emb_weight_decay, ema_rate } = inDtype(shape, dtype);
  const { vocab_size, seq_len, num_puzzle_identifiers } = shape.data;
  return {
    arch, loss_type: loss.loss_type, data: { vocab_size, seq_len, num_puzzle_identifiers }, batch: global_batch_size, threads,
    optimizer: { lr, beta1, beta2, weight_decay, puzzle_emb_lr, puzzle_emb_weight_decay, ema_rate },
    timing: { warm_up: stepTiming.warmUp, least: stepTiming.least, most: stepTiming.most, seconds: stepTiming.seconds },
  };
}

const positive = z.number().positive();
const answerSchema = z.union([
  z.object({
    row: z.looseObject({ median_ms: positive, fastest_ms: positive, steps_timed: positive, examples_per_s: positive, matmul_gflops: positive, peak_mb: positive })
      .catchall(z.union([z.number(), z.string()])),
  }),
  z.object({ problem: z.string(), next: z.string() }),
]);

/** The driver's row, out of everything it printed. Throws Error with what it says is wrong, or that it says nothing. */
export function readAnswer(stdout: string): Row {
  const last = stdout.trimEnd().split('\n').at(-1) ?? '';
  let document: unknown;
  try {
    document = JSON.parse(last);
  } catch {
    throw new Error('the driver ended without an answer');
  }
  const answer = answerSchema.safeParse(document);
  if (!answer.success) throw new Error(`the driver's answer is not understood: ${answer.error.issues[0]?.path.join('.') ?? ''} ${answer.error.issues[0]?.message ?? ''}`);
  if ('problem' in answer.data) throw new Error(`${answer.data.problem}. ${answer.data.next}`);
  return Object.fromEntries(Object.entries(answer.data.row).map(([name, value]) => [name, typeof value === 'number' ? round(value) : value]));
}

/** Times the published code's step; compute counted as for ours. Throws Error when the driver cannot. */
export async function peerTime(peer: Peer, shapeName: ShapeName, dtype: Dtype, mode: PeerMode): Promise<Row> {
  const spec = peerSpec(shapeName, dtype, (await deviceFacts()).physicalCores);
  const script = path.join(__dirname, '..', driver);
  const finished = await runProcess(peer.python, [script, '--checkout', peer.checkout, '--spec', JSON.stringify(spec), '--device', peer.device, ...(mode === 'compile' ? ['--compile'] : [])], { timeoutMs: patience });
  try {
    const row = readAnswer(finished.stdout);
    const { config, data } = shapes[shapeName];
    const gflops = flopsPerStep(config.arch, data, config.global_batch_size) / 1e6 / (row.median_ms as number);
    return { ...row, gflops: round(gflops), share_of_matmul: round(gflops / (row.matmul_gflops as number)) };
  } catch (error) {
    if (finished.code === 0 || finished.code === 2) throw error;
    throw new Error(`${(error as Error).message} (exit code ${finished.code}): ${lastWords(finished)}`);
  }
}

/**
 * Golden vectors: tiny seeded problems run through the published PyTorch models (test/fixtures/parity/README.md).
 * `PARITY_FIXTURES` names another folder of vectors of the same form.
 */
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { configSchema } from '../../src/config/schema';
import { resolveConfig } from '../../src/config/resolve';
import type { ResolvedConfig } from '../../src/config/resolve';
import type { HostTensor, HostTensors } from '../../src/engine/engine';
import { readSafetensors } from '../../src/runs/safetensors';

const summary = z.object({ shape: z.array(z.number()), sum: z.number(), norm: z.number(), head: z.array(z.number()) });
const vectorSchema = z.object({
  name: z.string(),
  upstreamArch: z.string(),
  arch: z.record(z.string(), z.unknown()),
  vocabSize: z.number(), seqLen: z.number(), numPuzzleIdentifiers: z.number(), batchSize: z.number(),
  loss: z.string(),
  optimizer: z.object({ lr: z.number(), weightDecay: z.number(), puzzleEmbLr: z.number(), puzzleEmbWeightDecay: z.number(), beta1: z.number(), beta2: z.number(), emaRate: z.number() }),
  steps: z.array(z.object({
    loss: z.number(), metrics: z.record(z.string(), z.number()),
    grads: z.record(z.string(), summary), weightsAfter: z.record(z.string(), summary), emaAfter: z.record(z.string(), summary),
  })),
  eval: z.object({ steps: z.number(), metrics: z.record(z.string(), z.number()) }),
});

/** Sum, norm and first values of a tensor. */
export type Summary = z.infer<typeof summary>;
/** One golden vector. */
export type Vector = z.infer<typeof vectorSchema> & { tensors: HostTensors; config: ResolvedConfig };

const folder = process.env.PARITY_FIXTURES ?? path.join(__dirname, '../fixtures/parity');

/** Names of the vectors. */
export const vectorNames = readdirSync(folder).filter(file => file.endsWith('.json')).map(file => file.slice(0, -'.json'.length));

/** Reads a vector, and makes the config it was produced with. */
export function readVector(name: string): Vector {
  const vector = vectorSchema.parse(JSON.parse(readFileSync(path.join(folder, `${name}.json`), 'utf8')));
  const tensors: Record<string, HostTensor> = {};
  for (const [key, { shape, data }] of Object.entries(readSafetensors(path.join(folder, `${name}.safetensors`)))) {
    tensors[key] = { shape, data: data instanceof Int32Array ? data : Float32Array.from(data as Float32Array) };
  }
  const { optimizer: o } = vector;
  const config = resolveConfig(configSchema.parse({
    arch: { name: vector.upstreamArch, ...vector.arch, loss: { loss_type: vector.loss } },
    data_paths: ['unused'], global_batch_size: vector.batchSize, lr: o.lr, lr_warmup_steps: 0, weight_decay: o.weightDecay,
    beta1: o.beta1, beta2: o.beta2, puzzle_emb_lr: o.puzzleEmbLr, puzzle_emb_weight_decay: o.puzzleEmbWeightDecay, ema: true, ema_rate: o.emaRate,
  }));
  return { ...vector, tensors, config };
}

/** The tensors under a prefix, the prefix cut off. */
export const under = (tensors: HostTensors, prefix: string): HostTensors =>
  Object.fromEntries(Object.entries(tensors).filter(([key]) => key.startsWith(prefix)).map(([key, tensor]) => [key.slice(prefix.length), tensor]));

/**
 * Shapes whose peak memory is measured: the timed ones, and each of the others a change of one of them in one thing that the
 * estimate must follow.
 */
import { resolveConfig } from '../src/config/resolve';
import { configSchema } from '../src/config/schema';
import { inDtype, shapes } from './shapes';
import type { Shape, ShapeName } from './shapes';

interface Change { readonly arch?: Readonly<Record<string, unknown>>; readonly global_batch_size?: number; readonly micro_batch_size?: number }

function changed(name: ShapeName, { arch, global_batch_size, micro_batch_size }: Change): Shape {
  const { config, data, words } = shapes[name];
  const batch = global_batch_size ?? config.global_batch_size;
  return { words, data, config: resolveConfig(configSchema.parse({ ...config, global_batch_size: batch, micro_batch_size: micro_batch_size ?? batch, arch: { ...config.arch, ...arch } })) };
}

const attention = { mlp_t: false, pos_encodings: 'rope', num_heads: 2 };
const bfloat16 = (name: ShapeName): Shape => ({ ...shapes[name], config: inDtype(shapes[name], 'bfloat16') });

/** The shapes by name. */
export const memoryShapes = {
  '4x4': shapes['4x4'],
  '4x4-attention': changed('4x4', { arch: attention }),
  '4x4-batch-16': changed('4x4', { global_batch_size: 16 }),
  '4x4-batch-256': changed('4x4', { global_batch_size: 256 }),
  A: shapes.A,
  'A-bfloat16': bfloat16('A'),
  'A-batch-8': changed('A', { global_batch_size: 8 }),
  'A-micro-8': changed('A', { micro_batch_size: 8 }),
  'A-hidden-256-batch-8': changed('A', { arch: { hidden_size: 256, puzzle_emb_ndim: 256 }, global_batch_size: 8 }),
  B: shapes.B,
  'B-bfloat16': bfloat16('B'),
  'B-L_cycles-2': changed('B', { arch: { L_cycles: 2 } }),
  'B-continue': changed('B', { arch: { no_ACT_continue: false } }),
  C: shapes.C,
  'C-bfloat16': bfloat16('C'),
  'C-batch-8': changed('C', { global_batch_size: 8 }),
  'D-batch-2': changed('D', { global_batch_size: 2 }),
} as const satisfies Record<string, Shape>;

/** Name of such a shape. */
export type MemoryShape = keyof typeof memoryShapes;

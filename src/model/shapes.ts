/**
 * The parameters of the `trm` architecture by name and shape, and what follows from them (counts, depth, compute), without
 * building anything. Names and layout are the published ones: linear weights are [out, in]. The model starts from this list,
 * checkpoints are checked against it, and the editor counts parameters with it.
 *
 * Letters as in the paper: D hidden_size, V vocabulary, L tokens of a puzzle, P prefix tokens of the puzzle embedding, S = P + L.
 */
import type { ResolvedArch } from '../config/resolve';

/** What the model needs to know of a dataset; a subset of `dataset.json`. */
export interface DataShape {
  /** V */
  readonly vocab_size: number;
  /** L */
  readonly seq_len: number;
  readonly num_puzzle_identifiers: number;
}

/** How a tensor starts. `truncated_normal`: cut at +-2 sigma; `std` is the standard deviation after cutting. */
export type Init =
  | { readonly kind: 'truncated_normal'; readonly std: number }
  | { readonly kind: 'constant'; readonly value: number };

/** A named tensor of the model. */
export interface TensorSpec {
  /** Published name, e.g. `inner.lm_head.weight`. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly init: Init;
}

/** A trained tensor: dense ones by Adam-atan2, the puzzle embedding by sign-SGD on the rows in use. */
export interface ParameterSpec extends TensorSpec {
  readonly group: 'dense' | 'puzzle_embedding';
}

const normal = (std: number): Init => ({ kind: 'truncated_normal', std });
const constant = (value: number): Init => ({ kind: 'constant', value });

/** Rounds halves to even, as Python does; JavaScript rounds them up. */
function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  return x - floor === 0.5 ? floor + (floor % 2) : Math.round(x);
}

/** Inner width of SwiGLU over `size` features: ceil(round(expansion * size * 2 / 3) / 256) * 256. */
export function swigluWidth(size: number, expansion: number): number {
  return Math.ceil(roundHalfEven(expansion * size * 2 / 3) / 256) * 256;
}

/** P: prefix tokens of the puzzle embedding; 0 without one. */
export function prefixLength(arch: ResolvedArch): number {
  if (arch.puzzle_emb_ndim === 0) return 0;
  return arch.puzzle_emb_len !== 0 ? arch.puzzle_emb_len : Math.ceil(arch.puzzle_emb_ndim / arch.hidden_size);
}

/** Width of one attention head: floor(D / num_heads). */
export function headDim(arch: ResolvedArch): number {
  return Math.floor(arch.hidden_size / arch.num_heads);
}

function linear(name: string, outputs: number, inputs: number): ParameterSpec {
  return { name: `${name}.weight`, shape: [outputs, inputs], init: normal(1 / Math.sqrt(inputs)), group: 'dense' };
}

function swiglu(name: string, size: number, expansion: number): ParameterSpec[] {
  const inner = swigluWidth(size, expansion);
  return [linear(`${name}.gate_up_proj`, 2 * inner, size), linear(`${name}.down_proj`, size, inner)];
}

function block(name: string, arch: ResolvedArch, S: number): ParameterSpec[] {
  const D = arch.hidden_size;
  const width = arch.num_heads * headDim(arch);
  const mixer = arch.mlp_t
    ? swiglu(`${name}.mlp_t`, S, arch.expansion)
    : [linear(`${name}.self_attn.qkv_proj`, 3 * width, D), linear(`${name}.self_attn.o_proj`, D, width)];
  return [...mixer, ...swiglu(`${name}.mlp`, D, arch.expansion)];
}

/** Every trained tensor, in the published order. */
export function parameterShapes(arch: ResolvedArch, data: DataShape): ParameterSpec[] {
  const D = arch.hidden_size;
  const S = prefixLength(arch) + data.seq_len;
  const embedding = (name: string, rows: number): ParameterSpec => ({ name: `${name}.embedding_weight`, shape: [rows, D], init: normal(1 / Math.sqrt(D)), group: 'dense' });
  return [
    embedding('inner.embed_tokens', data.vocab_size),
    linear('inner.lm_head', data.vocab_size, D),
    { name: 'inner.q_head.weight', shape: [2, D], init: constant(0), group: 'dense' },
    { name: 'inner.q_head.bias', shape: [2], init: constant(-5), group: 'dense' },
    ...(arch.puzzle_emb_ndim > 0
      ? [{ name: 'inner.puzzle_emb.weights', shape: [data.num_puzzle_identifiers, arch.puzzle_emb_ndim], init: constant(0), group: 'puzzle_embedding' } as const]
      : []),
    ...(arch.pos_encodings === 'learned' ? [embedding('inner.embed_pos', S)] : []),
    ...Array.from({ length: arch.L_layers }, (_, layer) => block(`inner.L_level.layers.${layer}`, arch, S)).flat(),
  ];
}

/** What the checkpoint holds besides parameters: the fixed vectors [D] that y and z start from. */
export function bufferShapes(arch: ResolvedArch): TensorSpec[] {
  return ['inner.H_init', 'inner.L_init'].map(name => ({ name, shape: [arch.hidden_size], init: normal(1) }));
}

/** Number of trained values. */
export function parameterCount(arch: ResolvedArch, data: DataShape): { dense: number; puzzleEmbedding: number; total: number } {
  const count = { dense: 0, puzzleEmbedding: 0, total: 0 };
  for (const { shape, group } of parameterShapes(arch, data)) {
    const size = shape.reduce((product, n) => product * n, 1);
    count[group === 'dense' ? 'dense' : 'puzzleEmbedding'] += size;
    count.total += size;
  }
  return count;
}

/** Layers passed in one supervision step: T * (n + 1) * L_layers (paper, section 4; 42 for T 3, n 6, 2 layers). */
export function effectiveDepth(arch: ResolvedArch): number {
  return arch.H_cycles * (arch.L_cycles + 1) * arch.L_layers;
}

/**
 * Floating-point operations of one optimiser step over `batch` slots: the matrix products only, two per multiply-add; the backward
 * pass of the last latent recursion counts twice its forward pass; the continue head adds one more forward pass.
 */
export function flopsPerStep(arch: ResolvedArch, data: DataShape, batch: number): number {
  const { hidden_size: D, H_cycles: T, L_cycles: n } = arch;
  const L = data.seq_len;
  const S = prefixLength(arch) + L;
  const width = arch.num_heads * headDim(arch);
  const mixer = arch.mlp_t ? 6 * D * S * swigluWidth(S, arch.expansion) : 8 * S * D * width + 4 * S * S * width;
  const network = arch.L_layers * (mixer + 6 * S * D * swigluWidth(D, arch.expansion));
  const heads = 2 * L * D * data.vocab_size + 4 * D;
  const forward = T * (n + 1) * network + heads;
  const backward = 2 * ((n + 1) * network + heads);
  return batch * (forward + backward + (arch.no_ACT_continue ? 0 : forward));
}

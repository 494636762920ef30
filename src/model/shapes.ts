/**
 * The parameters of every architecture by name and shape, and what follows from them (counts, depth, compute), without
 * building anything. Names and layout are the published ones: linear weights are [out, in]. The model starts from this list,
 * checkpoints are checked against it, and the editor counts parameters with it.
 *
 * Letters as in the paper: D hidden_size, V vocabulary, L tokens of a puzzle, P prefix tokens of the puzzle embedding, S = P + L.
 */
import type { ResolvedArch } from '../config/resolve';
import { haltingOf } from './halting';

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
  const given = 'puzzle_emb_len' in arch ? arch.puzzle_emb_len : 0;
  return given !== 0 ? given : Math.ceil(arch.puzzle_emb_ndim / arch.hidden_size);
}

/** Whether tokens are mixed by an MLP over the sequence; else by self-attention. */
export const mixesByMLP = (arch: ResolvedArch): boolean => 'mlp_t' in arch && arch.mlp_t;

/** Blocks of the network that updates y, `trm` with separate networks: H_layers, or as many as the other has. */
export const yNetworkLayers = ({ H_layers, L_layers }: { readonly H_layers: number; readonly L_layers: number }): number => (H_layers > 0 ? H_layers : L_layers);

/** Whether an architecture, by its name, has one supervision step only, and carries nothing into another. */
export const hasOneStep = (name: unknown): boolean => name === 'direct' || name === 'deq';

/** The features carried from one supervision step to the next, the answer first, by their published names. */
export function carriedFeatures(arch: ResolvedArch): string[] {
  switch (arch.name) {
    case 'trm': case 'hrm': return ['z_H', 'z_L'];
    case 'trm_singlez': return ['z_L'];
    case 'trm_hier6': return ['z_H', ...Array.from({ length: arch.z_features }, (_, i) => `z_L${i + 1}`)];
    case 'transformers_baseline': return ['z_H'];
    case 'direct': case 'deq': return [];
    default: return arch satisfies never;
  }
}

/** The networks by their published names, in the published order, and the blocks of each. */
function networkLayers(arch: ResolvedArch): [name: 'H_level' | 'L_level', layers: number][] {
  switch (arch.name) {
    case 'trm': return arch.separate_networks ? [['H_level', yNetworkLayers(arch)], ['L_level', arch.L_layers]] : [['L_level', arch.L_layers]];
    case 'trm_singlez': case 'trm_hier6': case 'deq': return [['L_level', arch.L_layers]];
    case 'hrm': return [['H_level', arch.H_layers], ['L_level', arch.L_layers]];
    case 'transformers_baseline': case 'direct': return [['H_level', arch.H_layers]];
    default: return arch satisfies never;
  }
}

/** Blocks passed in one supervision step: without gradient, with gradient, and backwards by a solver of the gradient. */
interface BlocksPassed { readonly early: number; readonly withGradient: number; readonly adjoint: number }

function blocksPassed(arch: ResolvedArch): BlocksPassed {
  const split = (all: number, withGradient: number): BlocksPassed => ({ early: all - withGradient, withGradient, adjoint: 0 });
  switch (arch.name) {
    case 'trm': {
      const { H_cycles: T, L_cycles: n, L_layers: z } = arch;
      const y = arch.separate_networks ? yNetworkLayers(arch) : z;
      return split(T * (n * z + y), arch.gradient === 'one_step' ? z + y : n * z + y);
    }
    case 'trm_singlez': case 'trm_hier6': return split(arch.H_cycles * (arch.L_cycles + 1) * arch.L_layers, (arch.L_cycles + 1) * arch.L_layers);
    case 'hrm': return split(arch.H_cycles * (arch.L_cycles * arch.L_layers + arch.H_layers), arch.L_layers + arch.H_layers);
    case 'transformers_baseline': case 'direct': return split(arch.H_layers, arch.H_layers);
    case 'deq': return { early: arch.solver_iterations * arch.L_layers, withGradient: arch.L_layers, adjoint: arch.solver_iterations * arch.L_layers };
    default: return arch satisfies never;
  }
}

/** Blocks of the supervision step that carry gradient: what they work on is kept for the backward pass. */
export const blocksWithGradient = (arch: ResolvedArch): number => blocksPassed(arch).withGradient;

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
  const mixer = mixesByMLP(arch)
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
    ...networkLayers(arch).flatMap(([name, layers]) => Array.from({ length: layers }, (_, layer) => block(`inner.${name}.layers.${layer}`, arch, S)).flat()),
  ];
}

/** The buffer that holds what a carried feature starts from: `inner.H_init` for z_H, `inner.L3_init` for z_L3. */
export const initialName = (feature: string): string => `inner.${feature.slice('z_'.length)}_init`;

/** What the checkpoint holds besides parameters: the fixed vectors [D] that the carried features start from. */
export function bufferShapes(arch: ResolvedArch): TensorSpec[] {
  return carriedFeatures(arch).map(feature => ({ name: initialName(feature), shape: [arch.hidden_size], init: normal(1) }));
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

/**
 * Layers passed in one supervision step: T * (n + 1) * L_layers for TRM (paper, section 4; 42 for T 3, n 6, 2 layers); of a DEQ
 * as many as its solver may take.
 */
export function effectiveDepth(arch: ResolvedArch): number {
  const { early, withGradient } = blocksPassed(arch);
  return early + withGradient;
}

/**
 * Floating-point operations of one optimiser step over `batch` slots: the matrix products only, two per multiply-add; the backward
 * pass of what carries gradient counts twice its forward pass; the continue head adds one more forward pass; a DEQ's gradient
 * is solved for by one backward pass to z per iteration.
 */
export function flopsPerStep(arch: ResolvedArch, data: DataShape, batch: number): number {
  const D = arch.hidden_size;
  const L = data.seq_len;
  const S = prefixLength(arch) + L;
  const width = arch.num_heads * headDim(arch);
  const mixer = mixesByMLP(arch) ? 6 * D * S * swigluWidth(S, arch.expansion) : 8 * S * D * width + 4 * S * S * width;
  const block = mixer + 6 * S * D * swigluWidth(D, arch.expansion);
  const heads = 2 * L * D * data.vocab_size + 4 * D;
  const { early, withGradient, adjoint } = blocksPassed(arch);
  const forward = (early + withGradient) * block + heads;
  const backward = 2 * (withGradient * block + heads) + adjoint * block;
  return batch * (forward + backward + (haltingOf(arch).trainsContinue ? forward : 0));
}

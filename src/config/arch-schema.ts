/**
 * `arch:`, one schema per architecture: those of the published code with the defaults of its `config/arch/<name>.yaml`, and the
 * two baselines without deep supervision that the paper compares with. Which keys an architecture has is what it reads; keys that
 * the published files have and nothing reads are kept, and say so.
 */
import { z } from 'zod';
import { fraction, key, positiveInt } from './key-meta';

/** Loss functions by their published names. */
export const lossTypes = ['stablemax_cross_entropy', 'softmax_cross_entropy'] as const;
/** Position encodings by their published names. */
export const posEncodings = ['rope', 'learned', 'none'] as const;
/** Root finders of `deq`. */
export const solvers = ['fixed_point', 'anderson', 'broyden'] as const;

const published = true;

/** Keys that every architecture has. */
const common = {
  loss: key(
    z.strictObject({
      name: key(z.string().default('losses@ACTLossHead'), { description: 'The published loss head; kept for compatibility.', published }),
      loss_type: key(z.enum(lossTypes).default('stablemax_cross_entropy'), { description: 'Cross-entropy over stablemax or softmax probabilities.', published }),
    }).prefault({}),
    { description: 'The training loss.', published },
  ),
  hidden_size: key(positiveInt.default(512), { description: 'Width D of every embedding.', paper: 'D', effect: 'Parameters grow with its square.', published }),
  num_heads: key(positiveInt.default(8), { description: 'Attention heads; head dimension is floor(hidden_size / num_heads).', effect: 'Only used when mlp_t is false.', published }),
  expansion: key(z.number().positive().default(4), { description: 'Width factor of SwiGLU before rounding up to a multiple of 256.', published }),
  puzzle_emb_ndim: key(z.int().min(0).optional(), { description: 'Size of each puzzle\'s own embedding; 0 for none. Default: hidden_size.', effect: 'One row of this size per puzzle identifier.', published }),
  pos_encodings: key(z.enum(posEncodings).default('rope'), { description: 'Position encodings.', published }),
  rope_theta: key(z.number().positive().default(10000), { description: 'Base of the rotary frequencies.', published }),
  rms_norm_eps: key(z.number().positive().default(1e-5), { description: 'Epsilon of RMSNorm.', published }),
  forward_dtype: key(z.enum(['float32', 'bfloat16']).default('bfloat16'), { description: 'Number format of the forward pass; engines without bfloat16 run float32 under engine: auto and say so.', published }),
};
const { loss, hidden_size, num_heads, expansion, puzzle_emb_ndim, pos_encodings, rope_theta, rms_norm_eps, forward_dtype } = common;

/** Of architectures with deep supervision. */
const supervision = {
  halt_exploration_prob: key(fraction.default(0.1), { description: 'Probability, per supervision step, that a slot may only halt at a random minimum step.', published }),
  halt_max_steps: key(positiveInt.default(16), { description: 'Supervision steps at most.', paper: 'N_sup', effect: 'Evaluation time is proportional to it; training cost per optimiser step is not.', published }),
};
const mlp_t = key(z.boolean().default(false), { description: 'Mix tokens by an MLP over the sequence (TRM-MLP) instead of self-attention (TRM-Att).', published });
const puzzle_emb_len = key(z.int().min(0).default(16), { description: 'Prefix positions the puzzle embedding fills; 0: as many as puzzle_emb_ndim needs.', published });
const L_layers = key(positiveInt.default(2), { description: 'Blocks of the one tiny network.', paper: 'n_layers', effect: 'Parameters and compute are proportional to it.', published });
const singleStep = key(z.literal(1).default(1), { description: 'One step: there is no deep supervision.' });

/** Of the architectures with one tiny network applied over and over. */
const recursive = {
  ...supervision,
  H_cycles: key(positiveInt.default(3), { description: 'Latent recursions per supervision step; only the last one carries gradient.', paper: 'T', effect: 'Compute per step grows with it, memory does not.', published }),
  L_cycles: key(positiveInt.default(6), { description: 'Updates of z per latent recursion.', paper: 'n', effect: 'Compute and memory per step grow with n + 1.', published }),
  H_layers: key(z.int().min(0).default(0), { description: 'Ignored (one network only); kept for compatibility.', published }),
  L_layers, hidden_size, num_heads, expansion, puzzle_emb_ndim, puzzle_emb_len, pos_encodings, rope_theta, rms_norm_eps, forward_dtype, mlp_t,
  no_ACT_continue: key(z.boolean().default(true), { description: 'Train only the halting head; false also trains the continue head, at a second forward pass per step.', paper: 'w/o ACT', published }),
};

const name = <N extends string>(called: N, description: string, meta: { published?: boolean } = { published }) => key(z.literal(called), { description, ...meta });

/** `arch:`, by its name. */
export const archSchema = z.discriminatedUnion('name', [
  z.strictObject({
    name: name('trm', 'The Tiny Recursive Model: an answer y and one latent z, updated by one tiny network.'),
    loss, ...recursive,
    H_layers: key(z.int().min(0).default(0), { description: 'With separate_networks: blocks of the network that updates y; 0: L_layers. Else ignored, as published (one network only).', published }),
    separate_networks: key(z.boolean().default(false), { description: 'One network for the updates of z and another for those of y, instead of one for both.', paper: 'w/ separate f_H, f_L', effect: 'Twice the parameters of the blocks.' }),
    gradient: key(z.enum(['full', 'one_step']).default('full'), { description: 'What of the last latent recursion carries gradient: all of it (full), or only its last update of z and of y (one_step).', paper: 'w/ 1-step gradient', effect: 'one_step takes the memory of two updates instead of n + 1.' }),
  }),
  z.strictObject({ name: name('trm_singlez', 'TRM with one single feature z, which is the answer, too.'), loss, ...recursive }),
  z.strictObject({
    name: name('trm_hier6', 'TRM with an answer y and several latents, one per inner step.'),
    loss, ...recursive,
    L_cycles: key(positiveInt.default(6), { description: 'Updates per latent recursion: step i sets the i-th z.', paper: 'n', effect: 'Compute and memory per step grow with n + 1.', published }),
    z_features: key(positiveInt.default(6), { description: 'How many features z there are, at least L_cycles; all of them are summed. Published: always 6.' }),
  }),
  z.strictObject({
    name: name('hrm', 'The Hierarchical Reasoning Model: two networks, and gradient through the last update of each only.'),
    loss, ...supervision,
    H_cycles: key(positiveInt.default(2), { description: 'Updates of y (z_H) per supervision step.', paper: 'T', effect: 'Compute per step grows with it, memory does not.', published }),
    L_cycles: key(positiveInt.default(2), { description: 'Updates of z (z_L) per update of y.', paper: 'n', effect: 'Compute per step grows with it, memory does not.', published }),
    H_layers: key(positiveInt.default(4), { description: 'Blocks of the network that updates y.', effect: 'Parameters and compute grow with it.', published }),
    L_layers: key(positiveInt.default(4), { description: 'Blocks of the network that updates z.', effect: 'Parameters and compute grow with it.', published }),
    hidden_size, num_heads, expansion, puzzle_emb_ndim, pos_encodings, rope_theta, rms_norm_eps, forward_dtype, mlp_t,
  }),
  z.strictObject({
    name: name('transformers_baseline', 'A transformer with deep supervision: one pass per supervision step, only y.'),
    loss, ...supervision,
    act_enabled: key(z.boolean().default(true), { description: 'Halt early in training; false: every slot has halt_max_steps supervision steps.', published }),
    act_inference: key(z.boolean().default(false), { description: 'Halt early in evaluation, too: what an evaluation counts is a puzzle\'s answer where it halts.', published }),
    H_cycles: key(positiveInt.default(1), { description: 'Ignored (one pass only); kept for compatibility.', published }),
    H_layers: key(positiveInt.default(8), { description: 'Blocks of the network.', effect: 'Parameters, compute and memory are proportional to it.', published }),
    hidden_size,
    num_heads: key(positiveInt.default(12), { description: 'Attention heads; head dimension is floor(hidden_size / num_heads).', published }),
    expansion, puzzle_emb_ndim,
    pos_encodings: key(z.enum(posEncodings).default('rope'), { description: 'Position encodings; none is refused, as published.', published }),
    rope_theta, rms_norm_eps, forward_dtype,
  }),
  z.strictObject({
    name: name('direct', 'Direct prediction: the network of transformers_baseline, one pass from the question to the answer.', {}),
    loss, halt_max_steps: singleStep,
    H_layers: key(positiveInt.default(8), { description: 'Blocks of the network.', effect: 'Parameters, compute and memory are proportional to it.' }),
    hidden_size,
    num_heads: key(positiveInt.default(12), { description: 'Attention heads; head dimension is floor(hidden_size / num_heads).', effect: 'Only used when mlp_t is false.' }),
    expansion, puzzle_emb_ndim, puzzle_emb_len, pos_encodings, rope_theta, rms_norm_eps, forward_dtype, mlp_t,
  }),
  z.strictObject({
    name: name('deq', 'Deep equilibrium model: z is the fixed point of one tiny network, found by a root finder.', {}),
    loss, halt_max_steps: singleStep,
    solver: key(z.enum(solvers).default('anderson'), { description: 'Root finder of z = net(z, x), and of the gradient\'s own fixed point: plain iteration, Anderson acceleration, or Broyden\'s method.' }),
    solver_iterations: key(positiveInt.default(24), { description: 'Applications of the network in search of the fixed point, and of its gradient in search of that one\'s. All are computed; a puzzle that has converged keeps what it has.', effect: 'Compute per step is proportional to it.' }),
    solver_tolerance: key(z.number().positive().default(1e-3), { description: 'Relative residual ||net(z, x) - z|| / ||net(z, x)|| at which a puzzle has converged.' }),
    solver_memory: key(z.int().min(2).default(5), { description: 'Iterates that Anderson acceleration combines.' }),
    L_layers, hidden_size, num_heads, expansion, puzzle_emb_ndim, puzzle_emb_len, pos_encodings, rope_theta, rms_norm_eps, forward_dtype, mlp_t,
  }),
]);

/** `arch:` as written and checked. */
export type ArchConfig = z.infer<typeof archSchema>;
/** The name of an architecture. */
export type ArchName = ArchConfig['name'];
/** All names, in the schema's order. */
export const archNames: readonly ArchName[] = archSchema.options.map(option => option.shape.name.value);

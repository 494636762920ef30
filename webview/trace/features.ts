/**
 * What the features of each architecture are called (the paper's letter and the config's name), and how its updates are written.
 * `y` is always the answer, also where the paper calls it z; `z` is the latent feature updated last.
 */
import type { FeatureName, FramePosition, Trace } from './decode';

/** The names of a feature: the paper's letter, the config's name, and what it is. */
export interface FeatureWords { readonly letter: string; readonly config: string; readonly role: string }

/** The words of an architecture. */
interface Vocabulary {
  readonly y: FeatureWords;
  readonly z: FeatureWords;
  /** Whether a supervision step has latent recursions. */
  readonly recursions: boolean;
  /** Which of the updates it is. */
  readonly inner: (trace: Trace, at: FramePosition) => string;
  /** The update as the paper writes it. */
  readonly formula: (trace: Trace, at: FramePosition) => string;
}

const answer = { letter: 'y', config: 'z_H', role: 'answer' };
const latent = { letter: 'z', config: 'z_L', role: 'latent reasoning' };
const onlyZ = { letter: 'z', config: 'z_L', role: 'answer and latent reasoning' };
const zUpdate = (trace: Trace, at: FramePosition): string => `z-update ${at.i} of ${trace.L_cycles} (L_cycles)`;

const trm: Vocabulary = {
  y: answer, z: latent, recursions: true,
  inner: (trace, at) => (at.feature === 'y' ? 'y-update (z_H)' : zUpdate(trace, at)),
  formula: (_, at) => (at.feature === 'z' ? 'z ← net(z, y + x)' : 'y ← net(y, z)'),
};

const vocabularies: Readonly<Record<string, Vocabulary>> = {
  trm,
  hrm: { ...trm, formula: (_, at) => (at.feature === 'z' ? 'z ← f_L(z, y + x)' : 'y ← f_H(y, z)') },
  trm_hier6: {
    ...trm, z: { ...latent, config: 'the z updated last' },
    inner: (trace, at) => (at.feature === 'y' ? 'y-update (z_H)' : `${zUpdate(trace, at)}: ${at.name ?? ''}`),
    formula: (_, at) => (at.feature === 'z' ? `z${at.i} ← net(z1 + z2 + …, y + x)` : 'y ← net(y, z1 + z2 + …)'),
  },
  trm_singlez: {
    ...trm, y: onlyZ,
    inner: (trace, at) => (at.i > trace.L_cycles ? 'last update (z_L)' : zUpdate(trace, at)),
    formula: (trace, at) => (at.i > trace.L_cycles ? 'z ← net(z)' : 'z ← net(z + x)'),
  },
  transformers_baseline: { ...trm, recursions: false, inner: () => 'y-update (z_H)', formula: () => 'y ← net(y, x)' },
  direct: { ...trm, recursions: false, inner: () => 'the one pass (z_H)', formula: () => 'y ← net(x)' },
  deq: {
    ...trm, recursions: false, y: { ...onlyZ, role: 'answer: the fixed point' },
    inner: (trace, at) => (at.i > trace.L_cycles ? 'answer (z_L)' : `iterate ${at.i} of ${trace.L_cycles} (solver_iterations)`),
    formula: (trace, at) => (at.i > trace.L_cycles ? 'z* = net(z*, x)' : 'net(z, x), the solver chooses the next z'),
  },
};

/** The words of a trace's architecture; a trace that names none is of `trm`. */
export const vocabularyOf = ({ arch }: Pick<Trace, 'arch'>): Vocabulary => (arch !== undefined && Object.hasOwn(vocabularies, arch) ? vocabularies[arch]! : trm);

/** The letter of the feature a frame updates; numbered where there are several z. */
export const letterOf = (trace: Trace, at: FramePosition): string => `${vocabularyOf(trace)[at.feature].letter}${trace.arch === 'trm_hier6' && at.feature === 'z' ? at.i : ''}`;

/** The names of a feature at a frame: of several z, that of the one updated last. */
export function wordsAt(trace: Trace, feature: FeatureName, frame: number): FeatureWords {
  const words = vocabularyOf(trace)[feature];
  if (feature === 'y' || trace.arch !== 'trm_hier6') return words;
  const last = trace.frames.slice(0, frame + 1).findLast(at => at.feature === 'z');
  return last ? { ...words, letter: letterOf(trace, last), config: last.name ?? words.config } : words;
}

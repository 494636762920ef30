/**
 * Root finders for a deep equilibrium model: z with z = f(z), for every puzzle of a batch by itself. They are pure functions of
 * tensors, so that a step with one in it can be compiled: nothing looks at a value to decide whether to go on. Every solver
 * applies f a fixed number of times; a puzzle whose residual is small enough keeps its z from then on (it is masked), and what
 * comes out is, for every puzzle, the z with the smallest residual seen. Puzzles do not see each other: a batch in pieces gives
 * the same.
 *
 *   fixed_point   z = f(z)
 *   anderson      z = sum of a_j f(z_j) over the last iterates, with weights that make their residuals cancel best (Anderson 1965;
 *                 Walker and Ni 2011)
 *   broyden       z = z - B (f(z) - z), where B approximates the inverse Jacobian by updates of rank one (Broyden 1965, "good")
 *
 * Inner products are sums of elementwise products and no matrix products: those may be computed in bfloat16.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { solvers } from '../config/arch-schema';

/** Which solver, and when it ends. */
export interface SolverOptions {
  readonly solver: (typeof solvers)[number];
  /** Applications of f. */
  readonly iterations: number;
  /** Relative residual ||f(z) - z|| / ||f(z)|| at which a puzzle has converged. */
  readonly tolerance: number;
  /** Iterates that Anderson acceleration combines. */
  readonly memory: number;
}

/** What a solver found: z of the shape it began with; its relative residual and how often f was applied until it had converged, [B]. */
export interface Solution { readonly z: Tensor; readonly residual: Tensor; readonly iterations: Tensor }

/** The next z [B, N] after z and f(z); it remembers what it was asked before. */
type Proposal = (z: Tensor, image: Tensor) => Tensor;

/** Inner products, [B, 1]. */
const dot = (a: Tensor, b: Tensor): Tensor => tf.sum(tf.mul(a, b), 1, true);
const norm = (a: Tensor): Tensor => tf.sqrt(dot(a, a));
const tiny = 1e-12;

/** Solves A b = y for symmetric, positive definite A [B, n, n], y [B, n, 1], by elimination (Gauss-Jordan); b as n columns [B, 1]. */
function solveLinear(a: Tensor, y: Tensor, n: number): Tensor[] {
  const [batch] = a.shape as [number];
  let rows = tf.concat([a, y], 2);
  for (let p = 0; p < n; p++) {
    const row = tf.slice(rows, [0, p, 0], [batch, 1, n + 1]);
    const scaled = tf.div(row, tf.slice(row, [0, 0, p], [batch, 1, 1]));
    const own = tf.tensor3d(Array.from({ length: n }, (_, i) => Number(i === p)), [1, n, 1]);
    rows = tf.sub(rows, tf.mul(tf.sub(tf.slice(rows, [0, 0, p], [batch, n, 1]), own), scaled));
  }
  return Array.from({ length: n }, (_, i) => tf.reshape(tf.slice(rows, [0, i, n], [batch, 1, 1]), [batch, 1]));
}

/**
 * Anderson acceleration. The weights minimise ||sum a_j r_j|| with sum a_j = 1, r_j = f(z_j) - z_j. Scaled by the norms of the
 * residuals, and with a little added to the diagonal, that is well posed in float32 even where two residuals are the same.
 */
function anderson(memory: number): Proposal {
  const damping = 1e-5;
  const images: Tensor[] = [];
  const units: Tensor[] = [];
  const norms: Tensor[] = [];
  /** units[i] . units[j], kept from one call to the next. */
  const products: Tensor[][] = [];
  return (z, image) => {
    const residual = tf.sub(image, z);
    const size = tf.maximum(norm(residual), tiny);
    const unit = tf.div(residual, size);
    const withOthers = units.map(other => dot(unit, other));
    products.forEach((row, i) => row.push(withOthers[i]!));
    products.push([...withOthers, dot(unit, unit)]);
    images.push(image);
    units.push(unit);
    norms.push(size);
    if (images.length > memory) {
      for (const list of [images, units, norms, products, ...products]) list.shift();
    }
    const n = images.length;
    const [batch] = z.shape as [number];
    const gram = tf.add(tf.reshape(tf.concat(products.flat(), 1), [batch, n, n]), tf.mul(tf.eye(n), damping));
    const inverse = norms.map(size => tf.div(1, size));
    // Weights before they are made to sum up to 1: of 1 / norm each, to begin with, and scaled so that the newest is 1.
    const right = tf.reshape(tf.mul(tf.concat(inverse, 1), size), [batch, n, 1]);
    const weights = solveLinear(gram, right, n).map((b, j) => tf.mul(b, tf.mul(inverse[j]!, size)));
    const total = tf.addN(weights);
    return tf.addN(images.map((each, j) => tf.mul(each, tf.div(weights[j]!, total))));
  };
}

/** Broyden's method. B = -1 + sum u_j v_j^T; it begins as if f did not depend on z, so that the first step is z = f(z). */
function broyden(): Proposal {
  const updates: { readonly u: Tensor; readonly v: Tensor }[] = [];
  let before: { readonly z: Tensor; readonly residual: Tensor } | null = null;
  const applied = (y: Tensor): Tensor => updates.reduce((sum: Tensor, { u, v }) => tf.add(sum, tf.mul(u, dot(v, y))), tf.neg(y));
  const appliedFromLeft = (y: Tensor): Tensor => updates.reduce((sum: Tensor, { u, v }) => tf.add(sum, tf.mul(v, dot(u, y))), tf.neg(y));
  return (z, image) => {
    const residual = tf.sub(image, z);
    if (before) {
      const step = tf.sub(z, before.z);
      const change = tf.sub(residual, before.residual);
      const v = appliedFromLeft(step);
      const along = dot(v, change);
      // Nothing is learnt from a step of no length, nor from one across which the residual did not change.
      const known = tf.greater(tf.abs(along), tf.mul(1e-6, tf.maximum(tf.mul(norm(v), norm(change)), tiny)));
      const u = tf.mul(tf.cast(known, 'float32'), tf.div(tf.sub(step, applied(change)), tf.where(known, along, tf.onesLike(along))));
      updates.push({ u, v });
    }
    before = { z, residual };
    return tf.sub(z, applied(residual));
  };
}

function proposalOf({ solver, memory }: SolverOptions): Proposal {
  switch (solver) {
    case 'fixed_point': return (_, image) => image;
    case 'anderson': return anderson(memory);
    case 'broyden': return broyden();
    default: return solver satisfies never;
  }
}

/**
 * z = f(z) for every puzzle, from `start` [B, ...] on. `applied` is told of every application of f, from 1, and what came of it.
 * No gradient flows through it.
 */
export function solve(f: (z: Tensor) => Tensor, start: Tensor, options: SolverOptions, applied?: (i: number, image: Tensor) => void): Solution {
  const [batch] = start.shape as [number];
  const size = start.size / batch;
  const propose = proposalOf(options);
  let z: Tensor = tf.reshape(start, [batch, size]);
  let best = z;
  let smallest: Tensor | null = null;
  let active: Tensor = tf.ones([batch, 1]);
  let iterations: Tensor = tf.zeros([batch, 1]);
  for (let i = 1; i <= options.iterations; i++) {
    const value = f(tf.reshape(z, start.shape));
    applied?.(i, value);
    const image = tf.reshape(value, [batch, size]);
    const residual = tf.div(norm(tf.sub(image, z)), tf.maximum(norm(image), tiny));
    iterations = tf.add(iterations, active);
    if (smallest) {
      const better: Tensor = tf.less(residual, smallest);
      best = tf.where(better, z, best);
      smallest = tf.where(better, residual, smallest);
    } else smallest = residual;
    active = tf.mul(active, tf.sub(1, tf.cast(tf.lessEqual(residual, options.tolerance), 'float32')));
    if (i < options.iterations) z = tf.where(tf.greater(active, 0), propose(z, image), z);
  }
  return { z: tf.reshape(best, start.shape), residual: tf.reshape(smallest!, [batch]), iterations: tf.reshape(iterations, [batch]) };
}

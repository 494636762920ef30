/**
 * The two updates of a latent recursion, of models with an answer y (z_H) and a latent z (z_L). In TRM one network makes both;
 * HRM, and TRM with separate networks, have f_L for z and f_H for y.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Network } from './blocks';
import type { Features, Observer } from './model';

/** z = f_L(z, y + x): the inner steps `from` to `to` of latent recursion `t`. */
export function updateZ(f_L: Network, x: Tensor, { z_H, z_L }: Features, t: number, from: number, to: number, observer?: Observer): Features {
  const y = z_H!;
  let z = z_L!;
  const question = tf.add(y, x);
  for (let i = from; i <= to; i++) {
    z = f_L(z, question);
    observer?.updated?.({ t, i, feature: 'z_L' }, { z_H: y, z_L: z });
  }
  return { z_H: y, z_L: z };
}

/** y = f_H(y, z): inner step `i`, the last of latent recursion `t`. */
export function updateY(f_H: Network, { z_H, z_L }: Features, t: number, i: number, observer?: Observer): Features {
  const features: Features = { z_H: f_H(z_H!, z_L), z_L: z_L! };
  observer?.updated?.({ t, i, feature: 'z_H' }, features);
  return features;
}

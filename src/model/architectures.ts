/** Every architecture there is, by its name in the config. */
import type { ResolvedArch } from '../config/resolve';
import { deq } from './deq';
import { direct } from './direct';
import { hrm } from './hrm';
import type { Model } from './model';
import type { DataShape } from './shapes';
import { transformersBaseline } from './transformers-baseline';
import { trm } from './trm';
import { trmHier6 } from './trm-hier6';
import { trmSingleZ } from './trm-singlez';

/** The model of an architecture for data of this shape. */
export function buildModel(arch: ResolvedArch, data: DataShape): Model {
  switch (arch.name) {
    case 'trm': return trm(arch, data);
    case 'trm_singlez': return trmSingleZ(arch, data);
    case 'trm_hier6': return trmHier6(arch, data);
    case 'hrm': return hrm(arch, data);
    case 'transformers_baseline': return transformersBaseline(arch, data);
    case 'direct': return direct(arch, data);
    case 'deq': return deq(arch, data);
    default: return arch satisfies never;
  }
}

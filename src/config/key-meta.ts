/** What each key of the schema says about itself, and the number types that many keys share. */
import { z } from 'zod';

/** What a key's hover and the docs table show beside its type and default. */
export interface KeyMeta {
  /** One sentence: what it is. */
  description: string;
  /** The paper's name for it (arXiv:2510.04871), when it has one. */
  paper?: string;
  /** What changes when it changes: parameters, memory, steps. */
  effect?: string;
  /** True for keys the published configs have and this project adds nothing to. */
  published?: boolean;
}

/** A key's type with its meta. */
export const key = <T extends z.ZodType>(type: T, meta: KeyMeta): T => type.meta({ ...meta });
/** A whole number from 1. */
export const positiveInt = z.int().min(1);
/** A share, 0 to 1. */
export const fraction = z.number().min(0).max(1);

/**
 * The config schema as JSON schema (draft 2020-12), made from the zod schema. It is what the descriptions, completions and
 * "expected ..." texts are read from, so that nothing about a key is written twice.
 */
import { z } from 'zod';
import { archNames } from './arch-schema';
import type { KeyMeta } from './key-meta';
import { configSchema } from './schema';

/** A value a key can be fixed to. */
export type Scalar = string | number | boolean;

/** The part of JSON schema the config schema uses, with the keys' own meta beside it. */
export interface SchemaNode extends Partial<KeyMeta> {
  readonly type?: 'object' | 'array' | 'string' | 'number' | 'integer' | 'boolean' | 'null';
  readonly const?: Scalar;
  readonly enum?: readonly Scalar[];
  readonly anyOf?: readonly SchemaNode[];
  readonly oneOf?: readonly SchemaNode[];
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | SchemaNode;
  readonly propertyNames?: SchemaNode;
  readonly pattern?: string;
  readonly items?: boolean | SchemaNode;
  readonly prefixItems?: readonly SchemaNode[];
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly default?: unknown;
}

let cached: SchemaNode | undefined;

/** The schema of a config file as it is written: defaults not filled in, `arch` as a mapping. */
export function configSchemaNode(): SchemaNode {
  cached ??= z.toJSONSchema(configSchema, { io: 'input' }) as SchemaNode;
  return cached;
}

/** The schema as a JSON document for other tools; here `arch` may also be a bare name. */
export function configJsonSchema(): SchemaNode {
  const root = configSchemaNode();
  const { description, ...arch } = root.properties!.arch!;
  return { ...root, properties: { ...root.properties, arch: { ...(description === undefined ? {} : { description }), anyOf: [{ type: 'string', enum: archNames }, arch] } } };
}

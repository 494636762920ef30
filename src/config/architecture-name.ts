/** Architectures by the names that published configs give them: the paths of their classes. */
import type { ArchName } from './arch-schema';
import { isMapping, type Mapping } from './defaults-list';

const classPaths: Readonly<Record<string, ArchName>> = {
  'recursive_reasoning.trm@TinyRecursiveReasoningModel_ACTV1': 'trm',
  'recursive_reasoning.trm_singlez@TinyRecursiveReasoningModel_ACTV1': 'trm_singlez',
  'recursive_reasoning.trm_hier6@TinyRecursiveReasoningModel_ACTV1': 'trm_hier6',
  'recursive_reasoning.hrm@HierarchicalReasoningModel_ACTV1': 'hrm',
  'recursive_reasoning.transformers_baseline@Model_ACTV2': 'transformers_baseline',
};

/** The architecture of a published class path, any other name as it is. */
export function architectureName(name: string): string {
  return Object.hasOwn(classPaths, name) ? classPaths[name]! : name;
}

/** `arch: NAME` and published class paths as the schema has them. Changes `data`. */
export function normaliseArch(data: Mapping): void {
  if (typeof data['arch'] === 'string') data['arch'] = { name: data['arch'] };
  const { arch } = data;
  if (isMapping(arch) && typeof arch['name'] === 'string') arch['name'] = architectureName(arch['name']);
}

/** Architectures by the names that published configs give them: the paths of their classes. */
import type { ArchName } from './arch-schema';

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

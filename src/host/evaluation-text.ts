/** An evaluation's JSON answer as people read it: one line, and a document with the accuracy at every supervision step. */
import { z } from 'zod';
import { accuracyText } from '../runs/describe';
import { evalDepthSchema, evalSummarySchema, type EvalSummary } from '../runs/schema';

const depthTable = z.array(evalDepthSchema);
const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

/** The part of an answer that holds the numbers: the answer itself, or its `eval`. */
function numbers(answer: unknown): Record<string, unknown> {
  if (typeof answer !== 'object' || answer === null) return {};
  const { eval: inner } = answer as { eval?: unknown };
  return (typeof inner === 'object' && inner !== null ? inner : answer) as Record<string, unknown>;
}

/** The summary in an answer, or null when there is none. */
export function evaluationSummary(answer: unknown): EvalSummary | null {
  const parsed = evalSummarySchema.safeParse(numbers(answer));
  return parsed.success ? parsed.data : null;
}

/** The answer as a Markdown document. */
export function evaluationDocument(title: string, answer: unknown): string {
  const summary = evaluationSummary(answer);
  const lines = [`# Evaluation of ${title}`, ''];
  if (summary) {
    lines.push(
      `- Puzzle accuracy (exact): ${accuracyText(summary)}`,
      `- Cell accuracy: ${percent(summary.accuracy)} (${percent(summary.accuracy_interval[0])} to ${percent(summary.accuracy_interval[1])})`,
      `- Puzzles: ${summary.count} of ${summary.total}`,
      `- Supervision steps: ${summary.depth}`,
      `- Weights: ${summary.weights}, step ${summary.step}`, '',
    );
  }
  const depths = depthTable.safeParse(numbers(answer)['per_step']);
  if (depths.success && depths.data.length > 0) {
    lines.push('## If stopped at supervision step k', '', '| k | exact | cells | mean halting probability | would halt first here |', '| ---: | ---: | ---: | ---: | ---: |');
    for (const d of depths.data) lines.push(`| ${d.k} | ${percent(d.exact_accuracy)} | ${percent(d.accuracy)} | ${percent(d.mean_p_halt)} | ${percent(d.would_halt)} |`);
    lines.push('');
  }
  lines.push('## As JSON', '', '```json', JSON.stringify(answer, null, 2), '```', '');
  return lines.join('\n');
}

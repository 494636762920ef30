/** Results as the tables of README.md: the training step with the published code beside it, and a line for everything else. */
import { shapes } from './shapes';
import type { Dtype, ShapeName } from './shapes';
import type { Outcome, Row } from './task';

const dtypes: readonly Dtype[] = ['float32', 'bfloat16'];
const none = '–';

/** The tables, as far as there are results for them. */
export function markdown(results: Readonly<Record<string, Outcome>>): string {
  const row = (name: string): Row | null => {
    const outcome = results[name];
    return outcome && 'row' in outcome ? outcome.row : null;
  };
  const names = Object.keys(shapes) as ShapeName[];
  const rest = Object.entries(results).filter(([name]) => !/^(step|peer)\//.test(name));
  return [
    table(['shape', 'number format', 'engine', 'step, ms', 'examples/s', 'GFLOP/s', 'of one product', 'peak memory, MB'],
      names.flatMap(shape => ['tensorflow', 'tensorflow-bfloat16', 'wasm', 'cpu'].map(engine => stepLine(shape, engine, row(`step/${shape}/${engine}`))))),
    table(['shape', 'number format', 'ours', 'PyTorch eager', 'torch.compile', 'ours / compile', '1.15 x FLOP / our product', 'PyTorch: one product', 'PyTorch: peak memory, MB'],
      names.flatMap(shape => dtypes.map(dtype => comparison(shape, dtype, row)))),
    table(['task', ''], rest.map(([name, outcome]) => [`\`${name}\``, 'row' in outcome ? Object.entries(outcome.row).map(([key, value]) => `${key} ${show(value)}`).join(', ') : `not measured: ${'absent' in outcome ? outcome.absent : outcome.problem}`])),
  ].filter(text => text !== '').join('\n\n');
}

function stepLine(shape: string, engine: string, row: Row | null): string[] | null {
  const [name, dtype = 'float32'] = engine.split('-');
  return row && [shape, dtype, `\`${name ?? ''}\``, ...['median_ms', 'examples_per_s', 'gflops', 'matmul_gflops', 'peak_mb'].map(key => show(row[key]))];
}

/** Ours beside theirs; null when the published code was not measured. */
function comparison(shape: string, dtype: Dtype, row: (name: string) => Row | null): string[] | null {
  const ours = row(`step/${shape}/tensorflow${dtype === 'float32' ? '' : `-${dtype}`}`);
  const eager = row(`peer/${shape}/${dtype}/eager`);
  const compiled = row(`peer/${shape}/${dtype}/compile`);
  if (!eager && !compiled) return null;
  const ratio = ours && compiled ? (Number(ours.median_ms) / Number(compiled.median_ms)).toFixed(2) : none;
  const floor = ours ? Math.round(1150 * Number(ours.gflop) / Number(ours.matmul_gflops)) : undefined;
  return [shape, dtype, ...[ours, eager, compiled].map(both), ratio, show(floor), show(compiled?.matmul_gflops ?? eager?.matmul_gflops), show(compiled?.peak_mb ?? eager?.peak_mb)];
}

/** A step's median, and the fastest in brackets. */
const both = (row: Row | null): string => (row ? `${show(row.median_ms)} (${show(row.fastest_ms)})` : none);

/** A number with its thousands parted; a dash for none. */
function show(value: number | string | undefined): string {
  return value === undefined ? none : typeof value === 'number' ? value.toLocaleString('en-GB', { maximumFractionDigits: 3 }) : value;
}

/** Empty when there are no lines. */
function table(head: readonly string[], lines: readonly (readonly string[] | null)[]): string {
  const present = lines.filter(line => line !== null);
  if (present.length === 0) return '';
  return [head, head.map(() => '---'), ...present].map(line => `| ${line.join(' | ')} |`).join('\n');
}

/** The filter of the Runs view, overrides typed in a line, and tables in which nothing is markup. */
import { describe, expect, it } from 'vitest';
import { escapeMarkdown, markdownTable } from '../../src/host/markdown-table';
import { splitOverrides } from '../../src/host/override-line';
import { filterProblem, fitsFilter } from '../../src/host/run-filter';
import type { RunSummary } from '../../src/runs/read-run';
import type { RunState } from '../../src/runs/schema';

const run = (state: RunState, name: string, tags: string[] = [], pinned = false): Pick<RunSummary, 'manifest' | 'state' | 'pinned'> => ({
  state, pinned,
  manifest: { name, id: `${name}-20260101-000000-abcd`, notes: 'Learns SLOWLY', tags, config_path: '/c/maze.trm.yaml', engine: null } as unknown as RunSummary['manifest'],
});
const runs = [run('running', 'Wide'), run('finished', 'deep', ['Baseline', 'paper/1'], true), run('lost', 'old', ['base'])];
const shown = (filter: string): string[] => runs.filter(r => fitsFilter(filter, r)).map(r => r.manifest.name);

describe('the filter', () => {
  it.each([
    ['', ['Wide', 'deep', 'old']], ['  ', ['Wide', 'deep', 'old']], ['wide', ['Wide']], ['SLOWLY maze', ['Wide', 'deep', 'old']], ['nothing', []],
    ['#base', ['deep', 'old']], ['#baseline', ['deep']], ['#paper/1', ['deep']], ['is:lost', ['old']], ['is:live', ['Wide']], ['is:pinned', ['deep']],
    ['#base -is:finished', ['old']], ['-wide', ['deep', 'old']], ['is:nonsense', []], ['-', ['Wide', 'deep', 'old']],
  ])('%j shows %j', (filter, names) => {
    expect(shown(filter)).toEqual(names);
  });
  it('says which states there are', () => {
    expect(filterProblem('deep is:runing')).toMatch(/^is:runing: expected .*running/);
    expect(filterProblem('-is:live #x is:queued')).toBeNull();
  });
});

describe('overrides in a line', () => {
  it.each([
    ['lr=3e-4 epochs=10', ['lr=3e-4', 'epochs=10']], ['watch=[0, 1] ema=true', ['watch=[0, 1]', 'ema=true']],
    ['dataset={kind: sudoku, size: 4}  ~watch', ['dataset={kind: sudoku, size: 4}', '~watch']], ['load_checkpoint="a b/c" lr=1', ['load_checkpoint="a b/c"', 'lr=1']],
    ['', []], ['   ', []], ['lr=', ['lr=']], ['watch=[0, 1', ['watch=[0,', '1']],
  ])('%j are %j', (line, overrides) => {
    expect(splitOverrides(line)).toEqual(overrides);
  });
});

describe('a table as Markdown', () => {
  it('shows what cells say, and makes nothing of it', () => {
    const hostile = '<img src=x onerror=alert(1)> | [a](command:evil) `x` **b** ![i](http://x)\n# head';
    const text = markdownTable([['', hostile], ['name', hostile]]);
    expect(text.split('\n')).toHaveLength(3);
    expect(text.split('\n')[2]!.replace('**name**', '').slice(2, -2)).not.toMatch(/[<>[\]()`*!:\n]/);
    expect(text.split('\n').every(line => line.split('|').length === 4)).toBe(true);
    expect(escapeMarkdown('94.0 % (3 of 4)').replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))).toBe('94.0 % (3 of 4)');
  });
});

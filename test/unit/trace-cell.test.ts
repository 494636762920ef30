// One cell over the refinement: its history in words and stretches of frames; and cells right of y and z, per supervision step.
import { describe, expect, it } from 'vitest';
import { isRightAt, rangeWords, stretchesOf, stretchWords } from '../../webview/trace/cell-stretches';
import type { Trace } from '../../webview/trace/decode';
import { rightColumns } from '../../webview/trace/right-columns';
import { showTraces } from '../../webview/trace/shown-trace';
import { comparedStage, soloStage, type Stage } from '../../webview/trace/stage';
import { base64, makeTrace } from './trace-example';

const stageOf = (trace: Trace): Stage => soloStage(showTraces([trace])[0]!);
const words = (stage: Stage, cell: number): string[] => stage.panels.map(panel => stretchWords(stage.lead.decoded.trace.kind, stretchesOf(panel, stage, cell)));

describe('the history of a cell', () => {
  it('is a stretch for every token it shows, with the probabilities in it', () => {
    const stage = stageOf(makeTrace());
    expect(stretchesOf(stage.panels[0]!, stage, 1)).toEqual([{ first: 0, last: 1, token: 2, right: false, least: 0.5, greatest: 0.5 }, { first: 2, last: 2, token: 3, right: true, least: 0.5, greatest: 0.5 }]);
    expect(stretchesOf(stage.panels[1]!, stage, 1).map(rangeWords)).toEqual(['0.250 to 0.750']);
  });

  it('is said by how it ends and since when', () => {
    const stage = stageOf(makeTrace());
    expect(words(stage, 1)).toEqual(['right from frame 3 on, p 0.500', 'right at every frame, p 0.250 to 0.750']);
    expect(words(stage, 2)[1]).toBe('wrong (1) from frame 2 on, p 0.750; right at 1 frame before');
  });

  it('calls no cell wrong of which nothing is asked', () => {
    const around = base64(Uint8Array.of(2, 0, 0, 2)); // PAD around an ARC solution
    const stage = stageOf({ ...makeTrace(), kind: 'tokens', solution: around });
    expect(isRightAt(stage.lead.decoded, 1, 3)).toBeNull();
    expect(stretchesOf(stage.panels[0]!, stage, 1).map(({ right }) => right)).toEqual([null, null]);
    expect(words(stage, 1)[0]).toBe('token 3 from frame 3 on, p 0.500');
    expect(words(stageOf({ ...makeTrace(), solution: null }), 1)[0]).toBe('2 from frame 3 on, p 0.500');
  });
});

describe('cells right per supervision step', () => {
  it('are counted for y and for z, at its first and its last frame', () => {
    const { lead, panels } = stageOf(makeTrace());
    expect(rightColumns(panels).map(({ name, at }) => [name, at(lead.timeline.steps[0]!)])).toEqual([['y right, first to last frame', '2 to 4 of 4'], ['z right, first to last frame', '2 of 4']]);
  });

  it('are of both traces when two are compared, and not said where the solution is unknown', () => {
    const [a, b] = showTraces([makeTrace(), makeTrace()]);
    expect(rightColumns(comparedStage({ shown: a!, caption: 'a' }, { shown: b!, caption: 'b' }, 'z').panels).map(({ name }) => name)).toEqual(['A right, first to last frame', 'B right, first to last frame']);
    expect(rightColumns(stageOf({ ...makeTrace(), solution: null }).panels)).toEqual([]);
  });
});

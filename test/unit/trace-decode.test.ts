// A trace as it travels, decoded: values land where rows, frames and byte order say, and damage is named.
import { describe, expect, it } from 'vitest';
import { decodeTrace, shownFeatures, TraceFormatError, type Trace } from '../../webview/trace/decode';
import { base64, makeTrace } from './trace-example';

describe('decodeTrace', () => {
  it('reads tokens and little-endian probabilities frame by frame', () => {
    const decoded = decodeTrace(makeTrace());
    expect([decoded.cells, decoded.length]).toEqual([4, 3]);
    expect([...decoded.question]).toEqual([2, 1, 1, 1]);
    expect([...decoded.y.tokens.subarray(8, 12)]).toEqual([2, 3, 3, 2]);
    expect(decoded.z!.prob[5]).toBeCloseTo(0.25, 6);
  });

  it('reads two-byte tokens when the vocabulary is larger than 256', () => {
    const wide = (values: number[]): string => base64(Uint8Array.from(values.flatMap(v => [v & 255, v >> 8])));
    const trace: Trace = { ...makeTrace(), vocab_size: 300, question: wide([299, 1, 1, 1]), solution: null, y_tokens: wide(Array<number>(12).fill(258)), z_tokens: wide(Array<number>(12).fill(7)) };
    const decoded = decodeTrace(trace);
    expect(decoded.question[0]).toBe(299);
    expect(decoded.y.tokens[11]).toBe(258);
    expect(decoded.solution).toBeNull();
  });

  it('has no z where the model has no feature besides the answer', () => {
    const decoded = decodeTrace({ ...makeTrace(), arch: 'direct', z_tokens: null, z_prob: null });
    expect(decoded.z).toBeNull();
    expect(shownFeatures(decoded)).toEqual(['y']);
    expect(shownFeatures(decodeTrace(makeTrace()))).toEqual(['y', 'z']);
  });

  it.each<[string, Partial<Trace>]>([
    ['y_prob', { y_prob: base64(new Uint8Array(44)) }],
    ['question', { question: base64(new Uint8Array(3)) }],
    ['z_tokens', { z_tokens: '*not base64*' }],
    ['change', { change: [0.1] }],
    ['frames', { frames: [] }],
  ])('names the damaged field %s', (field, damage) => {
    const attempt = (): unknown => decodeTrace({ ...makeTrace(), ...damage });
    expect(attempt).toThrow(TraceFormatError);
    expect(attempt).toThrow(field);
  });
});

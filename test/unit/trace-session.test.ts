/** The inspector's talk with its host: what "Try Again" does, what is dropped, and what a page that is made anew gets. */
import type { NotificationType, RequestType } from 'vscode-messenger-common';
import { describe, expect, it } from 'vitest';
import { getInspectorState, inspectorState, requestTrace, type InspectorState, type TraceChoice } from '../../src/protocol/inspector';
import type { Host } from '../../webview/shared/host';
import { Session, type Problem } from '../../webview/trace/session';

const choice: TraceChoice = { run: 'run-1', checkpoint: 'best', puzzle: { index: 3 }, depth: 4 };
const options: InspectorState['options'] = { runName: 'run', live: false, checkpoints: [], puzzles: 10, paste: null, watched: [], haltMaxSteps: 4, maxDepth: 128 };
const failed: InspectorState = { choice, options, trace: null, kept: false, beside: null, problem: { message: 'It has no checkpoint yet.', next: 'Wait.', ofPaste: false } };

/** A page on a host that gives these answers, one after the other. */
function page(answers: (InspectorState | Promise<InspectorState>)[]) {
  const asked: unknown[][] = [], problems: (Problem | null)[] = [], states: InspectorState[] = [], handlers = new Map<string, (value: unknown) => void>();
  const host: Host = {
    request: <P, R>(type: RequestType<P, R>, params: P, timeout?: number): Promise<R> => {
      asked.push([type.method, params, timeout]);
      return Promise.resolve(answers.shift() as R | Promise<R>);
    },
    notify: <P>(type: NotificationType<P>, params: P) => { asked.push([type.method, params]); },
    on: <P>(type: NotificationType<P>, handler: (params: P) => void) => { handlers.set(type.method, handler as (value: unknown) => void); },
    savedState: () => undefined,
    saveState: () => undefined,
  };
  const session = new Session(host, { state: state => { states.push(state); }, options: () => undefined, working: () => undefined, problem: problem => { problems.push(problem); } });
  return { session, asked, problems, states, tell: (state: InspectorState) => handlers.get(inspectorState.method)!(state), settle: () => new Promise(resolve => { setTimeout(resolve, 0); }) };
}

describe('an inspector\'s session', () => {
  it('makes the trace again after a first one that failed, instead of asking for the failure again', async () => {
    const { session, asked, problems, settle } = page([failed, failed]);
    await session.open();
    expect(asked).toEqual([[getInspectorState.method, undefined, 0]]); // the host answers when the trace that it makes is there, however long that takes
    expect(problems.at(-1)).toMatchObject({ message: 'It has no checkpoint yet.' });
    problems.at(-1)!.again!();
    await settle();
    expect(asked.at(-1)).toEqual([requestTrace.method, choice, 0]);
  });

  it('after a cancel, too; what was asked for before is no answer any more', async () => {
    let answer: (state: InspectorState) => void = () => undefined;
    const { session, asked, problems, states, settle } = page([{ ...failed, problem: null }, new Promise(resolve => { answer = resolve; }), failed]);
    void session.open();
    await settle();
    session.cancel();
    expect(problems.at(-1)).toMatchObject({ message: 'Cancelled: this trace was not made.' });
    const before = states.length;
    answer(failed);
    await settle();
    expect(states).toHaveLength(before);
    problems.at(-1)!.again!();
    await settle();
    expect(asked.at(-1)).toEqual([requestTrace.method, choice, 0]);
  });

  it('offers to make again what the host was asked for from outside', async () => {
    const { asked, problems, tell, settle } = page([failed]);
    tell({ ...failed, choice: { ...choice, puzzle: { index: 7 } } });
    problems.at(-1)!.again!();
    await settle();
    expect(asked).toEqual([[requestTrace.method, { ...choice, puzzle: { index: 7 } }, 0]]);
  });
});

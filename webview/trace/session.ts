/**
 * The inspector's talk with the extension host: what is shown now, what is being made, and what went wrong. At most one
 * request counts at a time; an answer to an older one is dropped. Nothing waits without saying so and without a way to stop.
 */
import { cancelTrace, getInspectorState, inspectorOptions, inspectorProgress, inspectorState, requestTrace } from '../../src/protocol/inspector';
import type { InspectorState, TraceChoice } from '../../src/protocol/inspector';
import type { Host } from '../shared/host';

/** What went wrong, with a next step and, where there is one, what to do again. `ofPaste`: what was pasted is no puzzle. */
export interface Problem { readonly message: string; readonly next: string; readonly ofPaste: boolean; readonly again: (() => void) | null }

/** What a session tells the page. */
export interface SessionListener {
  /** A new state; its trace is null when none could be made. */
  state(state: InspectorState): void;
  options(options: InspectorState['options']): void;
  /** The host is at work (words, and when it began, in ms of Date.now), or no longer. */
  working(text: string | null, since: number): void;
  /** Something failed, or nothing is wrong any more. */
  problem(problem: Problem | null): void;
}

/** The session of one inspector. */
export class Session {
  private pending = 0;
  private since = 0;
  private atWork = false;
  /** Makes the present request again. */
  private again: (() => void) | null = null;
  /** After a cancel: what the host still reports about it is not news. */
  private deaf = false;

  constructor(private readonly host: Host, private readonly listener: SessionListener) {
    host.on(inspectorState, state => { this.pending++; this.accept(state); });
    host.on(inspectorOptions, options => listener.options(options));
    host.on(inspectorProgress, ({ text }) => { if (!this.deaf) this.work(text); });
  }

  /** Asks for the first state; when the host has neither a trace nor a reason, asks it to make the trace. */
  async open(): Promise<void> {
    const again = (): void => { void this.open(); };
    await this.ask('Opening the inspector', again, async () => {
      const state = await this.host.request(getInspectorState, undefined, 0);
      this.again = () => { void this.choose(state.choice); };
      if (state.trace || state.problem) return state;
      this.listener.state(state);
      return this.host.request(requestTrace, state.choice, 0);
    });
  }

  /** Asks for a trace. */
  async choose(choice: TraceChoice): Promise<void> {
    const doing = choice.kept === undefined ? 'Running the model' : `Reading the trace kept at step ${choice.kept}`;
    await this.ask(doing, () => { void this.choose(choice); }, () => this.host.request(requestTrace, choice, 0));
  }

  /** Ends the work under way. */
  cancel(): void {
    if (!this.atWork) return;
    this.pending++;
    this.deaf = true;
    this.host.notify(cancelTrace, undefined);
    this.rest();
    this.listener.problem({ message: 'Cancelled: this trace was not made.', next: 'Choose another puzzle, checkpoint or depth, or make this one after all.', ofPaste: false, again: this.again });
  }

  private async ask(text: string, again: () => void, work: () => Promise<InspectorState>): Promise<void> {
    const mine = ++this.pending;
    this.again = again;
    this.deaf = false;
    this.since = Date.now();
    this.listener.problem(null);
    this.work(text);
    try {
      const state = await work();
      if (mine === this.pending) this.accept(state);
    } catch (error) {
      if (mine !== this.pending) return;
      this.rest();
      this.listener.problem({ message: error instanceof Error ? error.message : String(error), next: 'Try again; if it fails again, see the TRM output channel.', ofPaste: false, again: this.again });
    }
  }

  private accept(state: InspectorState): void {
    this.deaf = false;
    this.rest();
    this.listener.problem(state.problem && { ...state.problem, again: () => { void this.choose(state.choice); } });
    this.listener.state(state);
  }

  private work(text: string): void {
    if (!this.atWork) this.since = Date.now();
    this.atWork = true;
    this.listener.working(text, this.since);
  }

  private rest(): void {
    this.atWork = false;
    this.listener.working(null, this.since);
  }
}

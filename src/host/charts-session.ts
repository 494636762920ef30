/**
 * One Live Charts webview, from the host's side: which runs it shows, how much of each it has been sent, and the sending,
 * at most ten times a second and only while it can be seen. When it becomes visible it is given everything: a page that was
 * made anew asks for it, one that was kept while hidden is sent it.
 */
import { mostRuns } from '../protocol/charts';
import type { ChartsSettings, ChartsState, RunData, RunHeader } from '../protocol/charts';
import { emptySystemColumns, emptyTrainColumns, RunDataStore, type DataCursor } from './run-data';

/** Milliseconds between two messages to a view. */
const atMostEvery = 100;

/** Where a session gets the runs from. */
export interface ChartsSource {
  /** Header and data of a run; null when there is no such run. A run that is only starting has no data. */
  run(id: string): { header: RunHeader; store: RunDataStore | null; loaded: Promise<void> } | null;
  choices(): ChartsState['choices'];
  settings(): ChartsSettings;
  /** Looks of runs shown together. */
  looks(ids: readonly string[]): ChartsState['looks'];
  /** The run to show when none is chosen. */
  first(): string | null;
}

/** How a session reaches its webview. */
export interface ChartsSink {
  visible(): boolean;
  replace(state: ChartsState): void;
  append(data: RunData[]): void;
}

interface Sent { store: RunDataStore | null; cursor: DataCursor; header: string }

const nothing = (header: RunHeader): RunData => ({ header, train: emptyTrainColumns(), system: emptySystemColumns(), evals: [], halting: [], markers: [], alerts: [] });

/** A view's session. */
export class ChartsSession {
  private readonly sent = new Map<string, Sent>();
  private sentChoices = '';
  private timer: NodeJS.Timeout | undefined;
  private lastSent = 0;
  /** The view asked for its state at least once and was not hidden since. */
  private awake = false;
  /** It did, and was hidden since. */
  private asleep = false;

  constructor(private readonly source: ChartsSource, private readonly sink: ChartsSink, private runs: string[]) {}

  /** Ids of the runs shown, focus first. */
  get shown(): readonly string[] {
    const there = this.runs.filter(id => this.source.run(id) !== null);
    const first = this.source.first();
    return there.length > 0 || first === null ? there : [first];
  }

  /** Shows these runs, focus first. */
  show(runs: readonly string[]): void {
    this.runs = [...new Set(runs)].slice(0, mostRuns);
    if (this.awake && this.sink.visible()) void this.state().then(state => this.sink.replace(state));
  }

  /** The whole state, as the view asks for it; from here on it is sent what is new. */
  async state(): Promise<ChartsState> {
    const ids = this.shown;
    await Promise.all(ids.map(id => this.source.run(id)?.loaded ?? Promise.resolve()));
    this.sent.clear();
    this.awake = true;
    this.asleep = false;
    const choices = this.source.choices();
    this.sentChoices = JSON.stringify(choices);
    this.lastSent = Date.now();
    return { runs: ids.flatMap(id => this.whole(id)), looks: this.source.looks(ids), settings: this.source.settings(), choices };
  }

  /** The view was hidden: it is sent nothing until it asks again or is seen again. */
  hidden(): void {
    this.asleep ||= this.awake;
    this.awake = false;
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  /** A view whose page was kept while it was hidden: it is sent everything. */
  seenAgain(): void {
    if (this.asleep) void this.state().then(state => this.sink.replace(state));
  }

  /** Something may be new: send it soon. */
  wake(): void {
    if (!this.awake || this.timer !== undefined) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.send();
    }, Math.max(0, this.lastSent + atMostEvery - Date.now()));
  }

  dispose(): void { this.hidden(); }

  private whole(id: string): RunData[] {
    const run = this.source.run(id);
    if (!run) return [];
    const cursor = run.store?.start() ?? new RunDataStore().start();
    const data = run.store?.all(run.header, cursor) ?? nothing(run.header);
    this.sent.set(id, { store: run.store, cursor, header: JSON.stringify(run.header) });
    return [data];
  }

  private send(): void {
    if (!this.awake || !this.sink.visible()) return;
    this.lastSent = Date.now();
    if (this.mustReplace()) {
      void this.state().then(state => { if (this.awake) this.sink.replace(state); });
      return;
    }
    const news = this.shown.flatMap(id => this.news(id));
    if (news.length > 0) this.sink.append(news);
  }

  /** Whether the list of runs changed, or a run's data is no continuation of what was sent. */
  private mustReplace(): boolean {
    const { shown } = this;
    return JSON.stringify(this.source.choices()) !== this.sentChoices
      || shown.length !== this.sent.size
      || shown.some(id => !this.sent.has(id) || this.sent.get(id)!.store !== (this.source.run(id)?.store ?? null));
  }

  private news(id: string): RunData[] {
    const run = this.source.run(id);
    const sent = this.sent.get(id);
    if (!run || !sent) return [];
    const header = JSON.stringify(run.header);
    const delta = run.store?.delta(run.header, sent.cursor) ?? (header === sent.header ? null : nothing(run.header));
    sent.header = header;
    return delta ? [delta] : [];
  }
}

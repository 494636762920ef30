/**
 * One Live Charts webview, from the host's side: which runs it shows, how much of each it has been sent, and the sending,
 * at most ten times a second and only while it can be seen. Nothing waits for a run to be read: a page is told which runs it shows,
 * and their data follow in pieces, as far as they are there. A page that is made anew says so and begins again; one that was
 * kept while hidden goes on from where it was.
 */
import { mostRuns } from '../protocol/charts';
import type { ChartsSettings, ChartsState, RunData, RunHeader } from '../protocol/charts';
import { emptySystemColumns, emptyTrainColumns, RunDataStore, type DataCursor } from './run-data';

/** Milliseconds between two messages to a view. */
const atMostEvery = 100;
/** Points in one message at most: some 8 MB. */
const mostPoints = 100_000;

/** A run as the charts have it. One that is only starting has no data; `read` is the share of its file that is in the data, 0 to 1. */
export interface ChartedRun { readonly header: RunHeader; readonly store: RunDataStore | null; readonly read: number }

/** Where a session gets the runs from. */
export interface ChartsSource {
  has(id: string): boolean;
  /** Header and data of a run, which is read from now on; null when there is no such run. */
  run(id: string): ChartedRun | null;
  choices(): ChartsState['choices'];
  settings(): ChartsSettings;
  /** Looks of runs shown together. */
  looks(ids: readonly string[]): ChartsState['looks'];
  /** The run to show when none is chosen. */
  followed(): string | null;
}

/** How a session reaches its webview. */
export interface ChartsSink {
  visible(): boolean;
  state(state: ChartsState): void;
  append(data: RunData[]): void;
}

/** Points that still fit into what is sent now. */
interface Room { points: number }
interface Sent { readonly store: RunDataStore | null; readonly cursor: DataCursor; signature: string }

const nothing = (header: RunHeader, loaded: number): RunData => ({ header, loaded, train: emptyTrainColumns(), system: emptySystemColumns(), evals: [], halting: [], markers: [], alerts: [] });

/** A view's session. */
export class ChartsSession {
  private readonly sent = new Map<string, Sent>();
  /** What the page was last told to show; '' when it was told nothing yet. */
  private told = '';
  private timer: NodeJS.Timeout | undefined;
  private lastSent = 0;
  /** There is a page that has loaded. */
  private isOpen = false;

  constructor(private readonly source: ChartsSource, private readonly sink: ChartsSink, private runs: string[]) {}

  /** Ids of the runs chosen, focus first; none when the view follows what is trained. */
  get chosen(): readonly string[] {
    return this.runs.filter(id => this.source.has(id));
  }

  /** Ids of the runs shown, focus first. */
  get shown(): readonly string[] {
    const { chosen } = this;
    const followed = chosen.length > 0 ? null : this.source.followed();
    return followed === null ? chosen : [followed];
  }

  /** Ids of the runs whose data somebody looks at now. */
  get inSight(): readonly string[] {
    return this.sink.visible() ? this.shown : [];
  }

  /** Shows these runs, focus first; with none, follows what is trained. */
  show(runs: readonly string[]): void {
    this.runs = [...new Set(runs)].slice(0, mostRuns);
    this.sendNow();
  }

  /** The page has loaded: it is told everything. */
  open(): void {
    this.isOpen = true;
    this.sent.clear();
    this.told = '';
    this.sendNow();
  }

  /** The page went away: nothing is sent until another has loaded. */
  close(): void {
    this.isOpen = false;
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  /** Something may be new: send it soon. */
  wake(): void {
    if (!this.isOpen || this.timer !== undefined || !this.sink.visible()) return;
    this.timer = setTimeout(() => this.sendNow(), Math.max(0, this.lastSent + atMostEvery - Date.now()));
  }

  private sendNow(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (!this.isOpen || !this.sink.visible()) return;
    this.lastSent = Date.now();
    const { shown } = this;
    const room = { points: mostPoints };
    this.tell(shown, room);
    const news = shown.flatMap(id => (room.points > 0 ? this.news(id, room) ?? [] : []));
    if (news.length === 0) return;
    this.sink.append(news);
    this.wake(); // there may be more
  }

  /** Which runs are shown, when that changed or a run's data are no continuation of what was sent. */
  private tell(shown: readonly string[], room: Room): void {
    const { source } = this;
    for (const id of this.sent.keys()) if (!shown.includes(id)) this.sent.delete(id);
    const begun = shown.flatMap(id => this.begin(id, room) ?? []);
    const view = { shown, follows: this.chosen.length === 0, looks: source.looks(shown), choices: source.choices() };
    const text = JSON.stringify(view);
    if (begun.length === 0 && text === this.told) return;
    this.sink.state({ ...view, begun, ...(this.told === '' ? { settings: source.settings() } : {}) });
    this.told = text;
    if (begun.length > 0) this.wake();
  }

  private begin(id: string, room: Room): RunData | null {
    const run = this.source.run(id);
    if (!run || this.sent.get(id)?.store === run.store) return null;
    this.sent.set(id, { store: run.store, cursor: (run.store ?? new RunDataStore()).start(), signature: '' });
    return this.news(id, room);
  }

  private news(id: string, room: Room): RunData | null {
    const run = this.source.run(id), sent = this.sent.get(id);
    if (!run || !sent) return null;
    const delta = run.store?.delta(run.header, sent.cursor, room.points) ?? null;
    const loaded = run.store === null ? 1 : run.read * run.store.passed(sent.cursor);
    const signature = JSON.stringify([run.header, loaded]);
    if (delta === null && signature === sent.signature) return null;
    sent.signature = signature;
    room.points -= delta?.train.step.length ?? 0;
    return { ...(delta ?? nothing(run.header, loaded)), loaded };
  }
}

/**
 * The Live Charts page in a real browser, with seven runs of 100,000 points each while one of them goes on at 50 events a second: how
 * long scripts run in a frame, and the memory of the page's process. The other side is the extension host's own session; the
 * page is the built one, in a window of an editor's size. Needs Chromium: $CHROMIUM, which `npm run bench` sets.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import { ChartsSession } from '../src/host/charts-session';
import { RunDataStore } from '../src/host/run-data';
import { chartsAppend, chartsState, openCharts } from '../src/protocol/charts';
import { headerOf, points, runs, trainEvent } from './charts-runs';
import { frameTimes } from './frame-times';
import { round } from './statistics';
import { Absent } from './task';
import type { Row } from './task';

const perSecond = 50, settleSeconds = 4, seconds = 20;
const size = { width: 1400, height: 1000 };
const pages = path.join(__dirname, 'webview');

declare function receive(packed: string): void; // of the window around the page, see below

/** Measures it. Throws Absent where there is no Chromium. */
export async function chartsPage(): Promise<Row> {
  const executablePath = process.env['CHROMIUM'];
  if (executablePath === undefined) throw new Absent('there is no Chromium here');
  const { chromium } = await import('playwright-core');
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'] });
  try {
    return await measure(browser);
  } finally {
    await browser.close();
  }
}

async function measure(browser: Browser): Promise<Row> {
  const page = await browser.newPage({ viewport: size });
  const stores = Array.from({ length: runs }, (_, run) => storeOf(run));
  const session = new ChartsSession({
    has: () => true,
    run: id => { const i = Number(id.slice('run-'.length)); return { header: headerOf(i), store: stores[i]!, read: 1 }; },
    choices: () => stores.map((_, i) => { const { id, name, state } = headerOf(i); return { id, name, state }; }),
    settings: () => ({ xAxis: 'step', logX: false, smoothing: 0.9, logY: false }),
    looks: ids => Object.fromEntries(ids.map((id, i) => [id, i])),
    followed: () => null,
  }, {
    visible: () => true,
    state: state => void deliver(page, { method: chartsState.method, params: state }),
    append: data => void deliver(page, { method: chartsAppend.method, params: data }),
  }, stores.map((_, i) => headerOf(i).id));
  await page.exposeFunction('tell', (method: string) => { if (method === openCharts.method) session.open(); });
  await page.route('**/*', route => route.fulfill({ contentType: 'text/html; charset=utf-8', body: route.request().url() === outside ? surroundings : webview() }));
  const began = performance.now();
  await page.goto(outside);
  await page.frameLocator('iframe').locator('[data-chart="loss"] .chart-note', { hasText: `${(runs * points).toLocaleString('en-US')} points drawn as` }).waitFor({ timeout: 120_000 });
  const shown = performance.now() - began;

  let step = points;
  const clock = setInterval(() => { stores[0]!.append([trainEvent(0, ++step)]); session.wake(); }, 1000 / perSecond);
  try {
    await sleep(settleSeconds * 1000);
    await browser.startTracing(page, { categories: ['devtools.timeline', 'v8'] });
    await sleep(seconds * 1000);
    const { pid, ...frames } = frameTimes(await browser.stopTracing());
    return { runs, points_per_run: points, events_per_s: perSecond, ...frames, shown_after_ms: round(shown), memory_mb: privateMegabytes(pid) };
  } finally {
    clearInterval(clock);
    session.close();
  }
}

function storeOf(run: number): RunDataStore {
  const store = new RunDataStore();
  for (let step = 1; step <= points; step++) store.append([trainEvent(run, step)]);
  return store;
}

/** Hands a message to the page as VS Code does: as JSON and bytes as far as the window, from there cloned. */
async function deliver(page: Page, message: object): Promise<void> {
  const envelope = { sender: { type: 'extension' }, receiver: { type: 'webview', webviewId: 'bench' }, ...message };
  const text = JSON.stringify(envelope, (_, value: unknown) => (value instanceof Float64Array || value instanceof Float32Array ? { bytes: Buffer.from(value.buffer).toString('base64'), double: value instanceof Float64Array } : value));
  await page.evaluate(packed => receive(packed), text);
}

/** Two sites, so that the page has a process of its own, as a webview has. */
const outside = 'https://window.test/', inside = 'https://webview.test/';

/** The window around the page: passes on what the page says, and what it is handed. */
const surroundings = `<!DOCTYPE html><iframe src="${inside}" style="position: fixed; inset: 0; width: 100%; height: 100%; border: 0"></iframe><script>
  addEventListener('message', ({ data }) => tell(data.method));
  const receive = packed => frames[0].postMessage(JSON.parse(packed, (_, value) => {
    if (typeof value?.bytes !== 'string') return value;
    const { buffer } = Uint8Array.from(atob(value.bytes), byte => byte.charCodeAt(0));
    return value.double ? new Float64Array(buffer) : new Float32Array(buffer);
  }), '*');
</script>`;

/** The page, with the little that VS Code gives it. */
const webview = (): string => `<!DOCTYPE html><style>${readFileSync(path.join(pages, 'live.css'), 'utf8')}</style><body class="vscode-dark"><script>
  var acquireVsCodeApi = () => ({ postMessage: ({ method }) => parent.postMessage({ method }, '*'), getState: () => undefined, setState: () => undefined });
</script><script type="module">${readFileSync(path.join(pages, 'live.js'), 'utf8').replaceAll('</script', '<\\/script')}</script>`;

/** Of the page's process, in megabytes (10^6 bytes): what it alone holds. NaN where the system does not tell. */
function privateMegabytes(pid: number): number {
  try {
    const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    return round([...rollup.matchAll(/^Private_(?:Clean|Dirty):\s*(\d+) kB/gm)].reduce((sum, [, kibibytes]) => sum + (Number(kibibytes) * 1024) / 1e6, 0));
  } catch {
    return Number.NaN;
  }
}

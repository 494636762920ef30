/**
 * A real workbench with the packaged extension installed, driven as a person does: mouse, keys, what is on the screen.
 *
 * `openWorkbench` starts VS Code's server and Chromium on a temporary copy of a folder; everything it writes is under
 * one temporary folder that `close` removes, trainers started by the tests included. VS Code draws menus and the palette from what is registered
 * at that moment, so the helpers reopen them until the wanted item is there.
 */
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Browser, Frame, Locator, Page } from 'playwright-core';
import type { Server } from '../../scripts/vscode-server.mjs';
import { askAgain, workerStates } from './webview-worker';

/** What starts editor and browser; loaded when it is needed, since the bench, which opens workbenches, too, is one bundled file. */
const scripts = () => import('../../scripts/vscode-server.mjs');

const root = process.cwd(); // where npm runs tests and bench
const screens = path.join(root, 'test', '.artifacts', 'screens');

/** What `npm run test:e2e` prepares and names in the environment. */
function prepared(name: 'TRM_VSIX' | 'VSCODE_SERVER'): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: run these tests with \`npm run test:e2e\`, which packages the extension and sets up the editor.`);
  return value;
}

/** What a test may choose. */
export interface WorkbenchOptions {
  /** Folder whose copy is opened; the examples when not given. */
  readonly folder?: string;
  /** Called with the copy before anything is opened: to put files into it. */
  readonly prepare?: (folder: string) => unknown;
  /** Name of a workspace file in it, to be opened instead of the folder. */
  readonly workspace?: string;
  /** A URI to be opened instead of either, of a folder that lies on no disk. */
  readonly uri?: string;
  /** Packages another extension into a folder and gives its .vsix, to be installed as well (companion.ts). */
  readonly companion?: (into: string) => Promise<string>;
  /** User settings beside the quiet ones of all tests. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Window size in pixels. */
  readonly size?: { readonly width: number; readonly height: number };
}

/** A page with storage of its own, as another person's. */
async function newPage(browser: Browser, viewport: { width: number; height: number }): Promise<Page> {
  const context = await browser.newContext({ viewport, permissions: ['clipboard-read', 'clipboard-write'], acceptDownloads: true });
  await context.addInitScript(askAgain);
  return context.newPage();
}

/** An open workbench. */
export class Workbench {
  /** What the pages complained of so far: things a content security policy refused, and errors nobody caught. Must stay empty. */
  readonly complaints: string[] = [];

  private constructor(
    /** The browser's page: for whatever the helpers below do not do. */
    readonly page: Page,
    /** The opened folder, a temporary copy. */
    readonly folder: string,
    private readonly browser: Browser,
    private readonly server: Server,
    private readonly home: string,
  ) {
    page.on('console', message => {
      if (/content security policy/i.test(message.text())) this.complaints.push(`${message.text()} [${message.location().url}]`);
    });
    page.on('pageerror', error => this.complaints.push(error.stack ?? String(error)));
  }

  /** Starts everything and waits until the Explorer is there. */
  static async open(options: WorkbenchOptions = {}): Promise<Workbench> {
    // Short: the trainer's socket lies below it, and such paths may have 107 bytes.
    const home = mkdtempSync(path.join(os.tmpdir(), 'trm-e-'));
    const folder = path.join(home, 'work');
    cpSync(options.folder ?? path.join(root, 'examples'), folder, { recursive: true, filter: file => !/[\\/](runs|data)$/.test(file) });
    await options.prepare?.(folder);
    const { installExtension, launchChromium, startServer, testSettings } = await scripts();
    const dirs = { server: prepared('VSCODE_SERVER'), dataDir: path.join(home, 'server'), extensionsDir: path.join(home, 'extensions') };
    await installExtension({ ...dirs, vsix: prepared('TRM_VSIX') });
    if (options.companion) await installExtension({ ...dirs, vsix: await options.companion(home) });
    mkdirSync(path.join(home, 'run'), { mode: 0o700 });
    const server = await startServer({
      ...dirs,
      settings: { ...testSettings, ...options.settings },
      env: { HOME: home, XDG_CONFIG_HOME: path.join(home, 'config'), XDG_RUNTIME_DIR: path.join(home, 'run'), TMPDIR: home },
    });
    const browser = await launchChromium();
    const page = await newPage(browser, options.size ?? { width: 1280, height: 800 });
    const workbench = new Workbench(page, folder, browser, server, home);
    try {
      await workbench.load(options);
    } catch (error) {
      await workbench.screenshot('missing-workbench');
      await workbench.close();
      throw error;
    }
    return workbench;
  }

  /**
   * Reloads the window as a person does, which also brings views and editors back. Returns when (Date.now) the page itself was there again.
   *
   * In a browser VS Code now and then never fills the frames of the webviews that it brings back: about one window in thirty has nothing in any of them, though each
   * extension has given it a page. A person then reloads again, and so does this, and says so.
   */
  async reload(): Promise<number> {
    const pages = await this.filledPages();
    for (let attempt = 1; ; attempt++) {
      const loaded = this.page.waitForEvent('load', { timeout: 60_000 }).then(() => Date.now());
      await this.palette('Developer: Reload Window');
      await loaded;
      await this.page.locator('.monaco-workbench .statusbar-item', { hasText: 'TRM' }).waitFor({ timeout: 60_000 });
      try {
        await this.eventually('Every webview that was seen before the reload', async () => (await this.filledPages()) >= pages, 25_000);
        return await loaded;
      } catch (error) {
        if (attempt === 3) throw error;
        console.log(`Reload, attempt ${attempt}: ${String(error)}`);
      }
    }
  }

  /** How many of the webviews that can be seen have something in them. */
  private async filledPages(): Promise<number> {
    let filled = 0;
    for (const outer of await this.page.locator('iframe.webview').filter({ visible: true }).elementHandles()) {
      const frames = (await outer.contentFrame().catch(() => null))?.childFrames() ?? [];
      const hasText = await Promise.all(frames.map(async frame => (await frame.locator('body').innerText({ timeout: 1000 }).catch(() => '')).trim() !== ''));
      if (hasText.includes(true)) filled++;
    }
    return filled;
  }

  /** Kills the extension host of the window, as a system does that runs out of memory. */
  killExtensionHost(): void {
    const hosts = readdirSync('/proc').filter(name => /^\d+$/.test(name)).map(Number)
      .filter(pid => commandLine(pid).includes('--type=extensionHost') && groupOf(pid) === this.server.process.pid);
    if (hosts.length === 0) throw new Error('There is no extension host.');
    for (const pid of hosts) process.kill(pid, 'SIGKILL');
  }

  /** Opens the same folder in a second browser, as another person or another window does. */
  async secondWindow(): Promise<Page> {
    const page = await newPage(this.browser, this.page.viewportSize()!);
    await page.goto(this.page.url());
    return page;
  }

  /** Opens the window anew, as somebody who closed it. */
  async openAgain(): Promise<void> {
    await this.load();
  }

  /** Opens the address. */
  private async load({ uri, workspace }: WorkbenchOptions = {}): Promise<void> {
    const { workbenchUrl } = await scripts();
    const { port } = this.server;
    await this.page.goto(workspace === undefined ? workbenchUrl({ port, folder: uri ?? this.folder }) : workbenchUrl({ port, folder: path.join(this.folder, workspace) }).replace('folder=', 'workspace='));
    await this.page.locator('.monaco-workbench').waitFor({ timeout: 60_000 });
    await this.page.locator('.explorer-folders-view .monaco-list').waitFor({ timeout: 60_000 });
  }

  /** The last piece of the extension's output that fits, over all windows; '' when there is none. */
  logged(pattern: RegExp): string {
    const logs = path.join(this.home, 'server', 'data', 'logs');
    const files = readdirSync(logs, { recursive: true, encoding: 'utf8' }).filter(name => /TRM[^/]*\.log$/.test(name)).sort();
    return files.flatMap(name => pattern.exec(readFileSync(path.join(logs, name), 'utf8'))?.[0] ?? []).at(-1) ?? '';
  }

  /** Milliseconds that the start of the extension took, loading included, as VS Code's own list of running extensions has it. */
  async activationTime(): Promise<number> {
    await this.palette('Developer: Show Running Extensions');
    const row = this.page.locator('.runtime-extensions-editor .extension', { hasText: 'TRM Explorer' });
    await row.getByText(/Activation: \d+ ?ms/).waitFor();
    return Number(/Activation: (\d+) ?ms/.exec(await row.innerText())![1]);
  }

  /** A message VS Code shows at its edge, waiting until one with this text is there. */
  async notification(text: string | RegExp, timeout = 30_000): Promise<Locator> {
    const message = this.page.locator('.notifications-toasts .notification-list-item', { hasText: text }).first();
    await message.waitFor({ timeout }).catch(async () => { throw await this.missing(`Message ${String(text)}`, timeout); });
    return message;
  }

  /** Waits until a condition holds. `what` it is names the failure. */
  async eventually(what: string, holds: () => Promise<boolean> | boolean, timeout = 60_000): Promise<void> {
    const end = Date.now() + timeout;
    while (!(await holds())) {
      if (Date.now() > end) throw await this.missing(what, timeout);
      await this.page.waitForTimeout(100);
    }
  }

  /** Repeats an attempt until it succeeds, with Escape between. */
  private async until(what: string, attempt: () => Promise<boolean>, timeout = 30_000): Promise<void> {
    const end = Date.now() + timeout;
    while (!(await attempt())) {
      await this.page.keyboard.press('Escape');
      if (Date.now() > end) throw await this.missing(what, timeout);
      await this.page.waitForTimeout(300);
    }
  }

  /** The error of something that did not appear, with a picture and the words of what was there instead. */
  private async missing(what: string, timeout: number): Promise<Error> {
    const picture = await this.screenshot(`missing-${what.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}`);
    const words = async (of: string): Promise<string> => (await this.page.locator(of).filter({ visible: true }).allInnerTexts()).join(' | ').replaceAll(/\s+/g, ' ').slice(0, 400);
    const frames = await Promise.all(this.page.frames().map(async frame => {
      const element = await frame.frameElement().catch(() => null);
      if (!element) return null;
      const worker: unknown = await frame.evaluate(workerStates).catch(() => 'none');
      return `${await element.getAttribute('id')} "${await element.getAttribute('title')}" (service worker: ${String(worker)})`;
    }));
    const window = [
      ['editors', await words('.tabs-container .tab')], ['chosen', await words('.monaco-list-row.selected')], ['input', await words('.quick-input-widget')],
      ['messages', await words('.notification-list-item')], ['dialog', await words('.monaco-dialog-box')], ['frames', frames.filter(Boolean).join(', ')],
    ].filter(([, text]) => text !== '').map(([name, text]) => `  ${name}: ${text}`);
    return new Error(`${what} did not appear within ${timeout / 1000} s; the window then: ${path.relative(root, picture)}\n${window.join('\n')}`);
  }

  /** Right-clicks a file in the Explorer and chooses an item. */
  async explorerMenu(file: string | RegExp, item: string | RegExp): Promise<void> {
    await this.contextMenu(this.page.locator('.explorer-folders-view').getByRole('treeitem', { name: file }).first(), item);
  }

  /** Right-clicks anything and chooses an item. Several lines of a list are selected by what is given: Escape, between two attempts, takes a selection back. */
  async contextMenu(target: Locator | (() => Promise<Locator>), item: string | RegExp): Promise<void> {
    const entry = this.page.getByRole('menuitem', { name: item }).first();
    await this.until(`Menu item ${String(item)}`, async () => {
      await (typeof target === 'function' ? await target() : target).click({ button: 'right' });
      return (await appears(entry)) && entry.isEnabled(); // grey until the window knows that the folder is trusted, and a menu is not redrawn
    });
    await this.page.waitForTimeout(250); // a menu ignores clicks right after it opened
    await entry.click();
    await entry.waitFor({ state: 'hidden' });
  }

  /** Brings a container of the activity bar into sight: "Explorer", "TRM". */
  async show(container: 'Explorer' | 'TRM'): Promise<void> {
    const tab = this.page.locator('.activitybar').getByRole('tab', { name: new RegExp(`^${container}`) });
    if ((await tab.getAttribute('aria-expanded')) !== 'true') await tab.locator('a').click();
    await this.page.locator('.sidebar .composite.title h2', { hasText: container }).waitFor();
  }

  /** Drags the border of the side bar until it is this many pixels wide. */
  async widenSideBar(width: number): Promise<void> {
    const bar = (await this.page.locator('.part.sidebar').boundingBox())!;
    const [x, y] = [bar.x + bar.width, bar.y + 300];
    await this.page.mouse.move(x, y);
    await this.page.waitForTimeout(400); // the border takes the mouse once it has lit up
    await this.page.mouse.down();
    await this.page.mouse.move(bar.x + width, y, { steps: 5 });
    await this.page.mouse.up();
    await this.page.mouse.move(bar.x + width + 200, y);
  }

  /** Chooses a colour theme by its name in the settings. */
  useTheme(theme: string): void {
    const file = path.join(this.home, 'server', 'data', 'Machine', 'settings.json');
    const settings = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    writeFileSync(file, JSON.stringify({ ...settings, 'workbench.colorTheme': theme }));
  }

  /** Opens a file by double-click in the Explorer. */
  async openFile(file: string | RegExp): Promise<void> {
    await this.show('Explorer');
    await this.page.locator('.explorer-folders-view').getByRole('treeitem', { name: file }).first().dblclick();
    await this.page.locator('.tabs-container .tab.active', { hasText: file }).waitFor();
  }

  /** The list and input that the palette and pickers share. */
  get quickInput(): Locator {
    return this.page.locator('.quick-input-widget');
  }

  /** Types a command's name into the palette and waits until it is offered, without running it. */
  async findCommand(command: string): Promise<void> {
    await this.until(`Command "${command}"`, async () => {
      await this.page.keyboard.press('F1');
      // Whatever takes the focus closes the palette: then it is opened again.
      if (!await this.quickInput.locator('input').first().fill(`>${command}`, { timeout: 3000 }).then(() => true, () => false)) return false;
      return appears(this.quickInput.getByRole('option', { name: command }).first());
    });
  }

  /** Runs a command from the palette. */
  async palette(command: string): Promise<void> {
    await this.findCommand(command);
    await this.page.keyboard.press('Enter');
  }

  /** Answers a picker: types and takes the first offer, waiting until the offer is there. */
  async pick(option: string | RegExp): Promise<void> {
    const offer = this.quickInput.getByRole('option', { name: option }).first();
    await offer.waitFor().catch(async () => { throw await this.missing(`Offer ${String(option)}`, 30_000); });
    await offer.click().catch(async () => { throw await this.missing(`Offer ${String(option)}, which was there before,`, 30_000); });
  }

  /** The documents of the webviews (views, panels, custom editors) with this title that are open now. */
  async webviews(title: string | RegExp): Promise<Frame[]> {
    const fits = (name: string): boolean => (typeof title === 'string' ? name === title : title.test(name));
    const found: Frame[] = [];
    for (const frame of this.page.frames()) {
      const element = await frame.frameElement().catch(() => null);
      const [id, name] = await Promise.all([element?.getAttribute('id'), element?.getAttribute('title')]).catch(() => []);
      if (id === 'active-frame' && typeof name === 'string' && fits(name)) found.push(frame);
    }
    return found;
  }

  /** The first of them, waiting until there is one. */
  async webview(title: string | RegExp, timeout = 30_000): Promise<Frame> {
    const end = Date.now() + timeout;
    for (;;) {
      const [frame] = await this.webviews(title);
      if (frame) return frame;
      if (Date.now() > end) throw await this.missing(`Webview "${String(title)}"`, timeout);
      await this.page.waitForTimeout(100);
    }
  }

  /**
   * A picture of the window in test/.artifacts/screens; with `published` and UPDATE_SCREENS=1 also in media/screens,
   * where the README takes it from.
   */
  async screenshot(name: string, { published = false, of }: { published?: boolean; of?: Locator } = {}): Promise<string> {
    const file = path.join(screens, `${name}.png`);
    mkdirSync(screens, { recursive: true });
    await (of ?? this.page).screenshot({ path: file, animations: 'disabled' });
    if (published && process.env['UPDATE_SCREENS'] === '1') {
      mkdirSync(path.join(root, 'media', 'screens'), { recursive: true });
      copyFileSync(file, path.join(root, 'media', 'screens', `${name}.png`));
    }
    return file;
  }

  /** Ends browser, server and every trainer started in the folder, and removes what they wrote. */
  async close(): Promise<void> {
    await this.browser.close();
    await this.server.stop();
    // The process that works on the queue first: it would begin the next run.
    for (const pid of [...this.queueWorkers(), ...this.trainers()]) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch { /* already gone */ }
    }
    if (process.env['KEEP'] === undefined) rmSync(this.home, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }

  /** Process ids of who works on the queue of the opened folder. */
  private queueWorkers(): number[] {
    const attempts = path.join(this.folder, 'runs', '.queue', 'attempts');
    if (!existsSync(attempts)) return [];
    return readdirSync(attempts).map(name => (JSON.parse(readFileSync(path.join(attempts, name), 'utf8')) as { pid: number }).pid).filter(isOurs);
  }

  /** Process ids in the run folders of the opened folder whose process is a trainer of ours. */
  private trainers(): number[] {
    const runs = path.join(this.folder, 'runs');
    if (!existsSync(runs)) return [];
    return readdirSync(runs).flatMap(run => {
      try {
        const { owner: { pid } } = JSON.parse(readFileSync(path.join(runs, run, 'run.json'), 'utf8')) as { owner: { pid: number } };
        return isOurs(pid) ? [pid] : [];
      } catch {
        return []; // no run
      }
    });
  }
}

/** What a process was started with; '' when it is gone. */
function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

/** The process group of a process; NaN when it is gone. */
function groupOf(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ')[2]); // after the name: state, parent, group
  } catch {
    return Number.NaN;
  }
}

/** Whether a process is a trainer of ours, and still there. */
const isOurs = (pid: number): boolean => commandLine(pid).includes('trainer.cjs');

/** Whether something is visible within a short while. */
async function appears(locator: Locator, timeout = 1500): Promise<boolean> {
  return locator.waitFor({ timeout }).then(() => true, () => false);
}

/** Names from folders of others do not become links in what the editor says: the pattern is the one by which VS Code finds links in messages. */
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { InputBoxValidationMessage } from 'vscode';

const said: string[] = [];
let typing: { validateInput?: (text: string) => Promise<{ message: string } | string | null> } = {};
vi.mock('vscode', () => {
  const say = (text: string, options?: { detail?: string }): Promise<undefined> => {
    said.push(text, ...(typeof options?.detail === 'string' ? [options.detail] : []));
    return Promise.resolve(undefined);
  };
  return {
    l10n: { t: (text: string) => text },
    InputBoxValidationSeverity: { Warning: 2 },
    ProgressLocation: { Notification: 15 },
    window: {
      showErrorMessage: say, showInformationMessage: say, showWarningMessage: say,
      showInputBox: (options: typeof typing & { prompt: string }) => { typing = options; return say(options.prompt); },
      withProgress: ({ title }: { title: string }, work: (progress: unknown, token: unknown) => Promise<unknown>) => {
        said.push(title);
        return work({ report: ({ message }: { message: string }) => said.push(message) }, { onCancellationRequested: () => ({ dispose: () => undefined }) });
      },
    },
  };
});
const { InputBoxValidationSeverity } = await import('vscode');
const notify = await import('../../src/host/notify');

const link = /\[([^\]]+)\]\(((?:https?:\/\/|command:|file:)[^)\s]+)(?: (["'])(.+?)(\3))?\)/i;
const hostile = '[Show details](command:workbench.action.openSettings)';
const log = { info: () => undefined, error: () => undefined } as unknown as Parameters<typeof notify.showInfo>[0];

describe('what the editor says', () => {
  beforeEach(() => { said.length = 0; });

  it('has no link in it, whatever it is about', async () => {
    expect(hostile).toMatch(link);
    notify.showInfo(log, hostile);
    notify.showProblem(log, new Error(hostile));
    await notify.confirm(hostile, hostile, 'yes');
    await notify.askText({ prompt: hostile });
    await notify.withProgress(hostile, report => { report(hostile); return Promise.resolve(); });
    expect(said).toHaveLength(7);
    for (const text of said) expect(text).not.toMatch(link);
    expect(said.map(text => text.replaceAll('\u200b', ''))).toEqual(said.map(() => hostile));
  });

  it('of what was typed, too, in words or with a severity', async () => {
    const severe = (message: string): InputBoxValidationMessage => ({ message, severity: InputBoxValidationSeverity.Warning });
    await notify.askText({ prompt: '', validateInput: typed => (typed === '' ? null : typed.length > 60 ? severe(typed) : typed) });
    expect(await typing.validateInput!('')).toBeNull();
    expect(await typing.validateInput!(hostile)).not.toMatch(link);
    expect((await typing.validateInput!(`${hostile}${hostile}`) as { message: string }).message).not.toMatch(link);
  });
});

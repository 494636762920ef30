/** What the host makes of errors, of what a trainer prints, and of a webview's page. */
import { describe, expect, it } from 'vitest';
import { Lru } from '../../src/host/lru';
import { HostError, isCancelled, problemOf, problemText } from '../../src/host/problem';
import { LineSplitter, parseTrainerLine, startFailure } from '../../src/host/trainer-output';
import { webviewHtml } from '../../src/host/webview-html';

describe('problems', () => {
  it('keeps message and next step, and never a stack', () => {
    expect(problemOf(new HostError('x', 'It broke.', 'Mend it.'))).toEqual({ message: 'It broke.', next: 'Mend it.', code: 'x' });
    expect(problemOf(new Error('bad\n    at f (file.js:1:2)')).message).toBe('bad');
    expect(problemOf('text').message).toBe('text');
    expect(problemText({ message: 'A.', next: '' })).toBe('A.');
    expect(problemText({ message: 'A.', next: 'B.' })).toBe('A. B.');
  });
  it('knows a cancellation', () => {
    expect(isCancelled(new DOMException('x', 'AbortError'))).toBe(true);
    expect(isCancelled(new HostError('cancelled', '', ''))).toBe(true);
    expect(isCancelled(new Error('x'))).toBe(false);
  });
});

describe("a trainer's output", () => {
  it('understands progress and errors, and leaves the log alone', () => {
    expect(parseTrainerLine('{"progress":{"text":"loading","fraction":2}}')).toEqual({ progress: { text: 'loading', fraction: 1 } });
    expect(parseTrainerLine('{"progress":{"text":"loading"}}')).toEqual({ progress: { text: 'loading', fraction: null } });
    expect(parseTrainerLine('{"partial":{"count":3}}')).toEqual({ partial: { count: 3 } });
    const failed = parseTrainerLine('{"error":{"code":"bad_data","message":"No such folder.","next":"Build it."}}');
    expect(failed).toMatchObject({ error: { code: 'bad_data', message: 'No such folder.', next: 'Build it.' } });
    for (const line of ['step 3', '{', '{"x":1}', 'null', '{"error":"x"}']) expect(parseTrainerLine(line)).toBeNull();
  });
  it('cuts lines across chunks', () => {
    const lines: string[] = [];
    const splitter = new LineSplitter(line => lines.push(line));
    for (const chunk of ['a', 'b\r\nc', '\n', 'd']) splitter.push(chunk);
    splitter.end();
    expect(lines).toEqual(['ab', 'c', 'd']);
  });
  it("explains a failed start: the trainer's own error, else its last words, else the exit code", () => {
    expect(startFailure('loading\n{"error":{"code":"c","message":"M.","next":"N."}}\n', 2)).toMatchObject({ message: 'M.', next: 'N.' });
    expect(startFailure('Error: Cannot find module\n    at x.js:1\n', 1).message).toBe('The trainer ended with exit code 1 before it started: Error: Cannot find module');
    expect(startFailure('', null).message).toBe('The trainer was ended by a signal before it started and said nothing.');
  });
});

describe('webviewHtml', () => {
  const page = { title: 'A <b>', script: 'https://x/live.js', style: 'https://x/live.css', cspSource: 'https://*.vscode-cdn.net', language: 'en', place: 'view' } as const;
  it('lets in one script by nonce and nothing inline', () => {
    const html = webviewHtml(page);
    const policy = /Content-Security-Policy" content="([^"]+)"/.exec(html)![1]!;
    expect(policy).toMatch(/^default-src 'none'; script-src 'nonce-[\w-]{24}'; /);
    expect(policy).not.toContain('unsafe');
    expect(html.match(/<script /g)).toHaveLength(1);
    expect(html).toContain('A &lt;b&gt;');
  });
  it('tells the page where it stands, so that it knows what is painted behind it', () => {
    expect(webviewHtml(page)).toContain('<html lang="en" data-place="view">');
    expect(webviewHtml({ ...page, place: 'editor' })).toContain('data-place="editor"');
  });
  it('draws a fresh nonce for every page', () => expect(webviewHtml(page)).not.toBe(webviewHtml(page)));
});

describe('Lru', () => {
  it('forgets what was not used for longest', () => {
    const lru = new Lru<string>(4, value => value.length);
    lru.set('a', 'A');
    lru.set('b', 'BB');
    lru.get('a');
    lru.set('c', 'CC');
    expect([lru.get('a'), lru.get('b'), lru.get('c')]).toEqual(['A', undefined, 'CC']);
    lru.set('c', 'C'); // lighter than before
    lru.set('d', 'DD');
    expect([lru.get('a'), lru.get('c'), lru.get('d')]).toEqual(['A', 'C', 'DD']);
    lru.set('e', 'too heavy');
    expect([lru.get('a'), lru.get('e')]).toEqual([undefined, undefined]);
  });
});

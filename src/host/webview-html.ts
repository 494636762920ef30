/**
 * The page of a webview: one script, with the modules that it imports, and one stylesheet of our own, and a content security policy that
 * lets in nothing else: modules are let in because the script with the nonce asks for them. Pictures may be `blob:` and `data:` (exports are drawn in the page); there is no network and no inline script.
 */
import { randomBytes } from 'node:crypto';

/** What the page needs to know. */
export interface WebviewPage {
  readonly title: string;
  /** Webview addresses of the files. */
  readonly script: string;
  readonly style: string;
  /** The webview's own source for the policy (`webview.cspSource`). */
  readonly cspSource: string;
  readonly language: string;
  /** Where it stands: a page is transparent, and what is painted behind it differs. */
  readonly place: 'view' | 'editor';
}

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escape = (text: string): string => text.replace(/[&<>"']/g, c => escapes[c]!);

/** The page's HTML with a fresh nonce. */
export function webviewHtml(page: WebviewPage): string {
  const nonce = randomBytes(18).toString('base64url');
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src ${page.cspSource} 'nonce-${nonce}'`,
    `font-src ${page.cspSource}`,
    `img-src ${page.cspSource} blob: data:`,
  ].join('; ');
  return `<!DOCTYPE html>
<html lang="${escape(page.language)}" data-place="${page.place}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escape(policy).replaceAll('&#39;', "'")}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(page.title)}</title>
<link rel="stylesheet" nonce="${nonce}" href="${escape(page.style)}">
</head>
<body>
<div id="app"></div>
<script type="module" nonce="${nonce}" src="${escape(page.script)}"></script>
</body>
</html>
`;
}

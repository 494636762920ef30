/**
 * The service worker of VS Code's webviews in a browser, as scripts that run in their frames.
 *
 * The outer page of a webview asks the service worker that controls it for its version, once, and draws nothing before the answer. Every webview brings a service
 * worker of its own, which takes the place of the one before: an answer that the former owed never comes, and the webview stays blank until the window
 * is reloaded.
 */

/** Runs at the start of every frame: in the outer page of a webview it asks again until there is an answer, which the present service worker gives. */
export const askAgain = `
  if (/\\/webview\\/browser\\/pre\\/index(-no-csp)?\\.html$/.test(location.pathname)) {
    const { serviceWorker } = navigator;
    const again = setInterval(() => serviceWorker.controller?.postMessage({ channel: 'version' }), 2000);
    serviceWorker.addEventListener('message', ({ data }) => { if (data.channel === 'version') clearInterval(again); });
  }`;

/** Gives the states of the service workers that control a frame, and that are installed, wait and are active for it. */
export const workerStates = `
  navigator.serviceWorker.getRegistration().then(registered => [navigator.serviceWorker.controller, registered?.installing, registered?.waiting, registered?.active]
    .map((worker, i) => ['controls', 'installs', 'waits', 'active'][i] + ' ' + (worker?.state ?? '-')).join(', '))`;

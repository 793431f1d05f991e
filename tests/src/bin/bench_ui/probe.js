// Watches a page's frames. What it looks at after a frame costs no layout of its own: the frame has just made it.
const end = arguments[0];
const probe = { frames: [], long: [], samples: 0, pinned: 0, shownAt: null, begun: performance.now() };
window.probe = probe;
const { port1, port2 } = new MessageChannel();
let last = null;
let looked = 0;
requestAnimationFrame(function frame(time) {
  if (last !== null) probe.frames.push(time - last);
  last = time;
  port2.postMessage(0);
  if (!probe.stopped) requestAnimationFrame(frame);
});
port1.onmessage = () => {
  const hosts = document.querySelectorAll('[data-testid=answer-text]');
  const host = hosts[hosts.length - 1];
  if (!host) return;
  if (probe.shownAt === null) {
    let node = host;
    while (node.lastChild) node = node.lastChild;
    // Until Svelte's own comment, if one stands last.
    const text = node.nodeType === 8 ? (node.previousSibling?.textContent ?? '') : (node.data ?? '');
    if (text.endsWith(end)) probe.shownAt = performance.timeOrigin + performance.now();
  }
  const now = performance.now();
  if (now - looked < 250) return;
  looked = now;
  const view = document.querySelector('[role=log]');
  probe.samples += 1;
  if (view.scrollHeight - view.scrollTop - view.clientHeight <= 4) probe.pinned += 1;
};
try {
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) probe.long.push(entry.duration);
  }).observe({ type: 'longtask' });
} catch {
  // Only Chromium tells.
}

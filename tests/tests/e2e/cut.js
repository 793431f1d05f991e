// What stands outside of the window, and text that is cut without a sign of it.
const found = [];
const scrolls = (one) => /auto|scroll|hidden|clip/.test(getComputedStyle(one).overflowX);
// A fold has a button of its own that says how much there is; a streaming shine is no text.
const folds = (one) => one.closest('.md-folded, .folded') !== null;
for (const element of document.querySelectorAll('body *')) {
  const box = element.getBoundingClientRect();
  const style = getComputedStyle(element);
  if (box.width < 2 || style.visibility === 'hidden' || element.closest('.unseen, svg, script, style')) continue;
  const name = `<${element.localName} class="${element.getAttribute('class') ?? ''}">`;
  let around = element.parentElement;
  while (around && around !== document.body && !scrolls(around)) around = around.parentElement;
  const free = !around || around === document.body;
  if (free && box.right > innerWidth + 1) found.push(`${name} ends at ${box.right} of ${innerWidth}`);
  if (free && box.left < -1) found.push(`${name} begins at ${box.left}`);
  const wide = element.scrollWidth > element.clientWidth + 1 && /hidden|clip/.test(style.overflowX);
  const high = element.scrollHeight > element.clientHeight + 1 && /hidden|clip/.test(style.overflowY);
  if ((!wide && !high) || folds(element)) continue;
  // Last: reading what is shown lays the page out, and a long page has thousands of elements.
  const text = element.innerText?.trim();
  if (!text) continue;
  if (wide && style.textOverflow !== 'ellipsis') found.push(`${name} is cut at its side: ${text.slice(0, 40)}`);
  if (high && style.webkitLineClamp === 'none') found.push(`${name} is cut at its foot: ${text.slice(0, 40)}`);
}
return found;

// What stands outside of the window, and text that is cut without a sign of it.
const found = [];
const scrolls = (one) => /auto|scroll|hidden|clip/.test(getComputedStyle(one).overflowX);
for (const element of document.querySelectorAll('#app *')) {
  const box = element.getBoundingClientRect();
  const style = getComputedStyle(element);
  if (box.width < 2 || style.visibility === 'hidden' || element.closest('.unseen')) continue;
  const name = `<${element.localName} class="${element.getAttribute('class') ?? ''}">`;
  let around = element.parentElement;
  while (around && around !== document.body && !scrolls(around)) around = around.parentElement;
  if (box.right > innerWidth + 1 && (!around || around === document.body)) found.push(`${name} ends at ${box.right}`);
  const cut = element.scrollWidth > element.clientWidth + 1 && /hidden|clip/.test(style.overflowX);
  if (cut && element.innerText?.trim() && style.textOverflow !== 'ellipsis') {
    found.push(`${name} is cut: ${element.innerText.slice(0, 40)}`);
  }
}
return found;

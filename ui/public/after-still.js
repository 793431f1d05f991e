// In a page with a still: that is drawn first, for to read the page's script takes longer. A window that nobody sees
// draws nothing and does not wait for it.
let begun = false;
function begin() {
  if (begun) return;
  begun = true;
  import(document.querySelector('link[rel=modulepreload]').href);
}
requestAnimationFrame(() => setTimeout(begin));
setTimeout(begin, 300);

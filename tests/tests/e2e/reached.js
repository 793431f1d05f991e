// Notes what can be used (`wanted`), what the focus comes by (`met`), and where it is not seen (`unseen`).
const all = [...document.querySelectorAll('button, input, textarea, select, a[href], [tabindex]')];
// What is folded is reached once it is unfolded.
const folded = (one) => one.closest('details:not([open]) > :not(summary)') !== null;
const shown = (one) => one.getClientRects().length > 0 && getComputedStyle(one).visibility !== 'hidden';
window.wanted = all.filter((one) => one.tabIndex >= 0 && !one.disabled && one.type !== 'radio' && !folded(one) && shown(one));
window.met = new Set();
// From here the keyboard leads on.
const first = document.querySelector('[data-testid=composer]') ?? window.wanted[0];
first.focus();
window.met.add(first);
window.unseen = [];
document.addEventListener('focusin', ({ target }) => {
  window.met.add(target);
  // A field's own frame may show it instead.
  const framed = target.closest('.composer, .find') !== null;
  if (!framed && getComputedStyle(target).outlineStyle === 'none') {
    window.unseen.push(`no focus is seen: ${target.outerHTML.slice(0, 160)}`);
  }
});
return window.wanted.length;

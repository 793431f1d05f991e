// Notes what can be used (`wanted`), what the focus comes by (`met`), and where it is not seen (`unseen`).
const all = [...document.querySelectorAll('button, input, textarea, select, a[href], [tabindex]')];
const shown = (one) => one.getClientRects().length > 0 && getComputedStyle(one).visibility !== 'hidden';
window.wanted = all.filter((one) => one.tabIndex >= 0 && !one.disabled && one.type !== 'radio' && shown(one));
window.met = new Set();
window.unseen = [];
document.addEventListener('focusin', ({ target }) => {
  window.met.add(target);
  // A field's own frame may show it instead.
  const framed = target.closest('.composer, .find') !== null;
  if (!framed && getComputedStyle(target).outlineStyle === 'none') {
    window.unseen.push(`no focus is seen: ${target.outerHTML.slice(0, 160)}`);
  }
});
document.querySelector('[data-testid=composer]').focus();
return window.wanted.length;

// Notes what can be used (`wanted`), what the focus comes by (`met`), where it is not seen (`unseen`), and where it jumps
// back to what is read before (`jumps`).
// What lies over the page has the keys to itself.
const over = [...document.querySelectorAll('[role=dialog], [role=alertdialog]')].at(-1);
const all = [...(over ?? document).querySelectorAll('button, input, textarea, select, a[href], summary, [tabindex]')];
// What is folded is reached once it is unfolded.
const folded = (one) => one.closest('details:not([open]) > :not(summary)') !== null;
const shown = (one) => one.getClientRects().length > 0 && getComputedStyle(one).visibility !== 'hidden';
const free = (one) => one.tabIndex >= 0 && !one.disabled && one.type !== 'radio' && one.closest('[inert]') === null;
window.wanted = all.filter((one) => free(one) && !folded(one) && shown(one));
window.met = new Set();
window.unseen = [];
window.jumps = [];
// Not `focusin`: the field of a date has it to itself.
if (window.reachedBy) document.removeEventListener('focus', window.reachedBy, true);
// From here the keyboard leads on.
const first = window.wanted.find((one) => one.dataset.testid === 'composer') ?? window.wanted[0];
first.focus();
window.met.add(first);
let last = first;
const name = (one) => one.outerHTML.slice(0, 160);
// Of one part of the page it is known in which order it is read: from the top down.
const part = (one) => one.closest('nav, header, form, fieldset, section, li, article, [role=dialog], [role=log]');
window.reachedBy = ({ target }) => {
  if (!(target instanceof Element)) return;
  // Once around: from the last thing to the first.
  const before = last.compareDocumentPosition(target) & Node.DOCUMENT_POSITION_FOLLOWING;
  if (before && !last.contains(target) && part(last) === part(target) && target.getBoundingClientRect().bottom <= last.getBoundingClientRect().top) {
    window.jumps.push(`the focus jumps up from ${name(last)} to ${name(target)}`);
  }
  if (target.tabIndex > 0) window.jumps.push(`the focus comes to it before its turn: ${name(target)}`);
  last = target;
  window.met.add(target);
  // A field's own frame may show it instead.
  const framed = target.closest('.composer, .find') !== null;
  if (!framed && getComputedStyle(target).outlineStyle === 'none') window.unseen.push(`no focus is seen: ${name(target)}`);
};
document.addEventListener('focus', window.reachedBy, true);
return window.wanted.length;

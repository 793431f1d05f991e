// What is not seen, or moves, for somebody who has forced colours and wants no motion: a list of sentences.
const found = [];
const name = (one) => one.outerHTML.slice(0, 160);
const shown = (one) => one.getClientRects().length > 0;
const ground = getComputedStyle(document.body).backgroundColor;
const solid = (style) => style.backgroundImage !== 'none' || ![ground, 'rgba(0, 0, 0, 0)'].includes(style.backgroundColor);
for (const one of document.querySelectorAll('body *')) {
  for (const part of [undefined, '::before', '::after']) {
    const { animationName, transitionDuration, content } = getComputedStyle(one, part);
    if (part && content === 'none') continue;
    if (animationName !== 'none' && shown(one)) found.push(`moves: ${name(one)}`);
    if (transitionDuration.split(', ').some((time) => time !== '0s')) found.push(`changes slowly: ${name(one)}`);
  }
}
for (const motion of document.getAnimations()) found.push(`moves: ${name(motion.effect.target)}`);
// Without backgrounds an edge is what shows a control.
for (const one of document.querySelectorAll('button, input, select, textarea, .chip')) {
  const { borderTopStyle, borderTopWidth, appearance } = getComputedStyle(one);
  const drawn = one.matches('select, [type=checkbox], [type=radio]') && appearance !== 'none';
  const framed = one.closest('.composer, .find') !== null && one.matches('input, textarea');
  const edged = borderTopStyle !== 'none' && borderTopWidth !== '0px';
  if (shown(one) && !framed && !edged && !drawn) found.push(`no edge: ${name(one)}`);
}
for (const one of document.querySelectorAll('[role=switch]')) {
  const [around, knob] = [undefined, '::after'].map((part) => getComputedStyle(one, part).backgroundColor);
  if (around === knob) found.push(`on and off look the same: ${name(one)}`);
}
// How an answer stands, and that something goes on.
for (const one of document.querySelectorAll('.waterline, .dot')) {
  if (shown(one) && !solid(getComputedStyle(one))) found.push(`not seen: ${name(one)}`);
}
for (const one of document.querySelectorAll('button, input, select, textarea, a[href], summary, [tabindex="0"]')) {
  if (!shown(one) || one.disabled || one.closest('[inert], details:not([open]) > :not(summary)')) continue;
  one.focus({ focusVisible: true });
  if (document.activeElement !== one) continue;
  const frame = one.closest('.composer, .find');
  const around = [one, frame].filter(Boolean).map((each) => getComputedStyle(each));
  if (!around.some(({ outlineStyle, outlineWidth }) => outlineStyle !== 'none' && outlineWidth !== '0px')) found.push(`no focus is seen: ${name(one)}`);
}
return found;

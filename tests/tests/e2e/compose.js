// What an input method does to a field, in the order WebKit tells of it: the end of the composition comes before the key
// that ended it. Answers whether the page kept that key from doing what it does by itself. `steps`: what stands in the field while it is composed; `text`: what is taken in the end, nothing if it
// was dropped; `key`: the key that ends it, and its code as the engine gives it.
const [steps, text, key, keyCode] = arguments;
const field = document.activeElement;
const from = field.selectionStart;
let to = field.selectionEnd;
const say = (type, data) => field.dispatchEvent(new CompositionEvent(type, { data, bubbles: true }));
const put = (data, type) => {
  field.setRangeText(data, from, to, 'end');
  to = from + data.length;
  field.dispatchEvent(new InputEvent('input', { data, inputType: type, isComposing: true, bubbles: true }));
};
const press = (name, code, isComposing) => {
  const event = new KeyboardEvent('keydown', { key: name, isComposing, bubbles: true, cancelable: true });
  Object.defineProperty(event, 'keyCode', { value: code });
  field.dispatchEvent(event);
  return event.defaultPrevented;
};
say('compositionstart', '');
for (const step of steps) {
  say('compositionupdate', step);
  put(step, 'insertCompositionText');
  press('Unidentified', 229, true);
}
put(text, 'insertFromComposition');
say('compositionend', text);
return press(key, keyCode, false);

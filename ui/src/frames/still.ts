import { frame, showMarkup } from './host';

// HTML and SVG of a model, without its scripts.
frame(({ text }) => {
  document.documentElement.style.cssText = 'background: #fff; color-scheme: light; overflow: auto';
  showMarkup(text);
});

import mermaid from 'mermaid';
import { frame, showMarkup } from './host';

/** More is not drawn: the time it takes grows faster than the diagram, and nothing can stop it. */
const TEXT = 20_000;
const EDGES = 400;

frame(async ({ text, dark, title }) => {
  mermaid.initialize({
    startOnLoad: false,
    securityLevel: 'strict',
    // What a diagram may not set in its own head.
    secure: [
      'secure',
      'securityLevel',
      'startOnLoad',
      'maxTextSize',
      'maxEdges',
      'suppressErrorRendering',
      'htmlLabels',
      'dompurifyConfig',
      'themeCSS',
      'fontFamily',
      'altFontFamily',
    ],
    maxTextSize: TEXT,
    maxEdges: EDGES,
    suppressErrorRendering: true,
    htmlLabels: false,
    theme: dark ? 'dark' : 'default',
    fontFamily: 'system-ui, sans-serif',
  });
  const { svg } = await mermaid.render('diagram', text);
  showMarkup(svg);
  // One that does not name itself.
  document.querySelector('svg:not([aria-labelledby])')?.setAttribute('aria-label', title);
  document.documentElement.style.cssText = `background: ${dark ? '#16181b' : '#fff'}; color-scheme: ${dark ? 'dark' : 'light'}`;
  document.body.style.cssText = 'margin: 12px; text-align: center';
});

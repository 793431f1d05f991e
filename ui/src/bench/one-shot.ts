/**
 * A reference page of the bench: a finished text parsed, highlighted and laid out once by the app's own renderer. Not
 * part of the app: `vite build --mode bench` builds it into `dist-bench/`. A driver calls `oneShot(text)`, which resolves
 * when the picture is whole.
 */
import '../ui/tokens.css';
import '../ui/base.css';
import { mount } from 'svelte';
import { highlightSettled } from '../markdown/code';
import Markdown from '../markdown/Markdown.svelte';
import { mathsSettled } from '../markdown/maths';
import { column, frame } from './column';

interface Probe {
  oneShot?: (text: string) => Promise<void>;
}

(window as Window & Probe).oneShot = async (text) => {
  const { view, content } = column();
  mount(Markdown, { target: content, props: { text, running: false } });
  // The renderer draws a long text in several frames.
  do await frame();
  while (!content.textContent?.includes(text.slice(-12).trim()));
  await mathsSettled();
  await highlightSettled();
  view.scrollTop = view.scrollHeight;
  await frame();
  await frame();
};

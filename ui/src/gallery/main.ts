// Every component in every state, without a core: `npm run dev`, then /gallery.html. No build has it.
import '../ui/tokens.css';
import '../ui/base.css';
import '../ui/look.css';
import { mount } from 'svelte';
import Gallery from './Gallery.svelte';
import { prepare } from './prepare';

await prepare();
mount(Gallery, { target: document.getElementById('app') as HTMLElement });

import type { Component } from 'svelte';
import MirrorPanel from '../mirror/MirrorPanel.svelte';
import type { SettingsSection } from '../state/app.svelte';
import About from './About.svelte';
import Appearance from './Appearance.svelte';
import Assistants from './Assistants.svelte';
import Backups from './Backups.svelte';
import Bin from './Bin.svelte';
import Context from './Context.svelte';
import Costs from './Costs.svelte';
import Demo from './Demo.svelte';
import Exchange from './Exchange.svelte';
import Network from './Network.svelte';
import Privacy from './Privacy.svelte';
import Programs from './Programs.svelte';
import Prompts from './Prompts.svelte';
import Providers from './Providers.svelte';
import Shortcuts from './Shortcuts.svelte';
import Storage from './Storage.svelte';
import Writing from './Writing.svelte';

/** What stands in each section of the settings. */
export const PARTS: Record<SettingsSection, Component> = {
  providers: Providers,
  cost: Costs,
  appearance: Appearance,
  writing: Writing,
  context: Context,
  prompts: Prompts,
  assistants: Assistants,
  shortcuts: Shortcuts,
  demo: Demo,
  network: Network,
  mirror: MirrorPanel,
  api: Programs,
  exchange: Exchange,
  bin: Bin,
  backups: Backups,
  storage: Storage,
  privacy: Privacy,
  about: About,
};

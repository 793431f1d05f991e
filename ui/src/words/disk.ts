import { m } from '../paraglide/messages.js';
import type { DiskProblem } from '../protocol/generated';

/** What becomes of what the disk refuses, also when the app is closed. Empty where there is nothing of that kind. */
export function unsavedSentence({ unsaved }: DiskProblem): string {
  switch (unsaved.place) {
    case 'nothing':
      return '';
    case 'kept':
      return m.disk_kept({ folder: unsaved.folder });
    case 'in_memory':
      return m.disk_in_memory();
  }
}

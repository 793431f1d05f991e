import { labels } from './labels';

/** Fetches a picture a person asked for: its address as `data:`, or a sentence on why there is none. */
export type PictureFetcher = (url: string) => Promise<{ data: string } | { problem: string }>;

let fetcher: PictureFetcher | null = null;

/** Sets who fetches pictures; without one, a picture's chip is a link like any other. */
export function setPictures(fetch: PictureFetcher | null): void {
  fetcher = fetch;
}

/**
 * Shows the picture a chip stands for, in the chip: nothing is fetched before somebody asks for it. False if the chip is
 * only a link, also once its picture is shown or could not be had.
 */
export function showPicture(chip: HTMLElement): boolean {
  const url = chip.getAttribute('href');
  if (fetcher === null || url === null || chip.dataset.asked !== undefined) return false;
  chip.dataset.asked = '';
  const said = document.createElement('span');
  said.className = 'md-picture-said';
  said.setAttribute('role', 'status');
  said.textContent = labels.pictureLoading;
  chip.append(said);
  void fetcher(url).then((got) => {
    if ('problem' in got) {
      said.textContent = got.problem;
      return;
    }
    const picture = document.createElement('img');
    picture.alt = chip.firstChild?.textContent ?? labels.image;
    picture.src = got.data;
    chip.classList.add('md-shown');
    said.replaceWith(picture);
  });
  return true;
}

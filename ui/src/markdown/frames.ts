/** The page that can show a preview: markup as it stands, or a diagram that is drawn. */
export type FramePage = 'still' | 'diagram';

let address: ((page: FramePage) => string) | null = null;

/** Sets where the pages of the frames are; without it nothing is previewed. */
export function setFrames(at: (page: FramePage) => string): void {
  address = at;
}

/** Where such a page is; `null` if nobody serves one. */
export function frameAddress(page: FramePage): string | null {
  return address?.(page) ?? null;
}

/**
 * The few words the renderer itself shows. The interface sets them from its catalogue (`setLabels`); until it does they
 * are English, so that this folder depends on no translation library.
 */
export interface Labels {
  /** The button that copies a code block. */
  copy: string;
  /** What that button says for a moment afterwards. */
  copied: string;
  /** The switch that wraps long lines of code. */
  wrap: string;
  /** The switch that shows what code describes: a page, a picture, a diagram. */
  preview: string;
  /** The name of the frame with it; it is told the code's language. */
  previewOf: (language: string) => string;
  /** What is said where it cannot be shown. */
  previewFailed: string;
  /** What is said where it is too long to be shown. */
  previewLarge: string;
  /** The button that unfolds long code; it is told the number of lines. */
  unfold: (lines: number) => string;
  /** The button that folds it again. */
  fold: string;
  /** What stands for a picture without a description. */
  image: string;
  /** What a picture's chip says while it is fetched. */
  pictureLoading: string;
  /** The name of a ticked box in a list of tasks. */
  done: string;
  /** The name of an empty one. */
  todo: string;
  /** The name of a footnote's mark, for a screen reader. */
  footnote: (label: string) => string;
}

export const labels: Labels = {
  copy: 'Copy',
  copied: 'Copied',
  wrap: 'Wrap lines',
  preview: 'Preview',
  previewOf: (language) => `Preview of ${language}`,
  previewFailed: 'This could not be drawn. The code is below.',
  previewLarge: 'This is too long to be drawn. The code is below.',
  unfold: (lines) => `Show all ${lines} lines`,
  fold: 'Fold',
  image: 'Image',
  pictureLoading: 'Loading…',
  done: 'Done',
  todo: 'To do',
  footnote: (label) => `Footnote ${label}`,
};

/** Replaces some or all labels; what is on the page already keeps the old words until it is drawn again. */
export function setLabels(words: Partial<Labels>): void {
  Object.assign(labels, words);
}

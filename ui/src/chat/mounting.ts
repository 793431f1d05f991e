/** Text of about two views: so much is mounted at first and each time more is wanted. */
const TEXT = 10_000;
/** What a message takes besides its text, in characters. */
const FRAME = 200;
/** At most so many at once, however short they are. */
const MOST = 40;

/** How many messages before (or after, from `from` on) are to be mounted next, so that it costs about the same each time. */
export function next(messages: readonly { text: string }[], from: number, step: 1 | -1): number {
  let count = 0;
  let size = 0;
  for (let at = from; count < MOST && size < TEXT && at >= 0 && at < messages.length; at += step) {
    size += FRAME + (messages[at]?.text.length ?? 0);
    count += 1;
  }
  return count;
}

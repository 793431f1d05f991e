import type { MessageId, PathMessage } from '../protocol/generated';

/** One place where a conversation has what is looked for. */
export interface Place {
  message: MessageId;
  /** Which one it is among those of its message, from 0. */
  nth: number;
}

/** All places, from the top. Upper and lower case are one; what is not on the screen counts like what is. */
export function places(messages: readonly Pick<PathMessage, 'id' | 'text'>[], query: string): Place[] {
  const wanted = query.toLowerCase();
  if (wanted.trim() === '') return [];
  const found: Place[] = [];
  for (const { id, text } of messages) {
    const lower = text.toLowerCase();
    let nth = 0;
    for (let at = lower.indexOf(wanted); at >= 0; at = lower.indexOf(wanted, at + wanted.length))
      found.push({ message: id, nth: nth++ });
  }
  return found;
}

/** The same in what is drawn below `root`, as ranges over its text, across the borders of elements. */
export function ranges(root: Node, query: string): Range[] {
  const wanted = query.toLowerCase();
  if (wanted.trim() === '') return [];
  const nodes: { node: Text; from: number }[] = [];
  let all = '';
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    nodes.push({ node: node as Text, from: all.length });
    all += (node as Text).data;
  }
  const lower = all.toLowerCase();
  // A letter whose small form is longer would move everything after it.
  if (lower.length !== all.length) return [];
  const found: Range[] = [];
  for (let at = lower.indexOf(wanted); at >= 0; at = lower.indexOf(wanted, at + wanted.length)) {
    const range = document.createRange();
    range.setStart(...placeIn(nodes, at));
    range.setEnd(...placeIn(nodes, at + wanted.length));
    found.push(range);
  }
  return found;
}

function placeIn(nodes: { node: Text; from: number }[], at: number): [Text, number] {
  const holder = nodes.findLast(
    ({ node, from }) => from <= at && at <= from + node.length && (from < at || at === 0 || from === at),
  );
  const { node, from } = holder ?? (nodes[0] as { node: Text; from: number });
  return [node, Math.min(at - from, node.length)];
}

/** A small seeded generator (mulberry32), so that a random test is the same at every run. */
export function random(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** `text` cut into pieces of 1 to `longest` characters (UTF-16 units: a pair may be cut in two). */
export function chunks(text: string, next: () => number, longest: number): string[] {
  const pieces: string[] = [];
  for (let at = 0; at < text.length; ) {
    const to = at + 1 + Math.floor(next() * longest);
    pieces.push(text.slice(at, to));
    at = to;
  }
  return pieces;
}

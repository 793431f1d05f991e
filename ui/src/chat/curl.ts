import type { Exchange } from '../protocol/generated';

/** Headers that curl makes itself. */
const OWN = new Set(['content-length', 'host', 'accept-encoding', 'user-agent']);
const SECRET = '•••';

/** The request as a command for a shell. The key is left out: `$RIVULET_KEY` stands in its place. */
export function asCurl(exchange: Exchange): string {
  const lines = [`curl -N -X ${exchange.method} ${quoted(exchange.url)}`];
  for (const { name, value } of exchange.headers) {
    if (OWN.has(name)) continue;
    if (!value.includes(SECRET)) lines.push(`-H ${quoted(`${name}: ${value}`)}`);
    else lines.push(`-H "${name}: ${name === 'authorization' ? 'Bearer ' : ''}$RIVULET_KEY"`);
  }
  if (exchange.body !== '') lines.push(`--data-raw ${quoted(exchange.body)}`);
  return lines.join(' \\\n  ');
}

/** For a POSIX shell: nothing in it means anything. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

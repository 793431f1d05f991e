import type { HLJSApi, LanguageFn } from 'highlight.js';
import { inSlices } from './slices';

/**
 * Colours finished code in idle time. The engine and each language are loaded when first needed; what they find is built
 * as spans, never as HTML.
 */

/** Code is coloured in pieces of about this many characters, so that none takes longer than a part of a frame. */
const PIECE = 3000;
/** Longer code stays plain. */
const MAX_CODE = 400_000;
/** A longer line is data, not something to read. */
const MAX_LINE = 5000;

type Loader = () => Promise<{ default: LanguageFn }>;

/** The usual languages by the engine's own names. */
const LANGUAGES: Record<string, Loader> = {
  bash: () => import('highlight.js/lib/languages/bash'),
  c: () => import('highlight.js/lib/languages/c'),
  clojure: () => import('highlight.js/lib/languages/clojure'),
  cmake: () => import('highlight.js/lib/languages/cmake'),
  cpp: () => import('highlight.js/lib/languages/cpp'),
  csharp: () => import('highlight.js/lib/languages/csharp'),
  css: () => import('highlight.js/lib/languages/css'),
  dart: () => import('highlight.js/lib/languages/dart'),
  diff: () => import('highlight.js/lib/languages/diff'),
  dockerfile: () => import('highlight.js/lib/languages/dockerfile'),
  elixir: () => import('highlight.js/lib/languages/elixir'),
  elm: () => import('highlight.js/lib/languages/elm'),
  erlang: () => import('highlight.js/lib/languages/erlang'),
  fsharp: () => import('highlight.js/lib/languages/fsharp'),
  go: () => import('highlight.js/lib/languages/go'),
  graphql: () => import('highlight.js/lib/languages/graphql'),
  groovy: () => import('highlight.js/lib/languages/groovy'),
  haskell: () => import('highlight.js/lib/languages/haskell'),
  http: () => import('highlight.js/lib/languages/http'),
  ini: () => import('highlight.js/lib/languages/ini'),
  java: () => import('highlight.js/lib/languages/java'),
  javascript: () => import('highlight.js/lib/languages/javascript'),
  json: () => import('highlight.js/lib/languages/json'),
  julia: () => import('highlight.js/lib/languages/julia'),
  kotlin: () => import('highlight.js/lib/languages/kotlin'),
  latex: () => import('highlight.js/lib/languages/latex'),
  less: () => import('highlight.js/lib/languages/less'),
  lisp: () => import('highlight.js/lib/languages/lisp'),
  lua: () => import('highlight.js/lib/languages/lua'),
  makefile: () => import('highlight.js/lib/languages/makefile'),
  markdown: () => import('highlight.js/lib/languages/markdown'),
  matlab: () => import('highlight.js/lib/languages/matlab'),
  nginx: () => import('highlight.js/lib/languages/nginx'),
  nix: () => import('highlight.js/lib/languages/nix'),
  objectivec: () => import('highlight.js/lib/languages/objectivec'),
  ocaml: () => import('highlight.js/lib/languages/ocaml'),
  perl: () => import('highlight.js/lib/languages/perl'),
  php: () => import('highlight.js/lib/languages/php'),
  powershell: () => import('highlight.js/lib/languages/powershell'),
  protobuf: () => import('highlight.js/lib/languages/protobuf'),
  python: () => import('highlight.js/lib/languages/python'),
  r: () => import('highlight.js/lib/languages/r'),
  ruby: () => import('highlight.js/lib/languages/ruby'),
  rust: () => import('highlight.js/lib/languages/rust'),
  scala: () => import('highlight.js/lib/languages/scala'),
  scss: () => import('highlight.js/lib/languages/scss'),
  sql: () => import('highlight.js/lib/languages/sql'),
  swift: () => import('highlight.js/lib/languages/swift'),
  typescript: () => import('highlight.js/lib/languages/typescript'),
  verilog: () => import('highlight.js/lib/languages/verilog'),
  vim: () => import('highlight.js/lib/languages/vim'),
  wasm: () => import('highlight.js/lib/languages/wasm'),
  xml: () => import('highlight.js/lib/languages/xml'),
  yaml: () => import('highlight.js/lib/languages/yaml'),
};

/** Other names people and models use. */
const ALIASES: Record<string, string> = {
  sh: 'bash',
  shell: 'bash',
  zsh: 'bash',
  console: 'bash',
  h: 'c',
  clj: 'clojure',
  'c++': 'cpp',
  cc: 'cpp',
  hpp: 'cpp',
  cxx: 'cpp',
  cs: 'csharp',
  'c#': 'csharp',
  patch: 'diff',
  docker: 'dockerfile',
  ex: 'elixir',
  erl: 'erlang',
  'f#': 'fsharp',
  fs: 'fsharp',
  golang: 'go',
  gql: 'graphql',
  gradle: 'groovy',
  hs: 'haskell',
  toml: 'ini',
  conf: 'ini',
  env: 'ini',
  js: 'javascript',
  jsx: 'javascript',
  mjs: 'javascript',
  cjs: 'javascript',
  jsonc: 'json',
  json5: 'json',
  jl: 'julia',
  kt: 'kotlin',
  tex: 'latex',
  elisp: 'lisp',
  make: 'makefile',
  md: 'markdown',
  'objective-c': 'objectivec',
  objc: 'objectivec',
  ml: 'ocaml',
  pl: 'perl',
  ps1: 'powershell',
  pwsh: 'powershell',
  proto: 'protobuf',
  py: 'python',
  python3: 'python',
  rb: 'ruby',
  rs: 'rust',
  postgresql: 'sql',
  mysql: 'sql',
  sqlite: 'sql',
  plsql: 'sql',
  ts: 'typescript',
  tsx: 'typescript',
  sv: 'verilog',
  wat: 'wasm',
  html: 'xml',
  svg: 'xml',
  vue: 'xml',
  svelte: 'xml',
  xhtml: 'xml',
  yml: 'yaml',
};

/** A run of code and what kind it is, as the engine calls it (`keyword`, `string`), or `null`. */
export interface Run {
  text: string;
  scope: string | null;
}

let engine: Promise<HLJSApi> | null = null;
const loaded = new Map<string, Promise<void>>();

/** The engine's name of a language that can be coloured, or `null`. */
export function languageOf(info: string): string | null {
  const name = nameOf(info).toLowerCase();
  const known = Object.hasOwn(ALIASES, name) ? ALIASES[name]! : name;
  return Object.hasOwn(LANGUAGES, known) ? known : null;
}

/** The language as the writer of a fence named it. */
export function nameOf(info: string): string {
  return /^[^\s{,:]+/.exec(info)?.[0].slice(0, 40) ?? '';
}

/**
 * Colours code, in idle slices: `show` gets the runs of some lines and the number of the first of them, in order. Ends
 * early when `wanted` says no. Code without a known language, or too much of it, is left alone.
 */
export async function highlight(
  code: string,
  info: string,
  show: (first: number, lines: Run[][]) => void,
  wanted: () => boolean,
): Promise<void> {
  const language = languageOf(info);
  if (language === null || code.length > MAX_CODE) return;
  const lines = code.split('\n');
  if (lines.some((line) => line.length > MAX_LINE)) return;
  const hljs = await load(language);
  if (hljs === null) return;
  let from = 0;
  await new Promise<void>((done, failed) => {
    inSlices(() => {
      if (!wanted()) from = lines.length;
      try {
        if (from < lines.length) from = piece(hljs, language, lines, from, show);
      } catch (thrown) {
        from = lines.length;
        failed(thrown);
      }
      if (from >= lines.length) done();
      return from < lines.length;
    });
  });
}

/** Colours one piece; where the next begins. */
function piece(
  hljs: HLJSApi,
  language: string,
  lines: string[],
  from: number,
  show: (first: number, lines: Run[][]) => void,
): number {
  const to = pieceEnd(lines, from);
  const found = hljs.highlight(lines.slice(from, to).join('\n'), { language, ignoreIllegals: true });
  show(from, linesOf(found._emitter as unknown as { rootNode: Scope }));
  return to;
}

async function load(language: string): Promise<HLJSApi | null> {
  try {
    engine ??= import('highlight.js/lib/core').then((module) => module.default);
    const hljs = await engine;
    if (!loaded.has(language)) loaded.set(language, register(hljs, language));
    await loaded.get(language);
    return hljs;
  } catch {
    engine = null;
    loaded.delete(language);
    return null;
  }
}

async function register(hljs: HLJSApi, language: string): Promise<void> {
  const definition = await LANGUAGES[language]?.();
  if (definition !== undefined) hljs.registerLanguage(language, definition.default);
}

/** The engine cannot go on where it stopped, so pieces end where code rests: at an unindented line after a blank one. */
function pieceEnd(lines: string[], from: number): number {
  let size = 0;
  for (let i = from; i < lines.length; i++) {
    if (size > PIECE && (size > 4 * PIECE || (lines[i - 1]!.trim() === '' && /^\S/.test(lines[i]!)))) return i;
    size += lines[i]!.length + 1;
  }
  return lines.length;
}

interface Scope {
  scope?: string;
  children: (Scope | string)[];
}

/** The engine's tree as lines of runs. */
function linesOf({ rootNode }: { rootNode: Scope }): Run[][] {
  const lines: Run[][] = [[]];
  const walk = (node: Scope | string, scope: string | null): void => {
    if (typeof node !== 'string') {
      const own =
        node.scope !== undefined && !node.scope.startsWith('language:') ? node.scope.replace(/\W.*/, '') : scope;
      for (const child of node.children) walk(child, own);
      return;
    }
    node.split('\n').forEach((text, i) => {
      if (i > 0) lines.push([]);
      if (text !== '') lines.at(-1)!.push({ text, scope });
    });
  };
  walk(rootNode, null);
  return lines;
}

// Links within the repository: every page and notebook that git knows of, their files and their anchors. The network is
// left alone. (markdown-it comes with typedoc.)
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import MarkdownIt from 'markdown-it';
import { output } from '../packages/core/setup/shell.mjs';
import { paths } from './setup/paths.mjs';

const markdown = new MarkdownIt({ html: true });
const HTML_LINK = /<(?:a|img|source)\b[^>]*?\b(?:href|src|srcset)="([^"]+)"/g;
const HTML_ANCHOR = /\b(?:id|name)="([^"]+)"/g;
const OUTSIDE = /^(?:[a-z][a-z+.-]*:|\/\/)/i;

/** The Markdown of a page; of a notebook its Markdown cells. */
function textOf(file) {
  const text = readFileSync(file, 'utf8');
  if (!file.endsWith('.ipynb')) return text;
  const cells = JSON.parse(text).cells.filter((cell) => cell.cell_type === 'markdown');
  return cells.map((cell) => [cell.source].flat().join('')).join('\n\n');
}

/** Block tokens with those inside of them. */
const tokensOf = (text) => markdown.parse(text, {}).flatMap((token) => [token, ...(token.children ?? [])]);

/** Where a page's links lead: paths as they are written. */
export function linksOf(text) {
  return tokensOf(text).flatMap((token) => {
    if (token.type === 'link_open') return [token.attrGet('href')];
    if (token.type === 'image') return [token.attrGet('src')];
    if (!token.type.startsWith('html_')) return [];
    return [...token.content.matchAll(HTML_LINK)].map(([, target]) => target);
  });
}

/** Anchors as code hosts make them of headings: small letters, no punctuation, hyphens for spaces, numbered if equal. */
export function anchorsOf(text) {
  const seen = new Map();
  const anchors = new Set();
  const tokens = markdown.parse(text, {});
  tokens.forEach((token, i) => {
    if (token.type === 'html_block' || token.type === 'inline') {
      for (const [, name] of token.content.matchAll(HTML_ANCHOR)) anchors.add(name);
    }
    if (token.type !== 'heading_open') return;
    const words = tokens[i + 1].children.filter(({ type }) => ['text', 'code_inline'].includes(type));
    const slug = words
      .map(({ content }) => content)
      .join('')
      .toLowerCase()
      .replace(/[^\p{L}\p{M}\p{N}\p{Pc} -]/gu, '')
      .replaceAll(' ', '-');
    const before = seen.get(slug) ?? 0;
    seen.set(slug, before + 1);
    anchors.add(before === 0 ? slug : `${slug}-${before}`);
  });
  return anchors;
}

/** What is wrong with the links of a file, in words. */
export function brokenLinks(file) {
  return linksOf(textOf(file)).flatMap((link) => {
    if (OUTSIDE.test(link)) return [];
    const [path, anchor] = decodeURI(link).split('#');
    const target = path === '' ? file : join(dirname(file), path);
    if (!existsSync(target)) return [`${link}: there is no such file`];
    if (!anchor || !/\.(md|ipynb)$/.test(target)) return [];
    return anchorsOf(textOf(target)).has(anchor) ? [] : [`${link}: there is no such heading`];
  });
}

function main() {
  const listed = output('git', [
    '-C',
    paths.root,
    'ls-files',
    '-zco',
    '--exclude-standard',
    '*.md',
    '*.ipynb',
  ]);
  const files = listed
    .split('\0')
    .filter(Boolean)
    .map((name) => join(paths.root, name))
    .filter((file) => existsSync(file));
  for (const file of files) {
    for (const complaint of brokenLinks(file)) {
      console.error(`${relative(paths.root, file)}: ${complaint}`);
      process.exitCode = 1;
    }
  }
  if (!process.exitCode) console.log(`The links of ${files.length} pages and notebooks lead somewhere.`);
}

if (process.argv[1] === import.meta.filename) main();

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** A package whose code or data is in ours. */
export interface ThirdParty {
  readonly name: string;
  readonly version: string;
  /** SPDX expression, as its manifest says. */
  readonly licence: string;
  /** Whole texts of its licence and notice files. */
  readonly texts: readonly string[];
}

/** Licences that let their code travel inside an Apache-2.0 package when their text goes with it. */
const ALLOWED = new Set([
  'MIT',
  'ISC',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'BlueOak-1.0.0',
  'Unlicense',
]);
const TEXT_FILE = /^(?:licen[cs]e|notice|copying)(?:[.-].*)?$/iu;

/**
 * The packages that modules come from, in the order of their names.
 * @throws Error for a package that says no licence, or one that may not be built in
 */
export function thirdPartiesOf(modules: readonly string[]): readonly ThirdParty[] {
  const folders = new Set(modules.flatMap((file) => packageFolder(file) ?? []));
  return [...folders].map(readPackage).sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

const RULE = '='.repeat(80);

/** One file of all of them, each package once. */
export function licenceText(parties: readonly ThirdParty[]): string {
  const parts = parties.map(({ name, version, licence, texts }) =>
    [`${RULE}\n${name} ${version} (${licence})\n${RULE}`, ...texts].join('\n\n'),
  );
  return [
    'This package holds the code of the packages below, each under its own licence.',
    parties.map(({ name, version, licence }) => `- ${name} ${version} (${licence})`).join('\n'),
    ...parts,
  ]
    .join('\n\n')
    .concat('\n');
}

/** The innermost package that a file belongs to; `undefined`: it is our own. */
function packageFolder(file: string): string | undefined {
  const parts = file.replace(/^\0/u, '').split(path.sep);
  const at = parts.lastIndexOf('node_modules');
  if (at < 0) return undefined;
  return parts.slice(0, at + (parts[at + 1]?.startsWith('@') === true ? 3 : 2)).join(path.sep);
}

function readPackage(folder: string): ThirdParty {
  const manifest = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as {
    readonly name: string;
    readonly version: string;
    readonly license?: string;
  };
  const { name, version, license } = manifest;
  const choices = license?.replaceAll(/[()]/gu, '').split(' OR ') ?? [];
  if (license === undefined || !choices.some((choice) => choice.split(' AND ').every((one) => ALLOWED.has(one))))
    throw new Error(`${name} ${version} cannot be built in: its licence is ${license ?? 'not said'}.`);
  const texts = textsIn(folder);
  if (texts.length > 0) return { name, version, licence: license, texts };
  const text = STANDARD_TEXTS[license];
  if (text === undefined) throw new Error(`${name} ${version} has no text of its licence (${license}).`);
  return { name, version, licence: license, texts: [text(name)] };
}

function textsIn(folder: string): readonly string[] {
  return readdirSync(folder)
    .filter((name) => TEXT_FILE.test(name))
    .sort()
    .map((name) => readFileSync(path.join(folder, name), 'utf8').trim());
}

/** For packages that name the licence and leave its text out. */
const STANDARD_TEXTS: Readonly<Record<string, (name: string) => string>> = {
  MIT: mitText,
  'Apache-2.0': (name) =>
    `Copyright the authors of ${name}\n\n${readFileSync(path.join(import.meta.dirname, '../../LICENSE'), 'utf8').trim()}`,
};

function mitText(name: string): string {
  return `Copyright (c) the authors of ${name}

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files (the "Software"), to deal in the Software without restriction, including without limitation the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.`;
}

import type { JsonObject } from '../../src/domain/json.ts';
import type { Draw } from './draw.ts';

/** Writes a place in a way that some program takes for it. */
type Spelling = (place: string, draw: Draw) => string;

const hex = (text: string, prefix: string, width = 2): string =>
  Array.from(text, (one) => prefix + (one.codePointAt(0) ?? 0).toString(16).padStart(width, '0')).join('');
const each = (place: string, draw: Draw, write: (one: string) => string): string =>
  Array.from(place, (one) =>
    /[./\\&%=]/u.test(one) || (/[ -~]/u.test(one) && draw.below(3) === 0) ? write(one) : one,
  ).join('');

/** One in another, these are ways that nobody listed. */
const SPELLINGS: readonly Spelling[] = [
  (place) => place,
  (place) => encodeURIComponent(place),
  (place, draw) => each(place, draw, (one) => hex(one, '%')),
  (place, draw) => each(place, draw, (one) => hex(one, '\\u', 4)),
  (place, draw) => each(place, draw, (one) => hex(one, '\\x')),
  (place, draw) => each(place, draw, (one) => `&#${one.codePointAt(0)};`),
  (place, draw) => each(place, draw, (one) => `${hex(one, '&#x')};`),
  (place, draw) => each(place, draw, (one) => hex(one, '=').toUpperCase()),
  (place) => place.replaceAll('.', '&period;').replaceAll('/', '&sol;'),
  (place) => Buffer.from(place).toString('base64'),
  (place) => Buffer.from(`rm ${place}`).toString('hex'),
  (place) => `${place.slice(0, 2)}\u200B${place.slice(2)}`,
  (place) => place.replaceAll('.', '\uFF0E').replaceAll('/', '\uFF0F'),
  (place) => place.replaceAll('/', '\\'),
  (place, draw) => `${draw.word()}/../${place}`,
  (place) => `file:///w/${place}`,
  (place) => `$HOME/${place}`,
  (place) => `\${HOME}/${place}`,
  (place) =>
    place
      .split('/')
      .map((name) => `${name}. `)
      .join('/'),
];
/** For a shell or a matcher of names; nothing may be written in one of these again. */
const EXPANDED: readonly Spelling[] = [
  (place) => `${place.slice(0, 2)}""${place.slice(2)}`,
  (place) => `'${place.slice(0, 3)}'${place.slice(3)}`,
  (place) => `{README.md,${place}}`,
  (place) => `${place.slice(0, 2)}{${place.slice(2)},x}`,
  (place) => place.replace(/[a-z](?=[^a-z]*$|\/)/u, '?'),
  (place) => place.replace(/([a-z])([^a-z]*)$/u, '[$1]$2'),
];

/** Lists, tables and documents in which a place may stand. */
const CONTAINERS: readonly ((place: string, draw: Draw) => string)[] = [
  (place) => place,
  (place) => `a.txt ${place}`,
  (place) => `a.txt,${place},b.txt`,
  (place) => `name,size\na.txt,1\n"${place}",2\n`,
  (place) => `a.txt\t${place}\tb\nc\td\te`,
  (place) => `a.txt;${place};b`,
  (place) => `a.txt|${place}|b\nc|d|e`,
  (place) => `<files>\n  <file path="${place}">x</file>\n</files>`,
  (place) => `<file>${place}</file>\n<file>b</file>`,
  (place) => `- src: a.txt\n  dest: ${place} # new\n- b\n`,
  (place) => `[out]\nfile = "${place}"\nother = 1\n`,
  (place) => `a.txt -> ${place}\nb -> c`,
  (place) => JSON.stringify({ to: place }),
  (place) => JSON.stringify([{ op: 'write', at: [place, 1] }]),
  (place) => `{"op":1}\n${JSON.stringify({ p: place })}\n`,
  (place) => `https://disk.test/put?where=${encodeURIComponent(place)}&x=1`,
  (place) => `write(${place})\ndone()`,
  (place) => `[here](${place}) and\n![there](a.png)`,
  (place) => `a.txt\0${place}\0`,
  (place, draw) => `${`${draw.word()} `.repeat(800)}\n${place} ${draw.word()}`,
];

/** An object of which one value, at some depth and under a key that says nothing, is the text. */
function objectWith(text: string, draw: Draw): JsonObject {
  const key = draw.oneOf([
    'files',
    'spec',
    'payload',
    'input',
    'data',
    'value',
    'manifest',
    'items',
    'where',
    draw.word(),
  ]);
  const depth = draw.below(3);
  if (depth === 0) return { [key]: text };
  if (depth === 1) return { options: { [key]: [text, 'x.txt'] }, mode: 'overwrite' };
  return { ops: [{ kind: 'put', [key]: { inner: text } }], [draw.word()]: true };
}

/** Arguments in which a place that programs act on stands in some form; the form is drawn, and so is what holds it. */
export function hiddenPlace(place: string, draw: Draw): JsonObject {
  const cased = draw.below(6) === 0 ? place.toUpperCase() : place;
  const spell = (text: string, timesLeft: number): string =>
    timesLeft === 0 ? text : spell(draw.oneOf(SPELLINGS)(text, draw), timesLeft - 1);
  const written = draw.below(4) === 0 ? draw.oneOf(EXPANDED)(cased, draw) : spell(cased, draw.below(3));
  const held = draw.oneOf(CONTAINERS)(written, draw);
  return objectWith(draw.below(4) === 0 ? JSON.stringify({ inner: held }) : held, draw);
}

/** The same forms around a place like any other. */
export function innocentForm(place: string, draw: Draw): JsonObject {
  return objectWith(draw.oneOf(CONTAINERS)(place, draw), draw);
}

import { isIP } from 'node:net';
import { expect, test } from 'vitest';
import { mayPostTo } from './post-address.ts';

const METADATA = [
  '169.254.169.254',
  '169.254.170.2',
  '100.100.100.200',
  '168.63.129.16',
  '192.0.0.192',
  '0.1.2.3',
  '224.0.0.1',
  '255.255.255.255',
];
const OWN = ['127.0.0.1', '127.8.9.10'];
const OTHERS = ['10.1.2.3', '192.168.1.20', '93.184.216.34', '168.63.129.17', '192.0.2.9'];

const hex = (value: number, digits = 1): string => value.toString(16).padStart(digits, '0');
const halves = (v4: string): [number, number] => {
  const [a = 0, b = 0, c = 0, d = 0] = v4.split('.').map(Number);
  return [a * 256 + b, c * 256 + d];
};

/** Ways in which an address of the sixth version holds one of the fourth, as eight numbers. */
const EMBEDDINGS: readonly ((high: number, low: number) => readonly number[])[] = [
  (high, low) => [0, 0, 0, 0, 0, 0, high, low],
  (high, low) => [0, 0, 0, 0, 0, 0xffff, high, low],
  (high, low) => [0, 0, 0, 0, 0xffff, 0, high, low],
  (high, low) => [0x64, 0xff9b, 0, 0, 0, 0, high, low],
  (high, low) => [0x2002, high, low, 0, 0, 0, 0, 1],
  (high, low) => [0x2001, 0, high, low, 0, 0, 0xf7f6, 0xf5f4],
  (high, low) => [0x2001, 0, 0x0808, 0x0808, 0, 0, 0xffff - high, 0xffff - low],
  (high, low) => [0x2001, 0xdb8, 1, 2, 0, 0x5efe, high, low],
  (high, low) => [0x2001, 0xdb8, 1, 2, 0x200, 0x5efe, high, low],
];

/** Ways to write eight numbers. */
const SPELLINGS: readonly ((groups: readonly number[]) => string)[] = [
  (groups) => groups.map((group) => hex(group)).join(':'),
  (groups) => groups.map((group) => hex(group, 4).toUpperCase()).join(':'),
  (groups) => {
    const text = groups.map((group) => hex(group)).join(':');
    const [longest = ''] = (text.match(/(?:^|:)0(?::0)+(?=:|$)/gu) ?? []).sort((a, b) => b.length - a.length);
    return longest === '' ? text : text.replace(longest, ':').replace(/(?<!:):$/u, '::');
  },
  (groups) => {
    const [high = 0, low = 0] = groups.slice(6);
    const dotted = [high >> 8, high & 255, low >> 8, low & 255].join('.');
    return `${groups
      .slice(0, 6)
      .map((group) => hex(group))
      .join(':')}:${dotted}`;
  },
  (groups) => `${groups.map((group) => hex(group)).join(':')}%eth0`,
];

function formsOf(v4: string): readonly string[] {
  const embedded = EMBEDDINGS.map((embed) => embed(...halves(v4)));
  return [v4, ...embedded.flatMap((groups) => SPELLINGS.map((spell) => spell(groups)))];
}

test.each(METADATA)('%s is posted to in none of its forms, whoever names it', (v4) => {
  const forms = formsOf(v4);
  expect(new Set(forms).size).toBeGreaterThan(30);
  expect(forms.filter((form) => isIP(form) === 0)).toEqual([]);
  expect(forms.filter((form) => mayPostTo(form, false))).toEqual([]);
  expect(forms.filter((form) => mayPostTo(form, true))).toEqual([]);
});

test.each(OWN)('%s is this machine in all of its forms', (v4) => {
  expect(formsOf(v4).filter((form) => mayPostTo(form, false))).toEqual([]);
  expect(formsOf(v4).filter((form) => !mayPostTo(form, true))).toEqual([]);
});

test.each(OTHERS)('%s may be posted to in all of its forms', (v4) => {
  expect(formsOf(v4).filter((form) => !mayPostTo(form, false))).toEqual([]);
});

test.each<[string, boolean, boolean]>([
  ['fd00:ec2::254', false, false],
  ['fd00:ec2::23', false, false],
  ['fd20:ce::254', false, false],
  ['fd00:42::42', false, false],
  ['fd00:c1::a9fe:a9fe', false, false],
  ['64:ff9b:1::7f00:1', false, false],
  ['fe80::1', true, false],
  ['fe80::1%eth0', true, false],
  ['ff02::1', true, false],
  ['::1', false, false],
  ['::1', true, true],
  ['::', false, false],
  ['0.0.0.0', true, false],
  ['::7f00:1', false, false],
  ['::127.0.0.1', false, false],
  ['::ffff:0:7f00:1', false, false],
  ['64:ff9b::a9fe:a9fe', false, false],
  ['2606:4700::6810:84e5', false, true],
  ['fd12:3456::1', false, true],
  ['nonsense', true, false],
  ['', true, false],
])('%s, meant as this machine %s: %s', (address, isOwn, may) => {
  expect(mayPostTo(address, isOwn)).toBe(may);
});

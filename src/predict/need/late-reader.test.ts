import { expect, test } from 'vitest';
import { createLateReader } from './late-reader.ts';
import { createLocalNeedReader } from './local-reader.ts';
import type { NeedReader, StepToRead } from './need-reader.ts';
import { shippedNeed } from './shipped-need.ts';

const STEP: StepToRead = { text: 'Fix the failing test', before: [], origin: 'person' };

test('a late reader is opened once, when it is first asked, and reads as the one behind it', async () => {
  const local = createLocalNeedReader(shippedNeed());
  let openCount = 0;
  const late = createLateReader(async () => {
    openCount += 1;
    return local;
  });
  expect(openCount).toBe(0);
  const [one, other] = await Promise.all([late.read(STEP), late.read(STEP)]);
  expect(one).toEqual(await local.read(STEP));
  expect(other).toEqual(one);
  expect(openCount).toBe(1);
  expect(late.version).toBe(local.version);
});

test('closing one that nobody asked opens nothing; closing another closes what is behind it', async () => {
  let closeCount = 0;
  const behind: NeedReader = {
    ...createLocalNeedReader(shippedNeed()),
    close: async () => {
      closeCount += 1;
    },
  };
  const unasked = createLateReader(() => Promise.reject(new Error('opened')));
  await unasked.close();
  const asked = createLateReader(async () => behind);
  await asked.read(STEP);
  await asked.close();
  expect(closeCount).toBe(1);
});

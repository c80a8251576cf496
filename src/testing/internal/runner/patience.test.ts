import { expect, test, vi } from 'vitest';

const WAYS: Readonly<Record<string, (isThere: () => boolean) => Promise<void>>> = {
  waitFor: async (isThere) => {
    await vi.waitFor(() => expect(isThere()).toBe(true));
  },
  waitUntil: async (isThere) => {
    await vi.waitUntil(isThere);
  },
  poll: async (isThere) => {
    await expect.poll(isThere).toBe(true);
  },
};

test.each(Object.entries(WAYS))(
  '%s waits longer than a busy machine takes for what is quick elsewhere',
  async (_, wait) => {
    let isThere = false;
    setTimeout(() => (isThere = true), 1300);
    await wait(() => isThere);
  },
);

import type { Opened } from '../../../providers/scripted/scripted-cloud.ts';

export function refused(status: number, body: unknown): Opened {
  return { kind: 'refused', status, body };
}

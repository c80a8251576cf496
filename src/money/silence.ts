import { SECOND_MS, type Ms } from '../domain/time.ts';

/** How often a process says that it is alive, and settles what dead ones held. */
export const BEAT_MS: Ms = 5 * SECOND_MS;
/** A process that has not said for this long that it is alive is dead. */
export const DEAD_AFTER_MS: Ms = 30 * SECOND_MS;
/** One that has missed a beat and more is hardly at work. */
const SILENT_AFTER_MS: Ms = 2 * BEAT_MS;

/**
 * When what some processes hold comes free at the latest, by how long each has been silent. `undefined`: one of them is at work, and may give
 * back at any moment.
 * @param silencesMs `undefined`: it is known to be dead, and the next beat settles it
 */
export function freeInMs(silencesMs: readonly (Ms | undefined)[]): Ms | undefined {
  const waits = silencesMs.map((silentMs) => {
    if (silentMs === undefined || silentMs > DEAD_AFTER_MS) return BEAT_MS;
    return silentMs > SILENT_AFTER_MS ? DEAD_AFTER_MS - silentMs + BEAT_MS : 0;
  });
  const least = Math.ceil(Math.min(...waits));
  return waits.length === 0 || least === 0 ? undefined : least;
}

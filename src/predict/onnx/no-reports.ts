import { isMainThread } from 'node:worker_threads';
import { PointsmanError } from '../../domain/errors.ts';

const VARIABLE = 'ORT_DISABLE_TELEMETRY';

/**
 * Since 1.30 onnxruntime reports its use to its maker on Linux and macOS too, and keeps a number for the device in the user's home
 * (`onnxruntime/core/platform/posix/telemetry.cc`, 2026-11), unless this variable stands in the environment of the process before it is
 * loaded. Nothing of a user's leaves the machine unasked, so it is put there; only the first thread of a process can.
 * @throws PointsmanError `artifact-invalid` in another thread of a process that was started without it
 */
export function forbidReports(): void {
  if (isMainThread) process.env[VARIABLE] = '1';
  else if ((process.env[VARIABLE] ?? '') === '') {
    throw new PointsmanError('artifact-invalid', 'The sentence encoder would report its use to its maker from here.', {
      hint: `Start the process with ${VARIABLE}=1, or open pointsman in its first thread.`,
    });
  }
}

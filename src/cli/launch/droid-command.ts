import { PointsmanError } from '../../domain/errors.ts';
import type { CliCommand } from '../input/command.ts';

/** docs.factory.ai, read 2026-11: a model of one's own is chosen in its window, from a list in its settings, once it is logged in. */
export const command: CliCommand = {
  name: 'droid',
  usage: '[arguments of droid]… [--json]',
  facts:
    'droid chooses a model of yours in its own window, from its settings: it cannot be pointed at a gateway for one process.',
  run() {
    throw new PointsmanError(
      'request-invalid',
      'droid cannot be started through a gateway of its own: its model is chosen in its own window, from a list in its settings.',
      { hint: 'pointsman serve, then pointsman connect droid, and choose "pointsman" at /model.' },
    );
  },
};

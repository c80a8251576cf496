import { toPointsmanError } from '../../domain/errors.ts';
import type { Log } from '../../domain/log.ts';
import type { PassThroughSwitch } from '../../page/page-source.ts';
import { removePageLink, writePageLink, type PageLink } from '../input/gateway-files.ts';

/** The switch for a bad day, where no page and no command is at hand. */
export function switchOnSignal(passThrough: PassThroughSwitch): () => void {
  const onSignal = (): void => passThrough.set(!passThrough.isOn, 'signal');
  process.on('SIGUSR2', onSignal);
  return () => {
    process.off('SIGUSR2', onSignal);
  };
}

/** Nobody is kept from working by a link that cannot be written. @returns takes it away again */
export function keepPageLink(log: Log, dir: string, link: PageLink): () => void {
  const attempt = (act: () => void): void => {
    try {
      act();
    } catch (thrown) {
      log.warn('The link to the page cannot be kept', { error: toPointsmanError(thrown) });
    }
  };
  attempt(() => writePageLink(dir, link));
  return () => attempt(() => removePageLink(dir, link));
}

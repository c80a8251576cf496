import { PointsmanError } from '../../domain/errors.ts';
import type { UpstreamAnswer } from './upstream-answer.ts';

/**
 * A whole answer in memory.
 * @throws PointsmanError when the connection fails; `provider-protocol` past `maxBytes`
 */
export async function readWhole(answer: UpstreamAnswer, maxBytes: number, onFirstByte?: () => void): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    answer.read({
      data(chunk) {
        if (bytes === 0) onFirstByte?.();
        bytes += chunk.length;
        if (bytes > maxBytes) {
          answer.abort();
          reject(new PointsmanError('provider-protocol', `The endpoint's answer is larger than ${maxBytes} bytes`));
        } else chunks.push(chunk);
        return true;
      },
      end: () => resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)),
      fail: reject,
    });
  });
}

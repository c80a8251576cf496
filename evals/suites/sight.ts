import path from 'node:path';
import type { Figure } from '../../src/domain/figure.ts';
import { bytesIn, installPackage } from '../sight/installed-package.ts';
import type { Suite } from '../suite.ts';

const MODULES = path.resolve(import.meta.dirname, '../../node_modules');
/** What npm adds for the optional encoder. */
const ENCODER_PACKAGES = ['onnxruntime-node', 'onnxruntime-common'];

const megabytes = (bytes: number, against?: number): Figure => ({
  value: bytes / 1024 ** 2,
  unit: 'MB',
  ...(against === undefined ? {} : { against: against / 1024 ** 2 }),
  label: 'measured',
});

/** What somebody meets who tries pointsman for five minutes. */
export const suite: Suite = {
  name: 'sight',
  summary: 'the packed package, installed into a fresh project: its size',
  async run() {
    const installed = installPackage();
    try {
      const encoderBytes = ENCODER_PACKAGES.reduce((sum, name) => sum + bytesIn(path.join(MODULES, name)), 0);
      return {
        kind: 'ran',
        figures: {
          'sight.install.mb': megabytes(installed.installedBytes),
          'sight.install.with_encoder.mb': megabytes(installed.installedBytes + encoderBytes, encoderBytes),
        },
      };
    } finally {
      installed.remove();
    }
  },
};

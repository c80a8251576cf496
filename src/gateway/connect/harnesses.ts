import { claudeCodeHarness } from './claude-code.ts';
import { codexHarness } from './codex.ts';
import { clineHarness, continueHarness, crushHarness, droidHarness, openclawHarness } from './configured-harnesses.ts';
import type { Harness, HarnessName, LaunchedHarness, LaunchedName } from './harness.ts';
import { copilotHarness, geminiHarness, opencodeHarness, piHarness, qwenHarness } from './launched-harnesses.ts';

/** Those that can be started through a gateway of their own. */
export const LAUNCHED: Readonly<Record<LaunchedName, LaunchedHarness>> = {
  'claude-code': claudeCodeHarness,
  cline: clineHarness,
  codex: codexHarness,
  continue: continueHarness,
  copilot: copilotHarness,
  crush: crushHarness,
  gemini: geminiHarness,
  openclaw: openclawHarness,
  opencode: opencodeHarness,
  pi: piHarness,
  qwen: qwenHarness,
};

export const HARNESSES: Readonly<Record<HarnessName, Harness>> = {
  ...LAUNCHED,
  droid: droidHarness,
};

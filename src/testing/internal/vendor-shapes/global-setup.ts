import { makeShapes } from './make-shapes.ts';

/** Before any test: the vendors' shapes are there, or it is said that they are not. */
export async function setup(): Promise<void> {
  try {
    await makeShapes();
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    process.stderr.write(
      `The scripted vendors check no shapes of requests: ${why}. \`npm ci\` brings what they need.\n`,
    );
  }
}

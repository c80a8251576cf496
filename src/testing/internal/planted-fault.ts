/**
 * Loaded into a server with `--import`: whoever looks up `plant-a-fault` in a map meets an error that holds the secrets of
 * `PLANTED_SECRETS`, as of a bug deep inside; `SIGUSR2` throws one that nobody catches. For tests that start the program as a
 * user does.
 */
const secrets = process.env['PLANTED_SECRETS'] ?? '';

function fault(): Error {
  return new Error(`header x-api-key: ${secrets}\nof ${secrets}`, { cause: new Error(secrets) });
}

// oxlint-disable-next-line typescript/unbound-method -- called on the map it was taken for
const lookUp = Map.prototype.get;
// oxlint-disable-next-line no-extend-native -- the fault must come from inside
Map.prototype.get = function get(this: Map<unknown, unknown>, key: unknown): unknown {
  if (key === 'plant-a-fault') throw fault();
  return lookUp.call(this, key);
};

process.on('SIGUSR2', () => {
  throw fault();
});

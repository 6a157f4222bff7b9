// The `blip2` command as it is built (`npm test` builds first); says at the end whether TensorFlow was loaded.
const { main } = require('../../packages/core/dist/cli');

main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
  const loaded = Object.keys(require.cache).some((path) => path.includes('tfjs-node-gpu'));
  if (!loaded) console.error('TensorFlow not loaded');
}, console.error);

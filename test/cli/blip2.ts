/** The `blip2` command from its sources; says at the end whether TensorFlow was loaded. */
import { main } from '../../packages/core/src/cli';

main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
  const loaded = Object.keys(require.cache).some((path) => path.includes('tfjs-node-gpu'));
  if (!loaded) console.error('TensorFlow not loaded');
}, console.error);

// Shows one step at a time: `[2/7] TensorFlow … 120 of 274 MB, 8 s`. A terminal sees the line change every half
// second; a log gets a line at the start, one every 20 s, and one at the end.

const isTerminal = process.stderr.isTTY;
const REFRESH_MS = isTerminal ? 500 : 20_000;

/** Starts showing a step; returns what sets its detail and what ends it. */
export function showStep(number, total, name) {
  const head = `[${number}/${total}] ${name}`;
  const start = performance.now();
  const seconds = () => `${Math.round((performance.now() - start) / 1000)} s`;
  let detail = '';
  const show = () => write(`${head} … ${detail ? `${detail}, ` : ''}${seconds()}`);

  write(`${head} …`);
  const timer = setInterval(show, REFRESH_MS);
  const end = (line) => {
    clearInterval(timer);
    write(line);
    if (isTerminal) process.stderr.write('\n');
  };
  return {
    detail: (text) => (detail = text),
    done: () => end(`${head}: done in ${seconds()}`),
    failed: () => end(`${head}: failed after ${seconds()}`),
  };
}

function write(line) {
  const width = process.stderr.columns ?? 80;
  process.stderr.write(isTerminal ? `\r\x1b[2K${line.slice(0, width - 1)}` : `${line}\n`);
}

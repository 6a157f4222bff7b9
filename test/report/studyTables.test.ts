// Tables of a study for notebooks: claims with intervals, arms with deviations, and gaps where nothing was measured.
import { describe, expect, it } from 'vitest';
import { armsTable, findingsTable } from '../../packages/core/src/report';

const claim = { text: 'More with A.', metric: 'accuracy', better: 'A', worse: 'B' };
const seed = (a: number, b: number) => ({
  measurements: [
    { arm: 'A', metric: 'accuracy', value: a },
    { arm: 'B', metric: 'accuracy', value: b },
    { arm: 'B', metric: 'loss', value: 2 },
  ],
});
const lines = async (view: ReturnType<typeof armsTable>) =>
  String((await view.render()).data['text/plain'])
    .split('\n')
    .map((line) => line.split(/ {2,}/));

describe('the table of findings', () => {
  it('has the mean paired difference and its t-interval', async () => {
    // Differences 10, 12, 14: 12 ± 4.303 · 2 / √3.
    const [head, row] = await lines(
      findingsTable({ claims: [claim] }, [seed(50, 40), seed(52, 40), seed(54, 40)]),
    );
    expect(head.slice(0, 4)).toEqual(['claim', 'seeds', 'difference', '95% interval']);
    expect(row.map((cell) => cell.trim())).toEqual([
      'More with A.',
      ...['3', '+12.0', '+7.0 to +17.0', 'holds'],
    ]);
  });

  it('has more digits where an end of the interval would read as zero', async () => {
    const small = [seed(3.71, 3.7), seed(3.72, 3.7), seed(3.73, 3.7)];
    const [, row] = await lines(findingsTable({ claims: [claim] }, small));
    expect(row.slice(-3).map((cell) => cell.trim())).toEqual(['+0.020', '−0.005 to +0.045', 'does not hold']);
  });

  it('says that one seed or none is too few', async () => {
    const one = await lines(findingsTable({ claims: [claim] }, [seed(50, 40)]));
    expect(one[1].slice(-3)).toEqual(['+10.0', '–', 'too few seeds']);
    const none = await lines(findingsTable({ claims: [claim] }, []));
    expect(none[1].slice(-3)).toEqual(['–', '–', 'too few seeds']);
  });
});

describe('the table of arms', () => {
  it('has mean and deviation over seeds, and a gap where an arm lacks a metric', async () => {
    const rows = await lines(armsTable([seed(50, 40), seed(54, 40)], ['accuracy', 'loss']));
    expect(rows).toEqual([
      ['arm', 'accuracy', 'loss'],
      ['A', '52.0 ± 2.8', '–'],
      ['B', '40.0 ± 0.0', '2.0 ± 0.0'],
    ]);
  });

  it('has no deviation of one seed', async () => {
    expect((await lines(armsTable([seed(50, 40)], ['accuracy'])))[1]).toEqual(['A', '50.0']);
  });
});

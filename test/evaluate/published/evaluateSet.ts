/** An evaluation in a process of its own, to be killed: `tsx evaluateSet.ts KIND MODEL SET OUT`. */
import { evaluateSet } from './evaluation';

void evaluateSet(process.argv.slice(2), (done) => console.log(done));

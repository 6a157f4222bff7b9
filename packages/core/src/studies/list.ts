/** All studies, most interesting first: the order in which they run and are reported. */
import { ablations } from './ablations';
import { attention } from './attention';
import { capfiltStudy } from './capfilt';
import { figure4 } from './figure4';
import { figure5 } from './figure5';
import { limitations } from './limitations';
import { stage1Study } from './stage1';
import { stage2Study } from './stage2';
import type { Study } from './study';
import { table1 } from './table1';
import { table2 } from './table2';
import { table3 } from './table3';
import { table4 } from './table4';
import { table5 } from './table5';
import { table6 } from './table6';

/** All studies, the most telling first. */
export const STUDIES: readonly Study[] = [
  figure5,
  attention,
  table6,
  capfiltStudy,
  stage1Study,
  stage2Study,
  table2,
  table3,
  table4,
  table5,
  figure4,
  limitations,
  table1,
  ablations,
];

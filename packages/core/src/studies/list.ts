/** All studies, most interesting first: the order in which they run and are reported. */
import { ablations } from './ablations';
import { attention } from './attention';
import { capfiltStudy } from './capfilt';
import { figure5 } from './figure5';
import { stage1Study } from './stage1';
import { stage2Study } from './stage2';
import type { Study } from './study';
import { table6 } from './table6';

export const STUDIES: readonly Study[] = [
  figure5,
  attention,
  table6,
  capfiltStudy,
  stage1Study,
  stage2Study,
  ablations,
];

/** All studies, most interesting first: the order in which they run and are reported. */
import type { Study } from './study';

export const STUDIES: readonly Study[] = [];

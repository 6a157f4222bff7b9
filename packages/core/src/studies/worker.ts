/** The process that `runStudies` starts for each study and seed. */
import { serve } from './serve';
import { STUDIES } from './list';

void serve(STUDIES);

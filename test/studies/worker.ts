/** The worker of the fake studies. */
import { serve } from '../../packages/core/src/studies';
import { fake } from './fakes';

void serve(['one', 'two'].map(fake));

/** The paper's studies on Shapes, and what runs, judges and keeps them. */
export { atScale, dataFor, stepsFor } from './scale';
export type { Claim, Measurement, PaperValue, Scale, Study, StudyContext } from './study';

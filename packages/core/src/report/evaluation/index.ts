/** Pages of evaluations. */
export { writeEvaluationPage } from './page';

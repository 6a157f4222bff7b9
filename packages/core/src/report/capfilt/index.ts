/** Pages of CapFilt. */
export { writeCapFiltPage, writeCapFiltShardsPage } from './write';

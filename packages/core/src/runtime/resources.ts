/** Which tensor ids of the binding are handles of variables, and what they hold: a handle does not say. */
export interface ResourceFacts {
  shape: number[];
  dtype: number;
}

const facts = new Map<number, ResourceFacts>();

export function registerResource(id: number, value: ResourceFacts): void {
  facts.set(id, value);
}

export function forgetResource(id: number): void {
  facts.delete(id);
}

export function resourceFacts(id: number): ResourceFacts | undefined {
  return facts.get(id);
}

/** The stand-alone script as text, for views that are saved as pages of their own; loaded when one is. */
export const standaloneScript = async (): Promise<string> => (await import('./standalone.txt')).default;

/** Text files become strings in the bundle. `standalone/build.mjs` writes this one. */
declare module '*.txt' {
  const text: string;
  export default text;
}

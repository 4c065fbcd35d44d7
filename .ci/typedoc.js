/** The reference of the API, made of the docstrings; what has none is an error, which `.ci/reference` makes of a warning. */
import { OPTIONS } from '../dist/index.js'

export default {
  entryPoints: ['../src/index.ts'],
  tsconfig: '../tsconfig.json',
  readme: '../README.md',
  includeVersion: true,
  highlightLanguages: ['sh', 'bash', 'console', 'makefile', 'js', 'ts', 'python', 'py', 'sql'],
  // What streams inherit is documented by Node.
  excludeExternals: true,
  validation: { notDocumented: true, invalidLink: true, notExported: false, unusedMergeModuleWith: true },
  // The entries of the table have `help`.
  intentionallyNotDocumented: Object.keys(OPTIONS).map((name) => `OPTIONS.__type.${name}`),
  suppressCommentWarningsInDeclarationFiles: true,
}

/** The reference of the API, made of the docstrings; what has none is an error, which `.ci/reference` makes of a warning. */
import { OPTIONS } from '../dist/index.js'

/** The operators say which properties of a prediction are there; what these are is said where a prediction is. */
const NARROWED = ['softmax', 'sigmoid', 'logSoftmax', 'logSigmoid'].flatMap((name) =>
  ['label', name.startsWith('log') ? 'logProbabilities' : 'probabilities'].map((key) => `${name}.__type.${key}`),
)

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
  intentionallyNotDocumented: [...NARROWED, ...Object.keys(OPTIONS).map((name) => `OPTIONS.__type.${name}`)],
  suppressCommentWarningsInDeclarationFiles: true,
}

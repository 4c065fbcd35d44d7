/**
 * The command in a few files. CommonJS, because Node 20 takes 10 ms longer to load modules; with all that a run on text
 * needs in one file, and the rest in another, because V8 reads a file whole before it runs. The entry is a file of its own, as
 * Node keeps the code only of what is loaded after it.
 */
import { chmodSync } from 'node:fs'
import { basename, join } from 'node:path'

/** V8 keeps a file of ASCII in half the memory of another, and reads it in half the time. */
const escapeBeyondAscii = (file) => {
  if (file.code === undefined) return
  if (/String\.raw`[^`]*[^\0-\x7f]/.test(file.code)) throw new Error('an escape would be text in a String.raw')
  file.code = file.code.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** A thread of the command; `first` are the modules that are in its first file, with all that they import at once. */
const bundle = (thread, first) => ({
  input: { [basename(thread)]: `dist/${thread}.js` },
  platform: 'node',
  // The command has its files beside it: it is not the bundle of another program, which takes the condition `module`.
  resolve: { conditionNames: ['node', 'import'] },
  transform: { target: 'node20' },
  // The general lane is loaded late by a worker only.
  checks: { ineffectiveDynamicImport: false },
  // Packages are found where the user has them; what the bundler itself adds is not a package of the user.
  external: (id) => /^[^./#]/.test(id) && !id.startsWith('@oxc-project/'),
  plugins: [
    { name: 'ascii', generateBundle: (_, files) => Object.values(files).forEach(escapeBeyondAscii) },
    { name: 'executable', writeBundle: ({ dir }) => chmodSync(join(dir, `${basename(thread)}.cjs`), 0o755) },
  ],
  output: {
    dir: 'dist/command/bundle',
    format: 'cjs',
    comments: false,
    // Short names of variables, which V8 reads in 3 ms less. Those that a stack has stay, and so do lines.
    minify: { mangle: { keepNames: true }, compress: false, codegen: false },
    entryFileNames: '[name].cjs',
    chunkFileNames: `${basename(thread)}-[name].cjs`,
    codeSplitting: {
      groups: [
        { name: 'first', test: new RegExp(`dist/(${first.join('|')})\\.js$`), priority: 2 },
        { name: 'help', test: /dist\/command\/(help\/|completions)/, priority: 1 },
        { name: 'arrow', test: /dist\/formats\/arrow\/arrow\.js$/, priority: 2 },
        { name: 'parquet', test: /dist\/formats\/parquet\/parquet\.js$/, priority: 1 },
        { name: 'rest', test: /dist\/(?!cli\.js|command\/compiled-code)/, priority: 0 },
      ],
    },
  },
})

export default [
  bundle('cli', ['command/main', 'formats/csv/csv', 'formats/ndjson/ndjson']),
  bundle('pipeline/worker', ['pipeline/worker']),
  bundle('pipeline/table-worker', ['pipeline/table-worker', 'formats/parquet/parquet', 'formats/arrow/arrow']),
]

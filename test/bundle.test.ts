/** Programs bundled into one file together with the package, run without the package installed. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'rolldown'
import { describe, expect, it } from 'vitest'
import { folder, ROOT } from './support.js'

/** Needs the kernel, csv-parse for the quoted row, enough rows for several threads, and a peer dependency. */
const PROGRAM = `
  import { Readable } from 'node:stream'
  import { read, score, scoreFiles, softmax } from 'softmax-stream'

  const text = async (stream) => Buffer.concat(await stream.toArray()).toString()
  const rows = (blocks) => Readable.from(['logit_a,logit_b\\n', '"2",1\\n', ...Array(blocks).fill('2,1\\n'.repeat(20000))])

  async function main() {
    const lines = (await text(rows(9).compose(score({ jobs: 2 })))).split('\\n')
    const objects = await rows(0).compose(read('csv')).compose(softmax()).toArray()
    const parquet = await text(scoreFiles([process.argv[2]], { to: 'csv' }))
    console.log(JSON.stringify({ lines: lines.length, rows: [...new Set(lines)], objects, columns: parquet.split('\\n')[0] }))
  }
  main()
`

/** By mpmath. */
const [P2, P1] = [0.7310585786300049, 0.2689414213699951]

describe('a program in one file', () => {
  it.each([
    ['esm', 'mjs'],
    ['cjs', 'cjs'],
  ] as const)('scores rows, on one thread: %s', async (format, extension) => {
    const [project, home] = [folder({ 'program.js': PROGRAM }), folder()]
    mkdirSync(join(project, 'node_modules'))
    symlinkSync(ROOT, join(project, 'node_modules/softmax-stream'))
    const file = join(home, `program.${extension}`)
    await build({
      input: join(project, 'program.js'),
      platform: 'node',
      output: { file, format, codeSplitting: false },
      logLevel: 'silent',
    })
    // An unrelated file, not a worker of the package.
    writeFileSync(join(home, `worker.${extension}`), 'process.exit(1)')
    const parquet = join(ROOT, 'fixtures/digits-fixed.parquet')
    expect(JSON.parse(execFileSync(process.execPath, [file, parquet], { cwd: home }).toString())).toEqual({
      lines: 180003,
      rows: ['p_a,p_b,label', `${P2},${P1},a`, ''],
      objects: [{ probabilities: [P2, P1], index: 0, label: 'a' }],
      columns: expect.stringMatching(/^(\w+,)*p_0,/),
    })
  })
})

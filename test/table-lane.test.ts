import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { randomFrom } from './random.js'
import { BIN, command, folder } from './support.js'

const CLASSES = 6
/** More logits than are scored before workers are started. */
const ROWS = 60_000

/** Log-probabilities, which are logits once more, as CSV, Parquet and Arrow of the same doubles. */
function makeInputs(): Record<string, Buffer> {
  const random = randomFrom(7)
  const header = ['id', 'text', ...Array.from({ length: CLASSES }, (_, index) => `logit_${index}`)]
  const row = (id: number) => [
    id,
    TEXTS[id % TEXTS.length],
    ...Array.from({ length: CLASSES }, () => random.below(9_000_000) / 1e6),
  ]
  const csv = [header, ...Array.from({ length: ROWS }, (_, id) => row(id))].map((cells) => `${cells.join()}\n`).join('')
  const cwd = folder({ 'raw.csv': csv })
  const made = ['csv', 'parquet', 'arrow'].map((to) => {
    const types = to === 'csv' ? [] : ['--types', 'infer']
    const { status } = command(['raw.csv', '--log', ...types, '-e', 'probs=logit_', '-o', `in.${to}`], { cwd })
    expect(status).toBe(0)
    return [`in.${to}`, readFileSync(join(cwd, `in.${to}`))] as const
  })
  return Object.fromEntries(made)
}

let made: Record<string, Buffer> | undefined

/** A folder with the inputs, which are made once. */
function inputs(): string {
  made ??= makeInputs()
  return folder(made)
}

const TEXTS = ['plain', '"a, b"', 'żółw', '""', '"say ""x"""', '-1 ', '=1+1']

const output = (cwd: string, from: string, to: string, ...args: string[]) => {
  const { status, stderr } = command([`in.${from}`, '-o', `out.${to}`, ...args], { cwd })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  return readFileSync(join(cwd, `out.${to}`))
}

describe('typed columns', () => {
  it.each(['parquet', 'arrow'])('of %s give the same bytes on any number of threads', (from) => {
    const cwd = inputs()
    for (const to of ['csv', 'ndjson', 'parquet', 'arrow']) {
      const alone = output(cwd, from, to, '--jobs', '1')
      for (const jobs of ['2', '3']) expect(output(cwd, from, to, '--jobs', jobs).equals(alone)).toBe(true)
    }
  })

  const OPTIONS = [
    [],
    ['--escape-formulas'],
    ['-e', 'label,index,probs,entropy'],
    ['--top-k', '2'],
    ['--precision', '5'],
    ['--float32'],
    ['--float32', '--precision', '3'],
    ['--log', '--no-keep'],
  ]

  it.each(OPTIONS.map((args) => [args.join(' '), args] as const))(
    'are written as the fast lane writes CSV: %s',
    (_, args) => {
      const cwd = inputs()
      const expected = output(cwd, 'csv', 'csv', ...args)
      for (const from of ['parquet', 'arrow']) expect(output(cwd, from, 'csv', ...args).equals(expected)).toBe(true)
    },
  )

  const ENDS = {
    'as it starts': `throw new Error('struck down')`,
    'at its third batch': `let count = 0; parentPort.on('message', () => { if (++count === 3) throw new Error('struck down') })`,
  }

  it.each(Object.entries(ENDS))('are scored without a worker that fails %s', (_, inWorker) => {
    const cwd = inputs()
    const preload = `import { isMainThread, parentPort } from 'node:worker_threads'; if (!isMainThread) { ${inWorker} }`
    const NODE_OPTIONS = `--import data:text/javascript,${encodeURIComponent(preload)}`
    const alone = output(cwd, 'parquet', 'parquet', '--jobs', '1')
    const { status } = spawnSync(process.execPath, [BIN, 'in.parquet', '--jobs', '2', '-o', 'failed.parquet'], {
      cwd,
      env: { ...process.env, NODE_OPTIONS },
    })
    expect(status).toBe(0)
    expect(existsSync(join(cwd, 'failed.parquet')) && readFileSync(join(cwd, 'failed.parquet')).equals(alone)).toBe(
      true,
    )
  })
})

/** The README is accurate: each block runs in a folder with the files it mentions, and prints what the README shows. */
import { spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { OPTIONS, read, type SoftmaxError, score, softmax, softmaxMatrix, write } from 'softmax-stream'
import { describe, expect, it } from 'vitest'
import { optionTable } from '../dist/command/flags.js'
import { CODES } from '../dist/core/errors.js'
import { COLUMNS } from '../dist/core/output-columns.js'
import { arrayFixture, BIN, folder, MANIFEST, ROOT } from './support.js'

const README = readFileSync(join(ROOT, 'README.md'), 'utf8')

/** The blocks of the README, with language and line. */
const BLOCKS = [...README.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(([, language, text], index) => ({
  language: language!,
  text: text!,
  name: `${index + 1}, ${text!.split('\n')[0]}`,
}))

const blocksIn = (...languages: string[]) => BLOCKS.filter(({ language }) => languages.includes(language))

/** Programs in the blocks that must not run: installation, these tests, a database; and a cluster's job array. */
const STUBS = {
  npm: 'true',
  psql: 'test -f scores.csv',
  sbatch:
    'for task in $(seq $(echo $1 | cut -d- -f4)); do SLURM_ARRAY_TASK_ID=$task sh -c "$3"; done; test -f cluster/_SUCCESS',
}

/** A folder with the inputs of the blocks, and a PATH with the command. */
function scene(): { cwd: string; env: NodeJS.ProcessEnv } {
  const cwd = folder()
  const fixture = (name: string, as: string) => copyFileSync(join(ROOT, 'fixtures', name), join(cwd, as))
  for (const name of ['dist', 'fixtures']) symlinkSync(join(ROOT, name), join(cwd, name))
  mkdirSync(join(cwd, 'node_modules'))
  for (const [name, path] of packages()) symlinkSync(path, join(cwd, 'node_modules', name))
  fixture('digits-logits.csv', 'logits.csv')
  fixture('digits-logits.csv', 'validation.csv')
  fixture('digits.npy', 'logits.npy')
  writeFileSync(join(cwd, 'batch_class_token.npy'), arrayFixture('npy', '<f4 C, axis -2'))
  writeFileSync(join(cwd, 'outputs.npz'), arrayFixture('npz', 'savez, logits of several'))
  writeFileSync(join(cwd, 'outputs.safetensors'), arrayFixture('safetensors', 'logits of several'))
  fixture('digits.parquet', 'logits.parquet')
  mkdirSync(join(cwd, 'parts'))
  fixture('digits.parquet', 'parts/part-0.parquet')
  writeFileSync(join(cwd, 'scores.csv'), 'id,cat,dog,boat\n17,0.7,1.5,4.8\n')
  writeFileSync(join(cwd, 'config.json'), JSON.stringify({ id2label: { ...[...'abcdefghij'] } }))
  mkdirSync(join(cwd, 'bin'))
  const programs = { ...STUBS, softmax: `exec "${process.execPath}" "${BIN}" "$@"` }
  for (const [name, script] of Object.entries(programs)) {
    writeFileSync(join(cwd, 'bin', name), `#!/bin/sh\n${script}\n`)
    chmodSync(join(cwd, 'bin', name), 0o755)
  }
  spawnSync('gzip', ['-kf', 'logits.csv'], { cwd })
  return { cwd, env: { ...process.env, FORCE_COLOR: '0', PATH: `${join(cwd, 'bin')}:${process.env.PATH}` } }
}

/** This package and its dependencies, as installed in a user's project. */
function packages(): [name: string, path: string][] {
  const others = Object.keys(MANIFEST.dependencies).map((name): [string, string] => [
    name,
    join(ROOT, 'node_modules', name),
  ])
  return [['softmax-stream', ROOT], ...others]
}

function run(program: string, args: string[], { cwd, env } = scene()) {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd, env, encoding: 'utf8' })
  return { status, stdout, stderr }
}

describe('README', () => {
  it('has the table of options as it is', () => {
    const [, table] = /<!-- options -->\n(.*?)<!-- \/options -->/s.exec(README) ?? []
    expect(table?.trim()).toBe(optionTable().trim())
  })

  it('says of each option which functions take it', () => {
    const [, table] = /<!-- options -->\n(.*?)<!-- \/options -->/s.exec(README) ?? []
    const named = [...table!.matchAll(/^\| `-.*?` \| (?:`(\w+)`: ([\w ]+))? ?\|/gm)]
    const takes = (call: (options: object) => unknown, option: string) => {
      try {
        call({ [option]: Symbol('of no option') })
      } catch (error) {
        return (error as SoftmaxError).code !== 'E_FLAG'
      }
      return true
    }
    const functions: Record<string, (options: object) => unknown> = {
      score: (options) => score(options),
      softmax: (options) => softmax(options),
      softmaxMatrix: (options) => softmaxMatrix([1], 1, 1, options),
      read: (options) => read('csv', options),
      write: (options) => write('csv', options),
    }
    expect(named.length).toBeGreaterThan(50)
    for (const [, option, names = ''] of named) {
      if (option === undefined || names.trim() === 'calibrate') continue
      const takers = Object.keys(functions).filter((name) => takes(functions[name]!, option))
      // Streams of objects have a function for each instead of an option; a matrix is given its true classes directly.
      expect([
        option,
        names
          .trim()
          .split(' ')
          .filter((name) => name !== 'calibrate'),
      ]).toEqual([option, takers.filter((name) => !(option === 'truth' && name === 'softmaxMatrix'))])
    }
    const unnamed = Object.keys(OPTIONS).filter((option) => !named.some(([, name]) => name === option))
    for (const option of unnamed) {
      const isFlag = (OPTIONS as Record<string, { scopes: readonly string[] }>)[option]!.scopes.includes('command')
      if (isFlag) expect([option, takes(functions.score!, option)]).toEqual([option, false])
    }
  })

  it('has all columns of emit', () => {
    const [, table] = /^\| `--emit` \|.*?\n(.*?)\n\n/ms.exec(README) ?? []
    const named = [...table!.matchAll(/^\| (.*?) \|/gm)].flatMap(([, names]) => names!.match(/\w+/g) ?? [])
    expect(named.sort()).toEqual(Object.keys(COLUMNS).sort())
  })

  it('has at most 400 lines', () => {
    expect(README.split('\n').length).toBeLessThanOrEqual(400)
  })

  it.each(blocksIn('sh'))('runs block $name', ({ text }) => {
    const { status, stderr } = run('bash', ['--norc', '-euo', 'pipefail', '-c', text])
    // A folder says how many parts are done.
    expect({ status, stderr: stderr.replace(/^softmax: \S+\/: \d+ of \d+ parts? done, \d+ rows\n/, '') }).toEqual({
      status: 0,
      stderr: '',
    })
  })

  it.each(blocksIn('console'))('prints what block $name shows', ({ text }) => {
    const place = scene()
    const shown = [...text.matchAll(/^\$ (.*)\n((?:(?!\$ ).*\n)*)/gm)]
    expect(shown.length).toBeGreaterThan(0)
    for (const [, line, output] of shown) {
      const { stdout } = run('bash', ['--norc', '-c', `exec 2>&1; ${line}`], place)
      expect(stdout).toBe(output)
    }
  })

  it.each(blocksIn('js'))('runs block $name', ({ text }) => {
    const place = scene()
    writeFileSync(join(place.cwd, 'block.mjs'), text)
    expect(run(process.execPath, ['block.mjs'], place)).toMatchObject({ status: 0, stderr: '' })
  })

  it.each(blocksIn('python'))('runs block $name', ({ text }) => {
    expect(run('python3', ['-c', text])).toMatchObject({ status: 0, stderr: '' })
  })

  it.each(blocksIn('makefile'))('makes an output by block $name, once', ({ text }) => {
    const place = scene()
    writeFileSync(join(place.cwd, 'Makefile'), text)
    const make = () => run('make', ['made/part-0.parquet'], place)
    expect(make()).toMatchObject({ status: 0, stderr: '' })
    expect(existsSync(join(place.cwd, 'made', 'part-0.parquet'))).toBe(true)
    expect(make().stdout).toContain('is up to date')
  })

  it('has blocks for Spark, which its tests run: test/spark/run.py', () => {
    expect(blocksIn('py', 'sql').map(({ language }) => language)).toEqual(['py', 'sql'])
  })

  it.each(blocksIn('ts'))('has the types that block $name says, and prints what it shows', ({ text }) => {
    const place = scene()
    writeFileSync(join(place.cwd, 'block.mts'), text)
    const types = ['--types', 'node', '--typeRoots', join(ROOT, 'node_modules/@types')]
    const flags = ['--strict', '--module', 'nodenext', '--exactOptionalPropertyTypes', ...types]
    const tsc = join(ROOT, 'node_modules/.bin/tsc')
    expect(run(tsc, [...flags, 'block.mts'], place)).toMatchObject({ status: 0, stdout: '' })
    const shown = [...text.matchAll(/^console\.log\(.*\) \/\/ (.*)$/gm)].map(([, line]) => `${line}\n`).join('')
    expect(run(process.execPath, ['block.mjs'], place)).toEqual({ status: 0, stdout: shown, stderr: '' })
  })

  it('has the code of each error beside its exit status', () => {
    const rows = [...README.matchAll(/^\| (1|2|3|70) \|.*\| (`.*`) \|$/gm)]
    const found = rows.flatMap(([, status, codes]) =>
      codes!.split(' ').map((code) => [code.replaceAll('`', ''), Number(status)] as const),
    )
    const codes = Object.keys(CODES).map((code) => [code, CODES[code as keyof typeof CODES].status] as const)
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(codes))
  })

  it('has a picture of the speeds that stand in its table', () => {
    const { stdout } = run(process.execPath, [join(ROOT, 'test/bench/chart.js')])
    expect(readFileSync(join(ROOT, '.github/speed.svg'), 'utf8')).toBe(stdout)
  })

  it('has no block of a kind that no test runs', () => {
    const languages = BLOCKS.map(({ language }) => language).filter(
      (name) => !/^(sh|bash|makefile|console|js|ts|python|py|sql)$/.test(name),
    )
    expect(languages).toEqual([])
  })
})

/**
 * `softmax explain`: each code has an explanation, whose example raises it with the documented message. With UPDATE=1
 * the messages are written into the table, for review.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CODES, type Code } from 'softmax-stream'
import { afterAll, describe, expect, it } from 'vitest'
import { EXPLANATIONS } from '../dist/command/help/explanations.js'
import { command, installIn, MANIFEST, ROOT, reservesAddressSpace, TERMINAL_AS_INPUT } from './support.js'

/** The package installed like `npm install -g`, without optional dependencies. */
const HOME = mkdtempSync(join(tmpdir(), 'softmax-explain-'))
const MODULES = join(HOME, 'lib/node_modules')
const BIN = join(HOME, 'bin')
const INSTALLED = installIn(join(HOME, 'lib'))
mkdirSync(BIN)
for (const name of Object.keys(MANIFEST.dependencies))
  symlinkSync(join(ROOT, 'node_modules', name), join(MODULES, name))
symlinkSync(join(INSTALLED, MANIFEST.bin.softmax), join(BIN, 'softmax'))
afterAll(() => rmSync(HOME, { recursive: true, force: true }))

const canReadZstd = 'zstdCompressSync' in (await import('node:zlib'))

/** What an example needs from the test. */
const ENVIRONMENT: Partial<Record<Code, NodeJS.ProcessEnv>> = {
  E_NO_INPUT: { NODE_OPTIONS: `--import "data:text/javascript,${TERMINAL_AS_INPUT}"` },
}

/** The last line on standard error of an example; for a script, the message of its exception. */
function lastLine(code: Code): string {
  const { example } = EXPLANATIONS[code]
  const cwd = mkdtempSync(join(HOME, 'run-'))
  const env = { ...process.env, FORCE_COLOR: '0', ...ENVIRONMENT[code], PATH: `${BIN}:${process.env.PATH}` }
  symlinkSync(MODULES, join(cwd, 'node_modules'))
  const isScript = example.startsWith('import ')
  if (isScript)
    writeFileSync(
      join(cwd, 'script.mjs'),
      `process.on('uncaughtException', (error) => console.error(error.message))\n${example}`,
    )
  const args = isScript ? ['script.mjs'] : ['-c', example]
  const { stderr } = spawnSync(isScript ? process.execPath : 'bash', args, { cwd, env, encoding: 'utf8' })
  return stderr.trimEnd().split('\n').at(-1)!
}

/** Without what depends on the Node version: the position of a JSON error, and the version itself. */
const withoutNode = (text: string) => text.replace(/ \(line \d+ column \d+\)/, '').replace(/v\d+\.\d+\.\d+/, 'v')

/** Writes the output of an example into the table of explanations. */
function update(code: Code, line: string): void {
  const path = join(ROOT, 'src/command/help/explanations.ts')
  const says = /['`\\]/.test(line) ? `\`${line.replace(/[\\`$]/g, '\\$&')}\`` : `'${line}'`
  const entry = new RegExp(`(\\n {2}${code}: \\{.*?\\n {4}says:\\s+)(?:'[^'\\n]*'|\`[^\`]*\`|"[^"\\n]*")`, 's')
  writeFileSync(
    path,
    readFileSync(path, 'utf8').replace(entry, (_, before) => before + says),
  )
}

describe.each(Object.keys(CODES) as Code[])('softmax explain %s', (code) => {
  it('has an example that raises it, with the message that is shown', () => {
    const line = lastLine(code)
    if (code === 'E_NODE' && canReadZstd) return expect(line).toMatch(/\[E_CORRUPT\]$/)
    if (code === 'E_MEMORY' && !reservesAddressSpace()) return expect(line).toBe('')
    if (process.env.UPDATE) update(code, line)
    expect(withoutNode(line)).toBe(withoutNode(EXPLANATIONS[code].says))
    expect(line.endsWith(` [${code}]`)).toBe(true)
  })

  it('says what it is, its cause, and a fix, in 80 columns', () => {
    const { status, stdout, stderr } = command(['explain', code])
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toMatch(
      new RegExp(`^${code}: [^]*Exit\\sstatus\\s${CODES[code].status}\\.\n\nCause\n[^]*\nExample\n[^]*\nFix\n`),
    )
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([])
    // Each command follows a prompt.
    expect(stdout.split('\nFix\n')[0]).not.toMatch(/^ {2}(?:softmax [^:]|printf |echo )/m)
    expect(stdout.replace(/\s+/g, ' ')).toContain(EXPLANATIONS[code].says.replace(/\s+/g, ' '))
  })
})

describe('softmax explain', () => {
  it('has the help on a subject', () => {
    for (const name of ['exit-status', 'Exit status', 'exit codes']) {
      expect(command(['explain', name]).stdout).toBe(command(['help', 'exit-status']).stdout)
    }
  })

  it('lists all codes', () => {
    const { stdout } = command(['explain'])
    const listed = Array.from(stdout.matchAll(/^ {2}(E_[A-Z_]+) {2}/gm), ([, code]) => code)
    expect(listed.sort()).toEqual(Object.keys(CODES).sort())
  })

  it('takes a code in any case, and without its E_', () => {
    for (const name of ['e_cell', 'cell', 'E_cell']) {
      expect(command(['explain', name]).stdout).toBe(command(['explain', 'E_CELL']).stdout)
    }
  })

  it('proposes the code that is meant', () => {
    const { status, stdout, stderr } = command(['explain', 'E_CELLS'])
    expect(stderr).toBe('softmax: there is no help on "E_CELLS"; did you mean E_CELL? [E_TOPIC]\n')
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
  })
})

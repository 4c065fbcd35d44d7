import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import module from 'node:module'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import * as zlib from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { P21 } from './streams.js'
import { BIN, calibrationOf, command, folder, MANIFEST, shell, start } from './support.js'

const GOOD = 'id,logit_a,logit_b\n7,2,1\n'
const SCORED = `id,p_a,p_b,label\n7,${P21},a\n`
const BAD = 'id,logit_a,logit_b\n7,2,1\n8,x,1\n'
const OLD = 'what was there before\n'

/** An input with `count` rows. */
const manyRows = (count: number) => `id,logit_a,logit_b\n${'7,2,1\n'.repeat(count)}`

const contentOf = (cwd: string, name: string) => readFileSync(join(cwd, name), 'utf8')

describe('-o', () => {
  it('writes a file, and leaves nothing beside it', () => {
    const cwd = folder({ 'in.csv': GOOD })
    expect(command(['in.csv', '-o', 'out.csv'], { cwd })).toEqual({ status: 0, stdout: '', stderr: '' })
    expect(contentOf(cwd, 'out.csv')).toBe(SCORED)
    expect(readdirSync(cwd).sort()).toEqual(['in.csv', 'out.csv'])
  })

  it('writes what standard output would get', () => {
    const cwd = folder({ 'in.csv': manyRows(50_000) })
    command(['in.csv', '-o', 'out.csv'], { cwd })
    const { stdout } = command(['in.csv'], { cwd })
    expect(contentOf(cwd, 'out.csv') === stdout).toBe(true)
    expect(stdout === `id,p_a,p_b,label\n${`7,${P21},a\n`.repeat(50_000)}`).toBe(true)
  })

  it.each([
    ['a bad row', ['in.csv']],
    ['a bad row in the second input', ['good.csv', 'in.csv']],
    ['an input that is not there', ['good.csv', 'missing.csv']],
    ['columns that cannot be reported', ['other.csv']],
    ['a second input with other columns', ['good.csv', 'other.csv']],
    ['no good row', ['--on-error', 'skip', 'bad.csv']],
    ['a wrong option', ['good.csv', '--precision', '0']],
    ['a wrong selector', ['good.csv', '--logits', 'nix']],
  ])('leaves the old file as it was, and nothing beside it, after %s', (_, args) => {
    const files = {
      'in.csv': BAD,
      'good.csv': GOOD,
      'other.csv': 'id,a,b\n1,2,3\n',
      'bad.csv': 'logit_a,logit_b\nx,1\n',
    }
    const cwd = folder({ ...files, 'out.csv': OLD })
    const { status, stdout } = command([...args, '-o', 'out.csv'], { cwd })
    expect([1, 2, 3]).toContain(status)
    expect(stdout).toBe('')
    expect(contentOf(cwd, 'out.csv')).toBe(OLD)
    expect(readdirSync(cwd).sort()).toEqual([...Object.keys(files), 'out.csv'].sort())
  })

  it('may have as long a name as a file can have', () => {
    const cwd = folder({ 'in.csv': GOOD })
    const name = `${'x'.repeat(251)}.csv`
    expect(command(['in.csv', '-o', name], { cwd })).toEqual({ status: 0, stdout: '', stderr: '' })
    expect(contentOf(cwd, name)).toBe(SCORED)
    expect(readdirSync(cwd).sort()).toEqual(['in.csv', name])
  })

  it('makes no file where there was none, after a failure', () => {
    const cwd = folder({ 'in.csv': BAD })
    expect(command(['in.csv', '-o', 'out.csv'], { cwd }).status).toBe(1)
    expect(readdirSync(cwd)).toEqual(['in.csv'])
  })

  it('replaces an old file, and keeps its mode', () => {
    const cwd = folder({ 'in.csv': GOOD, 'out.csv': OLD.repeat(1000) })
    chmodSync(join(cwd, 'out.csv'), 0o640)
    expect(command(['in.csv', '-o', 'out.csv'], { cwd }).status).toBe(0)
    expect(contentOf(cwd, 'out.csv')).toBe(SCORED)
    expect(statSync(join(cwd, 'out.csv')).mode & 0o7777).toBe(0o640)
  })

  it('keeps a mode that is wider than the umask', () => {
    const cwd = folder({ 'in.csv': GOOD, 'out.csv': OLD })
    chmodSync(join(cwd, 'out.csv'), 0o666)
    expect(shell('umask 077; softmax in.csv -o out.csv', cwd).status).toBe(0)
    expect(statSync(join(cwd, 'out.csv')).mode & 0o7777).toBe(0o666)
  })

  it('gives a new file the mode that the umask says', () => {
    const cwd = folder({ 'in.csv': GOOD })
    expect(shell('umask 027; softmax in.csv -o out.csv', cwd).status).toBe(0)
    expect(statSync(join(cwd, 'out.csv')).mode & 0o7777).toBe(0o640)
  })

  it('writes through a symbolic link', () => {
    const cwd = folder({ 'in.csv': GOOD })
    mkdirSync(join(cwd, 'far'))
    for (const name of ['there.csv', 'not-yet.csv']) symlinkSync(join('far', name), join(cwd, name))
    command(['in.csv', '-o', 'far/there.csv'], { cwd })
    for (const name of ['there.csv', 'not-yet.csv']) {
      expect(command(['in.csv', '-o', name], { cwd })).toEqual({ status: 0, stdout: '', stderr: '' })
      expect(lstatSync(join(cwd, name)).isSymbolicLink()).toBe(true)
      expect(contentOf(cwd, join('far', name))).toBe(SCORED)
    }
    expect(readdirSync(join(cwd, 'far')).sort()).toEqual(['not-yet.csv', 'there.csv'])
  })

  it('leaves what a symbolic link points at as it was, after a failure', () => {
    const cwd = folder({ 'in.csv': BAD, 'out.csv': OLD })
    symlinkSync('out.csv', join(cwd, 'link.csv'))
    expect(command(['in.csv', '-o', 'link.csv'], { cwd }).status).toBe(1)
    expect(contentOf(cwd, 'out.csv')).toBe(OLD)
    expect(readdirSync(cwd).sort()).toEqual(['in.csv', 'link.csv', 'out.csv'])
  })

  it.each([
    ['its name', 'in.csv'],
    ['another name for it', './x/../in.csv'],
    ['a symbolic link', 'symbolic.csv'],
    ['a hard link', 'hard.csv'],
  ])('is refused where it is an input, by %s', (_, name) => {
    const cwd = folder({ 'good.csv': GOOD, 'in.csv': GOOD })
    mkdirSync(join(cwd, 'x'))
    symlinkSync('in.csv', join(cwd, 'symbolic.csv'))
    linkSync(join(cwd, 'in.csv'), join(cwd, 'hard.csv'))
    for (const args of [
      ['good.csv', 'in.csv', '-o', name],
      ['good.csv', name, '-o', 'in.csv'],
    ]) {
      const { status, stdout, stderr } = command(args, { cwd })
      expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
      expect(stderr).toMatch(/^softmax: .* \[E_SAME_FILE\]\n$/)
    }
    expect(contentOf(cwd, 'in.csv')).toBe(GOOD)
    expect(lstatSync(join(cwd, 'symbolic.csv')).isSymbolicLink()).toBe(true)
  })

  it('is refused where it is standard input', () => {
    const cwd = folder({ 'in.csv': GOOD })
    const { status, stderr } = shell('softmax -o in.csv <in.csv', cwd)
    expect(stderr).toMatch(/\[E_SAME_FILE\]\n$/)
    expect(status).toBe(2)
    expect(contentOf(cwd, 'in.csv')).toBe(GOOD)
  })

  it('writes to a pipe', () => {
    const cwd = folder({ 'in.csv': GOOD })
    const { status, stdout } = shell('mkfifo pipe; cat pipe & softmax in.csv -o pipe && wait', cwd)
    expect({ status, stdout }).toEqual({ status: 0, stdout: SCORED })
    expect(lstatSync(join(cwd, 'pipe')).isFIFO()).toBe(true)
  })

  it('to a pipe whose reader leaves ends with status 3', () => {
    const line = 'mkfifo pipe; head -c 1 pipe >/dev/null & yes 2,1 | softmax --no-header -l 1- -o pipe'
    const { status, stderr } = shell(line, folder())
    expect(stderr).toMatch(/^softmax: cannot write "pipe": [^\n]* \[E_OUTPUT\]\n$/)
    expect(status).toBe(3)
  })

  it('writes to a descriptor by its name as to what it is, and replaces no file behind it', () => {
    const cwd = folder({ 'in.csv': GOOD, 'all.txt': '' })
    for (const name of ['-', '/dev/stdout', '/dev/fd/1', '/proc/self/fd/1']) {
      expect(shell(`{ echo first; softmax in.csv -o ${name}; echo last; } >all.txt`, cwd).stderr).toBe('')
      expect(contentOf(cwd, 'all.txt')).toBe(`first\n${SCORED}last\n`)
    }
    expect(shell('softmax in.csv -o /dev/stderr', cwd)).toEqual({ status: 0, stdout: '', stderr: SCORED })
    expect(shell('{ softmax in.csv -o /dev/fd/3; echo last >&3; } 3>all.txt', cwd).stderr).toBe('')
    expect(contentOf(cwd, 'all.txt')).toBe(`${SCORED}last\n`)
    expect(shell('softmax in.csv -o >(cat >all.txt); wait', cwd).stderr).toBe('')
    // In a process of its own, in which no other descriptor is open.
    expect(shell('softmax in.csv -o /dev/fd/97', cwd)).toMatchObject({ status: 3, stdout: '' })
  })

  it('writes stats and rejects to a descriptor, but not to that of the output', () => {
    const cwd = folder({ 'in.csv': `${GOOD}8,x,1\n` })
    const { status, stdout, stderr } = shell('softmax in.csv -o out.csv --stats - --rejects /dev/stderr', cwd)
    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ read: 2, written: 1 })
    expect(JSON.parse(stderr.split('\n')[0]!)).toMatchObject({ code: 'E_CELL' })
    for (const args of ['--stats -', '--rejects /dev/stdout', '-o out.csv --stats - --rejects -']) {
      expect(shell(`set -o pipefail; softmax in.csv ${args} | cat`, cwd)).toMatchObject({
        status: 2,
        stdout: '',
      })
    }
  })

  it('writes to /dev/stdout and /dev/null', () => {
    const cwd = folder({ 'in.csv': GOOD })
    expect(shell('softmax in.csv -o /dev/stdout | cat', cwd)).toEqual({ status: 0, stdout: SCORED, stderr: '' })
    expect(shell('softmax in.csv -o /dev/null', cwd)).toEqual({ status: 0, stdout: '', stderr: '' })
    expect(lstatSync('/dev/null').isCharacterDevice()).toBe(true)
  })

  it.each(['/dev/full', 'missing/out.csv', 'in.csv/out.csv'])(
    'that cannot be written ends with status 3: %s',
    (name) => {
      const cwd = folder({ 'in.csv': GOOD })
      const { status, stdout, stderr } = command(['in.csv', '-o', name], { cwd })
      expect(stderr).toMatch(/^softmax: [^\n]*\[E_OUTPUT\]\n$/)
      expect(stderr).toContain(name)
      expect({ status, stdout }).toEqual({ status: 3, stdout: '' })
      expect(readdirSync(cwd)).toEqual(['in.csv'])
    },
  )

  it('that grows too large ends with status 3, and leaves the old file as it was', () => {
    const cwd = folder({ 'in.csv': manyRows(10_000), 'out.csv': OLD })
    const { status, stderr } = shell('ulimit -f 8; softmax in.csv -o out.csv', cwd)
    expect(stderr).toMatch(/^softmax: cannot write "out\.csv": .*\[E_OUTPUT\]\n$/)
    expect(status).toBe(3)
    expect(contentOf(cwd, 'out.csv')).toBe(OLD)
    expect(readdirSync(cwd).sort()).toEqual(['in.csv', 'out.csv'])
  })
})

describe('an input without a byte', () => {
  it.each([
    ['false | softmax -o out.csv'],
    ['false | gzip | softmax - -o out.csv'],
    ['softmax -t json -o out.csv </dev/null'],
  ])('from a program that fails leaves an output as it was: %s', (line) => {
    const cwd = folder({ 'out.csv': OLD })
    const { status, stderr } = shell(line, cwd)
    expect(stderr).toBe(
      'softmax: stdin: the input is empty, and would replace the content of "out.csv" with nothing; to allow that, remove the file first [E_EMPTY]\n',
    )
    expect(status).toBe(1)
    expect(contentOf(cwd, 'out.csv')).toBe(OLD)
    expect(readdirSync(cwd)).toEqual(['out.csv'])
  })

  it('in a file that is named is an empty output, with a warning', () => {
    const cwd = folder({ 'empty.csv': '', 'out.csv': OLD })
    const warning = 'softmax: warning: empty.csv: the input is empty, and so is "out.csv"\n'
    expect(command(['empty.csv', '-o', 'out.csv'], { cwd })).toEqual({ status: 0, stdout: '', stderr: warning })
    expect(contentOf(cwd, 'out.csv')).toBe('')
  })

  it.each(['csv.gz', 'csv.zst', 'npy', 'npz', 'safetensors', 'parquet', 'arrow', 'arrows', 'npy.gz'])(
    'is a truncated file if its format has a header: %s',
    (extension) => {
      const cwd = folder({ [`in.${extension}`]: '', 'out.csv': OLD })
      const { status, stderr } = command([`in.${extension}`, '-o', 'out.csv'], { cwd })
      expect({ status, stderr }).toEqual({
        status: 3,
        stderr: expect.stringContaining('it is empty (0 bytes) [E_CORRUPT]'),
      })
      expect(contentOf(cwd, 'out.csv')).toBe(OLD)
    },
  )

  it('is an empty output where nothing is lost by it, with a warning', () => {
    const cwd = folder({ 'empty.csv': '' })
    const warning = 'softmax: warning: stdin: the input is empty, and so is "out.csv"\n'
    for (const _ of [1, 2]) {
      expect(command(['-o', 'out.csv'], { cwd })).toEqual({ status: 0, stdout: '', stderr: warning })
      expect(contentOf(cwd, 'out.csv')).toBe('')
    }
    expect(command(['-o', 'out.csv', '-q'], { cwd })).toEqual({ status: 0, stdout: '', stderr: '' })
    expect(command(['empty.csv', 'empty.csv', '-o', '/dev/null'], { cwd }).stderr).toBe('')
  })

  it('is another than one of a header, which has columns', () => {
    const cwd = folder({ 'out.csv': OLD })
    const options = { stdin: 'logit_a,logit_b\n', cwd }
    expect(command(['--no-output-header', '-o', 'out.csv'], options)).toEqual({ status: 0, stdout: '', stderr: '' })
    expect(contentOf(cwd, 'out.csv')).toBe('')
  })
})

describe('standard output', () => {
  it('gets whole rows up to the bad one', () => {
    const { status, stdout, stderr } = command([], { stdin: `${manyRows(20_000)}8,x,1\n7,2,1\n` })
    expect(status).toBe(1)
    expect(stdout === `id,p_a,p_b,label\n${`7,${P21},a\n`.repeat(20_000)}`).toBe(true)
    expect(stderr).toContain('(row 20001, ')
  })

  it('whose reader leaves ends the command with 141, in silence', () => {
    const cwd = folder({ 'in.csv': manyRows(200_000) })
    const { stdout, stderr } = shell('softmax in.csv | head -n 1; echo "$' + '{PIPESTATUS[0]}"', cwd)
    expect(stdout).toBe('id,p_a,p_b,label\n141\n')
    expect(stderr).toBe('')
  })

  it('whose reader leaves ends the command though its input has no end', () => {
    const line = 'yes 2,1 | softmax --no-header -l 1- | head -n 2; echo "$' + '{PIPESTATUS[1]}"'
    expect(shell(line, folder())).toEqual({ status: 0, stdout: `${P21},0\n${P21},0\n141\n`, stderr: '' })
  })

  it('that is full ends with status 3', () => {
    const { status, stderr } = shell('softmax in.csv >/dev/full', folder({ 'in.csv': GOOD }))
    expect(stderr).toMatch(/^softmax: cannot write .*no space left.* \[E_OUTPUT\]\n$/)
    expect(status).toBe(3)
  })

  it('that is a file without room for the last bytes ends with status 3', () => {
    const cwd = folder({ 'in.csv': manyRows(100) })
    const { status, stderr } = shell('ulimit -f 1; softmax in.csv >out.csv', cwd)
    expect(stderr).toMatch(/^softmax: cannot write .*file too large.* \[E_OUTPUT\]\n$/)
    expect(status).toBe(3)
  })

  it('that is a file is written where it stands', () => {
    const cwd = folder({ 'in.csv': GOOD, 'out.csv': OLD })
    expect(shell('{ echo first; softmax in.csv; echo last; } >>out.csv', cwd).status).toBe(0)
    expect(contentOf(cwd, 'out.csv')).toBe(`${OLD}first\n${SCORED}last\n`)
  })

  it('that is a null device, also one open for reading as other programs give it, takes all rows', () => {
    const cwd = folder({ 'in.csv': GOOD })
    for (const to of ['>/dev/null', '1<>/dev/null', '>&-']) {
      expect(shell(`softmax in.csv ${to}`, cwd)).toEqual({ status: 0, stdout: '', stderr: '' })
    }
  })

  it('that is a terminal gets text, and nothing that is none', () => {
    const cwd = folder({ 'in.csv': 'logit_a,logit_b\n2,1\n' })
    const terminal = (args: string) =>
      shell(`export -f softmax; SHELL=/bin/bash script -qec 'softmax in.csv ${args}' /dev/null`, cwd)
    expect(terminal('')).toMatchObject({ status: 0, stdout: expect.stringContaining('p_a,p_b,label\r\n') })
    for (const format of ['npy', 'parquet', 'arrow', 'arrows']) {
      const { status, stdout } = terminal(`-t ${format} -e probs`)
      expect({ status, stdout }).toMatchObject({
        status: 2,
        stdout: expect.stringContaining('write it to a file with -o'),
      })
    }
  })

  it('is refused where it is an input', () => {
    const cwd = folder({ 'in.csv': GOOD })
    const { status, stderr } = shell('softmax in.csv >>in.csv', cwd)
    expect(stderr).toMatch(/\[E_SAME_FILE\]\n$/)
    expect(status).toBe(2)
    expect(contentOf(cwd, 'in.csv')).toBe(GOOD)
  })
})

describe('standard error', () => {
  it('that is full, closed, or a pipe whose reader has left stops nothing', () => {
    const cwd = folder({ 'in.csv': BAD })
    for (const to of ['2>/dev/full', '2>&-', '2> >(exit)']) {
      expect(shell(`softmax in.csv --on-error skip ${to}`, cwd)).toEqual({ status: 0, stdout: SCORED, stderr: '' })
      expect(shell(`softmax in.csv ${to}`, cwd)).toEqual({ status: 1, stdout: SCORED, stderr: '' })
    }
  })

  it('has a summary of the rows that were left out', () => {
    const stdin = `${GOOD}8,x,1\n8,,1\n8,y,1\n9,2,1\n`
    const { status, stderr } = command(['--on-error', 'skip'], { stdin })
    expect(status).toBe(0)
    expect(stderr).toBe('softmax: 3 of 5 rows rejected: 2 E_CELL, 1 E_MISSING\n')
  })

  it('says in it that rows of an array have moved up, and what keeps them', () => {
    const cwd = folder({ 'in.csv': 'logit_a,logit_b\nnan,1\n2,1\n' })
    expect(command(['in.csv', '--on-error', 'skip', '-o', 'out.npy'], { cwd })).toMatchObject({
      status: 0,
      stderr:
        'softmax: 1 of 2 rows rejected: 1 E_NONFINITE; the rows after them have moved up in the npy; --nonfinite propagate keeps such rows, with NaN\n',
    })
  })

  it('has one summary of all inputs', () => {
    const cwd = folder({ 'a.csv': BAD, 'b.csv': BAD })
    expect(command(['--on-error', 'skip', 'a.csv', 'b.csv'], { cwd }).stderr).toMatch(/^softmax: 2 of 4 rows .*\n$/)
  })

  it('has nothing where there is nothing to tell', () => {
    expect(command(['--on-error', 'skip'], { stdin: GOOD })).toEqual({ status: 0, stdout: SCORED, stderr: '' })
  })

  it('has a warning of two columns of one name', () => {
    const { status, stderr } = command([], { stdin: 'id,id,logit_a,logit_b\n1,2,3,4\n' })
    expect(status).toBe(0)
    expect(stderr).toMatch(/^softmax: warning: stdin: [^\n]*id[^\n]*\n$/)
  })
})

describe('inputs', () => {
  it('may be standard input, by no name or by -', () => {
    for (const args of [[], ['-']]) expect(command(args, { stdin: GOOD })).toMatchObject({ status: 0, stdout: SCORED })
  })

  it('make one output with one header, in their order', () => {
    const cwd = folder({ 'a.csv': GOOD, 'b.csv': 'id,logit_a,logit_b\r\n8,2,1' })
    const { status, stdout } = command(['b.csv', '-', 'a.csv'], { cwd, stdin: 'id,logit_a,logit_b\n9,2,1\n' })
    expect(status).toBe(0)
    expect(stdout).toBe(`id,p_a,p_b,label\n8,${P21},a\n9,${P21},a\n7,${P21},a\n`)
  })

  it('of which some have no rows, or nothing at all, make one output with one header', () => {
    const cwd = folder({ 'a.csv': GOOD, 'header.csv': 'id,logit_a,logit_b\n', 'empty.csv': '' })
    expect(command(['empty.csv', 'header.csv', 'a.csv', 'empty.csv', 'header.csv'], { cwd })).toEqual({
      status: 0,
      stdout: SCORED,
      stderr: '',
    })
  })

  it('without headers make one output', () => {
    const cwd = folder({ 'a.csv': '2,1\n', 'b.csv': '2,1' })
    expect(command(['--no-header', 'a.csv', 'b.csv'], { cwd }).stdout).toBe(`${P21},0\n`.repeat(2))
    const { stdout } = command(['--no-header', '--output-header', 'a.csv', 'b.csv'], { cwd })
    expect(stdout).toBe(`p_0,p_1,label\n${`${P21},0\n`.repeat(2)}`)
  })

  it('have their own names and lines in errors', () => {
    const cwd = folder({ 'a.csv': GOOD, 'b.csv': BAD })
    const { status, stdout, stderr } = command(['a.csv', 'b.csv'], { cwd })
    expect({ status, stdout }).toEqual({ status: 1, stdout: `${SCORED}7,${P21},a\n` })
    expect(stderr).toMatch(/^softmax: b\.csv:3: column logit_a \(row 2, byte 27\): "x" is not a number/)
  })

  it.each([
    ['other names', 'id,logit_a,logit_c\n1,2,3\n', 'column 3 is "logit_c", but "logit_b" in "a.csv"'],
    [
      'one column more',
      'id,logit_a,logit_b,note\n1,2,3,4\n',
      'it has the column "note", which "a.csv" lacks; --keep id leaves out other columns, or',
    ],
    [
      'one column less',
      'logit_a,logit_b\n2,3\n',
      'it lacks the column "id" of "a.csv"; --no-keep leaves out other columns, or',
    ],
    ['two columns less', 'logit_b\n3\n', 'it lacks the columns "id", "logit_a" of "a.csv"'],
    [
      'others',
      'key,logit_a,x,logit_c\n',
      'it lacks the columns "id", "logit_b" of "a.csv", and has "key", "x", "logit_c" instead',
    ],
    [
      'one column twice',
      'id,logit_a,logit_b,id\n',
      'its columns cannot be matched by name with those of "a.csv", as two are called "id"; --no-keep leaves out other columns, or',
    ],
  ])('of %s are refused, files before a byte is written', (_, content, difference) => {
    const cwd = folder({ 'a.csv': GOOD, 'b.csv': content, 'b.csv.gz': zlib.gzipSync(content) })
    for (const name of ['b.csv', 'b.csv.gz']) {
      const { status, stdout, stderr } = command(['a.csv', 'a.csv', name], { cwd })
      const refusal = difference.endsWith(', or') ? difference : `${difference};`
      expect(stderr).toBe(`softmax: ${name}: ${refusal} -o FOLDER/ scores each file separately [E_SCHEMA]\n`)
      expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    }
    const piped = command(['a.csv', '-'], { cwd, stdin: content })
    expect(piped.stderr).toContain(`softmax: stdin: ${difference}`)
    expect({ status: piped.status, stdout: piped.stdout }).toEqual({ status: 1, stdout: SCORED })
  })

  it('of which the 20th column differs are refused by its name, with what reads them', () => {
    const names = Array.from({ length: 19 }, (_, nth) => `logit_${nth}`)
    const file = (...last: string[]) =>
      `${[...names, 'y', ...last].join()}\n${[...names, 'y', ...last].fill('0').join()}\n`
    const files = { 'a.csv': file('logit_x'), 'b.csv': file('logit_z'), 'c.csv': file('logit_x', 'note') }
    const cwd = folder({ ...files, 'joined.csv': files['a.csv'] + files['b.csv'] })
    const refusal = (...args: string[]) =>
      command(args, { cwd }).stderr.replace(/^softmax: (.*) \[E_SCHEMA\]\n$/s, '$1')
    const misc = 'b.csv: column 21 is "logit_z", but "logit_x" in "a.csv"'
    expect(refusal('a.csv', 'b.csv')).toBe(`${misc}; -o FOLDER/ scores each file separately`)
    expect(refusal('evaluate', 'a.csv', 'b.csv', '--truth', 'y')).toBe(`${misc}; measure it separately`)
    expect(refusal('calibrate', 'a.csv', 'b.csv', '--truth', 'y')).toBe(`${misc}; leave out this input`)
    expect(refusal('a.csv', 'c.csv')).toBe(
      'c.csv: it has the column "note", which "a.csv" lacks; --keep y leaves out other columns, or -o FOLDER/ scores each file separately',
    )
    expect(refusal('joined.csv', '-o', 'out.csv')).toContain(
      'the row is a header that differs from the first one, as if files were concatenated: column 21 is "logit_z", but "logit_x" in the first one; score each file separately',
    )
    expect(refusal('a.csv', 'b.csv', '-o', 'each/', '-q')).toBe('')
    const sums = ['a.csv', 'c.csv'].map(
      (name) => command(['evaluate', name, '--truth', 'y', '--partial'], { cwd }).stdout,
    )
    expect(command(['evaluate', '--merge'], { cwd, stdin: sums.join('') }).stdout).toContain('2 rows')
  })

  it('are measured separately if other columns are selected, whatever they are called', () => {
    const cwd = folder({
      'cat.csv': 'cat,dog,y\n2,1,0\n',
      'cow.csv': 'cat,cow,y\n2,1,0\n',
      'note.csv': 'cat,dog,y,note\n2,1,0,x\n',
    })
    const refusal = (other: string) =>
      command(['evaluate', 'cat.csv', other, '--logits', '1-2', '--truth', 'y'], { cwd }).stderr
    expect(refusal('cow.csv')).toContain('column 2 is "cow", but "dog" in "cat.csv"; measure it separately')
    expect(refusal('note.csv')).toBe('')
  })

  it('of other columns are no error where no row of theirs is wanted, nor are empty ones', () => {
    const cwd = folder({ 'a.csv': GOOD, 'b.csv': 'x,logit_c\n1,2\n', 'none.csv': '' })
    expect(command(['a.csv', 'b.csv', '-n', '1'], { cwd })).toMatchObject({ status: 0, stdout: SCORED })
    expect(command(['none.csv', 'a.csv'], { cwd })).toMatchObject({ status: 0, stdout: SCORED })
  })

  it('are all there before the first row is written', () => {
    const cwd = folder({ 'a.csv': GOOD })
    mkdirSync(join(cwd, 'empty'))
    for (const name of ['missing.csv', 'empty']) {
      const { status, stdout, stderr } = command(['a.csv', name], { cwd })
      expect(stderr).toMatch(new RegExp(`^softmax: ${name}: .*\\[E_INPUT\\]\n$`))
      expect({ status, stdout }).toEqual({ status: 3, stdout: '' })
    }
  })

  it('of which one has no good row are no failure where another has', () => {
    const cwd = folder({ 'a.csv': 'id,logit_a,logit_b\n1,x,1\n', 'b.csv': GOOD })
    for (const inputs of [
      ['a.csv', 'b.csv'],
      ['b.csv', 'a.csv'],
    ]) {
      const { status, stdout, stderr } = command(['--on-error', 'skip', ...inputs], { cwd })
      expect({ status, stdout }).toEqual({ status: 0, stdout: SCORED })
      expect(stderr).toMatch(/^softmax: 1 of 2 rows .*\n$/)
    }
  })

  it('without a good row in any are a failure', () => {
    const cwd = folder({ 'a.csv': 'id,logit_a,logit_b\n1,x,1\n' })
    const { status, stdout, stderr } = command(['--on-error', 'skip', 'a.csv', 'a.csv'], { cwd })
    expect({ status, stdout }).toEqual({ status: 1, stdout: 'id,p_a,p_b,label\n' })
    expect(stderr).toMatch(
      /a.csv:2: column logit_a \(row 1, byte 21\): no row could be scored \(2 read\); the first: "x" is not a number \[E_NO_ROWS\]\n$/,
    )
  })

  it.each([
    ['that are not there', 'missing.csv', 'no such file'],
    ['that are folders', '.', 'folder'],
    ['that cannot be read', '/proc/self/mem', ''],
  ])('%s end with status 3', (_, name, reason) => {
    const { status, stdout, stderr } = command([name], { cwd: folder() })
    expect({ status, stdout }).toEqual({ status: 3, stdout: '' })
    expect(stderr.startsWith(`softmax: ${name}: cannot read: `)).toBe(true)
    expect(stderr).toMatch(/^[^\n]*\[E_INPUT\]\n$/)
    expect(stderr).toContain(reason)
  })

  it('of nothing give nothing', () => {
    const warning = 'softmax: warning: stdin: the input is empty, and so is the output\n'
    expect(command([])).toEqual({ status: 0, stdout: '', stderr: warning })
    expect(shell('softmax -q </dev/null', folder())).toEqual({ status: 0, stdout: '', stderr: '' })
    const cwd = folder({ 'empty.csv': '', 'out.csv': OLD })
    expect(command(['empty.csv', '-o', 'out.csv'], { cwd }).status).toBe(0)
    expect(contentOf(cwd, 'out.csv')).toBe('')
  })

  it('of a header alone give a header', () => {
    expect(command([], { stdin: 'id,logit_a,logit_b\n' })).toEqual({
      status: 0,
      stdout: 'id,p_a,p_b,label\n',
      stderr: '',
    })
  })

  it('of two formats make one output in the format of the first', () => {
    const cwd = folder({ 'a.csv': GOOD, 'b.tsv': 'id\tlogit_a\tlogit_b\n8\t2\t1\n' })
    expect(command(['a.csv', 'b.tsv'], { cwd })).toEqual({ status: 0, stdout: `${SCORED}8,${P21},a\n`, stderr: '' })
    const tabs = `8,${P21},a\n7,${P21},a\n`.replaceAll(',', '\t')
    expect(command(['b.tsv', 'a.csv'], { cwd }).stdout).toBe(`id\tp_a\tp_b\tlabel\n${tabs}`)
  })

  it('have the columns of the first, though the first row of another is bad', () => {
    const cwd = folder({ 'a.csv': 'cat,dog\n2,1\n', 'b.csv': 'cat,dog\nx,1\n2,1\n' })
    const header = 'p_cat,p_dog,label\n'
    const failed = command(['-q', 'a.csv', 'b.csv'], { cwd })
    expect(failed.stderr).toMatch(
      /^softmax: b\.csv:2: column cat \(row 1, byte 8\): "x" is not a number; --on-error skip skips such rows \[E_CELL\]\n$/,
    )
    expect(failed).toMatchObject({ status: 1, stdout: `${header}${P21},cat\n` })
    const skipped = command(['--on-error', 'skip', 'a.csv', 'b.csv'], { cwd })
    expect(skipped).toMatchObject({ status: 0, stdout: `${header}${`${P21},cat\n`.repeat(2)}` })
  })

  it.each([
    ['a folder', '<.', 'stdin'],
    ['closed', '<&-', 'stdin'],
    ['closed, and has a name', '/dev/stdin <&-', '/dev/stdin'],
    ['closed, and has its number as a name', '/proc/self/fd/0 <&-', '/proc/self/fd/0'],
  ])('end with status 3 where standard input is %s', (_, from, name) => {
    const { status, stdout, stderr } = shell(`softmax ${from}`, folder())
    expect(stderr).toMatch(new RegExp(`^softmax: ${name}: cannot read: [^\\n]*\\[E_INPUT\\]\\n$`))
    expect({ status, stdout }).toEqual({ status: 3, stdout: '' })
  })

  it('without a name end with status 3', () => {
    const { status, stdout, stderr } = command([''], { cwd: folder() })
    expect(stderr).toMatch(/^softmax: [^\n]*\[E_INPUT\]\n$/)
    expect({ status, stdout }).toEqual({ status: 3, stdout: '' })
  })

  it('may have more columns than a call has arguments', () => {
    // With a quarter of its stack, a call of V8 has some 30,000 arguments, instead of 120,000.
    const [count, stack] = [40_000, '--stack-size=246']
    const wide = (name: string, of: (index: number) => unknown) => Array.from({ length: count }, (_, i) => name + of(i))
    const input = `${wide('logit_', (i) => i).join()}\n${wide('', () => 1).join()}\n`
    // 1 / 40,000, with the digits of Python's repr.
    const p = '0.000025'
    const header = ['label', ...wide('p_', (i) => i)].join('\t')
    const row = ['0', ...wide('', () => p)].join('\t')
    const object = `{"label":"0",${wide('"p_', (i) => `${i}":${p}`).join()}}`
    for (const [to, expected] of [
      ['tsv', `${header}\n${row}\n`],
      ['ndjson', `${object}\n`],
    ]) {
      const args = [stack, BIN, '-t', to!, '-e', 'label,probs']
      const { status, stdout, stderr } = spawnSync(process.execPath, args, { input, encoding: 'utf8', maxBuffer: 1e8 })
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
      expect(stdout === expected).toBe(true)
    }
    const call = spawnSync(process.execPath, [stack, '-e', `Math.max(...Array(${count}))`], { encoding: 'utf8' })
    expect(call.stderr).toContain('Maximum call stack size exceeded')
  })

  it('may be pipes', () => {
    const cwd = folder({ 'in.csv': GOOD })
    expect(shell('softmax <(cat in.csv) | cat', cwd)).toEqual({ status: 0, stdout: SCORED, stderr: '' })
  })
})

describe('a pipe', () => {
  const files = {
    'in.csv': GOOD,
    'true.csv': 'logit_a,logit_b,y\n2,1,a\n',
    'c.json': JSON.stringify(calibrationOf({ temperature: 2 })),
    names: 'x\ny\n',
  }

  it.each([
    ['in.csv --calibration', 'c.json', ''],
    ['evaluate true.csv --truth y --calibration', 'c.json', ''],
    ['in.csv --dry-run --calibration', 'c.json', ''],
    ['in.csv --labels', 'names', '@'],
    ['evaluate <(sed s/a$/x/ true.csv) --truth y --labels', 'names', '@'],
    ['calibrate <(sed s/a$/x/ true.csv) --truth y --labels', 'names', '@'],
  ])('is read as the file of an option, once: %s <(cat %s)', (line, name, mark) => {
    const cwd = folder({ ...files, 'true.csv': `${files['true.csv']}1,2,a\n` })
    const fromFile = shell(`softmax ${line} ${mark}${name}`, cwd)
    const fromPipe = shell(`softmax ${line} ${mark}<(cat ${name})`, cwd)
    expect({ ...fromPipe, stderr: fromPipe.stderr.replace(/\/dev\/fd\/\d+/, '') }).toEqual({
      ...fromFile,
      stderr: fromFile.stderr.replace(/\/dev\/fd\/\d+/, ''),
    })
    expect(fromPipe.stdout).not.toBe('')
  })

  it('is read as the file of an option of all parts', () => {
    const cwd = folder(files)
    expect(shell('softmax in.csv --calibration <(cat c.json) --labels @<(printf "a\\nb\\n") -o out/', cwd).status).toBe(
      0,
    )
    expect(readFileSync(join(cwd, 'out/in.csv'), 'utf8')).toBe(shell('softmax in.csv --calibration c.json', cwd).stdout)
  })
})

describe('a slow source', () => {
  it('has its rows scored as they come', async () => {
    const { child, ended } = start(['--no-header'], folder())
    const answer = () => new Promise((resolve) => child.stdout.once('data', (bytes) => resolve(bytes.toString())))
    for (let row = 0; row < 3; row++) {
      const answered = answer()
      child.stdin.write('2,1\n')
      expect(await answered).toBe(`${P21},0\n`)
    }
    child.stdin.end()
    expect(await ended).toMatchObject({ status: 0 })
  })

  it.each(['general', 'fast'])('has its bad row reported as it comes, in lane %s', async (lane) => {
    const { child, ended } = start(['--lane', lane], folder())
    child.stdin.write(BAD)
    expect(await ended).toMatchObject({ status: 1, stdout: SCORED })
  })
})

describe('a signal', () => {
  /** Starts the command and waits for its temporary file. */
  async function underWay(cwd: string, env: Record<string, string> = {}) {
    const running = start(['-o', 'out.csv'], cwd, env)
    running.child.stdin.write(manyRows(20_000))
    const written = () => readdirSync(cwd).some((name) => name !== 'out.csv' && statSync(join(cwd, name)).size > 0)
    while (!written()) await wait(5)
    return running
  }

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    '%s removes the temporary, and ends the command',
    async (signal) => {
      const cwd = folder({ 'out.csv': OLD })
      const { child, ended } = await underWay(cwd)
      child.kill(signal)
      expect(await ended).toEqual({ status: null, signal, stdout: '', stderr: '' })
      expect(readdirSync(cwd)).toEqual(['out.csv'])
      expect(contentOf(cwd, 'out.csv')).toBe(OLD)
    },
  )

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    '%s that comes twice removes the temporary, too',
    async (signal) => {
      const cwd = folder()
      // npx and timeout pass on what the terminal sends to their group, so it comes while the temporary file is removed.
      const preload = `import fs from 'node:fs'
      import { syncBuiltinESMExports } from 'node:module'
      const { unlinkSync } = fs
      fs.unlinkSync = (path) => {
        fs.writeSync(2, 'removing')
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300)
        unlinkSync(path)
      }
      syncBuiltinESMExports()`
      const { child, ended } = await underWay(cwd, {
        NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(preload)}`,
      })
      child.kill(signal)
      await once(child.stderr, 'data')
      child.kill(signal)
      expect(await ended).toMatchObject({ signal, stderr: 'removing' })
      expect(readdirSync(cwd)).toEqual([])
    },
  )

  it('SIGKILL leaves the old file whole', async () => {
    const cwd = folder({ 'out.csv': OLD })
    const { child, ended } = await underWay(cwd)
    child.kill('SIGKILL')
    expect(await ended).toMatchObject({ signal: 'SIGKILL' })
    expect(contentOf(cwd, 'out.csv')).toBe(OLD)
  })
})

describe('what is printed about the command', () => {
  it.each(['--help', '--version'])('%s that cannot be written ends with status 3, in one line', (flag) => {
    const { status, stderr } = shell(`softmax ${flag} >/dev/full`, folder())
    expect(stderr).toMatch(/^softmax: cannot write [^\n]* \[E_OUTPUT\]\n$/)
    expect(status).toBe(3)
  })

  it('keeps its compiled code among the caches of its user, where Node can and they can be written', () => {
    const caches = folder({ file: '' })
    for (const home of [caches, join(caches, 'file')]) {
      const env = { XDG_CACHE_HOME: home, NODE_COMPILE_CACHE: '' }
      expect(command([], { stdin: GOOD, env })).toEqual({ status: 0, stdout: SCORED, stderr: '' })
    }
    expect(existsSync(join(caches, 'softmax-stream'))).toBe('enableCompileCache' in module)
  })

  // A closed output cannot be detected if it is a null device opened for reading as well, as programs do that only
  // check for the command's existence.
  it.each(['--help', '--version'])('%s ends well where nobody can see it', (flag) => {
    for (const to of ['1<>/dev/null', '>&-']) {
      expect(shell(`softmax ${flag} ${to}`, folder())).toEqual({ status: 0, stdout: '', stderr: '' })
    }
  })
})

describe('the command', () => {
  it('is where package.json says, and can be run', () => {
    expect(MANIFEST.bin).toEqual({ softmax: 'dist/command/bundle/cli.cjs' })
    const cwd = folder({ 'in.csv': GOOD })
    symlinkSync(BIN, join(cwd, 'softmax'))
    expect(existsSync(join(cwd, 'softmax'))).toBe(true)
    expect(shell('node ./softmax in.csv', cwd)).toEqual({ status: 0, stdout: SCORED, stderr: '' })
    expect(readFileSync(join(cwd, 'softmax'), 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/)
  })

  it('scores the digits that the README speaks of', () => {
    const cwd = folder()
    const input = join(import.meta.dirname, '..', 'fixtures', 'digits-logits.csv')
    expect(command([input, '-o', 'scored.csv'], { cwd })).toEqual({ status: 0, stdout: '', stderr: '' })
    const [header, ...rows] = contentOf(cwd, 'scored.csv').trimEnd().split('\n')
    const [truth, label] = ['truth', 'label'].map((name) => header!.split(',').indexOf(name))
    const cells = rows.map((row) => row.split(','))
    expect(rows).toHaveLength(899)
    expect(cells.filter((row) => row[truth!] === row[label!])).toHaveLength(861)
    const sums = cells.map((row) => row.slice(2, 12).reduce((sum, cell) => sum + Number(cell), 0))
    expect(
      header!
        .split(',')
        .slice(2, 12)
        .filter((name) => name.startsWith('p_')),
    ).toHaveLength(10)
    expect(sums.filter((sum) => !(Math.abs(sum - 1) <= 10 * 1e-15))).toEqual([])
    const kept = (line: string) => line.split(',', 2).join()
    const lines = readFileSync(input, 'utf8').trimEnd().split('\n')
    expect([header!, ...rows].map(kept)).toEqual(lines.map(kept))
  })
})

describe('the name of an output', () => {
  const input = 'id,logit_a,logit_b\n7,2,1\n'

  it.each(['y.csv.bz2', 'y.xlsx', 'y.xz', 'y.foo.gz', 'y.2024'])(
    'that asks for what nobody writes is refused: %s',
    (name) => {
      const cwd = folder({ 'in.csv': input })
      const { status, stderr } = command(['in.csv', '-o', name], { cwd })
      expect(status).toBe(2)
      expect(stderr).toMatch(/has the extension \.\w+, .*; set the format with --to, .* \[E_CONFLICT\]\n$/)
      expect(readdirSync(cwd)).toEqual(['in.csv'])
      expect(command(['in.csv', '-o', name, '--to', 'csv'], { cwd })).toMatchObject({ status: 0, stderr: '' })
      expect(readdirSync(cwd)).toEqual(['in.csv', name])
    },
  )

  it.each(['y', '.hidden', 'y.txt', 'y.gz', 'a.b/y', 'Y.CSV', 'y.Ndjson.GZ'])(
    'that asks for no other is taken: %s',
    (name) => {
      const cwd = folder({ 'in.csv': input })
      mkdirSync(join(cwd, 'a.b'))
      expect(command(['in.csv', '-o', name], { cwd })).toMatchObject({ status: 0, stderr: '' })
    },
  )

  it('may be anything for a device or a pipe', () => {
    const cwd = folder({ 'in.csv': input })
    const { stdout, status } = shell('mkfifo p.fifo; cat p.fifo & softmax in.csv -e index -o p.fifo; wait', cwd)
    expect({ stdout, status }).toEqual({ stdout: 'id,index\n7,0\n', status: 0 })
  })
})

describe('a file that begins like JSON', () => {
  const text = '[1:2];logit_x;logit_y\na;2;1\n'
  const scored = `[1:2];p_x;p_y;label\na;${P21.replace(',', ';')};x\n`

  it.each(['n.csv', 'n.tsv', 'n.txt', 'n'])('is delimited text where a flag of the dialect is given: %s', (name) => {
    const cwd = folder({ [name]: text })
    expect(command(['-d', ';', name], { cwd })).toEqual({ status: 0, stdout: scored, stderr: '' })
  })

  it('is delimited text where a flag of the dialect is given: standard input', () => {
    expect(command(['-d', ';'], { stdin: text })).toEqual({ status: 0, stdout: scored, stderr: '' })
  })

  it('is what its name says, unless its first line is JSON', () => {
    const cwd = folder({ 'a.csv': '[1],logit_x\n2,1\n', 'b.csv': '\n{"logits":[2,1]}\n', 'c.csv': '{"logits":[2,1]}' })
    expect(command(['a.csv', '-l', '2', '-e', 'index', '-q'], { cwd }).stdout).toBe('[1],index\n2,0\n')
    for (const name of ['b.csv', 'c.csv']) {
      const { stdout, stderr } = command([name, '-e', 'index'], { cwd })
      expect(stdout).toBe('{"logits":[2,1],"index":0}\n')
      expect(stderr).toContain('read as ndjson')
    }
  })
})

describe('what this version of Node, or this package, cannot read', () => {
  const canReadZstd = 'createZstdDecompress' in zlib
  /** Written by zstd 1.5: a header and the row 1,2,3. By pyarrow: a stream of 40 rows with zstd-compressed buffers. */
  const ZSTD = Buffer.from('KLUv/SQZyQAAaWQsbG9naXRfYSxsb2dpdF9iCjEsMiwzCiA4HeE=', 'base64')
  const ARROW = Buffer.from(
    '/////6gAAAAQAAAAAAAKAAwABgAFAAgACgAAAAABBAAMAAAACAAIAAAABAAIAAAABAAAAAIAAABEAAAABAAAANT///8AAAEDEAAAABgAAAAEAAAAAAAAAAcAAABsb2dpdF9iAML///8AAAIAEAAUAAgABgAHAAwAAAAQABAAAAAAAAEDEAAAACAAAAAEAAAAAAAAAAcAAABsb2dpdF9hAAAABgAIAAYABgAAAAAAAgD/////0AAAABQAAAAAAAAADAAYAAYABQAIAAwADAAAAAADBAAcAAAAcAAAAAAAAAAAAAAADAAeABAABAAIAAwADAAAAHAAAAAkAAAAGAAAACgAAAAAAAAAAAAAAAAABgAIAAcABgAAAAAAAAEEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAQwAAAAAAAABIAAAAAAAAAAAAAAAAAAAASAAAAAAAAAAkAAAAAAAAAAAAAAACAAAAKAAAAAAAAAAAAAAAAAAAACgAAAAAAAAAAAAAAAAAAABAAQAAAAAAACi1L/1gQACNAQByRQQF4A8wlwIBVVVVVVVVVVVVlSdQAgBjjDHGGGOMMcYYY4wxxhhjjDHGGGOMMeYKAAAAAABAAQAAAAAAACi1L/1gQACVAABIAAAAAAAA8D8AAgAvKwoI4AgAAAAA/////wAAAAA=',
    'base64',
  )
  const files = {
    'in.csv': 'id,logit_a,logit_b\n1,2,3\n',
    'in.csv.zst': ZSTD,
    'in.arrows': ARROW,
    'in.bz2': 'BZh91AY&SY',
  }

  it.each([
    ['in.csv.zst', 'run zstd -dc in.csv.zst | softmax'],
    ['in.arrows', "rewrite it: python -c '"],
  ])('stops before a byte is written where it needs another: %s', (name, says) => {
    const cwd = folder(files)
    for (const inputs of name.endsWith('.zst') ? [[name], ['in.csv', name]] : [[name]]) {
      const { status, stdout, stderr } = command([...inputs, '-t', 'csv'], { cwd })
      if (canReadZstd) expect(status).toBe(0)
      else expect({ status, stdout, stderr }).toEqual({ status: 2, stdout: '', stderr: expect.stringContaining(says) })
      if (!canReadZstd) expect(stderr).toContain('zstd needs Node 22.15 or later')
    }
  })

  it('stops before a byte is written where a later input is of another kind', () => {
    const { status, stdout, stderr } = command(['in.csv', 'in.bz2'], { cwd: folder(files) })
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    expect(stderr).toContain('in.bz2: not supported: bzip2 compression; run bzip2 -dc in.bz2 | softmax')
  })
})

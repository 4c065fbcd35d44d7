/** What the command prints about itself: the help, its topics and the manual page. */
import { spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { OPTIONS } from 'softmax-stream'
import { describe, expect, it } from 'vitest'
import { describeFlags } from '../dist/command/flags.js'
import { EXAMPLES, OPTION_EXAMPLES } from '../dist/command/help/examples.js'
import { helpOn } from '../dist/command/help/help.js'
import { FORMAT_NAMES } from '../dist/core/formats.js'
import type { Option } from '../dist/core/options.js'
import { OUTPUT_COLUMNS } from '../dist/core/output-columns.js'
import { arrayFixture, BIN, command, folder, MANIFEST, ROOT } from './support.js'

/** The output, without anything on stderr. */
function printed(args: string[]): string {
  const { status, stdout, stderr } = command(args)
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  return stdout
}

const FLAGS = describeFlags().map(({ name, short }) => `  ${short ? `-${short}, ` : '    '}--${name}`)

describe('the table of options', () => {
  const texts = Object.entries(OPTIONS as Record<string, Option<unknown>>).flatMap(
    ([name, { help, helpOf = {}, doc = {}, details, flags = [] }]) =>
      [help, ...Object.values(helpOf), doc.help, ...flags.map((flag) => flag.help)].map(
        (line) => [name, line ?? '', [details, doc.details]] as const,
      ),
  )

  it.each(texts)('says in one line what %s does: %s', (_, line) => {
    expect(line.length).toBeLessThanOrEqual(115)
    expect(line).not.toMatch(/[.\n]$|\. [A-Z]/)
  })

  it.each(texts)('has sentences in the details of %s', (_, _line, details) => {
    for (const text of details.filter((text) => text !== undefined))
      expect(text).toMatch(/^(?:[A-Z\d']|[a-z]+=|[a-z]+ ).*\.$/)
  })
})

describe('softmax --help', () => {
  const screen = printed(['--help'])
  const lines = screen.trimEnd().split('\n')

  it('is one screen of 40 lines and 80 columns', () => {
    expect(lines.length).toBeLessThanOrEqual(40)
    expect(lines.filter((line) => line.length > 80)).toEqual([])
  })

  it('has the options that are most used, under headings, and four examples', () => {
    for (const heading of ['Input', 'Classes', 'Scores', 'Output', 'Bad rows', 'Runs']) expect(lines).toContain(heading)
    for (const flag of [
      '-o, --output',
      '-l, --logits',
      '--labels',
      '-T, --temperature',
      '--log ',
      '--rejects',
      '-d, --delimiter',
      '--binary',
      '--keep',
    ]) {
      expect(lines.filter((line) => line.trim().startsWith(flag))).toHaveLength(1)
    }
    expect(lines.slice(lines.indexOf('Examples') + 1).indexOf('')).toBe(4)
  })

  it('names the exit statuses, and where more is said', () => {
    for (const word of ['0', '1', '2', '3', '70', '128']) expect(lines.slice(-3).join(' ')).toContain(` ${word}`)
    expect(screen).toContain('softmax help all')
  })

  it('is what softmax help prints, too', () => {
    expect(printed(['help'])).toBe(screen)
  })

  it('is printed beside an input, which may have any name', () => {
    expect(printed(['logits.csv', '--help'])).toBe(screen)
  })
})

describe('softmax --help all', () => {
  const all = printed(['--help', 'all'])

  it('has every option once, with the help of the table', () => {
    for (const flag of FLAGS) {
      expect(all.split('\n').filter((line) => line === flag || line.startsWith(`${flag} `))).toHaveLength(1)
    }
    const unwrapped = all.replace(/\s+/g, ' ')
    for (const { help } of describeFlags()) expect(unwrapped).toContain(help)
  })

  it('marks defaults as such, and the short help says what its brackets are', () => {
    expect(all.replace(/\s+/g, ' ')).toContain('a longer row is a bad row [default: 16 MiB]')
    expect(all).toContain('divide the logits by N first [default: 1]')
    expect(printed(['--help'])).toContain('Defaults are in brackets.')
  })

  it('fits into 80 columns', () => {
    expect(all.split('\n').filter((line) => line.length > 80)).toEqual([])
  })

  it('is what softmax help all prints, and any verb with --help all', () => {
    for (const args of [
      ['help', 'all'],
      ['evaluate', '--help', 'all'],
    ]) {
      expect(printed(args)).toBe(all)
    }
  })
})

describe('softmax help', () => {
  it.each(['evaluate', 'calibrate'])('%s says what the verb does, with its options and examples', (verb) => {
    const text = printed(['help', verb])
    expect(text).toMatch(new RegExp(`^Usage: softmax ${verb} --truth COLUMN`))
    const own = Object.entries(OPTIONS).filter(([, entry]) => 'only' in entry && entry.only === verb)
    expect(own.length).toBeGreaterThan(0)
    for (const [name] of own) expect(text).toContain(`--${name} `.trimEnd())
    expect(text).toMatch(new RegExp(`^ {4}softmax ${verb} `, 'm'))
    expect(text).not.toContain('--top-k')
    expect(printed([verb, '--help'])).toBe(text)
    expect(printed(['--help', verb])).toBe(text)
  })

  it.each(['evaluate', 'calibrate'])('%s lists no option that is refused, and does not repeat the verb', (verb) => {
    const text = printed(['help', verb])
    expect(text).not.toMatch(/^ +--(?:log|log-sigmoid)\b/m)
    expect(text).not.toContain(`softmax ${verb}: `)
  })

  it('says which options a verb requires', () => {
    const unwrapped = (verb: string) => printed(['help', verb]).replace(/\s+/g, ' ')
    expect(unwrapped('calibrate')).toContain(
      '--truth COLUMN column of true classes, by name or by position from 1 [required] ',
    )
    expect(unwrapped('evaluate')).toContain('by position from 1 [required, except with --merge] ')
    expect(printed(['help', 'metrics'])).toMatch(
      /^ +rows +the number of rows with a known true class, without\n +the unlabelled ones$/m,
    )
    expect(printed(['help', '--coverage'])).toContain('softmax calibrate: also')
    expect(printed(['help', 'calibrate'])).toContain('[-o FILE]')
  })

  it.each([
    ['--emit', '-e, --emit LIST'],
    ['e', '-e, --emit LIST'],
    ['topK', '-k, --top-k K'],
    ['keep', '--keep SELECTOR'],
    ['no-keep', '--no-keep'],
    ['no-progress', '--[no-]progress'],
    ['sigmoid', '--sigmoid'],
  ])('%s is the help on an option', (topic, heading) => {
    expect(printed(['help', topic])).toMatch(heading)
    expect(printed(['help', topic]).split('\n')[0]).toBe(heading)
  })

  it('says the default of an option, what it may be, and what the API calls it', () => {
    expect(printed(['help', 'max-row-bytes'])).toMatch(/ Default: 16 MiB\. In the API:\n {2}maxRowBytes\.\n$/)
    expect(printed(['help', 'resume'])).toContain('  Default: off.\n')
    expect(printed(['help', '-T'])).toContain('  Value: a number above 0. Default: 1. In the API: temperature.\n')
  })

  it('has the details of an option, and an example if there is one', () => {
    expect(printed(['help', '--part'])).toBe(`--part I/N
  With -o FOLDER/: score only the I-th of N equal shares of the parts, such as
  2/8.

  2/8 is the second of eight shares, not the second part. With it, N processes
  on one or more machines split the work: each takes another share.

    softmax parts/ -o scored/ --part 2/8 --resume

  Value: I/N, such as 2/8: share I of N, with I from 1 to N. Default: all.
`)
    for (const { names, details = '' } of describeFlags()) {
      const text = printed(['help', `--${names[0]}`])
      expect(text.replace(/\s+/g, ' ')).toContain(details)
      expect(text.split('\n').filter((line) => line.length > 80 && !line.startsWith('    '))).toEqual([])
    }
  })

  it.each(['explain', 'help'])('%s is the help on that', (topic) => {
    expect(printed(['help', topic])).toMatch(new RegExp(`^Usage: softmax ${topic} \\[`))
  })

  it.each([
    ['set', 'set, an output column of --emit'],
    ['label', 'label, an output column of --emit'],
    ['ECE', 'ece, a metric of softmax evaluate'],
    ['brier-score', 'brier, a metric of softmax evaluate'],
    ['log_loss', 'log_loss, a metric of softmax evaluate'],
    ['parquet', 'parquet, a format'],
    ['jsonl', 'ndjson, a format'],
    ['.pq', 'parquet, a format'],
  ])('%s is the help on a column, a metric or a format', (topic, heading) => {
    const [first, text] = printed(['help', topic]).split('\n')
    expect(first).toBe(heading)
    expect(text!.length).toBeGreaterThan(20)
  })

  it('has all that a topic names', () => {
    for (const [topic, headings] of [
      ['precision', ['-p, --precision N', 'precision, a metric of softmax evaluate']],
      ['json', ['--json', 'json, a format']],
      ['labels', ['--labels A,B,C|@FILE', 'labels, an output column of --emit']],
    ] as const) {
      const lines = printed(['help', topic]).split('\n')
      expect(lines.filter((line) => /^\S/.test(line))).toEqual(headings)
    }
  })

  it.each([
    ['memory', 'Memory', '--max-row-bytes'],
    ['exit', 'Exit status', '128+n'],
    ['exit-status', 'Exit status', '128+n'],
    ['status', 'Exit status', '70'],
    ['formats', 'Formats', 'safetensors'],
    ['columns', 'Output columns', 'logsumexp'],
    ['errors', 'Errors', 'E_CELL'],
    ['compression', 'Compression', '.zst'],
    ['gzip', 'Compression', '--no-decompress'],
    ['limits', 'Limits', '--max-errors'],
    ['folder', 'Folders', '--resume'],
    ['env', 'Environment', 'NO_COLOR'],
    ['stdin', 'Inputs', 'standard input'],
    ['examples', 'Examples', 'softmax calibrate'],
    ['read', 'API of the Node.js package softmax-stream', 'read(format, options)'],
    ['write', 'API of the Node.js package softmax-stream', 'write(format, options)'],
    ['scoreFiles', 'API of the Node.js package softmax-stream', 'scoreFiles(inputs,'],
    ['tsv', 'tsv, a format', 'Extensions: .tsv, .tab; for other'],
    ['feather', 'arrow, a format', '.arrow, .feather, .ipc'],
    ['xlsx', 'Formats', 'parquet'],
    ['bad rows', '--rejects FILE', '--on-error fail|skip'],
    ['classes', 'classes, a metric of softmax evaluate', '--labels A,B,C|@FILE'],
    ['threads', '-j, --jobs N', 'one per core'],
    ['multilabel', '--sigmoid', 'multi-label'],
    ['NaN', '--nonfinite error|propagate|null', 'torch'],
  ])('%s, which is no name, is what is said of it under another', (topic, heading, text) => {
    const help = helpOn([topic], (_, text) => text, '')
    expect(help.split('\n')[0]).toBe(heading)
    expect(help).toContain(text)
    expect(help.split('\n').filter((line) => line.length > 80)).toEqual([])
  })

  it('lists its topics, each of which has a text', () => {
    const lists = printed(['help', 'topics'])
    for (const topic of ['calibrate', 'top-k', 'entropy', 'brier', 'parquet', 'E_CELL']) expect(lists).toContain(topic)
    const topics = lists.split('\n').flatMap((line) => (line.startsWith('  ') ? line.trim().split(/, ?/) : []))
    for (const topic of topics.filter(Boolean))
      expect(helpOn([topic], (_, text) => text, '').length).toBeGreaterThan(20)
  })

  it('is on each of several, of which some words may be one', () => {
    const on = (...topics: string[]) => helpOn(topics, (_, text) => text, '')
    expect(on('threshold', 'top-k')).toBe(`${on('threshold')}\n${on('top-k')}`)
    expect(on('bad', 'rows')).toBe(on('bad-rows'))
    expect(on('exit', 'status')).toBe(on('exit'))
    expect(() => on('threshold', 'nonsense')).toThrow(/there is no help on "nonsense"/)
  })

  it('has what it says of each metric, and of each value of --emit and --from', () => {
    const cwd = folder({ 'in.csv': 'logit_a,logit_b,y\n1,2,a\n' })
    const { stdout } = command(['evaluate', 'in.csv', '--truth', 'y', '--json'], { cwd })
    for (const metric of Object.keys(JSON.parse(stdout)))
      expect(printed(['help', metric])).toContain(`${metric}, a metric`)
    for (const topic of ['--emit', '--from', 'to']) {
      const text = printed(['help', topic])
      const values = topic === '--emit' ? OUTPUT_COLUMNS : FORMAT_NAMES
      for (const value of values) expect(text).toMatch(new RegExp(`^  ${value} +\\S`, 'm'))
      expect(text.split('\n').filter((line) => line.length > 80)).toEqual([])
    }
  })

  it('of a code is its explanation', () => {
    expect(printed(['help', 'E_CELL'])).toBe(printed(['explain', 'E_CELL']))
  })

  it.each([
    ['evalute', 'evaluate'],
    ['--tempreature', 'temperature'],
    ['E_CEL', 'E_CELL'],
  ])('%s, which there is none on, proposes %s', (topic, near) => {
    const { status, stdout, stderr } = command(['help', topic])
    expect(stderr).toBe(`softmax: there is no help on "${topic}"; did you mean ${near}? [E_TOPIC]\n`)
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
  })
})

it('the help on scoring has its examples, and where its options are', () => {
  const { stdout } = command(['help', 'score'])
  expect(stdout).toMatch(/^Usage: softmax \[options\] \[input \.\.\.\]\n\nComputes /)
  expect(stdout).toContain('    softmax logits.csv -o scored.csv\n')
  expect(stdout).not.toContain('softmax evaluate')
  expect(stdout).toMatch(/softmax help all/)
})

describe('verbs', () => {
  it.each([
    ['evalute', 'softmax evaluate'],
    ['calibrte', 'softmax calibrate'],
    ['explian', 'softmax explain'],
    ['eval', 'softmax evaluate'],
    ['score', 'softmax without a verb'],
    ['version', 'softmax --version'],
    ['man', 'softmax help man'],
  ])('that are mistyped or of other commands are proposed: %s', (word, meant) => {
    const { status, stderr } = command([word, 'in.csv'])
    expect(stderr).toBe(
      `softmax: ${word}: cannot read: no such file or directory (ENOENT); did you mean ${meant}? [E_INPUT]\n`,
    )
    expect(status).toBe(3)
  })

  it('are no verbs where a file has the name', () => {
    const cwd = folder({ score: 'logit_a,logit_b\n0,0\n', evaluate: 'logit_a,logit_b\n0,0\n' })
    for (const name of ['score', './evaluate']) {
      expect(command([name], { cwd })).toEqual({ status: 0, stdout: 'p_a,p_b,label\n0.5,0.5,a\n', stderr: '' })
    }
  })

  it('promise no more of an option than they do', () => {
    const { stdout } = command(['help', 'calibrate'])
    expect(stdout).not.toMatch(/sigmoid|--threshold|in a\s+folder|per input/)
  })

  it.each(['evaluate', 'calibrate'])('say where the details of true classes are: %s', (verb) => {
    expect(printed(['help', verb])).toContain('softmax help --truth')
    const text = printed(['help', '--truth']).replace(/\s+/g, ' ')
    expect(text).toContain('is empty (in arrays, -100 or NaN) if the class is unknown')
  })

  it('need true classes, and one file to write to', () => {
    const cwd = folder({ 'in.csv': 'logit_a,logit_b,y\n1,2,b\n' })
    expect(command(['evaluate', 'in.csv'], { cwd })).toMatchObject({
      status: 2,
      stderr:
        'softmax: softmax evaluate needs --truth COLUMN, the column of the true classes; softmax --dry-run shows which columns there are [E_OPTION]\n',
    })
    expect(command(['calibrate', 'in.csv', '--truth', 'y', '-o', './'], { cwd })).toMatchObject({
      status: 3,
      stderr: expect.stringContaining('it is a folder, but softmax calibrate writes one file'),
    })
  })

  it('have options that are refused without them', () => {
    for (const [name, verb] of Object.entries({ json: 'evaluate', report: 'evaluate', coverage: 'calibrate' })) {
      const { stderr, status } = command([`--${name}`, ...(name === 'json' ? [] : ['0.9'])], { stdin: 'a\n' })
      expect(stderr).toBe(`softmax: --${name} works only with softmax ${verb} [E_CONFLICT]\n`)
      expect(status).toBe(2)
    }
  })
})

describe('examples of the help', () => {
  /** A folder with the files that the examples use, and the programs that they pipe through. */
  function scene() {
    const cwd = folder()
    const digits = readFileSync(join(ROOT, 'fixtures/digits-logits.csv'), 'utf8')
    writeFileSync(join(cwd, 'logits.csv'), digits)
    for (const name of ['validation.csv', 'test.csv']) writeFileSync(join(cwd, name), digits.replace('truth', 'actual'))
    copyFileSync(join(ROOT, 'fixtures/digits.parquet'), join(cwd, 'logits.parquet'))
    mkdirSync(join(cwd, 'parts'))
    copyFileSync(join(ROOT, 'fixtures/digits.parquet'), join(cwd, 'parts/part-0.parquet'))
    for (const [name, text] of Object.entries(TABLES)) writeFileSync(join(cwd, name), text)
    copyFileSync(join(ROOT, 'fixtures/digits.npy'), join(cwd, 'logits.npy'))
    writeFileSync(join(cwd, 'batch_class_token.npy'), arrayFixture('npy', '<f4 C, axis -2'))
    writeFileSync(join(cwd, 'outputs.npz'), arrayFixture('npz', 'sizes of 64 bits'))
    mkdirSync(join(cwd, 'bin'))
    const programs = {
      softmax: `exec "${process.execPath}" "${BIN}" "$@"`,
      'model-dump': `printf 'logit_0,logit_1\\n1,2\\n'`,
      load: 'grep p_a,p_b,label "$1" >/dev/null',
    }
    for (const [name, script] of Object.entries(programs)) {
      writeFileSync(join(cwd, 'bin', name), `#!/bin/sh\n${script}\n`)
      chmodSync(join(cwd, 'bin', name), 0o755)
    }
    return { cwd, env: { ...process.env, FORCE_COLOR: '0', PATH: `${join(cwd, 'bin')}:${process.env.PATH}` } }
  }

  const run = (script: string, place = scene()) =>
    spawnSync('bash', ['-euo', 'pipefail', '-c', script], { ...place, encoding: 'utf8' })

  it.each(EXAMPLES.map(({ does, line }) => [does, line]))('run: %s', (_, line) => {
    const before = /--calibration/.test(line) && !line.includes('softmax calibrate') ? CALIBRATE : ''
    const { status, stderr } = run(before + line)
    expect({ status, stderr }).toEqual({ status: 0, stderr: expect.not.stringContaining('[E_') })
  })

  it.each(Object.entries(OPTION_EXAMPLES))('run for %s: %s', (flags, line) => {
    for (const flag of flags.split(' ')) {
      expect(line).toContain(`--${flag} `)
      expect(printed(['help', `--${flag}`])).toContain(`    ${line.split('\n')[0]}\n`)
    }
    const { status, stderr } = run(line)
    expect({ status, stderr }).toEqual({ status: 0, stderr: expect.not.stringContaining('[E_') })
  })

  const TABLES = {
    'tags.csv': 'logit_a,logit_b,tags\n1,2,a|b\n-1,2,b\n',
    'scores.csv': 'id,cat,dog,boat\n17,0.7,1.5,4.8\n',
    'mails.csv': 'id,logit\n17,0.7\n',
    'german.csv': 'id;logit_a;logit_b\n17;0,7;1,5\n',
    'notes.csv': 'Model 7\n\nid,logit_a,logit_b\n# first run\n17,0.7,1.5\n',
    'config.json': JSON.stringify({ id2label: { ...[...'abcdefghij'] } }),
  }

  const CALIBRATE = 'softmax calibrate validation.csv --truth actual -o calibration.json\n'
})

describe('the manual page', () => {
  const page = readFileSync(join(ROOT, MANIFEST.man[0]), 'utf8')

  it('is what softmax help man prints', () => {
    expect(page).toBe(printed(['help', 'man']))
  })

  it('has the help and the details of every option', () => {
    const text = page.replaceAll('\\-', '-').replaceAll('\n', ' ').replaceAll('\\(aq', "'").replaceAll('\\(dq', '"')
    const plain = text.replaceAll('\\(ha', '^').replaceAll('\\&', '').replaceAll('\\e', '\\')
    for (const { help, details = '', listed, values } of describeFlags()) {
      expect(plain).toContain(help.slice(1))
      expect(plain).toContain(details)
      if (listed) for (const value of values) expect(plain).toContain(value)
    }
  })

  it('has the date of the changelog', () => {
    const [, date] = /^## 0\.\S+ \((\S+)\)/m.exec(readFileSync(join(ROOT, '.github/CHANGELOG.md'), 'utf8'))!
    expect(page).toContain(`.TH SOFTMAX 1 ${date} "softmax-stream ${MANIFEST.version}"`)
  })
})

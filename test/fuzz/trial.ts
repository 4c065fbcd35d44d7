/**
 * Scores one input under one policy in every possible way: all must report the same, and the reports must be correct.
 */
import { isDeepStrictEqual } from 'node:util'
import { CODES, OPTIONS as OPTION_TABLE, type ScoreOptions } from 'softmax-stream'
import type { Random } from '../random.js'
import { type Outcome, reported, run } from '../streams.js'
import { command } from '../support.js'

/** Policies for bad rows; a run under each must account for every row. */
export const POLICIES: ScoreOptions[] = [{ onError: 'fail' }, { onError: 'skip' }]

/** Ways to read and to write. */
export const OPTIONS: ScoreOptions[] = [
  {},
  {},
  // One line per row, so that output rows can be counted.
  { keep: false, emit: 'index' },
  { keep: false, emit: 'index', header: false },
  { keep: '!1' },
  { header: false },
  { header: false, logits: '1-2' },
  { logits: '2-3' },
  { logits: '!1' },
  { missing: '-inf', nonfinite: 'propagate' },
  { missing: 'nan', nonfinite: 'null', emit: 'label,probs,index,entropy' },
  { missing: '-inf', nonfinite: 'propagate', emit: 'probs,label,index,confidence,margin,entropy,logsumexp' },
  { delimiter: ';' },
  { delimiter: '\t', outputHeader: false },
  { delimiter: '::' },
  { comment: '#' },
  { quote: "'" },
  { escape: '\\' },
  { to: 'tsv' },
  { topK: 2, op: 'log-softmax', precision: 6 },
  { float32: true, temperature: 0.5, jobs: 1 },
]

/** What is wrong with the scoring of an input; undefined if nothing. */
export async function trial(input: Buffer, options: ScoreOptions, random: Random): Promise<string | undefined> {
  try {
    const general = await run(input, { ...options, lane: 'general' })
    const fast = await run(input, options)
    const cut = await run(chunks(input, random), { ...options, lane: random.of(['auto', 'general'] as const) })
    return (
      differs('the lanes', general, fast) ??
      differs('chunks', general, cut) ??
      unaccounted(general, options) ??
      ill(fast)
    )
  } catch (error) {
    return `an error that is not of the package: ${(error as Error).stack}`
  }
}

/** What is wrong with the command's result for an input. */
export async function commandTrial(input: Buffer, onError: 'fail' | 'skip'): Promise<string | undefined> {
  const { text, error } = await run(input, { onError, source: 'stdin' })
  const { status, stdout, stderr } = command(['--on-error', onError], { stdin: input })
  if (status !== (error?.status ?? 0)) return `status ${status}, not ${error?.status ?? 0}: ${stderr}`
  if (stdout !== text) return 'the command writes other bytes'
  if (!/^(softmax: [^\n]*\n)*$/.test(stderr)) return `what is on stderr: ${stderr}`
  return error && !stderr.endsWith(`softmax: ${inFlags(error.message)}\n`) ? `another error: ${stderr}` : undefined
}

/**
 * Translates an API message to flags: `header: false` is `--no-header`, `logits: '1,2'` is `--logits 1,2`, and
 * `op: 'sigmoid'` is `--sigmoid`, `skipLines` is `--skip-lines`, as are `missing`, `logits` and `encoding` before a verb; commas between options occur only in the API.
 */
function inFlags(message: string): string {
  return withFlags(message)
    .replace(/, (?=--(?:emit|binary|delimiter) )/g, ' ')
    .replace(/--op sigmoid(?:, or the function sigmoid\(\),)?/g, '--sigmoid')
    .replace(/, or read\('\w+'\),/g, '')
    .replace(/\b(?:missing(?= reads it as )|logits(?= selects them )|encoding(?= sets another))/g, flagOf)
    .replace(/\b[a-z]+[A-Z]\w*/g, (name) => (name in OPTION_TABLE ? flagOf(name) : name))
}

function flagOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
}

function withFlags(message: string): string {
  return message.replace(/(\w+): ('(?:[^'\\]|\\.)*'|true|false|\d+)/g, (text, name: string, value: string) => {
    if (!(name in OPTION_TABLE)) return text
    const flag = flagOf(name)
    if (value === 'true' || value === 'false') return value === 'true' ? flag : flag.replace('--', '--no-')
    if (/^\d/.test(value)) return `${flag} ${value}`
    const plain = value.slice(1, -1).replace(/\\([\\'])/g, '$1')
    return `${flag} ${/^-?[\w.=,]+$/.test(plain) ? plain : `'${plain.replaceAll("'", `'\\''`)}'`}`
  })
}

/** Splits an input into chunks of random sizes, smaller at the beginning. */
function chunks(input: Buffer, random: Random): Buffer[] {
  const pieces: Buffer[] = []
  for (let at = 0, most = 1 + random.below(1 + random.below(100_000)); at < input.length; most += most >> 3) {
    const size = 1 + random.below(most)
    pieces.push(input.subarray(at, at + size))
    at += size
  }
  return pieces
}

function differs(what: string, one: Outcome, other: Outcome): string | undefined {
  if (!one.bytes.equals(other.bytes)) return `${what} differ in what they write`
  if (!isDeepStrictEqual(reported(one.error), reported(other.error))) {
    return `${what} differ in errors: ${one.error?.message} and ${other.error?.message}`
  }
  const [a, b] = [one, other].map(({ stats: { lane: _, bytes, ...counts }, error }) => ({
    ...counts,
    ...(!error && { bytes }),
  }))
  return isDeepStrictEqual(a, b) ? undefined : `${what} differ in counts: ${JSON.stringify([a, b])}`
}

/** Every row must be written or rejected, and the number of written rows correct. */
function unaccounted(
  { stats, bytes }: Outcome,
  { emit, keep, header = true, onError }: ScoreOptions,
): string | undefined {
  const { read, written, rejected } = stats
  const left = Object.values(rejected).reduce((sum, count) => sum + count, 0)
  if (read !== written + left) return `${read} rows read, ${written} written, ${left} rejected`
  if (onError === 'fail' && left > 1) return `${left} rows rejected where the first is the end`
  if (keep !== false || emit !== 'index' || bytes.length === 0) return undefined
  const lines = bytes.toString('latin1').split('\n').length - 1
  return lines === written + (header ? 1 : 0) ? undefined : `${lines} lines written where ${written} rows are counted`
}

/** An error must have a code that bad data can cause, and one line that is safe for a terminal. */
function ill({ error }: Outcome): string | undefined {
  if (!error) return undefined
  if (CODES[error.code] === undefined || ![1, 2].includes(error.status))
    return `an error of ${error.code}: ${error.message}`
  if (!/^[^\p{Cc}\u202a-\u202e]*\[E_[A-Z_]+\]$/u.test(error.message))
    return `a message: ${JSON.stringify(error.message)}`
  return error.message.length > 1000 ? `a message of ${error.message.length} characters` : undefined
}

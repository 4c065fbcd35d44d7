/** The verbs, and the options that belong to each. */
import { existsSync } from 'node:fs'
import { SoftmaxError } from '../core/errors.js'
import { requireMeasurable } from '../core/metrics.js'
import { optionText } from '../core/option-words.js'
import { OPTIONS, type Option, type SettingsOf, type Verb } from '../core/options.js'
import { nearest } from '../core/suggestion.js'

export const VERBS: readonly Verb[] = ['evaluate', 'calibrate']

/** Verbs that print information about the command. */
export const ABOUT = ['help', 'explain'] as const

/** Verbs of other programs, and the equivalent here. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  eval: 'softmax evaluate',
  metrics: 'softmax evaluate',
  calib: 'softmax calibrate',
  score: 'softmax without a verb',
  predict: 'softmax without a verb',
  run: 'softmax without a verb',
  version: 'softmax --version',
  completions: 'softmax --completions',
  completion: 'softmax --completions',
  man: 'softmax help man',
}

/** Refuses a first argument that is not a file but was probably meant as a verb. Throws E_INPUT. */
export function requireNoVerb(first: string | undefined): void {
  if (first === undefined || !/^[a-z]+$/.test(first)) return
  const near = nearest(first, [...VERBS, ...ABOUT])
  const meant = ELSEWHERE[first] ?? (near && `softmax ${near}`)
  if (meant === undefined || existsSync(first)) return
  const reason = `no such file or directory (ENOENT); did you mean ${meant}?`
  throw new SoftmaxError('E_INPUT', { source: first, reason })
}

/** Refuses options of another verb, and requests for metrics that are not computed. Throws E_CONFLICT. */
export function requireMeasured(settings: SettingsOf<'command'>, verb: Verb | undefined): void {
  requireVerb(settings, verb)
  const { metrics, truth, oneVsRest } = settings
  if (metrics !== undefined) requireMeasurable(settings)
  if (oneVsRest && metrics === undefined && !verb) {
    throw new SoftmaxError('E_CONFLICT', {
      reason: '--one-vs-rest works only with softmax evaluate, or with --metrics',
    })
  }
  if (metrics === undefined || truth !== undefined || verb) return
  throw new SoftmaxError('E_CONFLICT', { reason: '--metrics needs true classes; name their column with --truth' })
}

function requireVerb(settings: object, verb: Verb | undefined): void {
  for (const [name, { only, default: fallback }] of Object.entries(OPTIONS as Record<string, Option<unknown>>)) {
    const value = (settings as Record<string, unknown>)[name]
    if (only === undefined || only === verb || value === undefined || value === fallback) continue
    throw new SoftmaxError('E_CONFLICT', { reason: `${optionText(name)} works only with softmax ${only}` })
  }
}

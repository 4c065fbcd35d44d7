/** What the first argument may say that is done in place of scoring, and which options are of which verb. */
import { SoftmaxError } from '../core/errors.js'
import { requireMeasurable } from '../core/metrics.js'
import type { SettingsOf } from '../core/options.js'

export const VERBS = ['evaluate', 'calibrate'] as const

/** Refuses options of one verb with another, and what asks for metrics where there are none. Throws E_CONFLICT. */
export function requireMeasured(settings: SettingsOf<'command'>, verb: (typeof VERBS)[number] | undefined): void {
  const { json, report, coverage, metrics, truth } = settings
  if (json && verb !== 'evaluate') throw new SoftmaxError('E_CONFLICT', { reason: '--json is of softmax evaluate' })
  if (report !== undefined && verb !== 'evaluate') {
    throw new SoftmaxError('E_CONFLICT', { reason: '--report is of softmax evaluate' })
  }
  if (coverage !== undefined && verb !== 'calibrate') {
    throw new SoftmaxError('E_CONFLICT', { reason: '--coverage is of softmax calibrate' })
  }
  if (metrics !== undefined) requireMeasurable(settings)
  if (metrics === undefined || truth !== undefined || verb) return
  throw new SoftmaxError('E_CONFLICT', { reason: '--metrics needs true classes; name their column with --truth' })
}

/** `softmax calibrate`: fits a temperature, and a quantile for prediction sets, and writes them as JSON for scoring. */
import { calibrateInputs, requireCalibration, requireToBeFound } from '../api/calibrate.js'
import type { Calibration } from '../core/calibration.js'
import { figure } from '../core/key-metrics.js'
import type { SettingsOf } from '../core/options.js'
import { figuresJson } from '../core/value-text.js'
import { printResult } from './closing-line.js'
import { writeEvaluation } from './evaluation-run.js'
import { warn } from './messages.js'

/** Fits a calibration on the inputs, and writes it to standard output or a file. */
export async function calibrateByInputs(
  inputs: string[],
  options: object,
  settings: SettingsOf<'command'>,
): Promise<void> {
  requireToBeFound(options)
  requireCalibration(options, settings)
  await writeEvaluation(inputs, settings, async (sources, bytes, emit) => {
    const calibration = await calibrateInputs(sources, { ...bytes, coverage: settings.coverage }, emit)
    for (const warning of calibration.warnings) warn(settings, warning)
    printResult(settings, () => foundLine(calibration))
    return `${figuresJson(calibration, 2)}\n`
  })
}

/** `temperature 1.8330: log loss 0.1781 -> 0.1402, ECE 0.0261 -> 0.0104` */
function foundLine({ temperature, log_loss, ece }: Calibration): string {
  const change = ({ before, after }: Calibration['ece']) => `${figure(before)} -> ${figure(after)}`
  return `temperature ${Number(temperature.toPrecision(5))}: log loss ${change(log_loss)}, ECE ${change(ece)}`
}

/** Reports errors of loading the command, whose modules reserve memory: as this is done in one go, until the next tick. */
import { report } from './messages.js'

const reportEarly = (error: unknown) => {
  process.exitCode = report(error, process.argv.includes('--debug'))
}
process.on('uncaughtException', reportEarly)
process.nextTick(() => process.off('uncaughtException', reportEarly))

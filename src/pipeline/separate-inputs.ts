/** What a message proposes for inputs that cannot be one: to read each on its own. */
import { optionText, speaking } from '../core/option-words.js'
import type { Run } from './run.js'

/** How to read inputs with different columns. */
export function separately({ measures, probe }: Pick<Run, 'measures' | 'probe'>, hasOtherClasses: boolean): string {
  if (probe) return 'leave out this input'
  const isCommand = speaking() === 'command'
  if (!measures) return isCommand ? '-o FOLDER/ scores each file separately' : 'score it separately'
  if (!isCommand || hasOtherClasses) return 'measure it separately'
  return `${optionText('partial', true)} measures each file, and ${optionText('merge', true)} combines the results`
}

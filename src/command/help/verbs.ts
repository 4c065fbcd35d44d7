/** Descriptions of the verbs. */
import type { Verb } from '../../core/options.js'
import type { ABOUT } from '../verbs.js'

interface VerbText {
  usage: string
  does: string
}

/** The command without a verb, and with each. */
export const VERB_TEXTS: Readonly<Record<Verb | 'score' | (typeof ABOUT)[number], VerbText>> = {
  score: {
    usage: 'softmax [options] [input ...]',
    does: 'Computes class probabilities and labels from rows of logits. An input is a file, a folder of parts, or "-" for standard input, which is the default. Several inputs make one output. If the output is a folder (its name ends in /), each part is scored separately.',
  },
  evaluate: {
    usage: 'softmax evaluate --truth COLUMN [options] [input ...]',
    does: 'Compares predictions with a column of true classes, and prints accuracy, log loss, Brier score, calibration errors and the scores of each class. Takes one pass and constant memory; writes no rows.',
  },
  calibrate: {
    usage: 'softmax calibrate --truth COLUMN [-o FILE] [options] [input ...]',
    does: 'Finds the temperature with the lowest log loss on rows with true classes that the model was not trained on. To score with it, use --calibration FILE.',
  },
  help: {
    usage: 'softmax help [VERB|OPTION|COLUMN|METRIC|FORMAT|CODE|SUBJECT|topics|all|man]',
    does: 'Prints the help, or the help on a verb, option, output column, metric, format, error code or subject. softmax help topics lists the topics, softmax help all prints everything, and softmax help man prints the source of the manual page (for man -l -).',
  },
  explain: {
    usage: 'softmax explain [CODE]',
    does: 'Prints the cause of an error, an example and the fix. Without a code, lists all codes.',
  },
}

export const STATUSES: readonly (readonly [status: string, meaning: string])[] = [
  ['0', 'success: every row was written, or rejected as requested'],
  ['1', 'bad data, or all rows are bad'],
  ['2', 'usage error: an unknown option, options that exclude each other or do not fit the columns of the input'],
  ['3', 'input or output failed; may be worth a retry, except E_CORRUPT'],
  ['70', 'internal error (please report it), or a worker thread failed'],
  ['128+n', 'terminated by signal n'],
]

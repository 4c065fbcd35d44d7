/** What each verb does, in words. */
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
    does: 'Turns rows of logits into class probabilities and labels. An input is a file, a folder of parts, or "-", standard input, which is read where none is named. Several inputs make one output. Into a folder, whose name ends with /, each part is scored by itself.',
  },
  evaluate: {
    usage: 'softmax evaluate --truth COLUMN [options] [input ...]',
    does: 'Compares predictions with a column of true classes, and prints accuracy, log loss, Brier score, calibration errors and the scores of each class. One pass, in constant memory. No rows are written.',
  },
  calibrate: {
    usage: 'softmax calibrate --truth COLUMN -o FILE [options] [input ...]',
    does: 'Finds the temperature that makes the confidence of a model match how often it is right, on rows with true classes that the model was not trained on. Scoring takes the file with --calibration.',
  },
  help: {
    usage: 'softmax help [VERB|OPTION|COLUMN|METRIC|FORMAT|CODE|SUBJECT|topics|all|man]',
    does: 'Prints the help; with a name, what a verb, an option, an output column, a metric, a format or an error code is, or what a subject of softmax help topics is about; with all, all options; with man, the source of the manual page, for man -l -.',
  },
  explain: {
    usage: 'softmax explain [CODE]',
    does: 'Prints what causes an error, an example of it, and how to fix it. Without a code, lists all.',
  },
}

export const STATUSES: readonly (readonly [status: string, meaning: string])[] = [
  ['0', 'every row is accounted for: written, or rejected as asked'],
  ['1', 'bad data, or no row could be scored'],
  ['2', 'usage: an unknown option, options that exclude each other'],
  ['3', 'input or output failed'],
  ['70', 'internal error; please report it'],
  ['128+n', 'stopped by signal n'],
]

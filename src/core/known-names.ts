/** Words in names of columns that are not logits, and well-known class names: the evidence from a header. */
import { plainName, wordsOf } from './column-name.js'

const words = (text: string) => new Set(text.trim().split(/\s+/))

/** Words that indicate keys, true classes, times, run settings, texts or measurements, anywhere in a name. */
const OTHER_WORDS = words(`
  id ids uid pid uuid guid sku isbn ean key keys index idx row rows rowid rowname rownames rownum rownumber line lineno record item entry
  sample samples number num nr no seq sequence serial rank position pos offset unnamed
  user users username customer client member patient passenger subject participant respondent account session device
  host ip order invoice transaction ticket case question query request message tweet product store
  truth target targets label labels gold actual expected observed answer correct outcome ytrue
  pred preds predicted prediction predictions argmax probs prob proba probability probabilities likelihood odds
  loss losses accuracy acc f1 auc precision recall confidence entropy margin logsumexp perplexity temperature
  weight weights fold folds split batch epoch step steps iter iteration trial run seed experiment cluster segment group
  timestamp time times date datetime day weekday month year years quarter week hour minute second seconds duration
  elapsed latency created updated modified since until age ages dob birthday
  image img photo audio file filename path url uri link page document doc sentence text title name email phone
  address zip zipcode postcode city state country region comment note notes description
  sex gender height width length depth size area volume mass bmi distance speed velocity acceleration accel gyro
  lat latitude lon lng long longitude elevation altitude angle roll pitch yaw
  price prices cost costs fare fee fees tax amount total subtotal sum qty quantity count counts cnt salary income revenue
  sales profit balance credit debit discount budget spend volume bid ask votes views clicks likes impressions hits stars
  rating ratings level points rooms floors floor population
  rate ratio percent percentage pct share mean avg average std stdev stddev var variance min max median mode quantile
  delta diff difference change growth return returns residual residuals error errors err bias intercept slope coef
  coefficient coefficients zscore gradient voltage current charge power energy pressure humidity temp wind rain
  correlation corr cov skew kurtosis shap attribution sensor signal valence arousal polarity
  embedding embeddings feature features pca component pixel lag
`)

/** Complete names of such columns; as a word in a longer name, each may be part of a class name. */
const OTHER_NAMES = words(`
  y yhat ytest ytrain x z t u v w n m i j k s ts dt at pk class classes category categories categoryid gt true test train
  valid start end open high low close adj close code value values val data type kind status flag active hash version
  lang language color colour unit units currency hr bpm bp rho theta phi similarity threshold cutoff lr norm gpa
  sentiment
`)

/** Prefixes before a number in names of features, embeddings and periods. */
const OTHER_STEMS = words(
  'x v f u z q d e h w pc pc dim dims emb feat feature features embedding col column field var dimension component pixel px lag ch s',
)

/** Common class names, usually all of those in a header. */
const CLASS_NAMES = words(`
  airplane plane aeroplane automobile car bird cat deer dog frog horse ship boat truck bus train bicycle motorcycle person
  cow sheep fish lion tiger bear wolf fox rabbit mouse snake cow pig chicken duck elephant zebra giraffe
  positive negative neutral mixed pos neg neu very_positive very_negative
  entailment contradiction not_entailment paraphrase
  anger disgust fear joy sadness surprise love happy sad angry optimism
  world sports business science technology politics entertainment health
  spam ham toxic hate offensive obscene insult threat
  yes no maybe true false other none unknown normal abnormal benign malignant
  zero one two three four five six seven eight nine
  setosa versicolor virginica
`)

/** Class names with other meanings, too, and the class whose presence disambiguates them. */
const PARTNERS = new Map([
  ['true', 'false'],
  ['pos', 'neg'],
  ['no', 'yes'],
])

/** Prefixes before a number in class names: `LABEL_0` is Hugging Face's name for an unnamed class. */
const CLASS_STEMS = words('class cls label category c score scores output outputs out y_hat')

/** A longer name is not numbered: the search for its number takes quadratic time. */
const LONGEST = 100

/** A numbered name, split into prefix and number. */
function counted(name: string): { stem: string; number: number } | undefined {
  const plain = plainName(name)
  if (plain.length > LONGEST) return undefined
  const [, stem, digits] = /^(.*?)[\s_.:-]*(\d+)$/s.exec(plain) ?? []
  return stem === undefined ? undefined : { stem: stem.toLowerCase(), number: Number(digits) }
}

/**
 * Whether a name suggests a column that does not hold logits: a key, true class, time, text, measurement, or no name.
 */
export function isOtherName(name: string): boolean {
  const found = wordsOf(name)
  const joined = found.join('')
  const number = counted(name)
  if (number && CLASS_STEMS.has(number.stem)) return false
  if (found.length === 0 || OTHER_NAMES.has(joined) || OTHER_WORDS.has(joined)) return true
  if (number && OTHER_STEMS.has(number.stem)) return true
  return (
    found.some((word) => OTHER_WORDS.has(word)) || found[0] === 'p' || found[0] === 'logp' || found[0] === 'logprob'
  )
}

/** Whether a class name is confirmed by its counterpart, as `pos` is by `neg`. */
export function hasPartner(name: string, header: readonly string[]): boolean {
  const partner = PARTNERS.get(plainName(name).toLowerCase())
  return partner !== undefined && header.some((other) => plainName(other).toLowerCase() === partner)
}

/** Whether a name is pandas' default for an unnamed index column. */
export function isPandasIndex(name: string): boolean {
  return /^__index_level_\d+__$/.test(name)
}

/** Whether a name is a well-known class name. */
export function isClassName(name: string): boolean {
  return CLASS_NAMES.has(wordsOf(name).join('_'))
}

/** Whether names number classes: `class_0`, `class_1`, …, the first letters, or integers other than years. */
export function countClasses(names: readonly string[]): boolean {
  const plain = names.map((name) => plainName(name).toLowerCase())
  return new Set(plain).size === plain.length && (areLetters(plain) || areCounted(plain))
}

function areLetters(names: readonly string[]): boolean {
  return names.every((name, index) => name === String.fromCharCode(97 + index))
}

function areCounted(names: readonly string[]): boolean {
  const found = names.map(counted)
  const stem = found[0]?.stem
  if (stem === undefined || found.some((one) => one?.stem !== stem)) return false
  return stem === '' ? !found.every((one) => isYear(one!.number)) : CLASS_STEMS.has(stem)
}

function isYear(number: number): boolean {
  return number >= 1800 && number <= 2200
}

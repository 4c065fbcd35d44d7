// What people write today: csv-parse -> a function for each row -> csv-stringify. Usage: node compose.js INPUT OUTPUT
import { createReadStream, createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { parse } from 'csv-parse'
import { stringify } from 'csv-stringify'
import through2 from 'through2'

function softmax(logits) {
  const max = Math.max(...logits)
  const powers = logits.map((logit) => Math.exp(logit - max))
  const sum = powers.reduce((total, power) => total + power, 0)
  return powers.map((power) => power / sum)
}

function scored([id, ...logits]) {
  const probabilities = softmax(logits.map(Number))
  return [id, ...probabilities, probabilities.indexOf(Math.max(...probabilities))]
}

function renamed([id, ...logits]) {
  return [id, ...logits.map((name) => name.replace('logit', 'p')), 'label']
}

const [, , input, output] = process.argv
let convert = renamed
await pipeline(
  createReadStream(input),
  parse(),
  through2.obj((row, _, done) => {
    done(null, convert(row))
    convert = scored
  }),
  stringify(),
  createWriteStream(output),
)

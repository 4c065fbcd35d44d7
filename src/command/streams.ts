/**
 * Has readable-stream, and so through2, take Node's own streams: its copy of them takes 25 ms to load. Imported before
 * all that loads them. See `lib/ours/index.js` of readable-stream.
 */
process.env.READABLE_STREAM ??= 'disable'

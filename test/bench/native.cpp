// The same job in plain C++17, one thread: blocks in, from_chars, exp, to_chars, blocks out. Usage: native INPUT OUTPUT
// The input is taken to be well formed: an id, then numbers, no quotes.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

constexpr size_t BLOCK = 1 << 20;
constexpr size_t NUMBER = 32; // bytes a printed double and its comma take at most

static FILE* out;
static std::vector<double> values;
static std::vector<char> output(BLOCK);
static size_t written = 0;

// Room for a number of bytes more, after writing what there is to the file when that is a block.
static char* room(size_t bytes) {
  if (written + bytes > output.size()) {
    if (fwrite(output.data(), 1, written, out) != written) exit(1);
    written = 0;
    if (bytes > output.size()) output.resize(bytes);
  }
  return output.data() + written;
}

// Writes the header for the input's and makes room for its classes.
static void begin(const char* line, const char* end) {
  values.resize(std::count(line, end, ','));
  std::string header = "id";
  for (size_t index = 0; index < values.size(); index++) header += ",p_" + std::to_string(index);
  header += ",label\n";
  header.copy(room(header.size()), header.size());
  written += header.size();
}

static void softmax() {
  const double most = *std::max_element(values.begin(), values.end());
  double total = 0;
  for (double& value : values) total += value = std::exp(value - most);
  for (double& value : values) value /= total;
}

static void score(const char* line, const char* end) {
  const char* comma = static_cast<const char*>(memchr(line, ',', end - line));
  char* const start = room(comma - line + (values.size() + 1) * NUMBER);
  char* to = std::copy(line, comma, start);
  for (double& value : values) comma = std::from_chars(comma + 1, end, value).ptr;
  const auto label = std::max_element(values.begin(), values.end()) - values.begin();
  softmax();
  for (double value : values) {
    *to++ = ',';
    to = std::to_chars(to, to + NUMBER, value).ptr;
  }
  *to++ = ',';
  to = std::to_chars(to, to + NUMBER, label).ptr;
  *to++ = '\n';
  written += to - start;
}

// Does the whole lines of a block; returns where the rest begins.
static const char* lines(const char* from, const char* end) {
  while (const void* found = memchr(from, '\n', end - from)) {
    const char* newline = static_cast<const char*>(found);
    if (values.empty()) begin(from, newline);
    else score(from, newline);
    from = newline + 1;
  }
  return from;
}

int main(int, char** argv) {
  FILE* in = fopen(argv[1], "rb");
  out = fopen(argv[2], "wb");
  if (!in || !out) return 1;
  std::vector<char> block(2 * BLOCK);
  size_t kept = 0;
  while (const size_t size = fread(block.data() + kept, 1, BLOCK, in)) {
    const char* end = block.data() + kept + size;
    const char* rest = lines(block.data(), end);
    kept = end - rest;
    memmove(block.data(), rest, kept);
  }
  room(output.size());
  return fclose(out);
}
